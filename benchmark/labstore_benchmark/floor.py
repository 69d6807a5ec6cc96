"""What an authenticated, durable request costs beside the cheapest server there is for the same bytes: nginx, which checks
no signature, hashes nothing and syncs nothing. wrk plays the same requests to both in turns; CPU time is read from the
processes' own accounts. wrk cannot read the answer to a HEAD, so labstore-load sends those."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import processes
from .catalog import program_of, store_named
from .problems import Problem
from .progress import say
from .s3_client import S3Client
from .settings import PROJECT_ROOT

sys.path.insert(0, str(PROJECT_ROOT / "infra" / "setup"))
from ports import free_port  # noqa: E402

KEYS = 64
BUCKET = "floor"
HOST = "127.0.0.1"
READY_SECONDS_MAX = 30
LUA = Path(__file__).with_name("floor.lua")


@dataclass(frozen=True)
class Case:
    name: str
    method: str
    size: int
    connections: int
    aim: float
    floor_method: str = ""

    @property
    def what(self) -> str:
        size = f"{self.size // 1024} KiB"
        return f"{self.method} {size}, {self.connections} connections"


CASES = {
    case.name: case
    for case in (
        Case("get-100k", "GET", 102_400, 20, 1.0),
        Case("get-4k", "GET", 4_096, 20, 1.2),
        Case("head-4k", "HEAD", 4_096, 20, 1.0, floor_method="GET"),
        Case("put-100k", "PUT", 102_400, 20, 0.75),
        Case("put-100k-100", "PUT", 102_400, 100, 0.75),
        Case("put-4k-100", "PUT", 4_096, 100, 1.0),
    )
}


@dataclass
class Outcome:
    requests: int
    errors: int
    seconds: float
    cpu_us: float
    p99_us: int

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


class Target:
    """A server of one folder on loopback. Use as a context."""

    def __init__(self, folder: Path, command: list[str], environment: dict, port: int):
        self.folder, self.command, self.environment, self.port = folder, command, environment, port

    def __enter__(self) -> "Target":
        base = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        self.process = processes.start(self.command, base | self.environment, self.folder / "log", self.folder)
        end = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Problem(f"{self.command[0]} ended: {(self.folder / 'log').read_text()[-1000:]}")
            try:
                S3Client(f"http://{HOST}:{self.port}", "", "").call("GET", "/")
                return self
            except OSError:
                time.sleep(0.05)
        processes.stop(self.process)
        raise Problem(f"{self.command[0]} does not answer on port {self.port}")

    def __exit__(self, *_) -> None:
        processes.stop(self.process)

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.process.pid)


def labstore(folder: Path, options: list[str]) -> tuple[Target, S3Client]:
    program = program_of(store_named("labstore"))
    if program is None:
        raise Problem("labstore-server is not built: infra/setup/build.sh release")
    port = free_port()
    client = S3Client(f"http://{HOST}:{port}", "floor-key", os.urandom(20).hex())
    command = [os.path.abspath(program), "serve", "--host", HOST, "--port", str(port), "--access-log=off"]
    command += ["--storage-path", str(folder / "data"), *options]
    environment = {
        "LABSTORE_SERVER_ADMIN_ACCESS_KEY": client.access_key,
        "LABSTORE_SERVER_ADMIN_SECRET_KEY": client.secret_key,
    }
    return Target(folder, command, environment, port), client


def nginx(folder: Path) -> Target:
    port = free_port()
    for name in ("root", "body"):
        (folder / name).mkdir()
    # As root it would serve as nobody, who cannot come here.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""{user} daemon off; worker_processes auto; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; client_max_body_size 1g;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/body; fastcgi_temp_path {folder}/body;
    uwsgi_temp_path {folder}/body; scgi_temp_path {folder}/body;
    server {{ listen {HOST}:{port}; root {folder}/root; dav_methods PUT; create_full_put_path on; }}
}}
"""
    )
    return Target(folder, [program("nginx"), "-c", str(folder / "nginx.conf")], {}, port)


def program(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if found is None:
        raise Problem(f"{name} is not on PATH: apt-get install {'nginx-light' if name == 'nginx' else name}")
    return found


def key_of(case: Case, number: int) -> str:
    return f"/{BUCKET}/{case.size}-{number:03}"


def requests_text(case: Case, method: str, client: S3Client | None, body: bytes) -> str:
    """The file that floor.lua plays; signed for `client`, or bare."""
    lines = []
    for number in range(KEYS):
        path = key_of(case, number)
        sent = body if method == "PUT" else b""
        # Without the Host: wrk writes its own, which is the same.
        headers = client.signed_headers(method, path, "", sent) if client else {}
        headers.pop("host", None)
        lines += [f"{method} {path}", *(f"{name}: {value}" for name, value in headers.items()), ""]
    return "\n".join(lines) + "\n"


def load(target: Target, case: Case, text: str, body: bytes, seconds: int, folder: Path) -> Outcome:
    script, sent = folder / "requests", folder / "sent"
    script.write_text(text)
    sent.write_bytes(body)
    environment = {"PATH": os.environ["PATH"], "REQUESTS": str(script)} | ({"BODY": str(sent)} if body else {})
    command = [program("wrk"), "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(LUA)]
    before = target.cpu_seconds()
    done = subprocess.run(
        [*command, f"http://{HOST}:{target.port}/"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    cpu = target.cpu_seconds() - before
    if done.returncode != 0 or "{" not in done.stdout:
        raise Problem(f"wrk: {(done.stderr or done.stdout).strip()[-500:]}")
    told = json.loads(done.stdout[done.stdout.rindex("{") :])
    count = max(1, told["requests"])
    return Outcome(told["requests"], told["errors"], told["microseconds"] / 1e6, cpu / count * 1e6, told["p99_us"])


def load_heads(target: Target, case: Case, client: S3Client, seconds: int, folder: Path) -> Outcome:
    tool = PROJECT_ROOT / "build" / "release" / "labstore-load"
    if not tool.exists():
        raise Problem("labstore-load is not built: infra/setup/build.sh release labstore-load")
    told = folder / "heads.json"
    command = [tool, "stat", "--endpoint", f"http://{HOST}:{target.port}", "--quiet", "--json", told]
    command += ["--size", str(case.size), "--objects", KEYS, "--concurrency", case.connections, "--duration", f"{seconds}s"]
    keys = {"LABSTORE_LOAD_ACCESS_KEY": client.access_key, "LABSTORE_LOAD_SECRET_KEY": client.secret_key}
    done = subprocess.run(
        [str(word) for word in command],
        env={"PATH": os.environ["PATH"]} | keys,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"labstore-load: {(done.stderr or done.stdout).strip()[-500:]}")
    figures = json.loads(told.read_text())
    total = figures["total"]
    return Outcome(
        total["operations"],
        total["errors"],
        total["operations"] / total["operations_per_second"],
        figures["server"]["cpu_us_per_operation"],
        round(total["latency_ms"]["p99"] * 1000),
    )


def files_with_fdatasync(case: Case, body: bytes, seconds: int, folder: Path) -> float:
    """A file per object, synced before the next: how many a second, with as many writers as connections."""
    counts = [0] * case.connections
    end = time.monotonic() + seconds

    def write(writer: int) -> None:
        while time.monotonic() < end:
            descriptor = os.open(folder / f"{writer}-{counts[writer]}", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            os.write(descriptor, body)
            os.fdatasync(descriptor)
            os.close(descriptor)
            counts[writer] += 1

    writers = [threading.Thread(target=write, args=(number,)) for number in range(case.connections)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return sum(counts) / seconds


def measure(case: Case, rounds: int, seconds: int, storage: Path, options: list[str]) -> dict:
    body = os.urandom(case.size)
    floor_method = case.floor_method or case.method
    sent = body if case.method == "PUT" else b""
    ours: list[Outcome] = []
    floor: list[Outcome] = []
    synced: list[float] = []
    with tempfile.TemporaryDirectory(dir=storage) as name:
        folders = {part: Path(name) / part for part in ("labstore", "nginx", "wrk")}
        for folder in folders.values():
            folder.mkdir()
        server, client = labstore(folders["labstore"], options)
        with server, nginx(folders["nginx"]) as peer:
            made = client.make_bucket(BUCKET)
            if not made.ok:
                raise Problem(f"making the bucket: {made.status} {made.code}")
            (folders["nginx"] / "root" / BUCKET).mkdir()
            for number in range(KEYS):
                put = client.call("PUT", key_of(case, number), body=body)
                if not put.ok:
                    raise Problem(f"storing the objects: {put.status} {put.code}")
                (folders["nginx"] / "root" / key_of(case, number).lstrip("/")).write_bytes(body)
            for number in range(rounds):
                turns = [
                    (ours, server, requests_text(case, case.method, client, body)),
                    (floor, peer, requests_text(case, floor_method, None, body)),
                ]
                for outcomes, target, text in turns if number % 2 == 0 else turns[::-1]:
                    if text.startswith("HEAD"):
                        outcomes.append(load_heads(target, case, client, seconds, folders["wrk"]))
                    else:
                        outcomes.append(load(target, case, text, sent, seconds, folders["wrk"]))
                if case.method == "PUT":
                    target = Path(name) / f"files-{number}"
                    target.mkdir()
                    synced.append(files_with_fdatasync(case, body, seconds, target))
                    shutil.rmtree(target)
    errors = sum(one.errors for one in ours + floor)
    if errors:
        raise Problem(f"{case.name}: {errors} requests failed")
    ratios = [mine.cpu_us / other.cpu_us for mine, other in zip(ours, floor)]
    figures = {
        "case": case.name,
        "what": case.what,
        "aim": case.aim,
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "labstore_cpu_us": statistics.median(one.cpu_us for one in ours),
        "nginx_cpu_us": statistics.median(one.cpu_us for one in floor),
        "labstore_rate": statistics.median(one.rate for one in ours),
        "nginx_rate": statistics.median(one.rate for one in floor),
        "labstore_p99_us": statistics.median(one.p99_us for one in ours),
    }
    if synced:
        figures["synced_files_rate"] = statistics.median(synced)
    return figures


def run(arguments) -> int:
    unknown = [name for name in arguments.cases if name not in CASES]
    if unknown:
        raise Problem(f"no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    storage = Path(arguments.storage or PROJECT_ROOT / "build" / "benchmark" / "storage").resolve()
    storage.mkdir(parents=True, exist_ok=True)
    results = []
    for name in arguments.cases or CASES:
        say(f"{name}: {arguments.rounds} rounds of {arguments.seconds} s each for LabStore and nginx")
        try:
            results.append(measure(CASES[name], arguments.rounds, arguments.seconds, storage, arguments.option))
        except Problem:
            print(table(results))  # what was measured before is not lost
            raise
    if arguments.json:
        print(json.dumps(results, indent=2))
    else:
        print(table(results))
    missed = [one["case"] for one in results if one["ratio"] > one["aim"]]
    return 1 if arguments.judge and missed else 0


def table(results: list[dict]) -> str:
    lines = [
        "| Request | LabStore CPU | nginx CPU | ratio (spread) | aim | LabStore | nginx | files with fdatasync |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for one in results:
        spread = f"{min(one['ratios']):.2f} to {max(one['ratios']):.2f}"
        files = f"{one['synced_files_rate']:,.0f}/s" if "synced_files_rate" in one else ""
        lines.append(
            f"| {one['what']} | {one['labstore_cpu_us']:.1f} us | {one['nginx_cpu_us']:.1f} us "
            f"| **{one['ratio']:.2f}** ({spread}) | {one['aim']} | {one['labstore_rate']:,.0f}/s "
            f"| {one['nginx_rate']:,.0f}/s | {files} |"
        )
    return "\n".join(lines)
