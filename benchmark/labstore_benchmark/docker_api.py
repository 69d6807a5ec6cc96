"""Docker's own API, spoken through `docker system dial-stdio`: that reaches the engine of whatever context is in force,
local or remote, with the same address, keys and ssh settings as the docker command itself."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
import urllib.parse

from .problems import Problem

TIMEOUT_SECONDS = 30


def program() -> str:
    found = shutil.which("docker")
    if not found:
        raise Problem(
            "docker is not on PATH: apt-get install docker.io, or run the stores as programs of this machine "
            "with --mode native"
        )
    return found


class DockerApi:
    """One connection; calls of several threads take turns. Raises OSError when the engine cannot be reached."""

    def __init__(self):
        self.turn = threading.RLock()
        self.process: subprocess.Popen | None = None
        self.connection: http.client.HTTPConnection | None = None

    def connect(self) -> None:
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [program(), "system", "dial-stdio"],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(TIMEOUT_SECONDS)
        self.connection = http.client.HTTPConnection("docker")
        self.connection.sock = ours

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        self.connection = self.process = None

    def get(self, path: str, **query: str) -> dict:
        with self.turn:
            return self.answer(path, query)

    def answer(self, path: str, query: dict[str, str]) -> dict:
        if self.connection is None:
            self.connect()
        text = urllib.parse.urlencode(query)
        try:
            self.connection.request("GET", path + ("?" + text if text else ""), headers={"Host": "docker"})
            answer = self.connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise OSError(f"the Docker engine does not answer: {error!r}") from error
        if answer.will_close:
            self.close()
        if answer.status != 200:
            raise OSError(f"{path}: {answer.status} {body[:200].decode(errors='replace')}")
        return json.loads(body)

    def stats(self, container: str) -> dict:
        return self.get(f"/containers/{container}/stats", stream="false", **{"one-shot": "true"})

    def inspect(self, container: str) -> dict:
        return self.get(f"/containers/{container}/json")

    def volume_bytes(self, names: set[str]) -> int | None:
        """What the engine says the named volumes take; None when it does not say."""
        volumes = self.get("/system/df", type="volume").get("Volumes") or []
        sizes = [volume.get("UsageData", {}).get("Size", -1) for volume in volumes if volume["Name"] in names]
        return sum(sizes) if sizes and min(sizes) >= 0 else None


def cpu_seconds(stats: dict) -> float:
    return stats["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9


def memory_bytes(stats: dict) -> int:
    """Without the pages of files that the kernel would give back first, as `docker stats` shows it."""
    memory = stats["memory_stats"]
    details = memory.get("stats", {})
    return memory.get("usage", 0) - details.get("total_inactive_file", details.get("inactive_file", 0))
