"""Where raw results are kept: one folder a result set, named by date and commit, one JSON file a run.

build/benchmark/20251126-104500-a6062f1f2/
    session.json                        machine, settings, versions, stores that were skipped and why
    bandwidth.json                      iperf3's summary, when it was measured
    runs/01-mixed-labstore.json         round, scenario, store: cost, durability, warp's own JSON under `warp`
    logs/                               what each store wrote
    report.html, tables.md, charts/     made by `analysis`
"""

import json
import os
import time
from pathlib import Path

from . import machine
from .problems import Problem
from .settings import PROJECT_ROOT, RESULTS_ROOT

LATEST = "latest"


class ResultSet:
    def __init__(self, folder: Path):
        self.folder = folder

    @property
    def session_path(self) -> Path:
        return self.folder / "session.json"

    @property
    def session(self) -> dict:
        return json.loads(self.session_path.read_text())

    def write_session(self, session: dict) -> None:
        write_json(self.session_path, session)

    def note_skipped(self, store: str, reason: str) -> None:
        session = self.session
        session["skipped"][store] = reason
        self.write_session(session)

    def run_path(self, round_number: int, scenario: str, store: str) -> Path:
        return self.folder / "runs" / f"{round_number:02}-{scenario}-{store}.json"

    def done(self, round_number: int, scenario: str, store: str) -> bool:
        path = self.run_path(round_number, scenario, store)
        return path.exists() and json.loads(path.read_text()).get("status") == "measured"

    def write_run(self, run: dict) -> Path:
        path = self.run_path(run["round"], run["scenario"], run["store"])
        write_json(path, run)
        return path

    def run_paths(self) -> list[Path]:
        return sorted((self.folder / "runs").glob("*.json"))


def write_json(path: Path, value) -> None:
    """Whole or not at all: an interrupted benchmark must not leave half a file for `analysis`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1) + "\n")
    part.replace(path)


def new_set(settings, versions: dict) -> ResultSet:
    moment = time.strftime("%Y%m%d-%H%M%S")
    name = f"{moment}-{machine.commit().rstrip('+')}"
    folder = RESULTS_ROOT / name
    for number in range(2, 100):
        if not folder.exists():
            break
        folder = RESULTS_ROOT / f"{name}-{number}"
    (folder / "runs").mkdir(parents=True)
    found = ResultSet(folder)
    found.write_session(
        {
            "name": folder.name,
            "date": time.strftime("%Y-%m-%d %H:%M %Z"),
            "commit": machine.commit(),
            "machine": machine.facts(settings.storage),
            "settings": settings.shown(),
            "versions": versions,
            "skipped": {},
        }
    )
    link = RESULTS_ROOT / LATEST
    part = RESULTS_ROOT / f".{LATEST}-{os.getpid()}"
    part.unlink(missing_ok=True)
    part.symlink_to(folder.name)
    part.replace(link)
    return found


def open_set(name: str) -> ResultSet:
    """By path, or by name below build/benchmark; `latest` is the newest."""
    for folder in (RESULTS_ROOT / name, Path(name)):
        if (folder / "session.json").exists():
            return ResultSet(folder.resolve())
    there = sorted(path.parent.name for path in RESULTS_ROOT.glob("*/session.json") if path.parent.name != LATEST)
    listed = ", ".join(there[-5:]) or "none yet: run `just benchmark stores` first"
    raise Problem(f"there is no result set '{name}'. There are: {listed}")


def shown(path: Path) -> str:
    """Without the folders above the clone."""
    return str(path.relative_to(PROJECT_ROOT)) if path.is_relative_to(PROJECT_ROOT) else str(path)
