"""The bandwidth of the link that the load goes over, measured with iperf3."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import processes
from .problems import Problem
from .progress import say
from .settings import PROJECT_ROOT, RESULTS_ROOT

sys.path.insert(0, str(PROJECT_ROOT / "infra" / "setup"))
from ports import free_port  # noqa: E402

SECONDS = 5
IPERF_PORT = 5201
LOOPBACK = ("127.0.0.1", "localhost", "::1")
STORED = "bandwidth.json"


def program() -> str:
    found = shutil.which("iperf3")
    if not found:
        raise Problem("iperf3, which measures the bandwidth, is not on PATH: apt-get install iperf3")
    return found


def measure(host: str, seconds: int = SECONDS) -> dict:
    """To loopback with a server of our own; to another host with the `iperf3 -s` that must run there."""
    if host not in LOOPBACK:
        say(f"bandwidth: to {host}, where `iperf3 -s` must be running")
        return client(host, IPERF_PORT, seconds)
    number = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [program(), "--server", "--one-off", "--bind", "127.0.0.1", "--port", str(number)]
        server = processes.start(command, {"PATH": "/usr/bin:/bin"}, folder / "iperf3.log", folder)
        try:
            wait_listening(server, number, folder / "iperf3.log")
            say(f"bandwidth: loopback, {seconds} s")
            return client("127.0.0.1", number, seconds)
        finally:
            processes.stop(server, 2)


def wait_listening(server: subprocess.Popen, number: int, log: Path) -> None:
    """Without connecting: the one connection that the server takes is the client's."""
    wanted = f"{number:04X}"
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if server.poll() is not None:
            raise Problem(f"iperf3 did not start: {log.read_text(errors='replace')[-300:]}")
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{wanted}") and fields[3] == "0A":
                return
        time.sleep(0.02)
    raise Problem("iperf3 did not listen within 10 s")


def client(host: str, number: int, seconds: int) -> dict:
    command = [program(), "--client", host, "--port", str(number), "--time", str(seconds), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=False)
    try:
        document = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise Problem(f"iperf3 gave no JSON: {(done.stderr or done.stdout)[-300:]}") from None
    if "error" in document or done.returncode != 0:
        raise Problem(f"iperf3 to {host}: {document.get('error', done.stderr[-300:])}")
    return document


def record(host: str, document: dict) -> dict:
    """What is kept: iperf3's summary under its own names, without addresses and cookies."""
    end = document["end"]
    kept = {"sum_sent": end["sum_sent"], "sum_received": end["sum_received"]}
    target = "loopback" if host in LOOPBACK else "network"
    return {"target": target, "moment": time.time(), "iperf3": {"end": kept}}


def remember(found: dict) -> Path:
    RESULTS_ROOT.mkdir(parents=True, exist_ok=True)
    path = RESULTS_ROOT / STORED
    path.write_text(json.dumps(found, indent=1) + "\n")
    return path


def remembered(host: str) -> dict | None:
    """The last measurement, when it is of the same kind of link."""
    path = RESULTS_ROOT / STORED
    if not path.exists():
        return None
    found = json.loads(path.read_text())
    return found if found["target"] == ("loopback" if host in LOOPBACK else "network") else None


def mib_per_second(found: dict) -> float:
    return found["iperf3"]["end"]["sum_received"]["bits_per_second"] / 8 / 1024**2
