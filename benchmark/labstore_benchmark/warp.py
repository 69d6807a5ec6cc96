"""One run of warp: its arguments, its end, its JSON."""

import json
import os
import re
import shutil
import subprocess
import urllib.parse
from datetime import datetime
from pathlib import Path

from . import processes
from .problems import Problem
from .scenarios import Scenario
from .settings import Settings

# Preparing, the pause before the load and the end of it, beside the duration that was asked for.
EXTRA_SECONDS_MAX = 900


def program() -> str:
    found = shutil.which("warp")
    if not found:
        raise Problem(
            "warp, which makes the load, is not on PATH: get it from github.com/minio/warp/releases, "
            "or with `go install github.com/minio/warp@v1.3.0`"
        )
    return os.path.abspath(found)


def version() -> str:
    done = subprocess.run([program(), "--version"], capture_output=True, text=True, timeout=20, check=False)
    match = re.search(r"version\s+(\S+)", done.stdout + done.stderr)
    return match.group(1) if match else "unknown"


def arguments(
    scenario: Scenario, settings: Settings, url: str, region: str, keep_data: bool, data: Path
) -> list[str]:
    parts = urllib.parse.urlsplit(url)
    chosen = scenario.arguments(settings)
    return [
        *chosen,
        f"--host={parts.netloc}",
        *(["--tls"] if parts.scheme == "https" else []),
        f"--region={region}",
        "--lookup=path",
        f"--bucket={settings.bucket}",
        f"--concurrent={settings.concurrent}",
        f"--duration={settings.duration}",
        f"--benchdata={data}",
        *(["--keep-data"] if keep_data else []),
        "--no-color",
        "--json",
    ]


class Load:
    """warp while it runs. Use as a context: it is ended when the block is left early."""

    def __init__(self, command_arguments: list[str], credentials: tuple[str, str], folder: Path, seconds: float):
        self.command = [program(), *command_arguments]
        self.folder = folder
        self.seconds_max = seconds + EXTRA_SECONDS_MAX
        self.out, self.log = folder / "warp.json", folder / "warp.log"
        # Not arguments: everybody on the machine can read those.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("WARP_")}
        self.environment |= {"WARP_ACCESS_KEY": credentials[0], "WARP_SECRET_KEY": credentials[1]}

    def __enter__(self) -> "Load":
        self.process = processes.start(self.command, self.environment, self.log, self.folder, self.out)
        return self

    def __exit__(self, *_) -> None:
        processes.stop(self.process, 5)

    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.process.pid)

    def result(self) -> dict:
        """Waits for the end. Raises Problem with warp's own words when there is no result."""
        try:
            code = self.process.wait(self.seconds_max)
        except subprocess.TimeoutExpired:
            raise Problem(f"warp was still running after {self.seconds_max:.0f} s") from None
        text = self.out.read_text(errors="replace")
        document = first_document(text)
        if code != 0 or document is None or "by_op_type" not in document:
            said = (self.log.read_text(errors="replace") + "\n" + error_in(document, text)).strip()
            raise Problem(f"warp ended with {code} and without a result: {said[-600:]}")
        return document


def first_document(text: str) -> dict | None:
    """warp may print lines of its own around the JSON."""
    start = text.find("{")
    while start != -1:
        try:
            found, _ = json.JSONDecoder().raw_decode(text, start)
            return found
        except json.JSONDecodeError:
            start = text.find("\n{", start + 1)
            start += start != -1
    return None


def error_in(document: dict | None, text: str) -> str:
    error = (document or {}).get("error")
    if isinstance(error, dict):
        return f"{error.get('message', '')}: {error.get('cause', {}).get('message', '')}"
    return text[-400:]


def moment(text: str) -> float:
    """Seconds since 1970 of a time as Go writes it: up to nine digits of a second, where Python reads six."""
    trimmed = re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00")
    return datetime.fromisoformat(trimmed).timestamp()


def window(document: dict) -> tuple[float, float]:
    """When the load itself began and ended."""
    return moment(document["total"]["start_time"]), moment(document["total"]["end_time"])
