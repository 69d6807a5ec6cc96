"""What an operation costs in a small and in a large store, what objects take of the disk, how fast a server starts on them,
and what constant overwriting does to disk and latency."""

import os
import random
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from . import figures, load_tool
from .figures import Figure
from .filled import BUCKET, Started, disk_bytes, fill, random_key
from .floor import labstore
from .player import Counters, play, request_bytes
from .problems import Problem
from .s3_client import S3Client
from .usage import per_operation_us, settle

COUNTS = (10_000, 1_000_000)
OBJECT_BYTES = 1024
CONNECTIONS = 20
REQUESTS = 20_000  # signed for each load; played in turn, so that keys come again only after as many others
LIST_KEYS = 100
SAME_COST = 1.3
AMPLIFICATION = 1.5
OVERWRITE_BYTES = 16 * 1024


def requests_for(operation: str, client: S3Client, objects: int, draw: random.Random, count: int) -> list[bytes]:
    """Signed requests for keys drawn from all that are there."""
    body = draw.randbytes(OBJECT_BYTES)
    out = []
    for _ in range(count):
        key = random_key(draw, objects)
        if operation == "LIST":
            query = {"list-type": "2", "max-keys": str(LIST_KEYS), "start-after": key}
            out.append(request_bytes(client, "GET", f"/{BUCKET}", query))
        else:
            method = "HEAD" if operation == "STAT" else operation
            out.append(request_bytes(client, method, f"/{BUCKET}/{key}", None, body if operation == "PUT" else b""))
    return out


def cost_us(started: Started, requests: list[bytes], seconds: float) -> float:
    before = started.server.cpu_seconds()
    played = play(started.server.port, lambda asked: requests[asked % len(requests)], CONNECTIONS, seconds)
    if played.errors:
        raise Problem(f"{played.errors} of {played.requests} requests failed")
    return per_operation_us(started.server.cpu_seconds() - before, played.requests)


def measure_objects(folder: Path, arguments) -> list[Figure]:
    counts = sorted({*COUNTS, *([arguments.objects] if arguments.objects else [])})
    out, started = [], {}
    with ExitStack() as stack:
        for count in counts:
            fill(folder / str(count), count, OBJECT_BYTES)
            os.sync()
            on_disk = disk_bytes(folder / str(count))
            started[count] = stack.enter_context(Started(folder / str(count), arguments.option))
            largest = count == counts[-1]
            aims = (2.0, 1.6 * 1024) if largest else (None, None)
            out.append(Figure(f"{count:,} objects: start until ready", started[count].seconds, "s", aims[0]))
            out.append(Figure(f"{count:,} objects: disk for each of 1 KiB", on_disk / count, "bytes", aims[1]))
        for one in started.values():
            settle(one.server)
        for operation in ("GET", "STAT", "LIST", "PUT"):
            out += compare_counts(operation, started, arguments)
    return out


def compare_counts(operation: str, started: dict[int, Started], arguments) -> list[Figure]:
    """CPU of one kind of operation on every store, in turns."""
    draw = random.Random(5)
    requests = {
        count: requests_for(operation, one.client, count, draw, 2000 if operation == "LIST" else REQUESTS)
        for count, one in started.items()
    }
    costs: dict[int, list[float]] = {count: [] for count in started}
    for _ in range(arguments.rounds):
        for count, one in started.items():
            costs[count].append(cost_us(one, requests[count], arguments.seconds))
    smallest = min(started)
    out = []
    for count in started:
        note = f"{statistics.median(costs[count]):.1f} us"
        if count == smallest:
            out.append(Figure(f"{operation}, {count:,} objects, CPU", statistics.median(costs[count]), "us"))
            continue
        ratio = statistics.median(large / small for large, small in zip(costs[count], costs[smallest]))
        out.append(Figure(f"{operation}, {count:,} objects, CPU by that with {smallest:,}", ratio, "", SAME_COST, note=note))
    return out


class Watch(threading.Thread):
    """Reads the size of segments beside what lives in them, a few times a second."""

    def __init__(self, port: int):
        super().__init__()
        self.port, self.over = port, threading.Event()
        self.samples: list[float] = []

    def run(self) -> None:
        while not self.over.wait(0.5):
            counters = Counters(self.port)
            live = counters['labstore_segment_bytes{state="live"}']
            if live > 0:
                self.samples.append(counters["labstore_segment_file_bytes"] / live)

    def late_half(self) -> float:
        late = self.samples[len(self.samples) // 2 :]
        if not late:
            raise Problem("the load was too short for a sample of the segments")
        return statistics.median(late)


def overwrite(folder: Path, arguments, options: list[str]) -> dict[str, float]:
    """Constant PUTs over the same keys, until the live bytes were written `--turns` times."""
    folder.mkdir()
    server, client = labstore(folder, ["--remove-delay", "1s", *options, *arguments.option])
    objects = arguments.live_mib * (1 << 20) // OVERWRITE_BYTES
    told = folder / "load.json"
    with server:
        process = load_tool.start(
            "put", client, told, "--size", OVERWRITE_BYTES, "--objects", objects, "--concurrency", CONNECTIONS,
            "--count", objects * (arguments.turns + 1), "--warm-up", "0s",
        )  # fmt: skip
        watch = Watch(server.port)
        watch.start()
        try:
            load = load_tool.finish(process, told, 1800)
        finally:
            watch.over.set()
            watch.join()
        counters = Counters(server.port)
    written = load["total"]["bytes"]
    return {
        "space": watch.late_half(),
        "writes": 1 + counters["labstore_compaction_written_bytes_total"] / written,
        "p99_ms": load["total"]["latency_ms"]["p99"],
        "rate": load["total"]["operations_per_second"],
        "compacted": counters["labstore_segments_compacted_total"],
    }


def measure_overwrite(folder: Path, arguments) -> list[Figure]:
    """Beside a server that never compacts: what compaction does to the latency of others."""
    rounds = [
        (overwrite(folder / f"{number}-with", arguments, []), overwrite(folder / f"{number}-without", arguments, ["--compact-below-live", "0"]))
        for number in range(arguments.rounds)
    ]
    with_it = [one for one, _ in rounds]
    median: Callable[[str], float] = lambda name: statistics.median(one[name] for one in with_it)  # noqa: E731
    what = f"overwriting {arguments.live_mib} MiB {arguments.turns} times"
    ratio = statistics.median(one["p99_ms"] / other["p99_ms"] for one, other in rounds)
    return [
        Figure(f"{what}: segment files by live bytes", median("space"), "", AMPLIFICATION, note="median of the later half"),
        Figure(f"{what}: bytes written to segments by bytes put", median("writes"), "", AMPLIFICATION),
        Figure(f"{what}: P99 of PUT by that without compaction", ratio, "", 2.0, note=f"{median('p99_ms'):.2f} ms"),
        Figure(f"{what}: PUTs", median("rate"), "a second", note=f"{median('compacted'):.0f} segments compacted"),
    ]


CASES = {"objects": measure_objects, "overwrite": measure_overwrite}


def add_parser(commands) -> None:
    command = commands.add_parser("scale", help="cost of an operation by the number of objects, and constant overwriting")
    figures.add_options(command, CASES, rounds=3, seconds=3)
    command.add_argument("--objects", type=int, metavar="N", help="a third, larger store, such as 10000000")
    command.add_argument("--live-mib", type=int, default=512, metavar="N", help="that are overwritten; 512")
    command.add_argument("--turns", type=int, default=6, metavar="N", help="how often; 6")


def run(arguments) -> int:
    return figures.run(arguments, CASES)
