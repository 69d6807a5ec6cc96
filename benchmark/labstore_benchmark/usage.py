"""What a stretch of time took: CPU of the server, of this client and of the machine, and how busy the disks were."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .floor import Target
from .problems import Problem
from .progress import say

BUSY_MS_FIELD = 12  # of a line of /proc/diskstats: the time in which requests were under way (iostats.rst, field 10)
SETTLED_CORES_MAX = 0.03
SETTLE_SECONDS_MAX = 180


def disk_busy_seconds(text: str | None = None) -> dict[str, float]:
    """By disk, without partitions and without disks that are memory or files."""
    lines = (Path("/proc/diskstats").read_text() if text is None else text).splitlines()
    rows = [line.split() for line in lines]
    whole = [row for row in rows if not row[2].startswith(("loop", "ram", "zram"))]
    if text is None:
        whole = [row for row in whole if Path("/sys/block", row[2]).exists()]
    return {row[2]: int(row[BUSY_MS_FIELD]) / 1000 for row in whole}


@dataclass
class Usage:
    """A context: measures from its beginning to its end."""

    server: Target | None = None
    seconds: float = 0.0
    server_cpu_s: float = 0.0
    client_cpu_s: float = 0.0
    machine_cpu_s: float = 0.0
    disks: dict[str, float] = field(default_factory=dict)  # share of the time in which each was busy

    def __enter__(self) -> "Usage":
        self._before = self._read()
        return self

    def __exit__(self, *_) -> None:
        before, after = self._before, self._read()
        self.seconds, self.server_cpu_s, self.client_cpu_s, self.machine_cpu_s = (
            late - early for late, early in zip(after[:4], before[:4])
        )
        self.disks = {name: min(1.0, (busy - before[4].get(name, busy)) / self.seconds) for name, busy in after[4].items()}

    def _read(self) -> tuple:
        server = self.server.cpu_seconds() if self.server else 0.0
        return time.monotonic(), server, time.process_time(), processes.machine_busy_seconds(), disk_busy_seconds()

    def shares(self) -> dict[str, float]:
        """Utilisation by resource, each as a share of all there is of it."""
        cores = os.cpu_count() or 1
        cpu = {"CPU of the machine": self.machine_cpu_s / self.seconds / cores}
        return cpu | {f"disk {name}": share for name, share in self.disks.items()}

    def fullest(self) -> tuple[str, float]:
        return max(self.shares().items(), key=lambda item: item[1])


def settle(server: Target) -> None:
    """Waits until the server does nothing by itself any more: compaction after a fill, clean-up after deletes."""
    end = time.monotonic() + SETTLE_SECONDS_MAX
    while time.monotonic() < end:
        before = server.cpu_seconds()
        time.sleep(1)
        if server.cpu_seconds() - before <= SETTLED_CORES_MAX:
            return
    say(f"the server is still busy by itself after {SETTLE_SECONDS_MAX} s")


def per_operation_us(cpu_s: float, operations: int) -> float:
    if operations == 0:
        raise Problem("nothing was done, so nothing can be said of its cost")
    return cpu_s / operations * 1e6
