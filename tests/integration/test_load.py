"""labstore-load as its operator meets it: results, files, exit codes, and that it notices what a server does wrong."""
import csv
import json
import os
import pty
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fake_s3 import FakeS3, StallOnce
from server_process import ACCESS_KEY, SECRET_KEY, free_port


def load_binary():
    named = os.environ.get("LABSTORE_LOAD_BIN")
    return Path(named) if named else Path(__file__).resolve().parents[2] / "build" / "release" / "labstore-load"


pytestmark = pytest.mark.skipif(not load_binary().exists(), reason=f"{load_binary()} does not exist: build it")


def command(endpoint, *arguments):
    fixed = [str(load_binary()), arguments[0], "--endpoint", endpoint, *arguments[1:]]
    if "--warm-up" not in arguments:
        fixed += ["--warm-up", "0s"]
    return [str(argument) for argument in fixed]


def environment(access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LABSTORE_", "AWS_"))}
    return kept | {"LABSTORE_LOAD_ACCESS_KEY": access_key, "LABSTORE_LOAD_SECRET_KEY": secret_key}


def load(endpoint, *arguments, env=None, timeout=60):
    return subprocess.run(
        command(endpoint, *arguments), env=env or environment(), capture_output=True, text=True, timeout=timeout
    )


def result_of(tmp_path, endpoint, *arguments, code=0, **more):
    """The result as read from the JSON file."""
    file = tmp_path / "result.json"
    done = load(endpoint, *arguments, "--json", file, **more)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(file.read_text())


def test_mixed_load_is_verified_and_leaves_nothing(server, s3, tmp_path):
    result = result_of(
        tmp_path, server.endpoint, "mixed", "--bucket", "load-mixed", "--size", "uniform:0-20KiB", "--objects", 60,
        "--concurrency", 6, "--threads", 2, "--duration", "1.5s", "--verify", "--csv", tmp_path / "result.csv",
        "--html", tmp_path / "result.html", "--expect", "errors=0,throughput>10,unserved=0",
    )
    by_name = {row["name"]: row for row in result["operations"]}
    assert set(by_name) == {"GET", "STAT", "PUT", "DELETE"}
    total = result["total"]
    assert total["operations"] == sum(row["operations"] for row in by_name.values()) > 50
    assert 1.4 < result["measured_s"] < 6 and not result["errors"]
    assert total["operations_per_second"] == pytest.approx(total["operations"] / result["measured_s"])
    for row in by_name.values():
        times = row["latency_ms"]
        assert 0 < times["min"] <= times["p50"] <= times["p90"] <= times["p99"] <= times["p99.9"] <= times["max"]
    shares = {name: row["operations"] / total["operations"] for name, row in by_name.items()}
    assert shares["GET"] > shares["STAT"] > shares["DELETE"]
    assert result["client"]["cpu_us_per_operation"] > 0
    assert result["server"]["cpu_us_per_operation"] > 0 and result["server"]["memory_bytes"] > 1e6
    rows = list(csv.DictReader((tmp_path / "result.csv").open()))
    assert rows[0]["operation"] == "total" and int(rows[0]["operations"]) == total["operations"]
    assert "<svg" in (tmp_path / "result.html").read_text()
    assert "load-mixed" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_each_scenario_runs_without_errors(server, tmp_path):
    for scenario, more in {
        "get": ["--signing", "presigned", "--verify"],
        "put": ["--payload", "unsigned"],
        "stat": [],
        "list": ["--list-keys", 10],
        "small": ["--verify"],
    }.items():
        result = result_of(
            tmp_path, server.endpoint, scenario, "--bucket", f"load-{scenario}", "--size", "4KiB", "--objects", 40,
            "--concurrency", 4, "--duration", "0.5s", "--expect", "errors=0,operations>5", *more,
        )
        assert result["scenario"] == scenario


def test_delete_ends_when_everything_is_deleted(server, tmp_path):
    result = result_of(
        tmp_path, server.endpoint, "delete", "--bucket", "load-delete", "--objects", 200, "--duration", "60s"
    )
    assert result["total"]["operations"] == 200 and result["measured_s"] < 30


def test_multipart_and_large_objects_arrive_whole(server, s3, tmp_path):
    result = result_of(
        tmp_path, server.endpoint, "multipart", "--bucket", "load-multipart", "--count", 3, "--concurrency", 1, "--keep",
        "--parts", 2,
    )
    assert result["total"]["operations"] == 3 and not result["errors"]
    assert result["total"]["bytes"] == 3 * 2 * 5 * 1024 * 1024
    listed = s3.list_objects_v2(Bucket="load-multipart")["Contents"]
    assert [entry["Size"] for entry in listed] == [2 * 5 * 1024 * 1024]
    result = result_of(
        tmp_path, server.endpoint, "large", "--bucket", "load-large", "--size", "3MiB", "--objects", 4, "--concurrency", 2,
        "--verify", "--count", 20,
    )
    assert not result["errors"] and result["total"]["operations"] == 20


def test_a_count_is_exact_and_objects_are_kept_on_request(server, s3, tmp_path):
    result = result_of(
        tmp_path, server.endpoint, "put", "--bucket", "load-count", "--count", 101, "--concurrency", 3, "--threads", 2,
        "--size", "1KiB", "--objects", 500, "--keep",
    )
    assert result["total"]["operations"] == 101
    assert s3.list_objects_v2(Bucket="load-count")["KeyCount"] == 101


def test_an_existing_bucket_is_kept_and_only_our_objects_are_deleted(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="mine", Body=b"stays")
    done = load(server.endpoint, "get", "--bucket", bucket, "--objects", 20, "--size", "1KiB", "--duration", "0.3s")
    assert done.returncode == 0, done.stderr
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["mine"]


def test_an_open_loop_keeps_its_rate(server, tmp_path):
    for arrivals in ("even", "poisson"):
        result = result_of(
            tmp_path, server.endpoint, "get", "--bucket", f"load-{arrivals}", "--size", "4KiB", "--objects", 50,
            "--concurrency", 20, "--threads", 2, "--rate", 200, "--arrivals", arrivals, "--ramp", "0.5s", "--duration", "2s",
        )
        done = result["total"]["operations"] + result["unserved"]
        assert done == 400 if arrivals == "even" else abs(done - 400) < 5 * 20
        assert result["target_rate"] == 200


def test_exit_codes(server):
    few = ("get", "--bucket", "load-codes", "--size", "1KiB", "--objects", 20, "--duration", "0.2s")
    assert load(server.endpoint, *few, "--expect", "errors=0,avg<10s").returncode == 0
    missed = load(server.endpoint, *few, "--expect", "throughput>100000000,errors=0")
    assert missed.returncode == 1
    assert "throughput>100000000: not met" in missed.stdout and "errors=0: met" in missed.stdout
    wrong_key = load(server.endpoint, *few, env=environment(secret_key="another-secret-0123456789"))
    assert wrong_key.returncode == 3 and "HTTP 403" in wrong_key.stderr
    nobody = load(f"http://127.0.0.1:{free_port()}", *few)
    assert nobody.returncode == 3 and "refused" in nobody.stderr
    unwritable = load(server.endpoint, *few, "--json", "/nowhere/result.json")
    assert unwritable.returncode == 3 and "/nowhere/result.json" in unwritable.stderr


@pytest.mark.parametrize(
    "arguments, named",
    [
        (("copy",), "subcommand"),
        (("get", "--concurrency", "0"), "concurrency"),
        (("get", "--concurrency", "many"), "--concurrency"),
        (("get", "--threads", "9"), "threads"),
        (("put", "--concurrency", "900"), "--objects"),
        (("get", "--size", "huge"), "huge"),
        (("get", "--size", "2GiB"), "1 GiB"),
        (("get", "--duration", "0s"), "duration"),
        (("get", "--duration", "900h"), "week"),
        (("get", "--rate", "-5"), "rate"),
        (("get", "--arrivals", "poisson"), "rate"),
        (("get", "--arrivals", "bursty"), "--arrivals"),
        (("get", "--expect", "p99"), "p99"),
        (("get", "--expect", "speed>1"), "speed"),
        (("get", "--mix", "get=0"), "operation"),
        (("get", "--bucket", "No/Such"), "bucket"),
    ],
)
def test_nonsense_is_refused_with_its_reason(arguments, named):
    done = load("http://127.0.0.1:1", *arguments)
    assert done.returncode == 2, done.stderr
    assert named in done.stderr and len(done.stderr.strip().splitlines()) <= 2


def test_usage_without_credentials():
    bare = {name: value for name, value in environment().items() if not name.startswith("LABSTORE_")}
    assert load("http://127.0.0.1:1", "get", env=bare).returncode == 2


def certificate(folder, name):
    """A file with a self-signed certificate for `name`, such as IP:127.0.0.1, and its key."""
    key, chain = folder / "key.pem", folder / "chain.pem"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    request += ["-subj", "/CN=test", "-addext", f"subjectAltName={name}", "-keyout", key, "-out", chain]
    subprocess.run([str(word) for word in request], check=True, capture_output=True)
    both = folder / f"{name.split(':')[0]}.pem"
    both.write_bytes(chain.read_bytes() + key.read_bytes())
    return both


FEW_OVER_TLS = ("mixed", "--size", "uniform:0-200KiB", "--objects", 30, "--concurrency", 4, "--threads", 2, "--duration", "1s")


def test_https_is_verified_byte_by_byte(tmp_path):
    trusted = certificate(tmp_path, "IP:127.0.0.1")
    with FakeS3(tls=trusted) as fake:
        result = result_of(
            tmp_path, fake.endpoint, *FEW_OVER_TLS, "--verify", "--ca-file", trusted, "--expect", "errors=0"
        )
        assert result["total"]["operations"] > 20 and result["endpoint"].startswith("https://127.0.0.1:")


def test_https_is_refused_unless_the_certificate_is_trusted_and_names_the_host(tmp_path):
    trusted, foreign = certificate(tmp_path, "IP:127.0.0.1"), certificate(tmp_path, "DNS:elsewhere.example")
    with FakeS3(tls=trusted) as fake:
        refused = load(fake.endpoint, *FEW_OVER_TLS)
        assert refused.returncode == 3 and "certificate verify failed" in refused.stderr
        assert load(fake.endpoint, *FEW_OVER_TLS, "--insecure").returncode == 0
        missing = load(fake.endpoint, *FEW_OVER_TLS, "--ca-file", tmp_path / "none.pem")
        assert missing.returncode == 3 and "none.pem" in missing.stderr
    with FakeS3(tls=foreign) as fake:
        refused = load(fake.endpoint, *FEW_OVER_TLS, "--ca-file", foreign)
        assert refused.returncode == 3 and "certificate verify failed" in refused.stderr


def test_a_plain_server_behind_https_is_an_error_and_no_hang(tmp_path):
    with FakeS3() as fake:
        refused = load(fake.endpoint.replace("http", "https"), *FEW_OVER_TLS)
        assert refused.returncode == 3 and "wrong version number" in refused.stderr


def corrupt_byte(method, path, body):
    if method != "GET" or not path.endswith("3"):
        return body
    return body[:700] + bytes([body[700] ^ 1]) + body[701:]


def test_verification_catches_one_wrong_bit(tmp_path):
    few = ("get", "--size", "4KiB", "--objects", 20, "--concurrency", 2, "--duration", "0.5s")
    with FakeS3(change=corrupt_byte) as fake:
        result = result_of(tmp_path, fake.endpoint, *few, "--verify", "--expect", "errors=0", code=1)
        assert set(result["errors"]) == {"content mismatch"}
        share = result["total"]["errors"] / (result["total"]["errors"] + result["total"]["operations"])
        assert 0 < share < 0.4  # two objects of twenty
        assert not result_of(tmp_path, fake.endpoint, *few)["errors"]  # nobody compared
    with FakeS3() as honest:
        assert not result_of(tmp_path, honest.endpoint, *few, "--verify", "--expect", "errors=0")["errors"]


def test_verification_catches_an_old_version_and_a_foreign_object(tmp_path):
    few = ("--size", "1KiB", "--objects", 20, "--concurrency", 2, "--duration", "0.7s", "--verify")
    first = {}

    def stale(method, path, body):
        if method == "GET" and body:
            return first.setdefault(path, body)
        return body

    with FakeS3(change=stale) as fake:
        result = result_of(tmp_path, fake.endpoint, "mixed", "--mix", "get=50,put=50", *few)
        assert result["errors"].get("content mismatch", 0) > 0
    with FakeS3() as fake:
        fake.change = lambda method, path, body: next(iter(fake.objects.values())) if method == "GET" else body
        result = result_of(tmp_path, fake.endpoint, "get", *few)
        assert result["errors"].get("content mismatch", 0) > 0


def test_short_answers_and_refusals_are_errors_by_name(tmp_path):
    few = ("get", "--size", "4KiB", "--objects", 20, "--concurrency", 2, "--duration", "0.3s")
    with FakeS3(change=lambda method, path, body: body[:-1] if method == "GET" else body) as fake:
        assert set(result_of(tmp_path, fake.endpoint, *few)["errors"]) == {"wrong length"}
    with FakeS3(get_status=503) as fake:
        result = result_of(tmp_path, fake.endpoint, *few, "--expect", "errors<1%", code=1)
        assert set(result["errors"]) == {"SlowDown"} and result["total"]["operations"] == 0


def test_a_stalled_server_shows_in_an_open_loop(tmp_path):
    """A server that stands still for one second of three delays a third of what is due then. A closed loop, which asks
    again only after an answer, sees four slow operations and takes the second for nothing."""
    few = ("get", "--size", "1KiB", "--objects", 20, "--concurrency", 4, "--duration", "3s")
    with FakeS3(change=StallOnce(after=1.0, lasting=1.0)) as fake:
        opened = result_of(tmp_path, fake.endpoint, *few, "--rate", 100)
    with FakeS3(change=StallOnce(after=1.0, lasting=1.0)) as fake:
        closed = result_of(tmp_path, fake.endpoint, *few)
    assert opened["total"]["operations"] + opened["unserved"] == 300
    assert opened["total"]["latency_ms"]["p90"] > 400 and opened["total"]["latency_ms"]["max"] > 900
    assert opened["total"]["latency_ms"]["average"] > 100
    assert closed["total"]["latency_ms"]["p90"] < 200 and closed["total"]["latency_ms"]["max"] > 800


def test_what_was_due_and_never_begun_is_said(tmp_path):
    with FakeS3(change=lambda method, path, body: (time.sleep(0.05), body)[1] if method == "GET" else body) as fake:
        result = result_of(
            tmp_path, fake.endpoint, "get", "--size", "1KiB", "--objects", 20, "--concurrency", 2, "--rate", 400,
            "--duration", "1s", "--expect", "unserved=0", code=1,
        )
    assert result["unserved"] + result["total"]["operations"] == 400 and result["unserved"] > 300


def test_a_request_has_a_time_limit(tmp_path):
    with FakeS3(change=lambda method, path, body: (time.sleep(3), body)[1] if method == "GET" else body) as fake:
        started = time.monotonic()
        result = result_of(
            tmp_path, fake.endpoint, "get", "--size", "1KiB", "--objects", 20, "--concurrency", 2, "--duration", "1s",
            "--timeout", "300ms",
        )
    assert set(result["errors"]) == {"timed_out"} and time.monotonic() - started < 10


def test_sigint_ends_it_cleanly_with_the_result(server, s3, tmp_path):
    file = tmp_path / "result.json"
    arguments = ("get", "--bucket", "load-sigint", "--size", "1KiB", "--objects", 20, "--duration", "120s", "--json", file)
    running = subprocess.Popen(
        command(server.endpoint, *arguments), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        lines = []
        while "op/s" not in (lines[-1] if lines else ""):
            lines.append(running.stderr.readline())
            assert lines[-1], "it ended by itself"
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=20)
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
    assert running.returncode == 0 and "(interrupted)" in out
    result = json.loads(file.read_text())
    assert result["interrupted"] and 0 < result["measured_s"] < 100 and result["total"]["operations"] > 0
    assert "load-sigint" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_plain_lines_once_a_second(server):
    done = load(server.endpoint, "get", "--bucket", "load-lines", "--size", "1KiB", "--objects", 20, "--duration", "2.2s")
    lines = [line for line in done.stderr.splitlines() if "op/s" in line]
    assert 2 <= len(lines) <= 12 and all("\x1b" not in line and "server" in line for line in lines)
    assert "op/s" not in load(
        server.endpoint, "get", "--bucket", "load-lines", "--size", "1KiB", "--objects", 20, "--duration", "1.2s", "--quiet"
    ).stderr


def test_a_terminal_has_one_line_that_is_written_over(server):
    ours, theirs = pty.openpty()
    arguments = ("get", "--bucket", "load-terminal", "--size", "1KiB", "--objects", 20, "--duration", "2.2s")
    with subprocess.Popen(
        command(server.endpoint, *arguments), env=environment(), stdout=subprocess.PIPE, stderr=theirs, text=True
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:
            pass  # what Linux says when the other side is closed
        finally:
            os.close(ours)
        out = running.stdout.read()
    assert running.returncode == 0 and "GET" in out
    lines = [line for line in shown.decode().split("\r\n") if "op/s" in line]
    assert len(lines) == 1, "the figures stand in one line, ended before the result"
    rewritten = [part for part in lines[0].split("\r\x1b[K") if part]
    assert 2 <= len(rewritten) <= 12 and all("op/s" in part for part in rewritten)


# -- capacity ----------------------------------------------------------------------------------------------------------


class PacedGets:
    """One GET at a time, each taking `seconds`: a server with a known capacity of 1/`seconds`."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.lock = threading.Lock()

    def __call__(self, method, path, body):
        if method == "GET":
            with self.lock:
                time.sleep(self.seconds)
        return body


def test_capacity_finds_a_known_limit(tmp_path):
    json_file, html_file = tmp_path / "capacity.json", tmp_path / "capacity.html"
    with FakeS3(change=PacedGets(0.01)) as fake:
        done = load(
            fake.endpoint, "capacity", "--size", "1KiB", "--objects", 40, "--concurrency", 16, "--sla", "p90<300ms",
            "--step", "1.5s", "--warm-up", "0.2s", "--desired-rate", 100, "--growth", "5%/month", "--json", json_file,
            "--html", html_file, timeout=120,
        )
    assert done.returncode == 1, done.stdout + done.stderr  # 100 a second at 70 % need more than there is
    found = json.loads(json_file.read_text())
    assert 30 < found["capacity"] < 110
    assert found["planned"] == pytest.approx(0.7 * found["capacity"])
    assert found["required_capacity"] == pytest.approx(100 / 0.7)
    assert found["machines"] >= 2 and found["headroom"] < 0 and found["months"] == 0
    assert found["steps"][0]["offered"] == 0 and 50 < found["steps"][0]["achieved"] < 105
    good = [step for step in found["steps"] if step["offered"] and step["sustained"] and step["within_sla"]]
    assert good and all(step["sla_latency_ms"] < 300 for step in good)
    assert found["bottleneck"] and "<svg" in html_file.read_text()


def test_capacity_of_the_server_is_validated(server, tmp_path):
    json_file = tmp_path / "capacity.json"
    done = load(
        server.endpoint, "capacity", "--bucket", "load-capacity", "--size", "1KiB", "--objects", 64, "--concurrency", 16,
        "--sla", "p90<500ms", "--step", "0.6s", "--warm-up", "0.1s", "--validate", "--validation", "1s", "--json", json_file,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stderr  # on a busy machine a prediction may fail; that it is told is what counts
    found = json.loads(json_file.read_text())
    assert [check["what"] for check in found["validation"]] == ["planned", "capacity"]
    for check in found["validation"]:
        assert check["rate_error"] == pytest.approx(check["measured_rate"] / check["predicted_rate"] - 1)
    assert found["server_cpu_us_per_operation"] > 0
    assert ("validated planned" in done.stdout) and found["capacity"] > 10


class LockWaits(BaseHTTPRequestHandler):
    """A profiling listener whose server waits for locks ten seconds a second, in two stacks."""

    def do_GET(self):
        waited = time.monotonic() * 5e9
        lines = ["--- contentionz 1 ---", "cycles/second = 1000000000", f"{waited:.0f} 3 @ 0x1 0x2", f"{waited:.0f} 1 @ 0x3", ""]
        page = "\n".join(lines).encode() if self.path.startswith("/debug/pprof/contention") else b"other"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


@pytest.fixture
def lock_waits():
    listener = HTTPServer(("127.0.0.1", 0), LockWaits)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    thread.join()
    listener.server_close()


def test_capacity_sees_the_locks_of_the_server(server, lock_waits, tmp_path):
    json_file = tmp_path / "capacity.json"
    done = load(
        server.endpoint, "capacity", "--bucket", "load-locks", "--size", "1KiB", "--objects", 64, "--concurrency", 8,
        "--sla", "p90<500ms", "--step", "0.6s", "--warm-up", "0.1s", "--pprof", lock_waits, "--json", json_file, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    steps = json.loads(json_file.read_text())["steps"]
    assert steps and all(step["utilization"]["locks of the server"] == 1 for step in steps)


def test_capacity_says_when_locks_cannot_be_seen(server):
    done = load(server.endpoint, "capacity", "--size", "1KiB", "--objects", 8, "--pprof", server.endpoint)
    assert done.returncode == 3 and "no lock waits" in done.stderr


@pytest.mark.parametrize(
    "arguments, named",
    [
        (("--sla", "throughput>5"), "SLA"),
        (("--sla", "p99<10ms,avg<1ms"), "--sla"),
        (("--target-utilization", "1.5"), "utilisation"),
        (("--growth", "fast"), "--growth"),
        (("--scenario", "delete"), "deletes"),
        (("--step", "1ms"), "step"),
        (("--rate", "5"), "expected"),
    ],
)
def test_a_capacity_question_that_makes_no_sense(arguments, named):
    done = load("http://127.0.0.1:1", "capacity", *arguments)
    assert done.returncode == 2 and named in done.stderr
