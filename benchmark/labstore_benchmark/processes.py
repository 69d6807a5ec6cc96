"""Processes of our own: started so that they end with us, measured as a tree, ended by their ids and nothing else."""

import ctypes
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
STOP_SECONDS_MAX = 20
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Runs in the child: even a SIGKILL of the benchmark leaves no store behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(
    command: list[str], environment: dict, log: Path, folder: Path, out: Path | None = None
) -> subprocess.Popen:
    """A child in a session of its own, so that Ctrl-C reaches us first and we end it in order."""
    with open(log, "ab") as errors, open(out or log, "ab") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=folder,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )


def stop(process: subprocess.Popen, seconds: float = STOP_SECONDS_MAX) -> None:
    """SIGTERM to the child; then, to what its tree still has, SIGKILL. Returns when nothing of it runs."""
    pids = tree(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pid, born in pids.items():
        if pid != process.pid and birth(pid) == born:
            signal_if_alive(pid, signal.SIGTERM)
    end = time.monotonic() + 2
    while any(birth(pid) == born for pid, born in pids.items()) and time.monotonic() < end:
        time.sleep(0.02)
    for pid, born in pids.items():
        if birth(pid) == born:
            signal_if_alive(pid, signal.SIGKILL)


def signal_if_alive(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


@dataclass
class Stat:
    parent: int
    session: int
    ticks: int
    born: int
    state: str


def read_stat(pid: int) -> Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in brackets may hold blanks and brackets; what follows the last bracket has fixed places.
    fields = text[text.rindex(")") + 2 :].split()
    # utime, stime, and both of the children that were waited for: those are gone and counted nowhere else.
    return Stat(
        int(fields[1]), int(fields[3]), sum(int(value) for value in fields[11:15]), int(fields[19]), fields[0]
    )


def birth(pid: int) -> int | None:
    """When the process began, in ticks since boot: with the id it names one process for ever. None when it is gone."""
    stat = read_stat(pid)
    return stat.born if stat and stat.state not in "ZX" else None


def tree(root: int) -> dict[int, int]:
    """Ids and births of a process and of everything that descends from it, or began in its session: when a store dies,
    its children are no longer below it, but still in the session that `start` opened for it."""
    stats = {int(path.name): read_stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}
    found: dict[int, int] = {}
    waiting = [root, *(pid for pid, stat in stats.items() if stat and stat.session == root)]
    while waiting:
        pid = waiting.pop()
        if (stat := stats.get(pid)) is None or pid in found:
            continue
        found[pid] = stat.born
        waiting += [child for child, other in stats.items() if other and other.parent == pid]
    return found


def scheduled_seconds(pid: int) -> float:
    """What the threads that live now were given, in nanoseconds as the scheduler counts; 0 where it does not tell."""
    total = 0
    for told in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            total += int(told.read_text().split()[0])
        except (OSError, IndexError):
            pass  # the thread has ended
    return total / 1e9


def cpu_seconds(root: int) -> float:
    """CPU time of a tree of processes. Ticks have 10 ms, in which a short run may use none; the scheduler's account is
    exact, but without the threads that have ended."""
    total = 0.0
    for pid in tree(root):
        stat = read_stat(pid)
        if stat:
            total += max(stat.ticks / TICKS_PER_SECOND, scheduled_seconds(pid))
    return total


def peak_memory_bytes(root: int) -> dict[int, int]:
    """The high-water mark of resident memory of each process of a tree."""
    peaks = {}
    for pid in tree(root):
        try:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    peaks[pid] = int(line.split()[1]) * 1024
        except OSError:
            pass
    return peaks


def machine_busy_seconds() -> float:
    """CPU time that the whole machine spent on anything, guests' and stolen time included."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    values = [int(value) for value in fields[:8]]
    return (sum(values) - values[3] - values[4]) / TICKS_PER_SECOND
