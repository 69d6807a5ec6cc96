"""The profiling listener of the real binary, under load, read by our own reader of profile.proto and by Go's."""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from server_process import SECRET_KEY, free_port

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "crash"))
sys.path.insert(0, str(ROOT / "infra" / "profiling"))
import profile_proto  # noqa: E402
from s3_client import Client  # noqa: E402

COUNTERS = ("heap", "allocs", "growth", "contention")


def start_profiled(server_factory, *options, **environment):
    port = free_port()
    server = server_factory(*options, before=("--pprof", "--pprof-port", port), environment=environment)
    server.pprof_port = port
    return server


@pytest.fixture(name="profiled")
def profiled_server(server_factory):
    return start_profiled(server_factory)


def pprof(server, target, timeout=60):
    """(status, body)"""
    return server.get(f"/debug/pprof/{target}", port=server.pprof_port, timeout=timeout)


class MixedLoad:
    """Workers that use every frequent operation, until the `with` ends."""

    def __init__(self, server, workers=4):
        self.server = server
        self.stop = threading.Event()
        self.failures = []
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(workers)]
        client = self.client()
        client.create_bucket("profiled")

    def client(self):
        return Client(self.server.port, self.server.access_key, self.server.secret_key)

    def work(self, number):
        client = self.client()
        try:
            while not self.stop.is_set():
                for size in (1000, 60_000):
                    key = f"{number}-{size}"
                    client.put("profiled", key, b"x" * size)
                    client.get("profiled", key)
                    client.request("HEAD", f"/profiled/{key}")
                client.request("GET", "/profiled", [("list-type", "2"), ("prefix", f"{number}-")])
                client.delete("profiled", f"{number}-1000")
        except Exception as error:  # shown by the test
            self.failures.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        assert self.failures == []


# -- off -------------------------------------------------------------------------------------------------------------


def caught_signals(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt:"))
    mask = int(line.split()[1], 16)
    return {number for number in range(1, 64) if mask >> (number - 1) & 1}


SIGURG = 23  # libprofiler catches SIGPROF from its loading on; without a capture no timer sends it


def test_without_pprof_nobody_listens_or_looks(server, profiled):
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 6060 if server.port != 6060 else 6061), 1).close()
    assert SIGURG not in caught_signals(server.pid)
    assert profiled.get("/debug/pprof/symbol")[0] != 200, "the S3 listener answers"
    # The same look does see it where it is.
    assert pprof(profiled, "threadz")[0] == 200
    assert SIGURG in caught_signals(profiled.pid)


# -- what there is ---------------------------------------------------------------------------------------------------


@pytest.mark.release_only
def test_everything_the_index_names_answers(profiled):
    status, page = pprof(profiled, "")
    assert status == 200
    targets = re.findall(r'<a href="([^"]+)"', page.decode())
    assert len(targets) >= 12
    for target in targets:
        target = re.sub(r"seconds=\d+", "seconds=1", target.replace("&amp;", "&"))
        assert pprof(profiled, target)[0] == 200, target


def test_command_line_and_symbols(profiled):
    command = pprof(profiled, "cmdline")[1].split(b"\0")
    assert b"serve" in command and SECRET_KEY.encode() not in b"".join(command)
    assert pprof(profiled, "symbol") == (200, b"num_symbols: 1\n")


@pytest.mark.parametrize("target", ["profile?seconds=601", "heap?seconds=-1", "flamegraph?kind=disk", "allocs?format=x"])
def test_bad_values_are_400(profiled, target):
    status, body = pprof(profiled, target)
    assert status == 400 and b" must be " in body


def test_threads_say_what_they_do(profiled):
    text = pprof(profiled, "threadz")[1].decode()
    for name in ("net", "blocking", "index-commit", "blob-commit"):
        assert f'"{name}" state ' in text, text
    # Coroutines and waits by names.
    assert "meta::committer::commit_loop" in text
    assert "runtime::blocking_pool::work_loop" in text
    assert text.count("no answer") <= 1, text


# -- profiles under load ---------------------------------------------------------------------------------------------


@pytest.mark.release_only
def test_a_profile_under_load_names_the_stations_and_operations(server_factory):
    # Ten times the samples, so that five seconds are enough for the rare stations.
    server = start_profiled(server_factory, CPUPROFILE_FREQUENCY="1000")
    wanted = {"net", "http", "auth", "logging", "storage", "meta", "blob", "commit"}
    wanted |= {f"s3:{name}" for name in ("PutObject", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject")}
    profile, stations = profile_proto.Profile(), set()
    with MixedLoad(server):
        # A busy machine gives the server little time: then more captures are needed.
        for _ in range(12):
            status, data = pprof(server, "profile?seconds=5")
            assert status == 200
            taken = profile_proto.parse(data)
            profile.types, profile.samples = taken.types, profile.samples + taken.samples
            stations = {sample.labels.get("station") for sample in profile.samples}
            if stations >= wanted:
                break
    shown = profile_proto.top_text(profile, 60)
    print(shown)
    assert stations >= wanted, shown
    operations = {sample.labels.get("operation") for sample in profile.samples}
    assert operations >= {"PutObject", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject"}, shown
    assert {sample.labels.get("bucket") for sample in profile.samples} == {None, "profiled"}
    names = {name for sample in profile.samples for name in sample.stack}
    assert any(name.endswith(" [coroutine]") for name in names)
    assert not any(name.startswith("labstore::") or ".actor" in name or "on_sample" in name for name in names)
    # Work that is done for a request carries its operation: the handler of one is never seen under another.
    for sample in profile.samples:
        if any(name.startswith("s3::operations::put_object [coroutine]") for name in sample.stack):
            assert sample.labels.get("operation") == "PutObject", sample


def test_a_profile_explains_itself(profiled):
    with MixedLoad(profiled):
        before = time.time()
        profile = profile_proto.parse(pprof(profiled, "profile?seconds=2")[1])
    assert profile.types == [("samples", "count"), ("cpu", "nanoseconds")]
    assert profile.period == 10_000_000
    assert 2e9 <= profile.duration_ns < 6e9
    assert abs(profile.time_ns / 1e9 - before) < 5
    assert any(comment.startswith("LabStore ") for comment in profile.comments)
    (build_id,) = {build for file, build in profile.mappings if file.endswith("labstore-server")}
    assert re.fullmatch("[0-9a-f]{16,}", build_id)
    if shutil.which("readelf"):
        notes = subprocess.run(["readelf", "-n", f"/proc/{profiled.pid}/exe"], capture_output=True, text=True, check=True)
        assert build_id in notes.stdout


def heap_with_known_names(server):
    """The heap once it shows code of the server. One object in 512 KiB is sampled, so this may take a while of load."""
    known = ("rocksdb::", "blob::", "http::", "log::", "meta::", "server::")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        heap = profile_proto.parse(pprof(server, "heap")[1])
        if any(name.startswith(known) for sample in heap.samples for name in sample.stack):
            return heap
        time.sleep(0.5)
    raise AssertionError(f"no name of the server's among {len(heap.samples)} samples of the heap")


@pytest.mark.release_only
def test_counters_in_both_forms(profiled):
    with MixedLoad(profiled):
        assert heap_with_known_names(profiled).total() > 0
        for kind in COUNTERS:
            status, data = pprof(profiled, f"{kind}?seconds=2" if kind == "allocs" else kind)
            assert status == 200, data
            profile = profile_proto.parse(data)
            assert f"profile: {kind}" in profile.comments
            assert kind == "contention" or profile.total() > 0
            assert pprof(profiled, f"{kind}?seconds=1")[0] == 200
        allocs = profile_proto.parse(pprof(profiled, "allocs?seconds=2")[1])
    assert pprof(profiled, "heap?debug=1")[1].startswith(b"heap profile: ")
    assert pprof(profiled, "growth?format=legacy")[1].split(b"\n")[0].endswith(b"@ growth")
    assert pprof(profiled, "contention?debug=1")[1].startswith(b"--- contentionz")
    assert {sample.labels.get("operation") for sample in allocs.samples} & {"PutObject", "GetObject", "ListObjectsV2"}


def test_legacy_cpu_profile_is_gperftools_form(profiled):
    with MixedLoad(profiled):
        data = pprof(profiled, "profile?seconds=1&format=legacy")[1]
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, 40, 8)]
    assert words == [0, 3, 0, 10_000, 0]
    assert b"labstore-server" in data


# -- one at a time, and only for who is there ------------------------------------------------------------------------


def test_a_second_capture_is_refused_and_a_stop_ends_the_first(profiled):
    answers = []
    first = threading.Thread(target=lambda: answers.append(pprof(profiled, "profile?seconds=60", 60)[0]))
    first.start()
    time.sleep(0.5)
    status, body = pprof(profiled, "profile?seconds=1")
    assert status == 409 and b"another CPU profile" in body
    started = time.monotonic()
    assert profiled.stop() == 0
    assert time.monotonic() - started < 5
    first.join(10)
    assert answers == [200]


def test_a_client_that_leaves_ends_its_capture(profiled):
    connection = http.client.HTTPConnection("127.0.0.1", profiled.pprof_port)
    connection.request("GET", "/debug/pprof/profile?seconds=300")
    time.sleep(0.5)
    assert pprof(profiled, "profile?seconds=1")[0] == 409
    connection.close()
    end = time.monotonic() + 5
    while pprof(profiled, "profile?seconds=1")[0] == 409:
        assert time.monotonic() < end, "the capture goes on for nobody"
        time.sleep(0.1)


# -- the page --------------------------------------------------------------------------------------------------------


def page_data(page):
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S).group(1))


def test_flame_graphs_are_self_contained_and_compare(profiled):
    with MixedLoad(profiled):
        first = pprof(profiled, "flamegraph?seconds=2")[1].decode()
        second = pprof(profiled, "flamegraph?seconds=1&base=1")[1].decode()
    assert not re.search(r"""(src|href)\s*=|https?://|@import|url\(""", first), "the page loads something"
    data = page_data(first)
    assert data["base"] is None and data["main"]["kind"] == "cpu" and data["main"]["total"] > 0
    assert sum(sample[0] for sample in data["main"]["samples"]) == data["main"]["total"]
    names = data["main"]["names"]
    assert all(0 <= place < len(names) for sample in data["main"]["samples"] for place in [*sample[1:3], *sample[3]])
    compared = page_data(second)
    assert compared["base"]["total"] == data["main"]["total"]
    captures = pprof(profiled, "captures")[1].decode()
    assert "flamegraph?id=2&amp;base=1" in captures
    assert profile_proto.parse(pprof(profiled, "captures?id=1")[1]).total() == data["main"]["total"]
    with urllib.request.urlopen(f"http://127.0.0.1:{profiled.pprof_port}/debug/pprof/flamegraph?id=1", timeout=20) as got:
        assert "default-src 'none'" in got.headers["Content-Security-Policy"]


@pytest.mark.release_only
def test_captures_are_bounded(profiled):
    for _ in range(20):
        assert pprof(profiled, "contention")[0] == 200
    assert pprof(profiled, "captures")[1].count(b"<tr><td>") == 16
    assert pprof(profiled, "captures?id=1")[0] == 404


# -- other readers ---------------------------------------------------------------------------------------------------


def go_pprof(server, folder, *arguments):
    done = subprocess.run(
        ["go", "tool", "pprof", *arguments],
        capture_output=True,
        text=True,
        timeout=180,
        env=dict(os.environ, PPROF_TMPDIR=str(folder)),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.release_only
@pytest.mark.skipif(shutil.which("go") is None, reason="go is not installed")
def test_go_tool_pprof_shows_our_functions_and_labels(server_factory, tmp_path):
    profiled = start_profiled(server_factory, CPUPROFILE_FREQUENCY="1000")
    url = f"http://127.0.0.1:{profiled.pprof_port}/debug/pprof"
    with MixedLoad(profiled):
        shown = go_pprof(profiled, tmp_path, "-top", "-cum", "-nodecount=400", f"{url}/profile?seconds=3")
        waits = go_pprof(profiled, tmp_path, "-top", f"{url}/contention")
        heap = go_pprof(profiled, tmp_path, "-top", f"{url}/heap")
    assert "http::session::" in shown and "[coroutine]" in shown, shown[:3000]
    tags = go_pprof(profiled, tmp_path, "-tags", f"{url}/captures?id=1")
    assert "PutObject" in tags and "station:" in tags, tags
    assert "Type: delay" in waits and "Type: inuse_space" in heap
