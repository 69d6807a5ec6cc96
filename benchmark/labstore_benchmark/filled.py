"""Stores that hold many objects before a server sees them: bench/scale fills them through the storage engine, without HTTP."""

import random
import subprocess
import time
from pathlib import Path

from .floor import Target, labstore
from .load_tool import built
from .problems import Problem
from .progress import say
from .s3_client import S3Client

BUCKET = "scale-bucket"
FILL_SECONDS_MAX = 3600
TREE_SHARE = 10  # one of so many keys lies below tree/, the others below flat/
TREE_PREFIXES = 100


def key_of(number: int) -> str:
    """As bench/scale/scale_main.cpp names them."""
    if number % TREE_SHARE == 0:
        return f"tree/{number // 10 % 100:02}/{number // 1000 % 100:02}/{number:010}"
    return f"flat/{number:010}"


def random_key(draw: random.Random, objects: int) -> str:
    return key_of(draw.randrange(objects))


def disk_bytes(folder: Path) -> int:
    """Blocks of everything in a folder."""
    return sum(path.lstat().st_blocks for path in folder.rglob("*") if not path.is_symlink()) * 512


def fill(folder: Path, objects: int, size: int) -> None:
    """Makes `folder` and a store in it. A server comes first: for its format file, and for a bucket that is its account's."""
    folder.mkdir(parents=True, exist_ok=True)
    server, client = labstore(folder, [])
    with server:
        made = client.make_bucket(BUCKET)
        if not made.ok:
            raise Problem(f"making the bucket: {made.status} {made.code}")
    command = [built("bench", "scale", "labstore_scale"), folder / "data", objects, size, BUCKET]
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=FILL_SECONDS_MAX, check=False
    )
    if done.returncode != 0:
        raise Problem(f"labstore_scale: {(done.stderr or done.stdout).strip()[-500:]}")
    say(done.stdout.splitlines()[0])


class Started:
    """A server on a store that is there. Use as a context; `seconds` is what it took until it answered."""

    def __init__(self, folder: Path, options: list[str]):
        self.server, self.client = labstore(folder, options)

    def __enter__(self) -> "Started":
        start = time.perf_counter()
        self.server.__enter__()
        self.seconds = time.perf_counter() - start
        return self

    def __exit__(self, *_) -> None:
        self.server.__exit__()


def server_on(folder: Path, objects: int, size: int, options: list[str]) -> tuple[Target, S3Client]:
    """A server that is not started yet, on a filled store in `folder`."""
    fill(folder, objects, size)
    return labstore(folder, options)
