#!/usr/bin/env python3
"""Load for profiles: labstore-load when this tree has built it, else warp when it is installed, else workers of its own
(this file run as a program): GET 45 %, STAT 30 %, PUT 15 %, DELETE 10 %, as in the benchmark."""
import argparse
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "crash"))
from s3_client import Client, Refused  # noqa: E402  (the signed client of the crash tests)

BUCKET = "profile-load"
OBJECTS = 500


def command_for(port, access_key, secret_key, seconds, size_kib=100, concurrency=16, writes=True):
    """(what it is, command, environment)."""
    environment = dict(os.environ)
    built = Path(os.environ.get("LABSTORE_LOAD_BIN") or ROOT / "build" / "release" / "labstore-load")
    if built.exists():
        environment |= {"LABSTORE_LOAD_ACCESS_KEY": access_key, "LABSTORE_LOAD_SECRET_KEY": secret_key}
        command = [built, "mixed", "--endpoint", f"http://127.0.0.1:{port}", "--duration", f"{seconds}s"]
        command += ["--size", f"{size_kib}KiB", "--concurrency", str(concurrency), "--quiet"]
        return "labstore-load", command + ([] if writes else ["--mix", "get=60,stat=40"]), environment
    if shutil.which("warp"):
        environment |= {"WARP_ACCESS_KEY": access_key, "WARP_SECRET_KEY": secret_key}
        command = ["warp", "mixed" if writes else "get", "--host", f"127.0.0.1:{port}", "--duration", f"{seconds}s", "--obj.size", f"{size_kib}KiB"]
        return "warp", command + ["--objects", "1000", "--concurrent", str(concurrency), "--noclear"], environment
    environment |= {"PROFILE_LOAD_ACCESS_KEY": access_key, "PROFILE_LOAD_SECRET_KEY": secret_key}
    command = [sys.executable, __file__, "--port", str(port), "--seconds", str(seconds)]
    command += ["--size-kib", str(size_kib), "--workers", str(concurrency)]
    return "our own workers", command + ([] if writes else ["--no-writes"]), environment


def start(port, access_key, secret_key, seconds, **more):
    """(what it is, Popen) in a process group of its own; its output is not shown. `send` and `stop` reach all of it."""
    name, command, environment = command_for(port, access_key, secret_key, seconds, **more)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    return name, subprocess.Popen([str(word) for word in command], env=environment, **quiet)


def send(work, number):
    if work.poll() is None:
        os.killpg(work.pid, number)


def stop(work):
    send(work, signal.SIGCONT)
    send(work, signal.SIGTERM)
    work.wait()


def worker(port, keys, end, size, seed, writes):
    client = Client(port, *keys)
    choose = random.Random(seed)
    body = choose.randbytes(size)
    while time.time() < end:
        key = f"object-{choose.randrange(OBJECTS)}"
        draw = choose.random() * (1 if writes else 0.75)
        try:
            if draw < 0.45:
                client.get(BUCKET, key)
            elif draw < 0.75:
                client.request("HEAD", f"/{BUCKET}/{key}")
            elif draw < 0.90:
                client.put(BUCKET, key, body)
            else:
                client.delete(BUCKET, key)
        except Refused as error:
            if error.status != 404:  # another worker deleted it
                raise


def main():
    parser = argparse.ArgumentParser(description="Loads a server on loopback.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--size-kib", type=int, default=100)
    parser.add_argument("--workers", type=int, default=16)
    parser.add_argument("--no-writes", action="store_true", help="GET 60 %%, STAT 40 %%")
    given = parser.parse_args()
    keys = os.environ["PROFILE_LOAD_ACCESS_KEY"], os.environ["PROFILE_LOAD_SECRET_KEY"]
    client = Client(given.port, *keys)
    try:
        client.create_bucket(BUCKET)
    except Refused as error:
        if error.status != 409:
            raise
    for number in range(OBJECTS):
        client.put(BUCKET, f"object-{number}", b"x" * (given.size_kib << 10))
    end = time.time() + given.seconds
    workers = [
        multiprocessing.Process(target=worker, args=(given.port, keys, end, given.size_kib << 10, seed, not given.no_writes))
        for seed in range(given.workers)
    ]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return max((one.exitcode for one in workers), key=abs)


if __name__ == "__main__":
    sys.exit(main())
