"""Compose as far as the benchmark calls it, for the service benchmark-minio: its container is a process of fake_store.py.
Every call is written down, so that a test can see what was started and stopped."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from fake_docker import CONTAINER, PID_FILE


def up():
    folder = PID_FILE.parent / "volume"
    folder.mkdir(exist_ok=True)
    address = f"127.0.0.1:{os.environ['BENCHMARK_MINIO_PORT']}"
    command = [
        sys.executable,
        str(Path(__file__).with_name("fake_store.py")),
        "server",
        str(folder),
        "--address",
        address,
    ]
    environment = os.environ | {"MINIO_ROOT_USER": "labstore-benchmark"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
    PID_FILE.write_text(str(process.pid))


def stop():
    os.killpg(int(PID_FILE.read_text()), signal.SIGTERM)
    PID_FILE.unlink()


def main():
    with open(PID_FILE.parent / "compose.log", "a") as log:
        log.write(f"{os.environ.get('COMPOSE_PROFILES')}: {' '.join(sys.argv[1:])}\n")
    match sys.argv[1:]:
        case ["up", "--detach", "benchmark-minio"]:
            print("building what the image needs", file=sys.stderr, flush=True)
            up()
        case ["ps", "--quiet", "benchmark-minio"]:
            print(CONTAINER if PID_FILE.exists() else "")
        case ["logs", "--no-color", "benchmark-minio"]:
            print("what the container said")
        case ["stop", "benchmark-minio"]:
            stop()
        case _:
            sys.exit(f"no such service: {sys.argv[1:]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
