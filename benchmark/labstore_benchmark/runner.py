"""Rounds over stores and scenarios: every store once, then every store again, so that drift of the machine hits all."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from . import bandwidth, docker_api, processes, warp
from .catalog import Durability, Store, program_of
from .containers import ContainerStore
from .meter import Meter
from .native import NativeStore, busy, way_out
from .problems import Problem
from .progress import say
from .results import ResultSet, write_json
from .s3_client import S3Client
from .scenarios import Scenario, scenario_named
from .settings import Settings

Open = Callable[[Store, str], object]


class Runner:
    """`open_store` gives the context in which a store is ready; `keep_data` is for stores that are ours to look into."""

    def __init__(
        self,
        settings: Settings,
        results: ResultSet,
        keep_data: bool = True,
        open_store: Open | None = None,
        versions: dict[str, str] | None = None,
    ):
        self.settings, self.results, self.keep_data = settings, results, keep_data
        self.open_store = open_store or self.open_own
        self.versions = versions or {}
        self.scenarios = [scenario_named(name) for name in settings.scenarios]
        self.failures: list[str] = []
        self.measured = 0

    def open_own(self, store: Store, log_name: str):
        kind = NativeStore if self.settings.mode == "native" else ContainerStore
        return kind(store, self.settings, self.results.folder / "logs", log_name)

    def run(self, stores: list[Store]) -> None:
        warp.program()
        present = [store for store in stores if self.usable(store)]
        if self.settings.mode == "native":
            check_ports(present)
        elif self.settings.mode == "containers":
            docker_api.program()
        total = self.settings.rounds * len(self.scenarios) * len(present)
        number = 0
        for round_number in range(1, self.settings.rounds + 1):
            for scenario in self.scenarios:
                for store in present:
                    number += 1
                    what = f"run {number} of {total}: round {round_number}, {scenario.name}, {store.name}"
                    if self.results.done(round_number, scenario.name, store.name):
                        say(f"{what}: already measured")
                        self.measured += 1
                        continue
                    self.one(store, scenario, round_number, what)

    def usable(self, store: Store) -> bool:
        """A store that cannot be run here is named in the report, never left out silently."""
        reason = None
        if self.settings.mode == "native" and store.programs and program_of(store) is None:
            reason = f"{store.programs[0]} is not on PATH ({store.how_to_get})"
        elif self.settings.mode == "containers" and store.programs and store.service is None:
            reason = "it has no container; --mode native runs it"
        if reason:
            say(f"{store.name}: skipped, {reason}")
            self.results.note_skipped(store.name, reason)
        return reason is None

    def one(self, store: Store, scenario: Scenario, round_number: int, what: str) -> None:
        say(what)
        run = {
            "store": store.name,
            "title": store.title,
            "scenario": scenario.name,
            "round": round_number,
            "durability": asdict(durability_in_force(store, self.settings.mode)),
            "settings": self.settings.shown(),
            "started": time.time(),
        }
        try:
            with self.open_store(store, f"{round_number:02}-{scenario.name}-{store.name}") as live:
                version = self.versions.get(store.name) or live.version
                run |= {"status": "measured", "version": version} | self.measure(live, scenario)
            self.measured += 1
            say(f"{store.name}: {summary(run['warp'])}")
        except Problem as problem:
            run |= {"status": "failed", "reason": str(problem)}
            self.failures.append(f"{what}: {problem}")
            say(f"{store.name}: failed: {problem}")
        self.results.write_run(run)

    def measure(self, live, scenario: Scenario) -> dict:
        if self.settings.mode == "native":
            os.sync()  # what the store before this one left in memory must not be written at this one's expense
        folder = Path(tempfile.mkdtemp(prefix="warp-"))
        try:
            command = warp.arguments(scenario, self.settings, live.url, live.region, self.keep_data, folder / "warp")
            with warp.Load(command, live.credentials, folder, self.settings.seconds) as load:
                sources = {
                    "server": live.cpu_seconds,
                    "warp": load.cpu_seconds,
                    "machine": processes.machine_busy_seconds,
                }
                with Meter(sources) as meter:
                    document = load.result()
                    if not live.alive():
                        raise Problem("the store ended during the load")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        # The paths in it are of this machine, and the figures do not need them.
        document.pop("commandline", None)
        return {"cost": cost(meter, document, live, self.settings.bucket, self.keep_data), "warp": document}


def durability_in_force(store: Store, mode: str) -> Durability:
    """Compose passes LabStore's options on, so a container may have been told to promise less than it would by itself."""
    told = os.environ.get("LABSTORE_SERVER_DURABILITY") or "commit"
    if store.name == "labstore" and mode == "containers" and told != "commit":
        return Durability("unsynced", f"told --durability {told}")
    return store.durability


def cost(meter: Meter, document: dict, live, bucket: str, kept: bool) -> dict:
    start, end = warp.window(document)
    operations = document["total"]["total_requests"]
    cpu = {name: meter.between(name, start, end) for name in ("server", "warp", "machine")}
    objects, live_bytes = held(live.client, bucket) if kept else (None, None)
    return {
        "seconds": end - start,
        "operations": operations,
        "server_cpu_seconds": cpu["server"],
        "warp_cpu_seconds": cpu["warp"],
        "machine_cpu_seconds": cpu["machine"],
        "memory": live.memory(),
        "disk": live.disk() if kept else {"bytes": None, "kind": "the data was deleted after the run"},
        "live_objects": objects,
        "live_bytes": live_bytes,
        "not_measured": meter.reasons,
    }


def held(client: S3Client, bucket: str) -> tuple[int | None, int | None]:
    try:
        return client.held(bucket)
    except OSError as error:
        say(f"what the bucket holds could not be listed: {error}")
        return None, None


def check_ports(stores: list[Store]) -> None:
    """Before anything is started: a busy port is found at once and not after half an hour."""
    for store in stores:
        if store.port_name and busy(store.port):
            raise Problem(f"port {store.port}, which {store.title} needs, is in use: {way_out(store)}")


def summary(document: dict) -> str:
    parts = []
    for name, operation in sorted(document["by_op_type"].items()):
        segmented = operation["throughput"].get("segmented") or {}
        rate = segmented.get("median_ops")
        parts.append(f"{name} {rate:,.0f}/s" if rate else f"{name} {operation['total_requests']:,} in all")
        if operation["total_errors"]:
            parts[-1] += f" ({operation['total_errors']} ERRORS)"
    return ", ".join(parts)


def use_remembered_bandwidth(results: ResultSet, host: str) -> None:
    found = bandwidth.remembered(host)
    if found and not (results.folder / bandwidth.STORED).exists():
        write_json(results.folder / bandwidth.STORED, found)
