"""A store as a program of this machine: a fresh folder, loopback only, ended by its own id, its folder removed."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from . import garage, processes
from .catalog import HOST, Place, Store, program_of, version_of
from .problems import Problem
from .s3_client import S3Client, fault_of
from .settings import Settings

READY_SECONDS_MAX = 90
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


def busy(number: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, number)) == 0


class NativeStore:
    """Use as a context: ready inside, gone without a trace outside, whatever happened in between."""

    def __init__(self, store: Store, settings: Settings, logs: Path, log_name: str):
        self.store, self.settings = store, settings
        self.log = logs / f"{log_name}.log"
        self.folder = settings.storage / f"{store.name}-{os.getpid()}"
        self.process: subprocess.Popen | None = None
        self.peaks: dict[int, int] = {}
        self.region = store.region
        self.credentials = (settings.access_key, settings.secret_key)
        self.url = f"http://{HOST}:{store.port}"

    @property
    def client(self) -> S3Client:
        return S3Client(self.url, *self.credentials, self.region)

    def __enter__(self) -> "NativeStore":
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def start(self) -> None:
        program = program_of(self.store)
        if program is None:
            raise Problem(f"{self.store.programs[0]} is not on PATH: {self.store.how_to_get}")
        shutil.rmtree(self.folder, ignore_errors=True)
        place = Place(os.path.abspath(program), self.folder, self.settings)
        place.data.mkdir(parents=True, mode=0o700)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        launch = self.store.launch(place)
        for number in launch.ports:
            if busy(number):
                raise Problem(f"port {number}, which {self.store.title} needs, is in use: {way_out(self.store)}")
        self.version = version_of(self.store, place.program)
        # Settings of a server that happen to be in the environment must not decide what is measured.
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= {"HOME": str(self.folder)} | launch.environment
        self.process = processes.start(launch.command, environment, self.log, self.folder)

    def wait_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS_MAX
        initialised = self.store.programs[0] != "garage"
        fault: str | None = "nothing heard yet"
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Problem(
                    f"{self.store.title} ended with {self.process.returncode} while it started:\n{self.tail()}"
                )
            if not initialised:
                initialised, fault = self.initialise_garage()
            if initialised and (fault := fault_of(self.client, self.settings.bucket)) is None:
                return
            time.sleep(0.1)
        raise Problem(f"{self.store.title} is not ready after {READY_SECONDS_MAX} s ({fault}):\n{self.tail()}")

    def initialise_garage(self) -> tuple[bool, str]:
        try:
            self.credentials = garage.initialise(self.garage_command, self.settings.bucket)
        except Problem as problem:
            return False, str(problem)
        return True, "initialised"

    def garage_command(self, *arguments: str) -> str:
        command = [program_of(self.store), "-c", str(self.folder / "garage.toml"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise Problem(f"garage {' '.join(arguments[:2])}: {(done.stderr or done.stdout).strip()[-300:]}")
        return done.stdout

    def tail(self) -> str:
        """The end of the store's log, without the folder of this machine that it lies in."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return text[-2000:].strip() or "(it wrote nothing)"

    def cpu_seconds(self) -> float:
        for pid, peak in processes.peak_memory_bytes(self.process.pid).items():
            self.peaks[pid] = max(peak, self.peaks.get(pid, 0))
        return processes.cpu_seconds(self.process.pid)

    def memory(self) -> dict:
        return {"bytes": sum(self.peaks.values()) or None, "kind": "high-water mark of resident memory"}

    def disk(self) -> dict:
        """Blocks of everything in the store's folder, after what was written has reached them."""
        os.sync()
        total = sum(path.lstat().st_blocks for path in self.folder.rglob("*") if not path.is_symlink()) * 512
        return {"bytes": total, "kind": "blocks of its folder"}

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        if self.process is not None:
            processes.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self.settings.storage.rmdir()
        except OSError:
            pass  # another run's folder is in it


def way_out(store: Store) -> str:
    prefix = store.port_name.removesuffix("_PORT")
    return f"end what listens there, or choose other ports with {store.port_name} (and {prefix}_..._PORT)"
