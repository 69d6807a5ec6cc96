#!/usr/bin/env python3
"""Lock contention under load: which locks the threads of a release server wait for, and for how much of the time.

A server of its own with --pprof, labstore-load at concurrency 100, and in each round a capture of
/debug/pprof/contention. A lock is named by the class whose function waited. Its share is the time that all threads
together waited for it, by the length of the capture; the figure of a lock is the median of the rounds, so that one
holder that was descheduled on a busy machine does not decide. Exit code 1 when the hottest lock is above the limit."""
import argparse
import re
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "setup")]
import load  # noqa: E402
import profile_proto  # noqa: E402
import session  # noqa: E402
from ports import free_port  # noqa: E402

# What stands between the wait and the function that asked for the lock.
MACHINERY = ("mutex::", "shared_mutex::", "condition_variable::", "std::")
SHARE_MAX_PERCENT = 1.0


@dataclass
class Lock:
    """What was waited for one lock within one capture."""

    waits: int = 0
    seconds: float = 0.0


def readable(name):
    """A lambda given to `runtime::suspend` has a linker name too involved for our demangler: who gave it stands in it,
    as identifiers behind their lengths (`17segment_committer6commit`)."""
    if not name.startswith("_Z"):
        return name
    words, at = [], 0
    while length := re.compile(r"\d+").search(name, at):
        size = int(length.group())
        words.append(name[length.end() : length.end() + size])
        at = length.end() + size
    behind = words[len(words) - words[::-1].index("suspend") :] if "suspend" in words else []
    return f"suspend in {'::'.join(behind[:2])}" if len(behind) >= 2 else name[:60]


def site_of(stack):
    """The function that asked for the lock: the innermost that is not the lock's own."""
    return next((readable(name) for name in stack if not name.startswith(MACHINERY)), "(unknown)")


def lock_of(site):
    """`blob::segment_table::hold` and `blob::segment_table::pin::~pin` wait for the lock of `blob::segment_table`; a free
    function for its own."""
    return "::".join(site.removesuffix(" [coroutine]").split("::")[:2])


def queued_seconds(pid):
    """How long the threads of a process were ready to run and had no CPU, so far (proc(5), schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[1])
        except (OSError, IndexError):  # the thread has ended, or the kernel keeps no account
            pass
    return total / 1e9


def locks_of(profile):
    """Lock to what was waited for it, and site to the same."""
    locks, sites = defaultdict(Lock), defaultdict(Lock)
    for sample in profile.samples:
        waits, nanoseconds = sample.values
        site = site_of(sample.stack)
        for row in (locks[lock_of(site)], sites[site]):
            row.waits += waits
            row.seconds += nanoseconds / 1e9
    return locks, sites


def shares(rounds):
    """Lock to (median share in percent, waits a second). `rounds` are (locks, seconds)."""
    names = {name for locks, _ in rounds for name in locks}
    seconds = sum(length for _, length in rounds)
    out = {}
    for name in names:
        each = [100 * locks.get(name, Lock()).seconds / length for locks, length in rounds]
        out[name] = statistics.median(each), sum(locks.get(name, Lock()).waits for locks, _ in rounds) / seconds
    return out


def table(title, rows, lines=10):
    out = [f"   share   waits/s  {title}"]
    for name, (share, waits) in sorted(rows.items(), key=lambda item: (-item[1][0], -item[1][1]))[:lines]:
        out.append(f"{share:7.3f}%  {waits:8.1f}  {name}")
    return "\n".join(out)


def report(profiles, limit_percent):
    """The text of it, and whether the hottest lock is within the limit. At least one profile."""
    rounds = [(locks_of(profile), profile.duration_ns / 1e9) for profile in profiles]
    by_lock = shares([(locks, length) for (locks, _), length in rounds])
    by_site = shares([(sites, length) for (_, sites), length in rounds])
    hottest, (share, _) = max(by_lock.items(), key=lambda item: item[1][0], default=("none", (0.0, 0.0)))
    within = share <= limit_percent
    verdict = f"hottest: {hottest}, {share:.3f} % of wall time; the limit is {limit_percent:g} %: {'within' if within else 'ABOVE'}"
    return "\n\n".join([table("lock", by_lock), table("site", by_site), verdict]), within


def main():
    parser = argparse.ArgumentParser(prog="profile.sh contention", description="Which locks a release server waits for under load.")
    parser.add_argument("--binary", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--concurrency", type=int, default=100)
    parser.add_argument("--size-kib", type=int, default=4, help="size of the objects")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="length of a round")
    parser.add_argument("--max-percent", type=float, default=SHARE_MAX_PERCENT, help="the limit for one lock")
    parser.add_argument("options", nargs="*", help="options of `serve`, behind --")
    given = parser.parse_args()
    if given.rounds < 1 or given.seconds < 1:
        parser.error("at least one round of one second")
    limit = given.rounds * (given.seconds + 5) + session.READY_SECONDS_MAX
    with session.Server(given.binary, free_port(), given.options) as server:
        name, work = load.start(
            server.port, server.access_key, server.secret_key, limit, size_kib=given.size_kib, concurrency=given.concurrency
        )
        try:
            server.wait_for_gets(0)
            before, queued_before = server.requests(), queued_seconds(server.process.pid)
            profiles = [
                profile_proto.parse(server.pprof(f"contention?seconds={given.seconds}", given.seconds + 60)) for _ in range(given.rounds)
            ]
            done, queued = server.requests() - before, queued_seconds(server.process.pid) - queued_before
        finally:
            load.stop(work)
    seconds = sum(profile.duration_ns for profile in profiles) / 1e9
    print(f"load: {name}, {given.concurrency} connections, objects of {given.size_kib} KiB; {given.rounds} rounds of {given.seconds} s")
    print(f"{done / seconds:.0f} requests a second; threads of the server had to wait for a CPU for {queued / seconds:.0%} of wall time:")
    print("who holds a lock meanwhile is waited for, so judge on a machine where that is little\n")
    text, within = report(profiles, given.max_percent)
    print(text)
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
