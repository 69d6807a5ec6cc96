"""Many connections: what idle ones take of memory, whether busy ones get their share, and whether reads that wait for the
disk hold up those that need not."""

import os
import resource
import socket
import statistics
import threading
import time
from pathlib import Path

from . import figures, load_tool
from .figures import Figure
from .floor import HOST, Target, labstore
from .large import drain
from .player import Counters, Reader, SILENCE_SECONDS_MAX, play, request_bytes
from .problems import Problem
from .s3_client import S3Client

MIB = 1 << 20
BUCKET = "concurrency"
DESCRIPTORS_SPARE = 200
FAIR_BYTES = 4096
COLD_OBJECTS = 64
COLD_BYTES = 8 * MIB
COLD_READERS = 4
COLD_READS_PER_SECOND = 20  # all readers together: 160 MiB/s, so that they wait for the disk and do not fight for the CPU
HOT_RATE = 2000
READ_FROM_DEVICE = 'labstore_blob_reads_total{from="device"}'


def need_descriptors(count: int) -> None:
    """For this process and for the server, which inherits them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + DESCRIPTORS_SPARE
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Problem(f"a process may open {hard} files here and {wanted} are needed: ulimit -Hn")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connect(port: int, request: bytes) -> socket.socket:
    """A connection on which one request was answered."""
    link = socket.create_connection((HOST, port), timeout=SILENCE_SECONDS_MAX)
    reader = Reader()
    link.sendall(request)
    while not reader.take(link.recv(65536) or ended(), False):
        pass
    if reader.status != 200:
        raise Problem(f"a GET was answered {reader.status}")
    return link


def ended() -> bytes:
    raise Problem("the server closed a connection")


def stored(client: S3Client, size: int) -> str:
    path = f"/{BUCKET}/object"
    for answer in (client.make_bucket(BUCKET), client.call("PUT", path, body=os.urandom(size))):
        if not answer.ok:
            raise Problem(f"storing an object: {answer.status} {answer.code}")
    return path


def measure_idle(folder: Path, arguments) -> list[Figure]:
    """Each connection has had an answer of 4 KiB before it is idle."""
    need_descriptors(arguments.idle)
    server, client = labstore(folder, ["--idle-time-max", "1h", *arguments.option])
    links: list[socket.socket] = []
    with server:
        request = request_bytes(client, "GET", stored(client, FAIR_BYTES))
        before = Counters(server.port)["process_resident_memory_bytes"]
        try:
            for _ in range(arguments.idle):
                links.append(connect(server.port, request))
            counters = Counters(server.port)
            if counters["labstore_connections"] < arguments.idle:
                raise Problem(f"only {counters['labstore_connections']:.0f} of {arguments.idle} connections are open")
            after = counters["process_resident_memory_bytes"]
        finally:
            for link in links:
                link.close()
    what = f"{arguments.idle:,} idle connections"
    return [
        Figure(f"{what}: resident memory of the server", after / MIB, "MiB", 512.0, note=f"{before / MIB:.0f} MiB before"),
        Figure(f"{what}: each", (after - before) / arguments.idle / 1024, "KiB"),
    ]


def fairness(counts: list[int]) -> float:
    """The slowest connection's share of the median one's."""
    middle = statistics.median(counts)
    if middle == 0:
        raise Problem("most connections had no answer")
    return min(counts) / middle


def measure_fair(folder: Path, arguments) -> list[Figure]:
    need_descriptors(arguments.active)
    server, client = labstore(folder, arguments.option)
    shares, rates, p99 = [], [], []
    with server:
        path = stored(client, FAIR_BYTES)
        for _ in range(arguments.rounds):
            request = request_bytes(client, "GET", path)
            played = play(server.port, lambda _, request=request: request, arguments.active, arguments.seconds)
            if played.errors:
                raise Problem(f"{played.errors} of {played.requests} GETs failed")
            shares.append(fairness(played.by_connection))
            rates.append(played.rate)
            p99.append(played.latency_ms(0.99))
    what = f"{arguments.active:,} active connections, GET 4 KiB"
    return [
        Figure(f"{what}: slowest by median", statistics.median(shares), "", 0.5, True, f"{min(shares):.2f} to {max(shares):.2f}"),
        Figure(f"{what}: all together, by a client in Python", statistics.median(rates), "a second"),
        Figure(f"{what}: P99 there", statistics.median(p99), "ms"),
    ]


class Readers:
    """Reads large objects over and over at a fixed rate; cold ones are put out of the page cache before each turn. A context."""

    def __init__(self, server: Target, client: S3Client, data: Path, cold: bool):
        self.server, self.client, self.cold = server, client, cold
        self.files = [path for path in data.rglob("*") if path.is_file() and path.stat().st_size >= COLD_BYTES // 2]
        self.over, self.failed, self.bytes, self.seconds = threading.Event(), [], 0, 0.0
        self.threads = [threading.Thread(target=self.read, args=(number,)) for number in range(COLD_READERS)]

    def __enter__(self) -> "Readers":
        self.start = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.start

    def read(self, number: int) -> None:
        due = time.monotonic()
        try:
            while not self.over.is_set():
                if self.cold:
                    self.forget()
                for object_number in range(number, COLD_OBJECTS, COLD_READERS):
                    due += COLD_READERS / COLD_READS_PER_SECOND
                    if self.over.wait(max(0.0, due - time.monotonic())):
                        return
                    got, _ = drain(self.server.port, request_bytes(self.client, "GET", f"/{BUCKET}/cold-{object_number}"))
                    self.bytes += got
        except (OSError, Problem) as error:
            self.failed.append(str(error))

    def forget(self) -> None:
        """Puts the large objects out of the page cache (posix_fadvise(2)); what is not written yet stays."""
        for path in self.files:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def hot_p99(client: S3Client, folder: Path, seconds: int) -> float:
    load = load_tool.run(
        "get", client, folder, seconds, "--size", "4KiB", "--objects", 100, "--concurrency", 16, "--rate", HOT_RATE, "--warm-up", "1s"
    )
    return load["total"]["latency_ms"]["p99"]


def measure_cold(folder: Path, arguments) -> list[Figure]:
    """Reads of large objects that are in memory are measured too: what they cost a hot GET is not the disk's doing."""
    server, client = labstore(folder, arguments.option)
    p99: dict[str, list[float]] = {"alone": [], "warm": [], "cold": []}
    cold_mib_s = []
    with server:
        stored(client, FAIR_BYTES)
        for number in range(COLD_OBJECTS):
            if not client.call("PUT", f"/{BUCKET}/cold-{number}", body=os.urandom(COLD_BYTES)).ok:
                raise Problem("storing the large objects failed")
        os.sync()
        for _ in range(arguments.rounds):
            p99["alone"].append(hot_p99(client, folder, arguments.seconds))
            for kind in ("warm", "cold"):
                before = Counters(server.port)[READ_FROM_DEVICE]
                with Readers(server, client, folder / "data", kind == "cold") as readers:
                    p99[kind].append(hot_p99(client, folder, arguments.seconds))
                if readers.failed:
                    raise Problem(f"a reader: {readers.failed[0]}")
                if kind == "cold":
                    if Counters(server.port)[READ_FROM_DEVICE] == before:
                        raise Problem("no read went to the disk: this file system keeps what it is told to forget")
                    cold_mib_s.append(readers.bytes / MIB / readers.seconds)
    ratios = {kind: statistics.median(with_it / alone for with_it, alone in zip(p99[kind], p99["alone"])) for kind in ("warm", "cold")}
    what = f"P99 of a hot GET at {HOT_RATE:,}/s"
    return [
        Figure(f"{what} beside cold reads, by that alone", ratios["cold"], "", 2.0, note=f"{statistics.median(cold_mib_s):.0f} MiB/s of them"),
        Figure(f"{what} beside the same reads from memory, by that alone", ratios["warm"]),
        *(Figure(f"{what}, {kind}", statistics.median(values), "ms") for kind, values in p99.items()),
    ]


CASES = {"idle": measure_idle, "fair": measure_fair, "cold": measure_cold}


def add_parser(commands) -> None:
    command = commands.add_parser("concurrency", help="memory of idle connections, fairness, hot reads beside cold ones")
    figures.add_options(command, CASES, rounds=3, seconds=5)
    command.add_argument("--idle", type=int, default=10_000, metavar="N", help="idle connections; 10000")
    command.add_argument("--active", type=int, default=1_000, metavar="N", help="active connections; 1000")


def run(arguments) -> int:
    return figures.run(arguments, CASES)
