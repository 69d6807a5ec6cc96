"""Facts about the machine a figure was taken on. No host names and no paths: results are for showing."""

import os
import platform
import re
import subprocess
from pathlib import Path

from .settings import PROJECT_ROOT


def first_value(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.split(":", 1)[1].strip()
    return ""


def file_system(path: Path) -> str:
    """The type of the file system that `path`, or the nearest folder above it that exists, lies on."""
    path = path.resolve()
    while not path.exists():
        path = path.parent
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, name, *_ = line.split()
        inside = str(path) == point or str(path).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, name
    return kind


def facts(storage: Path) -> dict:
    memory_kib = int(first_value("/proc/meminfo", "MemTotal").split()[0])
    return {
        "cores": len(os.sched_getaffinity(0)),
        "cpu": first_value("/proc/cpuinfo", "model name") or platform.machine(),
        "memory_gib": round(memory_kib / 1024**2, 1),
        "kernel": re.match(r"[\d.]*\d|", platform.release()).group(),  # without the builder's name for it
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "file_system": file_system(storage),
    }


def git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(PROJECT_ROOT), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def commit() -> str:
    """The short commit; with `+` when tracked files differ from it, `none` outside a clone."""
    name = git("rev-parse", "--short=9", "HEAD")
    return (name + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")) if name else "none"
