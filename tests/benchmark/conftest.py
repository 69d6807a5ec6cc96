"""A benchmark of its own for each test: a PATH on which only what the test puts there can be found, free ports, and a
folder for results."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "benchmark"), str(ROOT / "tests" / "integration")]
from server_process import binary, free_port  # noqa: E402

PORTS = (
    "LABSTORE",
    "MINIO",
    "MINIO_CONSOLE",
    "GARAGE",
    "GARAGE_RPC",
    "GARAGE_WEB",
    "GARAGE_ADMIN",
    "SEAWEEDFS",
    "RUSTFS",
    "VERSITYGW",
)
TOOLS = ("bash", "sh", "env", "git", "dirname", "mkdir", "cmp", "cp", "flock", "cat", "sleep")
RUN = ROOT / "benchmark" / "run.sh"


@pytest.fixture(scope="session", autouse=True)
def benchmark_venv():
    """Made once, before tests with a bare PATH and a short time limit ask for it."""
    done = subprocess.run([RUN, "--help"], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr


class Benchmark:
    def __init__(self, folder):
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.results = folder / "results"
        self.storage = folder / "storage"
        self.ports = {name: free_port() for name in PORTS}
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool))
        # Not what PATH says: that may be a shim that needs a shell and its tools.
        (self.programs / "python3").symlink_to(os.path.realpath(sys.executable))

    def environment(self, **more):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("BENCHMARK_", "LABSTORE_", "AWS_", "WARP_"))
        }
        kept |= {
            "PATH": str(self.programs),
            "BENCHMARK_RESULTS": str(self.results),
            "LABSTORE_SERVER_BIN": str(binary()),
        }
        kept |= {f"BENCHMARK_{name}_PORT": str(port) for name, port in self.ports.items()}
        return kept | {name: str(value) for name, value in more.items()}

    def script(self, name, text):
        path = self.programs / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def add_fake_warp(self):
        self.script("warp", f'exec {shlex.quote(sys.executable)} {HERE / "fake_warp.py"} "$@"')

    def add_fake_minio(self, fault=None):
        extra = f"--fault {fault}" if fault else ""
        self.script("minio", f'exec {shlex.quote(sys.executable)} {HERE / "fake_store.py"} "$@" {extra}')

    def command(self, *arguments):
        return [str(RUN), *map(str, arguments)]

    def run(self, *arguments, code=0, timeout=120, **environment):
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == code, f"exit code {done.returncode}, wanted {code}:\n{done.stdout}\n{done.stderr}"
        return done

    def native(self, *arguments, **options):
        """The shortest load there is on the named stores; options among the arguments win. Gives the ended process."""
        return self.run("stores", *self.short(), *arguments, **options)

    def short(self):
        return (
            "--mode",
            "native",
            "--duration",
            "1s",
            "--rounds",
            "1",
            "--objects",
            "8",
            "--concurrent",
            "2",
            "--object-size",
            "4KiB",
            "--storage",
            self.storage,
        )

    def running(self):
        """Processes of this machine that were started for this test: their command line names its folder, or a script
        of the tests started from it."""
        found = []
        for path in Path("/proc").iterdir():
            if path.name.isdigit() and int(path.name) != os.getpid():
                try:
                    line = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                except OSError:
                    continue
                if str(self.folder) in line:
                    found.append(f"{path.name} {line}")
        return found


@pytest.fixture
def benchmark(tmp_path):
    return Benchmark(tmp_path)


@pytest.fixture
def server_binary():
    if not binary().exists():
        pytest.skip(f"no server to test: {binary()} does not exist; build it or set LABSTORE_SERVER_BIN")
    return binary()
