"""Native mode end to end: LabStore itself, a fake peer, and a fake warp that makes real requests."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest
from labstore_benchmark.native import busy
from labstore_benchmark.processes import birth, tree
from server_process import ServerProcess

pytestmark = pytest.mark.usefixtures("server_binary")


@pytest.fixture(name="ready")
def benchmark_with_fakes(benchmark):
    benchmark.add_fake_warp()
    benchmark.add_fake_minio()
    return benchmark


def runs_of(benchmark, name="latest"):
    paths = sorted((benchmark.results / name / "runs").glob("*.json"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def nothing_is_left(benchmark):
    assert benchmark.running() == []
    assert not benchmark.storage.exists() or list(benchmark.storage.iterdir()) == []
    assert [name for name, port in benchmark.ports.items() if busy(port)] == []


def test_from_nothing_to_tables(ready):
    done = ready.native("labstore", "minio", "garage", "seaweedfs")
    found = runs_of(ready)
    assert list(found) == ["01-mixed-labstore", "01-mixed-minio"]
    assert "garage: skipped, garage is not on PATH" in done.stderr
    for run in found.values():
        assert run["status"] == "measured"
        assert run["warp"]["total"]["total_errors"] == 0
        assert set(run["warp"]["by_op_type"]) == {"DELETE", "GET", "PUT", "STAT"}
        cost = run["cost"]
        assert 0 < cost["server_cpu_seconds"] <= cost["seconds"] * os.cpu_count() + 0.5
        assert 0 < cost["warp_cpu_seconds"] <= cost["seconds"] * os.cpu_count() + 0.5
        assert cost["memory"]["bytes"] > 1024**2
        assert cost["live_bytes"] >= 4096 * 2
        assert cost["disk"]["bytes"] >= cost["live_bytes"]
        assert cost["not_measured"] == {}
    assert found["01-mixed-labstore"]["version"].startswith("labstore-server")
    assert found["01-mixed-labstore"]["durability"]["level"] == "synced"
    assert found["01-mixed-minio"]["version"] == "fake peer 1.2.3"
    assert found["01-mixed-minio"]["durability"]["level"] == "partly"

    report = ready.run("analysis").stdout
    assert re.search(r"^ +1 +LabStore +yes +[\d,.]+\* ", report, re.MULTILINE), report
    assert re.search(r"^ +1 +MinIO +partly +[\d,.]+\* ", report, re.MULTILINE), report
    assert re.search(r"^garage +garage is not on PATH", report, re.MULTILINE), report
    assert re.search(r"^seaweedfs +weed is not on PATH", report, re.MULTILINE), report
    nothing_is_left(ready)


def test_results_name_no_path_and_no_secret(ready):
    ready.native("labstore")
    for path in (ready.results / "latest").rglob("*.json"):
        text = path.read_text()
        assert str(ready.folder) not in text and os.uname().nodename not in text, path.name
        assert "labstore-benchmark-only" not in text, path.name


def test_goes_on_in_a_result_set(ready):
    ready.native("labstore")
    before = runs_of(ready)
    done = ready.native("labstore", "minio", "--results", "latest")
    after = runs_of(ready)
    assert "round 1, mixed, labstore: already measured" in done.stderr
    assert after["01-mixed-labstore"] == before["01-mixed-labstore"]
    assert after["01-mixed-minio"]["status"] == "measured"
    done = ready.native("labstore", "--objects", "9", "--results", "latest", code=2)
    assert "was made with objects 8, not 9" in done.stderr


def test_rounds_interleave_the_stores(ready):
    done = ready.native("labstore", "minio", "--rounds", "2")
    order = re.findall(r"round (\d), mixed, (\w+)$", done.stderr, re.MULTILINE)
    assert order == [("1", "labstore"), ("1", "minio"), ("2", "labstore"), ("2", "minio")]


def test_names_a_busy_port_before_anything_runs(ready):
    with socket.socket() as other:
        other.bind(("127.0.0.1", ready.ports["MINIO"]))
        other.listen()
        done = ready.native("labstore", "minio", code=2)
    assert f"port {ready.ports['MINIO']}, which MinIO needs, is in use" in done.stderr
    assert "BENCHMARK_MINIO_PORT" in done.stderr
    assert runs_of(ready) == {}


def test_names_missing_warp(benchmark):
    benchmark.add_fake_minio()
    done = benchmark.native("labstore", code=2)
    assert "warp" in done.stderr and "github.com/minio/warp" in done.stderr
    assert not benchmark.results.exists()


def test_names_missing_iperf3(ready):
    done = ready.run("bandwidth", code=2)
    assert "iperf3" in done.stderr and "apt-get install iperf3" in done.stderr


def test_nothing_to_measure_is_an_error(ready):
    done = ready.native("seaweedfs", code=2)
    assert "nothing was measured" in done.stderr and "weed is not on PATH" in done.stderr


def test_a_peer_that_does_not_start_stops_nobody_else(ready):
    ready.add_fake_minio(fault="start")
    done = ready.native("minio", "labstore", code=1)
    found = runs_of(ready)
    assert found["01-mixed-minio"]["status"] == "failed"
    assert "the fake peer does not want to start" in found["01-mixed-minio"]["reason"]
    assert found["01-mixed-labstore"]["status"] == "measured"
    assert "failed: run 1 of 2" in done.stderr
    assert re.search(r"^MinIO +mixed +1 +MinIO ended with 4", ready.run("analysis").stdout, re.MULTILINE)
    nothing_is_left(ready)


def test_a_peer_that_dies_under_load_is_a_failure(ready):
    ready.add_fake_minio(fault="load")
    ready.native("minio", "labstore", code=1)
    run = runs_of(ready)["01-mixed-minio"]
    assert run["status"] == "failed"
    assert "warp" not in run
    nothing_is_left(ready)


def test_wrong_settings_are_named(ready):
    assert "add up to 90" in ready.native("labstore", "--distribution", "45/30/10/5", code=2).stderr
    assert "no size" in ready.native("labstore", "--object-size", "big", code=2).stderr
    assert "there is no store 'nimio'" in ready.native("nimio", code=2).stderr
    assert "there is no scenario 'mixd'" in ready.native("labstore", "--scenario", "mixd", code=2).stderr
    assert "BENCHMARK_LABSTORE_PORT is 'x'" in ready.native("labstore", code=2, BENCHMARK_LABSTORE_PORT="x").stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_nothing_running(ready, number):
    command = ready.command("stores", *ready.short(), "--duration", "60s", "minio")
    log = ready.folder / "benchmark.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(command, env=ready.environment(), stderr=file, stdout=file, cwd=ready.folder)
    try:
        wait_for(lambda: any("fake_warp.py mixed" in line for line in running_below(process.pid)), log)
        pids = [line.split()[0] for line in running_below(process.pid)]
        assert len(pids) >= 3, pids  # the peer, its child, and warp
        process.send_signal(number)
        assert process.wait(30) == 128 + number, log.read_text()
    finally:
        process.kill()
    assert "everything that was started has been ended" in log.read_text()
    assert [pid for pid in pids if birth(int(pid)) is not None] == []
    nothing_is_left(ready)


def running_below(root):
    lines = []
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                lines.append(f"{pid} " + file.read().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return [line for line in lines if not line.startswith(f"{root} ")]


def wait_for(condition, log, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"it did not come to that within {seconds} s:\n{log.read_text()}")


def test_an_endpoint_that_somebody_else_runs(ready):
    server = ServerProcess(ready.folder / "server")
    try:
        server.start()
        keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
        arguments = ("endpoint", "elsewhere", server.endpoint, *ready.short())
        ready.run(*arguments, **keys)
        run = runs_of(ready)["01-mixed-elsewhere"]
        assert run["status"] == "measured" and run["durability"]["level"] == "unknown"
        assert run["cost"]["server_cpu_seconds"] is None
        assert run["cost"]["memory"]["bytes"] is None
        assert re.search(r"^elsewhere +unknown +– +– ", ready.run("analysis").stdout, re.MULTILINE)

        # The fake warp leaves its objects, and the real one would delete what is there.
        refused = ready.run(*arguments, code=1, **keys)
        assert "is not empty" in refused.stderr and "--clear" in refused.stderr
        ready.run(*arguments, "--clear", **keys)
        wrong = ready.run(
            *arguments, "--clear", code=1, AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="knows-this-key"
        )
        assert "403" in wrong.stderr
        assert server.process.poll() is None
    finally:
        server.end()


def test_the_real_warp(benchmark):
    warp = shutil.which("warp")
    if not warp:
        pytest.skip("warp is not on PATH; its format is held by the recorded files")
    (benchmark.programs / "warp").symlink_to(warp)
    benchmark.native("labstore", "--duration", "7s", "--object-size", "16KiB")
    run = runs_of(benchmark)["01-mixed-labstore"]
    assert run["warp"]["total"]["total_errors"] == 0
    assert 6 < run["cost"]["seconds"] < 9
    report = benchmark.run("analysis").stdout
    for operation in ("DELETE", "GET", "PUT", "STAT"):
        assert re.search(rf"^{operation}\n.*\n.*\n +1 +LabStore +yes +[\d,.]+ ", report, re.MULTILINE), report
    nothing_is_left(benchmark)


def test_the_real_iperf3(benchmark):
    iperf3 = shutil.which("iperf3")
    if not iperf3:
        pytest.skip("iperf3 is not on PATH; its format is held by the recorded file")
    (benchmark.programs / "iperf3").symlink_to(iperf3)
    done = benchmark.run("bandwidth")
    found = json.loads((benchmark.results / "bandwidth.json").read_text())
    assert found["target"] == "loopback"
    assert found["iperf3"]["end"]["sum_received"]["bits_per_second"] > 1e6
    assert "MiB/s" in done.stderr
    assert benchmark.running() == []
