"""Container mode with a Compose and an engine that are not there: what is started is stopped, what ran goes on running,
and the engine's figures are read as it gives them."""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import HERE
from labstore_benchmark import docker_api
from labstore_benchmark.native import busy

SHORT = (
    "--mode",
    "containers",
    "--duration",
    "1s",
    "--rounds",
    "1",
    "--objects",
    "8",
    "--concurrent",
    "2",
    "--object-size",
    "4KiB",
)


@pytest.fixture(name="stack")
def benchmark_with_a_fake_engine(benchmark):
    benchmark.add_fake_warp()
    environment = f"FAKE_CONTAINER_PID_FILE={benchmark.folder}/container.pid"
    for name in ("docker", "compose"):
        benchmark.script(name, f'{environment} exec {shlex.quote(sys.executable)} -B {HERE}/fake_{name}.py "$@"')
    return benchmark


def run(stack, *arguments, **more):
    return stack.run("stores", *SHORT, *arguments, BENCHMARK_COMPOSE=stack.programs / "compose", **more)


def calls(stack):
    return [line for line in (stack.folder / "compose.log").read_text().splitlines() if " ps " not in line]


def measured(stack, name):
    return json.loads((stack.results / "latest" / "runs" / f"01-mixed-{name}.json").read_text())


def test_starts_measures_and_stops_a_service(stack):
    done = run(stack, "minio")
    assert "\n    building what the image needs\n" in done.stderr
    found = measured(stack, "minio")
    assert found["status"] == "measured"
    assert found["version"] == "example.org/minio:fake"
    cost = found["cost"]
    assert 0 < cost["server_cpu_seconds"] < 4
    assert cost["memory"]["bytes"] == 30 * 2**20
    assert cost["disk"]["bytes"] == 7 * 2**20
    assert cost["live_bytes"] > 0
    assert [call.split(" benchmark")[0] for call in calls(stack)] == [
        "benchmark: up --detach",
        "benchmark: logs --no-color",
        "benchmark: stop",
    ]
    assert "what the container said" in (stack.results / "latest" / "logs" / "01-mixed-minio.log").read_text()
    assert not busy(stack.ports["MINIO"])
    assert stack.running() == []


def test_leaves_running_what_ran_before(stack):
    compose = stack.programs / "compose"
    subprocess.run([compose, "up", "--detach", "benchmark-minio"], env=stack.environment(), check=True, timeout=30)
    try:
        run(stack, "minio")
        assert measured(stack, "minio")["status"] == "measured"
        assert calls(stack)[1:] == []
        assert busy(stack.ports["MINIO"])
    finally:
        subprocess.run([compose, "stop", "benchmark-minio"], env=stack.environment(), check=True, timeout=30)


def test_a_service_that_cannot_be_started_is_a_failure_with_its_words(stack):
    done = run(stack, "rustfs", code=1)
    assert "no such service" in measured(stack, "rustfs")["reason"]
    assert "compose ps --quiet benchmark-rustfs ended with 1" in done.stderr


def test_what_has_no_container_is_skipped_by_name(stack):
    done = run(stack, "minio", "labstore-none")
    assert "labstore-none: skipped, it has no container" in done.stderr
    assert "labstore-none" in json.loads((stack.results / "latest" / "session.json").read_text())["skipped"]


def test_names_missing_docker(benchmark):
    benchmark.add_fake_warp()
    done = benchmark.run("store", "minio", *SHORT, code=2)
    assert "docker is not on PATH" in done.stderr and "--mode native" in done.stderr
    done = benchmark.run("garage-init", "--mode", "containers", code=2)
    assert "docker is not on PATH" in done.stderr


def test_an_engine_that_is_gone_is_an_oserror(monkeypatch, tmp_path):
    silent = tmp_path / "docker"
    silent.write_text("#!/bin/sh\nexit 1\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    api = docker_api.DockerApi()
    with pytest.raises(OSError, match="the Docker engine does not answer"):
        api.stats("any")
    assert api.process is None


def test_threads_take_turns_on_the_connection_to_the_engine(stack, monkeypatch):
    """The load's end is noticed while the meter samples: two answers must not get mixed up."""
    monkeypatch.setenv("PATH", str(stack.programs))
    (stack.folder / "container.pid").write_text(str(os.getpid()))
    api = docker_api.DockerApi()
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(lambda turn: (api.stats if turn % 2 else api.inspect)("c0ffee0123456789"), range(200))
            )
    finally:
        api.close()
    assert [("cpu_stats" in answer, "Mounts" in answer) for answer in found] == [(False, True), (True, False)] * 100


def test_memory_is_without_pages_of_files_in_both_versions_of_cgroups():
    assert docker_api.memory_bytes({"memory_stats": {"usage": 100, "stats": {"inactive_file": 30}}}) == 70
    assert docker_api.memory_bytes({"memory_stats": {"usage": 100, "stats": {"total_inactive_file": 40}}}) == 60
    assert docker_api.memory_bytes({"memory_stats": {}}) == 0


def test_a_volume_of_unknown_size_gives_no_figure(monkeypatch):
    api = docker_api.DockerApi()
    monkeypatch.setattr(api, "get", lambda *_, **__: {"Volumes": [{"Name": "one", "UsageData": {"Size": -1}}]})
    assert api.volume_bytes({"one"}) is None
    assert api.volume_bytes({"another"}) is None
