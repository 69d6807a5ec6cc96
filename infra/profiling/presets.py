#!/usr/bin/env python3
"""Every preset of --workload under every kind of load: whether each is the best, or no worse, under its own.

Each measurement is a fresh server with an empty store; the presets of one load follow each other in turns, so that drift
of the machine hits all alike. CPU time is the server's own account, over the measured part of the load."""
import argparse
import json
import random
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from session import Server  # noqa: E402

PRESETS = ("balanced", "read-heavy", "write-heavy")
# A load goes by the name of the preset that should suit it.
LOADS = {
    "balanced": "get=45,stat=30,put=15,delete=10",
    "read-heavy": "get=60,stat=35,list=1,put=4",
    "write-heavy": "put=80,delete=15,get=5",
}
# Two medians closer than this are the same: CPU time of equal servers differs by so much from start to start.
NO_WORSE = 1.05


def one(binary, tool, load, preset, given):
    """(operations a second, CPU microseconds an operation)."""
    with Server(binary, options=["--access-log=off", f"--workload={preset}"]) as server:
        told = Path(server.folder.name) / "told.json"
        command = [tool, "mixed", "--endpoint", f"http://127.0.0.1:{server.port}", "--mix", LOADS[load], "--quiet"]
        command += ["--size", given.size, "--objects", given.objects, "--concurrency", given.concurrency]
        command += ["--duration", f"{given.seconds}s", "--json", told, "--keep"]
        keys = {"LABSTORE_LOAD_ACCESS_KEY": server.access_key, "LABSTORE_LOAD_SECRET_KEY": server.secret_key}
        done = subprocess.run([str(word) for word in command], env=keys, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"labstore-load: {(done.stderr or done.stdout).strip()[-1000:]}")
        figures = json.loads(told.read_text())
        if figures["total"]["errors"]:
            sys.exit(f"{figures['total']['errors']} requests failed")
        return figures["total"]["operations_per_second"], figures["server"]["cpu_us_per_operation"]


def judged(load, found):
    """A table of one load, and whether its own preset is no worse than the best of them."""
    lines = [f"\nload {load}: {LOADS[load]}", f"{'preset':<13}{'op/s':>10}{'spread':>18}{'CPU an op':>12}{'spread':>18}"]
    rates, costs = {}, {}
    for preset in PRESETS:
        rate, cost = zip(*found[preset])
        rates[preset], costs[preset] = statistics.median(rate), statistics.median(cost)
        spread = f"{min(rate):,.0f} to {max(rate):,.0f}"
        lines.append(
            f"{preset:<13}{rates[preset]:>10,.0f}{spread:>18}{costs[preset]:>9.1f} us{f'{min(cost):.1f} to {max(cost):.1f}':>18}"
        )
    slower, dearer = max(rates.values()) / rates[load], costs[load] / min(costs.values())
    fine = slower <= NO_WORSE or dearer <= NO_WORSE
    word = "no worse than any" if fine else "WORSE than another"
    lines.append(f"{load} is {word} under its own load: rate {1 / slower:.2f} of the best, CPU {dearer:.2f} of the least")
    return "\n".join(lines), fine


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="of one load")
    parser.add_argument("--size", default="4KiB")
    parser.add_argument("--objects", type=int, default=50_000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    given = parser.parse_args()
    order = random.Random(given.seed)
    fine = True
    for load in LOADS:
        found = {preset: [] for preset in PRESETS}
        for number in range(given.rounds):
            for preset in order.sample(PRESETS, len(PRESETS)):
                found[preset].append(one(given.binary, given.tool, load, preset, given))
            print(f"{load}: round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
        text, good = judged(load, found)
        print(text, flush=True)
        fine = fine and good
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
