"""What the recipes beside `floor` have in common: figures with an aim each, their table, and the options that all take."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .problems import Problem
from .progress import say
from .settings import PROJECT_ROOT


@dataclass(frozen=True)
class Figure:
    """One measured value. Without an aim it is there to be read beside the others."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None
    at_least: bool = False  # the aim is a floor, else a ceiling
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Of the value to its aim. A floor of 0.9 and a value of 1.8 are 2.0: good there, bad at a ceiling."""
        return self.value / self.aim if self.aim else None

    @property
    def met(self) -> bool:
        return self.aim is None or (self.value >= self.aim if self.at_least else self.value <= self.aim)

    def as_dict(self) -> dict:
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "aim": self.aim,
            "aim_is": "at least" if self.at_least else "at most",
            "ratio": self.ratio,
            "met": self.met,
            "note": self.note,
        }


def shown(value: float) -> str:
    """Three digits that mean something; thousands in groups."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(figures: list[Figure]) -> str:
    lines = ["| What | Figure | Aim | Figure / aim | |", "| --- | ---: | ---: | ---: | --- |"]
    for one in figures:
        unit = f" {one.unit}" if one.unit else ""
        aim = f"{'at least' if one.at_least else 'at most'} {shown(one.aim)}{unit}" if one.aim is not None else ""
        ratio = f"**{one.ratio:.2f}**" if one.ratio is not None else ""
        note = "; ".join(text for text in (one.note, "" if one.met else "missed") if text)
        lines.append(f"| {one.name} | {shown(one.value)}{unit} | {aim} | {ratio} | {note} |")
    return "\n".join(lines)


Case = Callable[[Path, object], list[Figure]]  # measures in an empty folder, by the options of the command line


def add_options(command, cases: dict[str, Case], rounds: int, seconds: int) -> None:
    """What every recipe takes."""
    command.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(cases))
    command.add_argument("--rounds", type=int, default=rounds, metavar="N", help=f"{rounds}")
    command.add_argument("--seconds", type=int, default=seconds, metavar="N", help=f"of one load; {seconds}")
    command.add_argument("--storage", metavar="DIR", help="where the data are kept meanwhile; build/benchmark/storage")
    command.add_argument("--option", action="append", default=[], metavar="OPTION", help="for labstore-server serve")
    command.add_argument("--judge", action="store_true", help="exit code 1 when an aim is missed")
    command.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments, cases: dict[str, Case]) -> int:
    """Measures all cases or those named and prints their figures. A case that cannot be measured ends the recipe; what was
    measured before it is printed."""
    unknown = [name for name in arguments.cases if name not in cases]
    if unknown:
        raise Problem(f"no case {', '.join(unknown)}; there are {', '.join(cases)}")
    # Absolute: a server works in a folder of its own.
    storage = Path(arguments.storage or PROJECT_ROOT / "build" / "benchmark" / "storage").resolve()
    storage.mkdir(parents=True, exist_ok=True)
    figures: list[Figure] = []
    try:
        for name in arguments.cases or cases:
            say(f"{arguments.command}: {name}")
            with tempfile.TemporaryDirectory(dir=storage) as folder:
                figures += cases[name](Path(folder), arguments)
    finally:
        print(json.dumps([one.as_dict() for one in figures], indent=2) if arguments.json else table(figures))
    return 1 if arguments.judge and not all(one.met for one in figures) else 0
