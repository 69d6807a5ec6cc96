"""A store as a service of infra/compose.yml: started when it is not running, and then also stopped again."""

import os
import subprocess
import sys
import time
from pathlib import Path

from . import docker_api, garage
from .catalog import Store
from .problems import Problem
from .progress import say
from .s3_client import S3Client, fault_of
from .settings import PROJECT_ROOT, Settings

COMPOSE = PROJECT_ROOT / "infra" / "setup" / "compose.sh"
READY_SECONDS_MAX = 180
GARAGE_PROGRAM = "/garage"


def compose(*arguments: str, profile: str = "benchmark", show: bool = False) -> str:
    """infra/setup/compose.sh with these arguments; what it printed. Raises Problem with its words when it fails. `show`
    is for what takes minutes, such as building an image: its lines go to standard error as they come."""
    docker_api.program()
    script = os.environ.get("BENCHMARK_COMPOSE") or str(COMPOSE)  # the variable is for tests
    if not os.path.exists(script):
        raise Problem("infra/setup/compose.sh, which speaks to Compose, is missing: use --mode native")
    environment = os.environ | {"COMPOSE_PROFILES": profile}
    if show:
        code, out, said = shown([script, *arguments], environment)
    else:
        done = subprocess.run([script, *arguments], env=environment, capture_output=True, text=True, check=False)
        code, out, said = done.returncode, done.stdout, done.stderr or done.stdout
    if code != 0:
        raise Problem(f"compose {' '.join(arguments)} ended with {code}:\n{said.strip()[-800:]}")
    return out


def shown(command: list[str], environment: dict) -> tuple[int, str, str]:
    pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=environment, text=True, **pipe) as process:
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                sys.stderr.write("    " + line)
        except BaseException:
            process.terminate()
            raise
    text = "".join(lines)
    return process.returncode, text, text


class ContainerStore:
    """Use as a context, like NativeStore. What was running before goes on running; its volume is kept either way."""

    def __init__(self, store: Store, settings: Settings, logs: Path, log_name: str):
        self.store, self.settings = store, settings
        self.log = logs / f"{log_name}.log"
        self.region = store.region
        self.credentials = (settings.access_key, settings.secret_key)
        self.url = f"http://{settings.host}:{store.port}"
        self.api = docker_api.DockerApi()
        self.started = False
        self.container = ""
        self.version = "unknown"
        self.peak_bytes = 0

    @property
    def client(self) -> S3Client:
        return S3Client(self.url, *self.credentials, self.region)

    def compose(self, *arguments: str, show: bool = False) -> str:
        return compose(*arguments, profile=self.store.profile, show=show)

    def __enter__(self) -> "ContainerStore":
        if self.store.service is None:
            raise Problem(f"{self.store.title} has no container: use --mode native")
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
        if not self.running():
            say(f"{self.store.name}: starting the service {self.store.service}")
            self.started = True
            self.compose("up", "--detach", self.store.service, show=True)
            self.running()
        try:
            self.version = self.api.inspect(self.container)["Config"]["Image"]
        except OSError as error:
            say(f"{self.store.name}: {error}")

    def running(self) -> bool:
        """Whether its container runs; its id is kept."""
        self.container = self.compose("ps", "--quiet", self.store.service).strip().split("\n")[0]
        if not self.container:
            return False
        try:
            return bool(self.api.inspect(self.container)["State"]["Running"])
        except OSError:
            return False

    def wait_ready(self) -> None:
        end = time.monotonic() + READY_SECONDS_MAX
        fault: str | None = "nothing heard yet"
        while time.monotonic() < end:
            fault = self.initialise()
            if fault is None and (fault := fault_of(self.client, self.settings.bucket)) is None:
                return
            time.sleep(0.5)
        raise Problem(
            f"{self.store.title} is not ready after {READY_SECONDS_MAX} s ({fault}); see just infra benchmark-logs"
        )

    def initialise(self) -> str | None:
        if self.store.name != "garage":
            return None
        try:
            self.credentials = garage.initialise(self.garage_command, self.settings.bucket)
        except Problem as problem:
            return str(problem)
        return None

    def garage_command(self, *arguments: str) -> str:
        return self.compose("exec", "-T", self.store.service, GARAGE_PROGRAM, *arguments)

    def cpu_seconds(self) -> float:
        stats = self.api.stats(self.container)
        self.peak_bytes = max(self.peak_bytes, docker_api.memory_bytes(stats))
        return docker_api.cpu_seconds(stats)

    def memory(self) -> dict:
        return {
            "bytes": self.peak_bytes or None,
            "kind": "largest sample of the container's memory without page cache",
        }

    def disk(self) -> dict:
        kind = "size of its volumes"
        try:
            mounts = self.api.inspect(self.container).get("Mounts", [])
            names = {mount["Name"] for mount in mounts if mount.get("Type") == "volume"}
            return {"bytes": self.api.volume_bytes(names), "kind": kind}
        except OSError as error:
            return {"bytes": None, "kind": f"{kind}: {error}"}

    def alive(self) -> bool:
        try:
            return bool(self.api.inspect(self.container)["State"]["Running"])
        except OSError as error:
            raise Problem(str(error)) from error

    def end(self) -> None:
        self.api.close()
        if not self.started:
            return
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text(self.compose("logs", "--no-color", self.store.service))
        except Problem as problem:
            say(f"{self.store.name}: its log was not kept: {problem}")
        say(f"{self.store.name}: stopping the service {self.store.service}")
        self.compose("stop", self.store.service)
