#!/usr/bin/env python3
"""A short session of a server that was built with sanitizers: loads with verified contents, requests that are refused,
SIGTERM. Every answer has to be the right one, the server has to end by itself with exit code 0, and nothing of what it wrote
may be a report of a sanitizer. A program that leaks on purpose has to be found out before that means anything.

Nothing here depends on how fast the server is. With --results each step is a line `name, passed | failed, reason`, as
summarize.py reads them. leaks.sh builds first and calls this."""
import argparse
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "infra" / "setup"), str(ROOT / "tests" / "crash")]
from ports import free_port  # noqa: E402
from s3_client import Client, Refused, Unknown  # noqa: E402

READY_SECONDS_MAX = 60
END_SECONDS_MAX = 120
BUCKET = "sanitized"

# The lines with which a report begins; what follows one is its stack.
REPORT = re.compile(r"^.*(?:ERROR: \w+Sanitizer\b|\bruntime error: |\w+Sanitizer:DEADLYSIGNAL|\w+Sanitizer CHECK failed|LeakSanitizer has encountered a fatal error).*$", re.MULTILINE)

LOADS = {
    "mixed": ["--size", "uniform:0-300KiB", "--objects", "200"],
    "small": ["--size", "1KiB", "--objects", "200"],
    "large": ["--size", "3MiB", "--objects", "16"],
    "multipart": ["--parts", "2"],
    "list": ["--objects", "300"],
    "delete": ["--objects", "2000"],
}


def reports(text):
    """The first lines of all reports in a process's output."""
    return [line.strip() for line in REPORT.findall(text)]


@dataclass
class Step:
    name: str
    faults: list

    def row(self):
        reason = "; ".join(self.faults).replace("\t", " ").replace("\n", " ")[:400]
        return f"{self.name}\t{'failed' if self.faults else 'passed'}\t{reason}"


def check_canary(program):
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    found = reports(done.stderr)
    faults = [] if any("LeakSanitizer" in line for line in found) else [f"a leak was not reported: {done.stderr[-300:]!r}"]
    if done.returncode == 0:
        faults.append("a program that leaks ended with exit code 0")
    return Step("canary", faults)


def check_end(code, text):
    """How the server ended, and what it wrote meanwhile."""
    how = [] if code == 0 else [f"the server ended with exit code {code}: {text[-300:]}"]
    return [Step("end", how), Step("reports", reports(text))]


def load(program, port, keys, scenario, seconds):
    environment = {"LABSTORE_LOAD_ACCESS_KEY": keys[0], "LABSTORE_LOAD_SECRET_KEY": keys[1]}
    command = [program, scenario, "--endpoint", f"http://127.0.0.1:{port}", "--duration", f"{seconds}s", "--warm-up", "0s"]
    command += ["--verify", "--quiet", "--expect", "errors=0", *LOADS[scenario]]
    try:
        done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=seconds + 300, check=False)
    except subprocess.TimeoutExpired:
        return Step(scenario, ["the load did not end"])
    return Step(scenario, [] if done.returncode == 0 else [f"exit code {done.returncode}: {(done.stdout + done.stderr)[-300:]}"])


def answered(call, wanted):
    """What is wrong with the outcome of `call`; `wanted` is the code of an error, or None for success."""
    try:
        call()
        got = None
    except Refused as error:
        got = error.code or str(error.status)
    except Unknown as error:
        got = f"no answer ({error})"
    return [] if got == wanted else [f"{got} where {wanted} was due"]


def bare(port, sent, wanted):
    """Sends bytes that are no good request; what comes back begins with `wanted`, which may be nothing at all."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(sent)
        link.shutdown(socket.SHUT_WR)
        got = b""
        while piece := link.recv(65536):
            got += piece
    return [] if got.startswith(wanted) else [f"{got[:60]!r} where {wanted!r} was due"]


def refuse(port, keys):
    """Requests of every kind, many of them wrong: the ways out of a request are where things are forgotten."""
    good, bad = Client(port, *keys), Client(port, keys[0], "wrong-secret")
    faults = answered(lambda: good.create_bucket(BUCKET), None)
    body = secrets.token_bytes(200_000)
    faults += answered(lambda: good.put(BUCKET, "key", body), None)
    faults += answered(lambda: good.copy(BUCKET, "key", "copy"), None)
    faults += answered(lambda: good.multipart(BUCKET, "parts", [b"p" * (5 << 20), b"end"]), None)
    faults += [] if good.get(BUCKET, "copy") == body else ["the copy has other bytes"]
    wrong = {
        "SignatureDoesNotMatch": lambda: bad.get(BUCKET, "key"),
        "InvalidAccessKeyId": lambda: Client(port, "nobody", "nothing").get(BUCKET, "key"),
        "NoSuchKey": lambda: good.get(BUCKET, "missing"),
        "NoSuchBucket": lambda: good.get("no-such-bucket", "key"),
        "NoSuchUpload": lambda: good.request("PUT", f"/{BUCKET}/key", [("partNumber", "1"), ("uploadId", "none")], b"part"),
        "MalformedXML": lambda: good.request("POST", f"/{BUCKET}/key", [("uploadId", "none")], b"<CompleteMultipartUpload><Part>"),
        "InvalidRange": lambda: good.request("GET", f"/{BUCKET}/key", headers={"range": "bytes=900000-"}),
        "PreconditionFailed": lambda: good.request("GET", f"/{BUCKET}/key", headers={"if-match": '"other"'}),
        "BucketNotEmpty": lambda: good.request("DELETE", f"/{BUCKET}"),
        "InvalidBucketName": lambda: good.create_bucket("No"),
        "BadDigest": lambda: good.put(BUCKET, "key", b"bytes", {"content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="}),
    }
    for code, call in wrong.items():
        faults += answered(call, code)
    faults += bare(port, b"NO REQUEST AT ALL\r\n\r\n", b"HTTP/1.1 400")
    faults += bare(port, b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n", b"HTTP/1.1 4")
    faults += bare(port, b"GET / HTTP/1.1\r\nHost: cut-short", b"")
    faults += bare(port, b"PUT /sanitized/cut HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nshort", b"HTTP/1.1 4")
    faults += answered(lambda: good.delete_many(BUCKET, good.list(BUCKET)), None)
    faults += answered(lambda: good.request("DELETE", f"/{BUCKET}"), None)
    return Step("refusals", faults)


def wait_ready(process, port):
    end = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/health/ready", timeout=10).close()
            return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def session(given):
    """The steps with the server, from its start to its end."""
    port, keys = free_port(), ("sanitized-key", secrets.token_hex(20))
    steps = []
    with tempfile.TemporaryDirectory(prefix="labstore-leaks-") as folder:
        log = Path(folder) / "log"
        command = [given.server, "serve", "--host", "127.0.0.1", "--port", port, "--storage-path", f"{folder}/data", "--access-log=off"]
        with open(log, "wb") as out:
            process = subprocess.Popen(
                list(map(str, command)),
                env=server_environment() | {"LABSTORE_SERVER_ADMIN_ACCESS_KEY": keys[0], "LABSTORE_SERVER_ADMIN_SECRET_KEY": keys[1]},
                stdout=out,
                stderr=out,
            )
        try:
            ready = wait_ready(process, port)
            steps.append(Step("start", [] if ready else ["the server did not come up"]))
            if ready:
                steps += [load(given.load, port, keys, scenario, given.seconds) for scenario in LOADS]
                steps.append(refuse(port, keys))
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(END_SECONDS_MAX)
        except (OSError, subprocess.TimeoutExpired) as error:
            steps.append(Step("session", [repr(error)]))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        text = log.read_text(errors="replace")
        steps += check_end(process.returncode, text)
        if any(step.faults for step in steps):
            print(text[-20_000:])
    return steps


def server_environment():
    """What a sanitizer is told, and nothing that would configure the server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LABSTORE_SERVER_")}


def main():
    parser = argparse.ArgumentParser(description="A short session of a server built with sanitizers.")
    parser.add_argument("--server", type=Path, required=True)
    parser.add_argument("--load", type=Path, required=True)
    parser.add_argument("--canary", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=10, help="of each load")
    parser.add_argument("--results", type=Path, help="append the outcomes to this file")
    given = parser.parse_args()
    steps = [check_canary(given.canary), *session(given)]
    rows = [step.row() for step in steps]
    print("\n".join(f"leaks {row}" for row in rows))
    if given.results:
        with given.results.open("a") as file:
            file.write("\n".join(rows) + "\n")
    return 1 if any(step.faults for step in steps) else 0


if __name__ == "__main__":
    sys.exit(main())
