"""labstore-load of this tree, for what it measures better than Python: rates, open loops, latencies."""

import json
import subprocess
from pathlib import Path

from .floor import HOST
from .problems import Problem
from .s3_client import S3Client
from .settings import PROJECT_ROOT


def built(*path: str) -> Path:
    program = PROJECT_ROOT.joinpath("build", "release", *path)
    if not program.exists():
        raise Problem(f"{path[-1]} is not built: infra/setup/build.sh release {path[-1].replace('.', '_')}")
    return program


def start(
    scenario: str, client: S3Client, told: Path, *options: object, before: tuple = (), trust: Path | None = None
) -> subprocess.Popen:
    """A run that `finish` waits for; `told` is where it writes its figures. With a certificate to `trust`, over https."""
    endpoint = f"{'https' if trust else 'http'}://{HOST}:{client.port}"
    command = [*before, built("labstore-load"), scenario, "--endpoint", endpoint, "--quiet", "--json", told]
    command += ["--ca-file", trust] if trust else []
    keys = {"LABSTORE_LOAD_ACCESS_KEY": client.access_key, "LABSTORE_LOAD_SECRET_KEY": client.secret_key}
    return subprocess.Popen(
        [str(word) for word in (*command, *options)],
        env={"PATH": "/usr/bin:/bin"} | keys,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen, told: Path, seconds_max: float) -> dict:
    """The figures of a run without errors."""
    try:
        said, _ = process.communicate(timeout=seconds_max)
    except subprocess.TimeoutExpired as late:
        raise Problem(f"labstore-load has not ended after {seconds_max:.0f} s") from late
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise Problem(f"labstore-load: {said.strip()[-500:]}")
    figures = json.loads(told.read_text())
    if figures["total"]["errors"]:
        raise Problem(f"labstore-load: {figures['total']['errors']} operations failed")
    return figures


def run(
    scenario: str, client: S3Client, folder: Path, seconds: float, *options: object, before: tuple = (), trust: Path | None = None
) -> dict:
    told = folder / "load.json"
    process = start(scenario, client, told, "--duration", f"{seconds}s", *options, before=before, trust=trust)
    return finish(process, told, seconds + 300)
