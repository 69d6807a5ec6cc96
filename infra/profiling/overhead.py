#!/usr/bin/env python3
"""What profiling costs. Three states of the server under the same load, in turn, many times:

    off      without --pprof
    idle     with --pprof, nobody captures (live memory is sampled, contended waits are timed)
    capture  with --pprof, a CPU capture of 100 samples per CPU second running

For each window the requests answered and the server's own CPU time are counted; a round has one window of each state,
in turning order, so that what else the machine does meets all alike. Printed are medians with the middle half, and the
median over rounds of each state's ratio to `off` in the same round, with a 95 % interval by bootstrap."""
import argparse
import random
import statistics
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import load  # noqa: E402
from session import Server, free_port  # noqa: E402

STATES = ("off", "idle", "capture")


def window(server, seconds, capture):
    """(requests a second, CPU microseconds a request) while a load runs."""
    taken = []
    if capture:
        thread = threading.Thread(target=lambda: taken.append(server.pprof(f"profile?seconds={seconds}", seconds + 60)))
        thread.start()
        time.sleep(0.2)
    start, requests, cpu = time.monotonic(), server.requests(), server.cpu_seconds()
    time.sleep(seconds - 0.5)
    done, used, passed = server.requests() - requests, server.cpu_seconds() - cpu, time.monotonic() - start
    if capture:
        thread.join()
        assert taken, "the capture failed"
    return done / passed, used / max(done, 1) * 1e6


def interval(ratios):
    """Of the median, by drawing the rounds again."""
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(4000))
    return medians[100], medians[-101]


def main():
    parser = argparse.ArgumentParser(description="Measures what profiling costs.")
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=int, default=5, help="of a window")
    parser.add_argument("--size-kib", type=int, default=16)
    parser.add_argument("--concurrency", type=int, default=16)
    given = parser.parse_args()
    found = {state: [] for state in STATES}
    with ExitStack() as running:
        # One server for each state, so that all have the same past: what was written has to be cleaned up some time.
        ports = {"off": None, "idle": free_port(), "capture": free_port()}
        servers = {state: running.enter_context(Server(given.binary, port)) for state, port in ports.items()}
        for round_ in range(given.rounds):
            for state in STATES[round_ % 3 :] + STATES[: round_ % 3]:
                server = servers[state]
                before = server.requests("GetObject")
                name, work = load.start(
                    server.port, server.access_key, server.secret_key, given.seconds + 30,
                    size_kib=given.size_kib, concurrency=given.concurrency,
                )
                server.wait_for_gets(before)
                found[state].append(window(server, given.seconds, state == "capture"))
                work.terminate()
                work.wait()
            print(f"round {round_ + 1} of {given.rounds}", file=sys.stderr, flush=True)
    print(f"load: {name}, {given.concurrency} connections, {given.size_kib} KiB; {given.rounds} rounds of {given.seconds} s")
    for index, title, unit in ((0, "throughput", "requests/s"), (1, "server CPU", "us/request")):
        for state in STATES:
            values = [window_[index] for window_ in found[state]]
            low, middle, high = statistics.quantiles(values, n=4)
            ratios = [mine[index] / base[index] for mine, base in zip(found[state], found["off"])]
            least, most = interval(ratios)
            print(
                f"{title:<10} {state:<8} {middle:9.1f} {unit} [{low:.1f} .. {high:.1f}]"
                f"   against off {statistics.median(ratios) - 1:+.2%} [{least - 1:+.2%} .. {most - 1:+.2%}]"
            )


if __name__ == "__main__":
    main()
