"""The parts that need no load: settings, signing, samples, process trees, Garage's steps, warp's output."""

import os
import subprocess
import sys
import time

import pytest
from labstore_benchmark import garage, processes, warp
from labstore_benchmark.meter import Meter, Series
from labstore_benchmark.problems import Problem
from labstore_benchmark.s3_client import S3Client, fault_of
from labstore_benchmark.scenarios import SCENARIOS
from labstore_benchmark.settings import DEFAULTS, Distribution, Settings, duration_seconds, size_bytes
from server_process import ServerProcess


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("100KiB", 102400), ("64 MiB", 67108864), ("1GiB", 2**30), ("5kb", 5000), ("12", 12)]
)
def test_sizes(text, size):
    assert size_bytes(text) == size


@pytest.mark.parametrize("text", ["", "KiB", "1.5MiB", "-1", "1XiB", "1 MiB MiB"])
def test_wrong_sizes(text):
    with pytest.raises(Problem, match="is no size"):
        size_bytes(text)


@pytest.mark.parametrize(("text", "seconds"), [("1m", 60), ("90s", 90), ("1h30m", 5400), ("500ms", 0.5)])
def test_durations(text, seconds):
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "1 minute", "s", "1.5m", "-1s"])
def test_wrong_durations(text):
    with pytest.raises(Problem, match="is no duration"):
        duration_seconds(text)


@pytest.mark.parametrize("text", ["45/30/15", "45/30/15/10/0", "50/30/15/10", "45/30/10/15", "a/30/15/10"])
def test_wrong_distributions(text):
    with pytest.raises(Problem):
        Distribution.parse(text)


def settings(tmp_path, **more):
    values = {
        "mode": "native",
        "object_size": "100KiB",
        "objects": 1000,
        "concurrent": 8,
        "duration": "1m",
        "rounds": 3,
        "distribution": Distribution(45, 30, 15, 10),
        "scenarios": ("mixed",),
        "access_key": "key",
        "secret_key": "a-secret",
        "bucket": "bucket",
        "host": "127.0.0.1",
        "storage": tmp_path,
    }
    return Settings(**values | more)


def test_secrets_are_in_no_argument_and_no_text(tmp_path):
    chosen = settings(tmp_path)
    assert "a-secret" not in repr(chosen) and "a-secret" not in str(chosen.shown())
    for scenario in SCENARIOS.values():
        line = warp.arguments(scenario, chosen, "http://127.0.0.1:1", "eu-west-1", True, tmp_path)
        assert "a-secret" not in " ".join(line)
        assert {"--host=127.0.0.1:1", "--region=eu-west-1", "--concurrent=8", "--duration=1m", "--keep-data"} <= set(
            line
        )


def test_the_mission_load_is_the_default():
    chosen = {name: DEFAULTS[f"BENCHMARK_{name}"] for name in ("OBJECT_SIZE", "OBJECTS", "CONCURRENT", "DURATION")}
    assert chosen == {"OBJECT_SIZE": "100KiB", "OBJECTS": "1000", "CONCURRENT": "8", "DURATION": "1m"}


def test_large_objects_do_not_fill_the_disk(tmp_path):
    line = SCENARIOS["large"].arguments(settings(tmp_path))
    objects = int(next(part for part in line if part.startswith("--objects=")).split("=")[1])
    assert objects * 64 * 2**20 <= 2 * 2**30 and objects >= 2 * 8
    assert "--obj.size=64MiB" in line


def test_an_endpoint_needs_a_scheme():
    with pytest.raises(Problem, match="is no endpoint"):
        S3Client("127.0.0.1:9000", "key", "secret")


def test_the_client_signs_what_a_real_server_accepts(server_binary, tmp_path):
    server = ServerProcess(tmp_path / "server")
    try:
        server.start()
        client = S3Client(server.endpoint, server.access_key, server.secret_key)
        assert fault_of(client, "a-bucket") is None
        assert client.make_bucket("a-bucket").ok
        sizes = [number % 7 for number in range(1100)]  # more than one page
        for number, size in enumerate(sizes):
            assert client.call("PUT", f"/a-bucket/odd name+{number}&~", body=b"x" * size).ok
        assert client.held("a-bucket") == (len(sizes), sum(sizes))
        stranger = S3Client(server.endpoint, server.access_key, "not-the-secret")
        assert "403" in fault_of(stranger, "a-bucket")
        assert stranger.call("GET", "/a-bucket").code == "SignatureDoesNotMatch"
    finally:
        server.end()
    assert "making the bucket" in fault_of(client, "a-bucket")


def test_samples_grow_evenly_between_two():
    series = Series()
    for moment, value in ((10, 1.0), (12, 3.0), (13, 2.0), (14, 5.0)):
        series.add(moment, value)
    assert [series.at(moment) for moment in (9, 10, 11, 12, 13, 13.5, 15)] == [1.0, 1.0, 2.0, 3.0, 3.0, 4.0, 5.0]
    assert series.between(11, 13.5) == 2.0
    assert Series().between(1, 2) is None


def test_a_source_that_fails_costs_its_figure_only():
    def broken():
        raise OSError("engine gone")

    with Meter({"good": time.time, "broken": broken}, interval=0.01) as meter:
        time.sleep(0.1)
    now = time.time()
    assert meter.between("broken", now - 1, now) is None
    assert "engine gone" in meter.reasons["broken"]
    assert meter.between("good", now - 0.05, now) == pytest.approx(0.05, abs=0.04)


BUSY_TREE = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time\\nwhile True: sum(range(10000))"])
gone = subprocess.run([sys.executable, "-c", "import time\\nend = time.process_time() + 0.4\\nwhile time.process_time() < end: pass"])
print("ready", flush=True)
time.sleep(600)
"""


def test_cpu_of_a_whole_tree_and_its_end(tmp_path):
    log = tmp_path / "log"
    process = processes.start([sys.executable, "-c", BUSY_TREE], {"PATH": "/usr/bin:/bin"}, log, tmp_path)
    try:
        end = time.monotonic() + 30
        while "ready" not in log.read_text() and time.monotonic() < end:
            time.sleep(0.02)
        tree = processes.tree(process.pid)
        assert len(tree) == 2
        # Of the child that is gone, and of the one that works as soon as it is let.
        while processes.cpu_seconds(process.pid) < 0.4 + 0.05 and time.monotonic() < end:
            time.sleep(0.02)
        assert processes.cpu_seconds(process.pid) >= 0.4 + 0.05
        assert all(peak > 2**20 for peak in processes.peak_memory_bytes(process.pid).values())
    finally:
        processes.stop(process)
    assert all(processes.birth(pid) is None for pid in tree)


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="this kernel keeps no account of single threads")
def test_less_than_a_tick_of_cpu_time_is_seen(tmp_path):
    process = processes.start(["sleep", "60"], {"PATH": "/usr/bin:/bin"}, tmp_path / "log", tmp_path)
    try:
        end = time.monotonic() + 30
        while processes.cpu_seconds(process.pid) == 0 and time.monotonic() < end:
            time.sleep(0.02)
        assert 0 < processes.cpu_seconds(process.pid) < 1
    finally:
        processes.stop(process)


def test_a_killed_benchmark_leaves_no_store(tmp_path):
    """SIGKILL leaves no time for a clean-up: the kernel ends the store."""
    code = (
        "import sys, time; from pathlib import Path; from labstore_benchmark import processes\n"
        f"p = processes.start(['sleep', '600'], {{'PATH': '/usr/bin:/bin'}}, Path({str(tmp_path / 'log')!r}), Path({str(tmp_path)!r}))\n"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    path = str(processes.__file__).rsplit("/", 2)[0]
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": path}
    )
    pid = int(parent.stdout.readline())
    assert processes.birth(pid) is not None
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    while processes.birth(pid) is not None and time.monotonic() < end:
        time.sleep(0.02)
    assert processes.birth(pid) is None


class FakeGarage:
    """`garage` as far as the steps need it: it has no layout, no key and no bucket until they are made."""

    node = "0123456789abcdef" * 4

    def __init__(self):
        self.calls, self.role, self.keys, self.buckets, self.version = [], False, [], [], 0

    def __call__(self, *arguments):
        self.calls.append(" ".join(arguments))
        match arguments:
            case ("node", "id", "-q"):
                return f"{self.node}@127.0.0.1:3901\n"
            case ("layout", "show"):
                role = (
                    f"{self.node[:16]}  dc1  10.0 GB\n"
                    if self.role
                    else "No nodes currently have a role in the cluster.\n"
                )
                return f"==== CURRENT CLUSTER LAYOUT ====\n{role}\nCurrent cluster layout version: {self.version}\n"
            case ("layout", "assign", "-z", "dc1", "-c", _, node):
                assert node == self.node
            case ("layout", "apply", "--version", number):
                if int(number) != self.version + 1:
                    raise Problem("invalid new layout version")
                self.version, self.role = int(number), True
            case ("key", "list"):
                return "List of keys:\n" + "".join(f"  GK31c2f218a2e44f485b94239e  {name}\n" for name in self.keys)
            case ("key", "create", name) | ("key", "info", "--show-secret", name):
                self.keys = [name]
                return f"Key name: {name}\nKey ID: GK31c2f218a2e44f485b94239e\nSecret key: {'ab' * 32}\n"
            case ("bucket", "list"):
                return "List of buckets:\n" + "".join(f"  {name}   {'0' * 16}\n" for name in self.buckets)
            case ("bucket", "create", name):
                assert name not in self.buckets
                self.buckets.append(name)
        return ""


def test_garage_is_initialised_once_and_can_be_again():
    fake = FakeGarage()
    assert garage.initialise(fake, "some-bucket") == ("GK31c2f218a2e44f485b94239e", "ab" * 32)
    assert "layout apply --version 1" in fake.calls
    assert "bucket allow --read --write --owner some-bucket --key labstore-benchmark" in fake.calls
    fake.calls.clear()
    assert garage.initialise(fake, "some-bucket") == ("GK31c2f218a2e44f485b94239e", "ab" * 32)
    assert not any("assign" in call or "create some" in call or call.startswith("key create") for call in fake.calls)


def test_garage_config_is_readable_by_its_owner_only(tmp_path):
    path = garage.write_config(tmp_path, tmp_path / "data", {"data_fsync": "true"}, "lmdb")
    assert path.stat().st_mode & 0o077 == 0
    text = path.read_text()
    assert 'db_engine = "lmdb"' in text and "data_fsync = true" in text and 'api_bind_addr = "127.0.0.1:3900"' in text


def test_reads_warp_output_with_lines_around_it():
    assert warp.first_document('warp: <ERROR> {odd} words\n\n{"v": 2, "total": {}}\nCleanup done.\n') == {
        "v": 2,
        "total": {},
    }
    assert warp.first_document("nothing of the kind") is None
    assert warp.first_document('{"cut short": ') is None
    assert warp.moment("2026-11-26T10:58:47.252280734Z") == pytest.approx(1795690727.252281, abs=1e-5)
    assert warp.moment("2026-11-26T11:58:47+01:00") == 1795690727
