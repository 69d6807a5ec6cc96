#!/usr/bin/env python3
"""Whether the server's resident memory stays flat under a long mixed load. A release server of its own, labstore-load on
it for some minutes, process_resident_memory_bytes from /-/metrics every few seconds; then the curve, and the slope of a
straight line through the last two thirds of it. Exit code 1 when that grows by more than GROWTH_MIB_PER_MINUTE_MAX.

What may grow has grown when the first third is over: the cache and the write buffers of the index are as small as may
be, and the load has a fixed number of objects."""
import argparse
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "setup")]
import load  # noqa: E402
from session import READY_SECONDS_MAX, Server, fetch  # noqa: E402

MIB = 1 << 20
GROWTH_MIB_PER_MINUTE_MAX = 1.0
WARM_UP_SHARE = 1 / 3
WARM_UP_REQUESTS = 300_000  # until then the allocator still touches pages for the first time
SERVE_OPTIONS = ("--memtable", "1MiB", "--block-cache", "1MiB", "--access-log=off")
PLOT_COLUMNS, PLOT_ROWS = 72, 16


def settled(samples):
    """What comes after the warm-up. A sample is (seconds, MiB)."""
    from_seconds = samples[0][0] + (samples[-1][0] - samples[0][0]) * WARM_UP_SHARE
    return [one for one in samples if one[0] >= from_seconds]


def slope_mib_per_minute(samples):
    """Of the line with the least squared distances."""
    count = len(samples)
    if count < 3:
        raise ValueError(f"{count} samples are no curve")
    middle_seconds = sum(seconds for seconds, _ in samples) / count
    middle_mib = sum(mib for _, mib in samples) / count
    spread = sum((seconds - middle_seconds) ** 2 for seconds, _ in samples)
    shared = sum((seconds - middle_seconds) * (mib - middle_mib) for seconds, mib in samples)
    return shared / spread * 60


def plot(samples):
    """The curve as text, from 0 MiB upwards; `o` is warm-up, `*` is what the line goes through."""
    top = max(mib for _, mib in samples) * 1.1
    first, last = samples[0][0], samples[-1][0]
    fitted = {seconds for seconds, _ in settled(samples)}
    field = [[" "] * PLOT_COLUMNS for _ in range(PLOT_ROWS)]
    for seconds, mib in samples:
        column = int((seconds - first) / (last - first) * (PLOT_COLUMNS - 1))
        field[PLOT_ROWS - 1 - int(mib / top * PLOT_ROWS)][column] = "*" if seconds in fitted else "o"
    lines = []
    for row, cells in enumerate(field):
        lines.append(f"{top * (PLOT_ROWS - row) / PLOT_ROWS:7.1f} |" + "".join(cells).rstrip())
    lines.append("    MiB +" + "-" * PLOT_COLUMNS)
    lines.append(f"{'':>9}0 min{f'{(last - first) / 60:.1f} min':>{PLOT_COLUMNS - 5}}")
    return "\n".join(lines)


def judge(samples):
    """(text, whether it is flat)."""
    late = settled(samples)
    slope = slope_mib_per_minute(late)
    flat = slope <= GROWTH_MIB_PER_MINUTE_MAX
    return (
        f"resident memory after warm-up: {late[0][1]:.1f} MiB at first, {late[-1][1]:.1f} MiB at last, "
        f"{min(mib for _, mib in late):.1f} to {max(mib for _, mib in late):.1f} MiB\n"
        f"slope {slope:+.2f} MiB/min (at most {GROWTH_MIB_PER_MINUTE_MAX:+.2f}): {'flat' if flat else 'GROWING'}"
    ), flat


def resident_mib(server):
    for line in fetch(f"http://127.0.0.1:{server.port}/-/metrics", 10).decode().splitlines():
        if line.startswith("process_resident_memory_bytes "):
            return float(line.split()[1]) / MIB
    sys.exit("/-/metrics has no process_resident_memory_bytes")


def watch(server, work, seconds, every):
    """The samples, and how many requests were answered within the warm-up."""
    samples, start, warm_up_requests = [], time.monotonic(), None
    before = server.requests()
    while time.monotonic() - start < seconds:
        samples.append((time.monotonic() - start, resident_mib(server)))
        if work.poll() is not None:
            sys.exit(f"the load ended after {samples[-1][0]:.0f} s with exit code {work.returncode}")
        if warm_up_requests is None and samples[-1][0] >= seconds * WARM_UP_SHARE:
            warm_up_requests = server.requests() - before
        time.sleep(every)
    return samples, warm_up_requests or 0


def main():
    parser = argparse.ArgumentParser(description="Resident memory of a release server under a long mixed load.")
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=2, help="seconds between samples")
    parser.add_argument("--size-kib", type=int, default=16, help="size of the objects")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--csv", type=Path, help="write the samples")
    given = parser.parse_args()
    seconds = given.minutes * 60
    with Server(given.binary, options=SERVE_OPTIONS) as server:
        longer = int(seconds) + READY_SECONDS_MAX + 30
        name, work = load.start(
            server.port, server.access_key, server.secret_key, longer, size_kib=given.size_kib, concurrency=given.concurrency
        )
        try:
            server.wait_for_gets(0)
            before = server.requests()
            samples, warm_up_requests = watch(server, work, seconds, given.every)
            done = server.requests() - before
        finally:
            load.stop(work)
    if given.csv:
        given.csv.write_text("seconds,mib\n" + "".join(f"{at:.1f},{mib:.2f}\n" for at, mib in samples))
    text, flat = judge(samples)
    print(f"{name}, mixed, {given.concurrency} connections, {given.size_kib} KiB, {given.minutes:g} minutes: {done:.0f} requests")
    print(plot(samples))
    print(text)
    if warm_up_requests < WARM_UP_REQUESTS:
        print(f"the warm-up had {warm_up_requests:.0f} requests, less than {WARM_UP_REQUESTS}: give it more --minutes before believing a slope")
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
