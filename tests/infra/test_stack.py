"""stack.py and compose.sh against programs that stand in for docker: what they ask for, and what they say when it fails."""
import json
import shutil
import socket

import pytest
from server_process import free_port

import stack

# A docker that keeps its containers in the folder $STATE: one JSON file each, as `docker inspect` shows it. `compose up`
# copies what the test prepared in $STATE/prepared; every call is noted in $STATE/calls.
DOCKER = r"""
echo "docker $*" >>"$STATE/calls"
case "$1" in
    version)
        [ -z "${ENGINE_ERROR:-}" ] || { echo "$ENGINE_ERROR" >&2; exit 1; }
        echo 20.10 ;;
    context) echo "${ENGINE_HOST:-unix:///var/run/docker.sock}" ;;
    ps)
        for one in "$STATE"/containers/*; do
            [ -e "$one" ] && echo "${one##*/}"
        done
        exit 0 ;;
    inspect)
        shift
        separator="["
        for one in "$@"; do printf '%s' "$separator"; cat "$STATE/containers/$one"; separator=","; done
        echo "]" ;;
    logs) echo "last words of $4" ;;
    volume) [ "$2" = rm ] || grep -q "^$3$" "$STATE/volumes" ;;
    compose)
        shift
        [ "$1" = version ] && { [ -z "${NO_PLUGIN:-}" ]; exit; }
        for last in "$@"; do :; done
        case " $* " in
            *" up "*)
                [ "$last" != "${PULL_FAILS:-}" ] || exit 1
                if [ -e "$STATE/prepared/$last" ]; then cp "$STATE/prepared/$last" "$STATE/containers/"; fi ;;
        esac ;;
    *) echo "unexpected: docker $*" >&2; exit 99 ;;
esac
"""
# docker-compose 1.29 in the same way.
OLD_COMPOSE = r"""
echo "docker-compose $*" >>"$STATE/calls"
[ "$1" = version ] && { echo "${OLD_VERSION:-1.29.2}"; exit; }
exec docker compose "$@"
"""


class Machine:
    """The stand-ins and what they were asked."""

    def __init__(self, state, run_script):
        self.state = state
        self.run_script = run_script
        for folder in ("containers", "prepared"):
            (state / folder).mkdir(parents=True)
        (state / "calls").write_text("")
        (state / "volumes").write_text("")
        # Ports of the test's own, so that a store of this machine is in nobody's way.
        self.ports = {f"BENCHMARK_{part}_PORT": free_port() for facts in stack.STORES.values() for part in facts.ports}

    def container(self, service, status="running", health="healthy", restarts=0, output=""):
        return json.dumps(
            {
                "Id": f"id-{service}",
                "RestartCount": restarts,
                "State": {"Status": status, "Health": {"Status": health, "Log": [{"Output": output}]}},
                "Config": {"Image": f"image-of-{service}", "Labels": {"com.docker.compose.service": service}},
            }
        )

    def prepare(self, *stores, **facts):
        for store in stores:
            service = f"benchmark-{store}"
            (self.state / "prepared" / service).write_text(self.container(service, **facts))

    def run_now(self, store, **facts):
        service = f"benchmark-{store}"
        (self.state / "containers" / service).write_text(self.container(service, **facts))

    def run(self, *arguments, script="stack.py", **environment):
        return self.run_script(script, *arguments, STATE=self.state, **(self.ports | environment))

    def calls(self, word):
        return [line for line in (self.state / "calls").read_text().splitlines() if word in line]


@pytest.fixture
def machine(tmp_path, tool_path, run_script, program):
    program("docker", DOCKER)
    for name in ("cp", "printf", "sleep"):
        (tool_path / name).symlink_to(shutil.which(name))
    return Machine(tmp_path / "state", run_script)


def test_without_docker_it_says_how_to_get_it(run_script):
    answer = run_script("stack.py", "up")
    assert answer.returncode == 2
    assert "docker is missing: infra/setup/install-dependencies.sh docker" in answer.stderr


def test_an_engine_that_does_not_answer_is_named_with_the_way_out(machine):
    answer = machine.run("up", ENGINE_ERROR="Cannot connect to the Docker daemon")
    assert answer.returncode == 2
    assert "Cannot connect to the Docker daemon" in answer.stderr and "systemctl start docker" in answer.stderr
    answer = machine.run("status", ENGINE_ERROR="permission denied while trying to connect")
    assert "a member of the group docker" in answer.stderr
    assert not machine.calls(" up ")


def test_without_compose_it_says_how_to_get_it(machine):
    answer = machine.run("up", NO_PLUGIN=1)
    assert answer.returncode == 2
    assert "Docker Compose is missing: infra/setup/install-dependencies.sh docker" in answer.stderr


def test_a_compose_without_profiles_is_refused(machine, program):
    program("docker-compose", OLD_COMPOSE)
    answer = machine.run("--which", script="compose.sh", NO_PLUGIN=1, OLD_VERSION="1.25.0")
    assert answer.returncode == 1 and "docker-compose 1.25.0 knows no profiles" in answer.stderr
    assert machine.run("--which", script="compose.sh", NO_PLUGIN=1).stdout == "docker-compose\n"
    assert machine.run("--which", script="compose.sh").stdout == "docker compose\n"


def test_a_taken_port_is_named_with_its_variable_before_anything_starts(machine):
    machine.prepare("minio")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        answer = machine.run("up", "minio", BENCHMARK_MINIO_CONSOLE_PORT=taken)
        assert answer.returncode == 2
        assert f"benchmark-minio needs port {taken} on 127.0.0.1" in answer.stderr
        assert "set BENCHMARK_MINIO_CONSOLE_PORT" in answer.stderr
        assert not machine.calls(" up ")

        machine.run_now("minio")
        assert machine.run("up", "minio", BENCHMARK_MINIO_CONSOLE_PORT=taken).returncode == 0, "it holds its port itself"


def test_up_starts_the_five_and_waits_until_they_are_healthy(machine):
    machine.prepare("labstore", "minio", "garage", "seaweedfs", "rustfs")
    answer = machine.run("up")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    started = [call.split()[-1] for call in machine.calls(" up ")]
    assert started == [f"benchmark-{store}" for store in ("labstore", "minio", "garage", "seaweedfs", "rustfs")]
    assert f"minio: http://127.0.0.1:{machine.ports['BENCHMARK_MINIO_PORT']}" in answer.stdout


def test_one_that_does_not_come_up_is_reported_and_the_others_start(machine):
    machine.prepare("labstore", "rustfs")
    machine.prepare("minio", health="unhealthy", output="nobody listens")
    answer = machine.run("up", "minio", "labstore", "rustfs", PULL_FAILS="benchmark-rustfs")
    assert answer.returncode == 1
    assert "minio: FAILED, it is unhealthy; its last health check said: nobody listens" in answer.stdout
    assert "benchmark-minio | last words of id-benchmark-minio" in answer.stdout
    assert "rustfs: FAILED, Compose could not start it" in answer.stdout and "BENCHMARK_RUSTFS_IMAGE" in answer.stdout
    assert "labstore: http://127.0.0.1:" in answer.stdout


@pytest.mark.parametrize(
    "facts, told",
    [
        ({"status": "exited"}, "it is exited"),
        ({"status": "restarting", "restarts": 3}, "it ended and was restarted 3 times"),
        ({"health": ""}, "it has no health check"),
    ],
)
def test_waiting_ends_when_there_is_nothing_to_wait_for(machine, facts, told):
    machine.run_now("ceph", **facts)
    answer = machine.run("wait", "benchmark-ceph")
    assert answer.returncode == 1 and told in answer.stdout


def test_a_remote_engine_is_told_apart(machine):
    machine.prepare("labstore")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        answer = machine.run("up", "labstore", BENCHMARK_LABSTORE_PORT=taken, ENGINE_HOST="ssh://elsewhere")
    assert answer.returncode == 0, "ports of this machine are not those of the engine's"
    assert "the engine is at ssh://elsewhere" in answer.stdout and "BENCHMARK_BIND_ADDRESS=0.0.0.0" in answer.stdout


def test_status_has_a_line_for_every_store(machine):
    machine.run_now("garage", health="starting")
    lines = machine.run("status").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(stack.STORES)
    states = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert states["garage"] == "starting" and states["minio"] == "absent"


def test_down_and_clean_cover_every_profile(machine):
    assert machine.run("down").returncode == 0
    assert machine.run("clean").returncode == 0
    down, clean = machine.calls(" down ")
    for profile in ("benchmark", "versitygw", "cloudserver", "ceph"):
        assert f"--profile {profile}" in down and f"--profile {profile}" in clean
    assert "--volumes" not in down and clean.endswith("down --remove-orphans --volumes")


def test_clean_of_one_store_removes_its_volumes_only(machine):
    (machine.state / "volumes").write_text("labstore_benchmark-ceph\nlabstore_benchmark-ceph-configuration\n")
    assert machine.run("clean", "ceph", "minio").returncode == 0
    assert machine.calls("rm --stop --force")[0].endswith("benchmark-ceph benchmark-minio")
    assert machine.calls("volume rm") == [
        "docker volume rm labstore_benchmark-ceph", "docker volume rm labstore_benchmark-ceph-configuration",
    ]


def test_logs_follow_on_demand(machine):
    machine.run("logs", "--follow", "minio")
    assert machine.calls("logs")[-1].endswith("logs --tail=200 --follow benchmark-minio")


def test_an_unknown_store_is_refused_with_those_there_are(machine):
    answer = machine.run("up", "mino")
    assert answer.returncode == 2 and "unknown store mino; there are labstore, minio" in answer.stderr


def test_compose_gets_the_file_the_project_and_the_settings(machine, program):
    program("docker-compose", 'echo "$COMPOSE_PROJECT_NAME $BENCHMARK_OBJECTS $*"; [ "$1" != version ] || echo 2.20.0')
    answer = machine.run("ps", script="compose.sh", NO_PLUGIN=1, BENCHMARK_OBJECTS=5)
    words = answer.stdout.split()
    assert words[:3] == ["labstore", "5", "--file"] and words[3].endswith("infra/compose.yml") and words[4:] == ["ps"]


def test_up_builds_unless_the_image_is_somebody_elses(machine):
    machine.run("up", "-d", "benchmark-minio", script="compose.sh")
    machine.run("up", "--no-build", "benchmark-minio", script="compose.sh")
    machine.run("up", "-d", script="compose.sh", BENCHMARK_LABSTORE_IMAGE="example.org/labstore:1")
    ours, theirs_choice, foreign = machine.calls(" up ")
    assert ours.endswith("up --build -d benchmark-minio")
    assert theirs_choice.endswith("up --no-build benchmark-minio")
    assert foreign.endswith("up -d")


def test_an_old_compose_gets_no_wait_and_is_waited_for(machine, program):
    program("docker-compose", OLD_COMPOSE)
    machine.prepare("minio")
    answer = machine.run("up", "-d", "--wait", "--wait-timeout", "9", "benchmark-minio", script="compose.sh", NO_PLUGIN=1)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert machine.calls("docker-compose --file")[0].endswith("up --build -d benchmark-minio")
    assert "benchmark-minio: healthy" in answer.stdout
    machine.run_now("minio", health="unhealthy")
    machine.prepare("minio", health="unhealthy")
    assert machine.run("up", "-d", "--wait", "benchmark-minio", script="compose.sh", NO_PLUGIN=1).returncode == 1
    machine.run("up", "-d", "--wait", "benchmark-minio", script="compose.sh")
    assert machine.calls("docker compose --file")[-1].endswith("up --build -d --wait benchmark-minio")


def test_wrong_settings_stop_compose_before_it_runs(machine):
    answer = machine.run("up", script="compose.sh", BENCHMARK_MINIO_PORT="none")
    assert answer.returncode == 2 and "BENCHMARK_MINIO_PORT is 'none'" in answer.stderr
    assert not machine.calls(" up ")
