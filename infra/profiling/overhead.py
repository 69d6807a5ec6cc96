#!/usr/bin/env python3
"""What profiling costs. Three states of the server under the same load, in turn, many times:

    off      without --pprof
    idle     with --pprof, nobody captures (live memory is sampled, contended waits are timed)
    capture  with --pprof, a CPU capture of 100 samples per CPU second running

The load reads (GET 60 %, STAT 40 %): writes wait for the disk, which says nothing about the CPU. Each state has a server
and a load of its own, all with the same past; the loads of the two that are not measured are stopped. For each window the
requests answered and the server's own CPU time are counted; a round has one window of each state, in turning order, so
that what else the machine does meets all alike. Printed are medians with the middle half, and the median over rounds of
each state's ratio to `off` in the same round, with a 95 % interval by bootstrap."""
import argparse
import random
import signal
import statistics
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "setup")]
from ports import free_port  # noqa: E402
import load  # noqa: E402
from session import Server  # noqa: E402

STATES = ("off", "idle", "capture")


def window(server, seconds, capture):
    """(requests a second, CPU microseconds a request) while a load runs."""
    taken = []
    if capture:
        thread = threading.Thread(target=lambda: taken.append(server.pprof(f"profile?seconds={seconds}", seconds + 60)))
        thread.start()
        time.sleep(0.1)
    start, requests, cpu = time.monotonic(), server.requests(), server.cpu_seconds()
    time.sleep(seconds - 0.3)
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
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=2, help="of a window")
    parser.add_argument("--size-kib", type=int, default=16)
    parser.add_argument("--concurrency", type=int, default=16)
    given = parser.parse_args()
    found = {state: [] for state in STATES}
    with ExitStack() as running:
        ports = {"off": None, "idle": free_port(), "capture": free_port()}
        servers = {state: running.enter_context(Server(given.binary, port)) for state, port in ports.items()}
        loads = {}
        for state, server in servers.items():
            name, loads[state] = load.start(
                server.port, server.access_key, server.secret_key, given.rounds * (given.seconds + 2) * 3 + 300,
                size_kib=given.size_kib, concurrency=given.concurrency, writes=False,
            )
            running.callback(load.stop, loads[state])
            server.wait_for_gets(0)
            load.send(loads[state], signal.SIGSTOP)
        for round_ in range(given.rounds):
            for state in STATES[round_ % 3 :] + STATES[: round_ % 3]:
                load.send(loads[state], signal.SIGCONT)
                time.sleep(0.3)
                found[state].append(window(servers[state], given.seconds, state == "capture"))
                load.send(loads[state], signal.SIGSTOP)
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
