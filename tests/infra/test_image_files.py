"""What the images are made of: the Dockerfiles, what .dockerignore lets through, and Garage's configuration."""
import fnmatch
import re
import shutil
import subprocess
import tomllib

import pytest
from conftest import ROOT, SETUP

from server_process import binary

BACKEND = (ROOT / "infra" / "Dockerfile.backend").read_text()


def instructions(text):
    """Word and rest of each instruction, comments left out and continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def ignored(path):
    """Whether .dockerignore keeps a path out: the last pattern that matches it or a folder above it decides."""
    verdict = False
    names = [path, *(str(parent) for parent in (ROOT / path).relative_to(ROOT).parents if str(parent) != ".")]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        if any(fnmatch.fnmatch(name, pattern) or fnmatch.fnmatch(name.rsplit("/", 1)[-1], pattern) for name in names):
            verdict = not line.startswith("!")
    return verdict


def copied_from_the_tree(text):
    for word, rest in instructions(text):
        if word == "COPY" and "--from=" not in rest:
            yield from rest.split()[:-1]


@pytest.mark.parametrize("name", ["Dockerfile.backend", "Dockerfile.garage"])
def test_what_is_copied_exists_and_is_let_through(name):
    sources = list(copied_from_the_tree((ROOT / "infra" / name).read_text()))
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not ignored(source), f".dockerignore keeps {source} out of the build"


def test_build_trees_data_and_secrets_stay_out_of_the_context():
    for path in ("build/release/labstore-server", "labstore-data/credentials.json", ".git/config", "labstore.yml",
                 "tests/unit", "src/base/__pycache__"):
        assert ignored(path), path
    assert not ignored("src/cli/main.cpp")


def test_two_stages_whose_bases_can_be_replaced():
    stages = [rest for word, rest in instructions(BACKEND) if word == "FROM"]
    assert stages == ["${BUILD_BASE} AS build", "${RUNTIME_BASE}"]
    before = BACKEND.split("FROM ")[0]
    assert "ARG BUILD_BASE=docker.io/library/debian:12\n" in before
    assert "ARG RUNTIME_BASE=docker.io/library/debian:12-slim\n" in before


def test_nothing_that_only_one_builder_knows():
    assert "# syntax=" not in BACKEND
    assert not re.search(r"--(mount|chmod|link|network|security)\b", BACKEND)
    assert "<<" not in BACKEND


def test_the_final_stage():
    final = instructions("FROM " + BACKEND.rsplit("FROM ", 1)[1])
    facts = {word: rest for word, rest in final}
    assert facts["VOLUME"] == "/data"
    assert facts["USER"] == "labstore"
    assert facts["ENTRYPOINT"] == '["labstore-server"]'
    assert facts["CMD"] == '["serve"]'
    assert facts["HEALTHCHECK"].endswith('CMD ["labstore-health"]')
    assert "LABSTORE_SERVER_STORAGE_PATH=/data" in facts["ENV"]
    assert "LABSTORE_SERVER_HOST" not in facts["ENV"], "it listens outside only when it is told to"
    order = [word for word, _ in final]
    made = next(index for index, (word, rest) in enumerate(final) if "--owner labstore" in rest)
    assert made < order.index("VOLUME") < order.index("USER"), "a volume takes its owner from the folder before it"


def test_every_folder_of_the_root_list_is_there_in_the_build():
    listed = re.findall(r"labstore_add\((\S+)\)", re.sub(r"#.*", "", (ROOT / "CMakeLists.txt").read_text()))
    empty = re.search(r"for folder in ([^;]+); do mkdir", BACKEND).group(1).split()
    copied = list(copied_from_the_tree(BACKEND))
    fuzz_only = {"tests/fuzz"}
    for folder in set(listed) - fuzz_only:
        assert folder in empty or any(folder == source or folder.startswith(f"{source}/") for source in copied), (
            f"CMakeLists.txt adds {folder}: copy it in infra/Dockerfile.backend, or make it an empty folder there"
        )


def test_garage_is_configured_as_the_benchmark_says():
    garage = tomllib.loads((ROOT / "infra" / "garage.toml").read_text())
    assert (garage["db_engine"], garage["replication_factor"], garage["compression_level"]) == ("sqlite", 1, 2)
    assert garage["s3_api"]["s3_region"] == "eu-west-1"
    ports = [garage["rpc_bind_addr"], garage["s3_api"]["api_bind_addr"], garage["s3_web"]["bind_addr"],
             garage["admin"]["api_bind_addr"]]
    assert [port.rsplit(":", 1)[1] for port in ports] == ["3901", "3900", "3902", "3903"]
    assert garage["metadata_dir"].startswith("/data/") and garage["data_dir"].startswith("/data/")
    assert "rpc_secret" not in garage


def test_runtime_packages_of_the_server():
    if not binary().exists():
        pytest.skip(f"no server: {binary()} does not exist; build it or set LABSTORE_SERVER_BIN")
    if not shutil.which("dpkg-query"):
        pytest.skip("this is not Debian: no dpkg-query")
    answer = subprocess.run([str(SETUP / "runtime-packages.sh"), str(binary())], capture_output=True, text=True, timeout=60)
    packages = answer.stdout.split()
    assert answer.returncode == 0, answer.stderr
    assert {"libc6", "libstdc++6", "libssl3"} <= set(packages)
    assert any(name.startswith("librocksdb") for name in packages)
    assert not [name for name in packages if name.endswith("-dev")], "headers have no place in the image"


def test_a_missing_library_stops_the_image(run_script, program):
    program("ldd", r"printf '\tlibnowhere.so.1 => not found\n'")
    answer = run_script("runtime-packages.sh", "a-program")
    assert answer.returncode == 1 and answer.stdout == ""
    assert "libnowhere.so.1 => not found" in answer.stderr


def test_a_library_of_no_package_stops_the_image(run_script, program):
    program("ldd", r"printf '\tlibmine.so => /opt/libmine.so (0x0)\n'")
    program("dpkg-query", "exit 1")
    answer = run_script("runtime-packages.sh", "a-program")
    assert answer.returncode == 1 and "no package owns /opt/libmine.so" in answer.stderr
