"""compose.yml: what the services are, and that Compose itself accepts it for every profile."""
import re
import shutil
import subprocess

import pytest
from conftest import ROOT, SETUP, clean_environment, expand, load_compose

import stack
from settings import BENCHMARK_SETTINGS, variable_of

DEFAULTS = {variable_of("benchmark", key): value for key, value in BENCHMARK_SETTINGS.items()}
BENCHMARK_STORES = ["labstore", "minio", "garage", "seaweedfs", "rustfs"]
PROFILES = {
    "benchmark": BENCHMARK_STORES, "testing": ["minio"], "versitygw": ["versitygw"], "cloudserver": ["cloudserver"],
    "ceph": ["ceph"],
}
# Container ports by variable, as the mission has them.
PORTS = {
    "LABSTORE": 6789, "MINIO": 9000, "MINIO_CONSOLE": 9001, "GARAGE": 3900, "GARAGE_RPC": 3901, "GARAGE_WEB": 3902,
    "GARAGE_ADMIN": 3903, "SEAWEEDFS": 8333, "SEAWEEDFS_MASTER": 9333, "SEAWEEDFS_VOLUME": 8080, "SEAWEEDFS_FILER": 8888,
    "RUSTFS": 9000, "RUSTFS_CONSOLE": 9001, "VERSITYGW": 7070, "CLOUDSERVER": 8000, "CEPH": 7480,
}
# What the container itself decides, and compose.yml therefore does not pass on.
OF_THE_CONTAINER = {"HOST", "PORT", "STORAGE_PATH", "ADMIN_ACCESS_KEY", "ADMIN_SECRET_KEY", "LOG_FILE", "PPROF",
                    "PPROF_HOST", "PPROF_PORT"}


@pytest.fixture(name="compose")
def compose_file():
    return load_compose({})


def services_of(compose, profile):
    return [name.removeprefix("benchmark-") for name, one in compose["services"].items() if profile in one["profiles"]]


def test_each_profile_has_its_stores(compose):
    assert {profile: services_of(compose, profile) for profile in PROFILES} == PROFILES


def test_stack_knows_the_same_services(compose):
    assert [f"benchmark-{store}" for store in stack.STORES] == list(compose["services"])
    for store, facts in stack.STORES.items():
        service = compose["services"][f"benchmark-{store}"]
        assert facts.profile == service["profiles"][0]
        volumes = [volume.split(":")[0] for volume in service["volumes"]]
        assert volumes == [f"benchmark-{store}", *facts.extra_volumes]


def test_ports_are_published_from_their_variables(compose):
    text = load_compose({f"BENCHMARK_{part}_PORT": f"<{part}>" for part in PORTS})
    published = {}
    for name, service in text["services"].items():
        for entry in service["ports"]:
            address, host, container = entry.split(":")
            assert address == "127.0.0.1", f"{name} is published on {address} by default"
            published[host.strip("<>")] = int(container)
    assert published == PORTS
    assert sorted(part for facts in stack.STORES.values() for part in facts.ports) == sorted(PORTS)


def test_defaults_are_those_of_the_settings():
    text = (ROOT / "infra" / "compose.yml").read_text()
    used = re.findall(r"\$\{(BENCHMARK_\w+):-([^}]*)\}", text)
    assert len(used) > 30
    for name, default in used:
        assert DEFAULTS[name] == default, name
    assert "${BENCHMARK" not in re.sub(r"\$\{BENCHMARK_\w+:-[^}]*\}", "", text), "a variable without its default"


def test_every_image_can_be_overridden(compose):
    names = {name: f"example.org/{name.lower()}:1" for name in DEFAULTS if name.endswith("_IMAGE")}
    text = load_compose(names)
    for store in stack.STORES:
        service = text["services"][f"benchmark-{store}"]
        wanted = names[f"BENCHMARK_{store.upper()}_IMAGE"]
        assert wanted in (service["image"], service.get("build", {}).get("args", {}).get("GARAGE_IMAGE")), store
    arguments = text["services"]["benchmark-labstore"]["build"]["args"]
    assert arguments["BUILD_BASE"] == names["BENCHMARK_BUILD_BASE_IMAGE"]
    assert arguments["RUNTIME_BASE"] == names["BENCHMARK_RUNTIME_BASE_IMAGE"]


def test_every_service_restarts_is_checked_and_keeps_its_data_in_named_volumes(compose):
    for name, service in compose["services"].items():
        assert service["restart"] == "unless-stopped", name
        assert service["networks"] == ["benchmark"], name
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name
        assert int(service["healthcheck"]["retries"]) >= 3, name
        for volume in service["volumes"]:
            assert volume.split(":")[0] in compose["volumes"], f"{name} mounts {volume} of the machine"
        assert not {"container_name", "network_mode", "configs", "env_file"} & set(service), name
    assert list(compose["networks"]) == ["benchmark"]
    mounted = {volume.split(":")[0] for service in compose["services"].values() for volume in service["volumes"]}
    assert mounted == set(compose["volumes"])


def test_the_shared_credentials_reach_each_store_under_its_names():
    compose = load_compose({"BENCHMARK_STORE_ACCESS_KEY": "the-access", "BENCHMARK_STORE_SECRET_KEY": "the-secret"})
    names = {
        "labstore": ("LABSTORE_SERVER_ADMIN_ACCESS_KEY", "LABSTORE_SERVER_ADMIN_SECRET_KEY"),
        "minio": ("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"),
        "seaweedfs": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        "rustfs": ("RUSTFS_ACCESS_KEY", "RUSTFS_SECRET_KEY"),
        "versitygw": ("ROOT_ACCESS_KEY", "ROOT_SECRET_KEY"),
        "cloudserver": ("SCALITY_ACCESS_KEY_ID", "SCALITY_SECRET_ACCESS_KEY"),
        "ceph": ("CEPH_DEMO_ACCESS_KEY", "CEPH_DEMO_SECRET_KEY"),
    }
    assert set(names) == set(stack.STORES) - {"garage"}
    for store, (access, secret) in names.items():
        environment = compose["services"][f"benchmark-{store}"]["environment"]
        assert (environment[access], environment[secret]) == ("the-access", "the-secret"), store


def test_the_commands_of_the_mission(compose):
    services = compose["services"]
    assert services["benchmark-labstore"]["command"] == ["serve", "--storage-path", "/data"]
    assert services["benchmark-labstore"]["environment"]["LABSTORE_SERVER_HOST"] == "0.0.0.0"
    assert services["benchmark-minio"]["command"] == ["server", "/data", "--console-address", ":9001"]
    assert "/minio/health/live" in services["benchmark-minio"]["healthcheck"]["test"][1]
    minio = services["benchmark-minio"]["healthcheck"]
    assert (minio["interval"], minio["retries"]) == ("10s", 5)
    assert services["benchmark-seaweedfs"]["command"] == ["server", "-dir=/data", "-s3", "-s3.port=8333"]
    assert services["benchmark-rustfs"]["environment"]["RUSTFS_CONSOLE_ENABLE"] == "true"


def test_the_servers_port_is_one_variable_on_both_sides():
    service = load_compose({"LABSTORE_SERVER_PORT": "6000"})["services"]["benchmark-labstore"]
    assert service["environment"]["LABSTORE_SERVER_PORT"] == 6000
    assert service["ports"] == ["127.0.0.1:7789:6000"]


def test_every_other_option_of_the_server_is_passed_on(compose):
    documented = set(re.findall(r"`LABSTORE_SERVER_(\w+)` \|", (ROOT / "docs" / "configuration.md").read_text()))
    assert len(documented) > 50
    environment = compose["services"]["benchmark-labstore"]["environment"]
    passed = {name.removeprefix("LABSTORE_SERVER_") for name, value in environment.items() if value is None}
    assert passed == documented - OF_THE_CONTAINER, (
        "infra/compose.yml passes on the options of docs/configuration.md by name; add or remove what differs"
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_compose_itself_accepts_the_profile(profile):
    if not shutil.which("docker-compose") and not shutil.which("docker"):
        pytest.skip("no Docker Compose here: infra/setup/install-dependencies.sh docker")
    found = subprocess.run([str(SETUP / "compose.sh"), "--which"], capture_output=True, text=True, timeout=60)
    if found.returncode != 0:
        pytest.skip(f"no Docker Compose here: {found.stderr.strip()}")
    answer = subprocess.run(
        [str(SETUP / "compose.sh"), "--profile", profile, "config", "--services"],
        env=clean_environment(), capture_output=True, text=True, timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    # docker-compose 1.x lists the services of all profiles here, the plugin those of the named one.
    assert {f"benchmark-{store}" for store in PROFILES[profile]} <= set(answer.stdout.split())


def test_a_variable_that_is_not_set_stays_away_from_the_container():
    assert expand("${A:-b} ${C}", {}) == "b "
    environment = load_compose({})["services"]["benchmark-labstore"]["environment"]
    assert environment["LABSTORE_SERVER_THREADS"] is None, "an empty value is not the same as no value"
