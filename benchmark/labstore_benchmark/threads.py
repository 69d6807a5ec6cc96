"""One network thread against two: CPU of an operation, throughput, and the locks that a GET waits for. Where load generator
and server need the same cores, throughput says little; what an operation costs with two threads says what they take from each
other."""

import os
import shutil
import statistics
import sys
import urllib.request
from pathlib import Path

from . import figures, load_tool
from .figures import Figure
from .floor import HOST, Target, labstore
from .problems import Problem
from .s3_client import S3Client
from .settings import PROJECT_ROOT

sys.path[:0] = [str(PROJECT_ROOT / "infra" / part) for part in ("setup", "profiling")]
import contention  # noqa: E402
import profile_proto  # noqa: E402
from ports import free_port  # noqa: E402

SCALING = 1.8
LOADS = {"GET 4 KiB": ("get", "4KiB"), "GET 100 KiB": ("get", "100KiB"), "STAT": ("stat", "4KiB"), "PUT 100 KiB": ("put", "100KiB")}
CONNECTIONS = 40
CORES_FOR_THROUGHPUT = 4  # two for the server, two for the load
LOCK_PERCENT_MAX = 1.0


def pinned(target: Target, cores: str) -> Target:
    """taskset becomes the server: its process id is the server's."""
    tool = shutil.which("taskset")
    if tool is None:
        raise Problem("taskset is not on PATH: apt-get install util-linux")
    target.command = [tool, "-c", cores, *target.command]
    return target


def layouts(cores: int) -> dict[int, tuple[str, str]]:
    """By network threads: cores of the server, cores of the load. With fewer than four they share one."""
    if cores < 2:
        raise Problem("one core shows nothing about two threads")
    if cores >= CORES_FOR_THROUGHPUT:
        return {1: ("0", f"2-{cores - 1}"), 2: ("0,1", f"2-{cores - 1}")}
    return {1: ("0", "1"), 2: ("0,1", "0,1")}


def load(scenario: str, size: str, client: S3Client, folder: Path, seconds: int, cores: str) -> tuple[float, float]:
    """(operations a second, CPU of the server for one in us)."""
    told = load_tool.run(
        scenario, client, folder, seconds, "--size", size, "--concurrency", CONNECTIONS, "--warm-up", "1s",
        before=("taskset", "-c", cores),
    )  # fmt: skip
    return told["total"]["operations_per_second"], told["server"]["cpu_us_per_operation"]


def measure_scaling(folder: Path, arguments) -> list[Figure]:
    cores = os.cpu_count() or 1
    free = cores >= CORES_FOR_THROUGHPUT
    out = []
    for what, (scenario, size) in LOADS.items():
        found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for number in range(arguments.rounds):
            for threads, (server_cores, load_cores) in layouts(cores).items():
                home = folder / f"{scenario}-{size}-{number}-{threads}"
                home.mkdir()
                server, client = labstore(home, ["--threads", str(threads), *arguments.option])
                with pinned(server, server_cores):
                    found[threads].append(load(scenario, size, client, home, arguments.seconds, load_cores))
                shutil.rmtree(home)
        rates = [two[0] / one[0] for one, two in zip(found[1], found[2])]
        costs = [two[1] / one[1] for one, two in zip(found[1], found[2])]
        one_us, two_us = (statistics.median(cost for _, cost in found[threads]) for threads in (1, 2))
        # Two cores that are wholly the server's do 2 / ratio times the work of one.
        out.append(
            Figure(
                f"{what}: scaling from 1 thread to 2 by CPU of an operation", 2 / statistics.median(costs), "", SCALING, True,
                f"{one_us:.1f} us and {two_us:.1f} us",
            )  # fmt: skip
        )
        out.append(
            Figure(
                f"{what}: throughput of 2 threads by 1", statistics.median(rates), "", SCALING if free else None, True,
                "" if free else f"{cores} cores: the load takes from the second thread",
            )  # fmt: skip
        )
    return out


def measure_locks(folder: Path, arguments) -> list[Figure]:
    """What threads wait for each other under GETs alone."""
    port = free_port()
    server, client = labstore(folder, ["--threads", "2", "--pprof", "--pprof-port", str(port), *arguments.option])
    shares: list[float] = []
    names: list[str] = []
    with server:
        told = folder / "load.json"
        total = arguments.rounds * (arguments.seconds + 1) + 5
        process = load_tool.start(
            "get", client, told, "--size", "4KiB", "--concurrency", CONNECTIONS, "--duration", f"{total}s", "--warm-up", "2s"
        )
        try:
            for _ in range(arguments.rounds):
                url = f"http://{HOST}:{port}/debug/pprof/contention?seconds={arguments.seconds}"
                with urllib.request.urlopen(url, timeout=arguments.seconds + 30) as answer:
                    profile = profile_proto.parse(answer.read())
                locks, _ = contention.locks_of(profile)
                name, lock = max(locks.items(), key=lambda item: item[1].seconds, default=("none", contention.Lock()))
                shares.append(100 * lock.seconds / (profile.duration_ns / 1e9))
                names.append(name)
        finally:
            load_tool.finish(process, told, total + 60)
    note = ", ".join(sorted(set(names)))
    return [Figure("GET 4 KiB, 2 threads: most waited for one lock", statistics.median(shares), "% of wall time", LOCK_PERCENT_MAX, note=note)]


CASES = {"scaling": measure_scaling, "locks": measure_locks}


def add_parser(commands) -> None:
    command = commands.add_parser("threads", help="one network thread against two")
    figures.add_options(command, CASES, rounds=3, seconds=3)


def run(arguments) -> int:
    return figures.run(arguments, CASES)
