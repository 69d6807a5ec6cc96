"""settings.py: which source wins, how a key becomes a variable, and what is refused."""
import json
import shlex
import subprocess

import pytest
from conftest import ROOT, SETUP, clean_environment

import settings as settings_module
from server_process import binary


def run(*arguments, config=None, **environment):
    named = ["--config", str(config)] if config else []
    return subprocess.run(
        [str(SETUP / "settings.py"), *named, *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=30,
    )


def in_force(config=None, **environment):
    answer = run("--format", "json", config=config, **environment)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def refusal(config, **environment):
    answer = run(config=config, **environment)
    assert (answer.returncode, answer.stdout) == (2, ""), answer
    return answer.stderr


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "labstore.yml"
        path.write_text(text)
        return path

    return write


def test_environment_wins_over_file_and_file_over_default(file):
    config = file("benchmark:\n    minio-port: 9100\n    rustfs-port: 10100\n")
    found = in_force(config, BENCHMARK_RUSTFS_PORT=10200)
    assert found["BENCHMARK_RUSTFS_PORT"] == "10200"
    assert found["BENCHMARK_MINIO_PORT"] == "9100"
    assert found["BENCHMARK_GARAGE_PORT"] == "3900"


def test_an_empty_variable_counts_as_absent(file):
    assert in_force(file("benchmark:\n  objects: 7\n"), BENCHMARK_OBJECTS="")["BENCHMARK_OBJECTS"] == "7"


def test_the_committed_file_holds_the_defaults():
    defaults = {settings_module.variable_of("benchmark", key): value
                for key, value in settings_module.BENCHMARK_SETTINGS.items()}
    assert in_force(ROOT / "labstore.yml") == defaults
    sections = settings_module.read_sections((ROOT / "labstore.yml").read_text(), "labstore.yml")
    assert list(sections["benchmark"]) == list(settings_module.BENCHMARK_SETTINGS)


def test_the_committed_file_is_found_without_being_named():
    assert in_force() == in_force(ROOT / "labstore.yml")


def test_the_same_file_as_a_yaml_library_reads_it(file):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = (
        "# head\nother:\n  - {a: [1, 2]}\nserver:\n    domain: [a.example, 'b.example']   # two\n"
        "    region: \"eu west\"\n    log-file: /var/log/x#1\n    port: 7000\n    admin-secret-key: 'a # b'\n"
        "    backlog:\n        - 1\n        - 2\nbenchmark:\n  bucket: a-bucket\n"
    )
    library = yaml.load(text, Loader=yaml.BaseLoader)
    ours = settings_module.read_sections(text, "file")
    for section in ("server", "benchmark"):
        wanted = {key: ",".join(value) if isinstance(value, list) else value for key, value in library[section].items()}
        assert {key: value for key, (value, _) in ours[section].items()} == wanted


def test_options_of_the_server_come_out_under_its_names_and_only_those_that_stand_there(file):
    found = in_force(file("server:\n  idle-time-max: 2m\n  domain: [a.example, b.example]\n"))
    assert found["LABSTORE_SERVER_IDLE_TIME_MAX"] == "2m"
    assert found["LABSTORE_SERVER_DOMAIN"] == "a.example,b.example"
    assert sorted(name for name in found if name.startswith("LABSTORE_")) == [
        "LABSTORE_SERVER_DOMAIN", "LABSTORE_SERVER_IDLE_TIME_MAX",
    ]


def test_the_shell_gets_every_value_unharmed(file):
    nasty = "a $(touch /nowhere) `b` ; * é"
    config = file(f"benchmark:\n  store-secret-key: '{nasty}'\n")
    lines = run(config=config).stdout
    shown = subprocess.run(
        ["bash", "-c", 'eval "$1"; printf %s "$BENCHMARK_STORE_SECRET_KEY"', "bash", lines],
        capture_output=True, text=True, timeout=10,
    )
    assert shown.stdout == nasty


def test_a_command_runs_with_the_settings_and_its_exit_code_is_kept(file):
    command = ["bash", "-c", 'echo "$BENCHMARK_OBJECTS $1"; exit 7', "bash", "--format"]
    answer = run("--", *command, config=file("benchmark:\n  objects: 12\n"))
    assert (answer.returncode, answer.stdout) == (7, "12 --format\n")


@pytest.mark.parametrize(
    "text, told",
    [
        ("benchmark:\n  minio-prot: 9000\n", "labstore.yml:2: unknown setting minio-prot; did you mean minio-port?"),
        ("benchmark:\n  minio-port: 70000\n", "labstore.yml:2: BENCHMARK_MINIO_PORT is '70000', wanted a port"),
        ("benchmark:\n  minio-port: 3900\n", "which BENCHMARK_MINIO_PORT has already"),
        ("benchmark:\n  get-percent: 50\n", "the percentages make 105, not 100"),
        ("benchmark:\n  objects: many\n", "BENCHMARK_OBJECTS is 'many', wanted a whole number"),
        ("benchmark:\n  mode: cloud\n", "wanted one of containers, native"),
        ("benchmark:\n  objects: 1\n  objects: 2\n", "labstore.yml:3: objects stands at"),
        ("benchmark:\n  objects:\n", "labstore.yml:2: objects has no value"),
        ("benchmark:\n  load:\n    objects: 1\n", "unknown setting load"),
        ("benchmark: {objects: 1}\n", "labstore.yml:1: benchmark: takes lines"),
        ("server:\n  region: &anchor x\n", "labstore.yml:2: & begins a kind of YAML"),
        ("server:\n  region: |\n    x\n", "labstore.yml:2: | begins a kind of YAML"),
        ("server:\n  region\n", "labstore.yml:2: not a `key: value`"),
        ("server:\n\tport: 1\n", "labstore.yml:2: YAML is indented with blanks"),
        ("server:\n  domain: [a,\n", "labstore.yml:2: a list [a, b] has to end on its line"),
    ],
)
def test_what_it_does_not_understand_is_refused_with_its_place(file, text, told):
    assert told in refusal(file(text))


def test_a_wrong_variable_is_refused_by_its_name(file):
    assert "environment: BENCHMARK_CEPH_PORT is 'x'" in refusal(file("benchmark:\n"), BENCHMARK_CEPH_PORT="x")


def test_a_named_file_that_is_missing_is_an_error(tmp_path):
    assert "no such file" in refusal(tmp_path / "nothing.yml")
    assert "no such file" in refusal(None, LABSTORE_SERVER_CONFIG=tmp_path / "nothing.yml")


def test_the_server_reads_the_committed_file_and_accepts_the_shared_credentials():
    if not binary().exists():
        pytest.skip(f"no server: {binary()} does not exist; build it or set LABSTORE_SERVER_BIN")
    found = in_force()
    answer = subprocess.run(
        [str(binary()), "config", "--config", str(ROOT / "labstore.yml")],
        env=clean_environment(
            LABSTORE_SERVER_ADMIN_ACCESS_KEY=found["BENCHMARK_STORE_ACCESS_KEY"],
            LABSTORE_SERVER_ADMIN_SECRET_KEY=found["BENCHMARK_STORE_SECRET_KEY"],
        ),
        capture_output=True, text=True, timeout=30,
    )
    assert answer.returncode == 0, answer.stderr
    assert "port: 6789  # default" in answer.stdout, "the committed file pins a default of the server"


def test_the_options_shown_in_the_committed_file_exist():
    options = (ROOT / "docs" / "configuration.md").read_text()
    section = (ROOT / "labstore.yml").read_text().split("server:\n")[1].split("\nbenchmark:")[0]
    shown = [line.split("#", 1)[1].split(":")[0].strip() for line in section.splitlines() if line.strip().startswith("#")]
    assert len(shown) > 5
    for option in shown:
        assert f"`--{option}`" in options or f"`{option}` (no flag)" in options, option


def test_settings_of_the_shell_form_are_plain_export_lines():
    for line in run().stdout.splitlines():
        words = shlex.split(line)
        assert words[0] == "export" and len(words) == 2, line
