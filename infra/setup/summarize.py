#!/usr/bin/env python3
"""Adds up what the stages of test.sh left in a folder and prints the closing line.

  stages.tsv    stage, seconds, exit code
  *.xml         JUnit, as ctest and pytest write it
  other *.tsv   name, passed | failed | skipped, reason
  figures.txt   lines to show as they are

What belongs to a stage begins with its name and a dot: coverage.unit.xml, coverage.tsv. A stage that ended badly without a failed test of its own counts as one failure. The exit code is 0 when nothing failed
and at least one test passed.
"""

import re
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Outcome:
    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def read_junit(path: Path) -> Outcome:
    outcome = Outcome()
    try:
        cases = list(xml.parse(path).getroot().iter("testcase"))
    except xml.ParseError as error:
        outcome.failed.append(f"{path.name}: {error}")
        return outcome
    for case in cases:
        name = ".".join(dict.fromkeys(part for part in (case.get("classname"), case.get("name")) if part))
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            outcome.failed.append(name)
        elif (skipped := case.find("skipped")) is not None:
            reason = (skipped.get("message") or "").strip()
            if case.get("status") == "notrun" and not reason.startswith("SKIP_"):
                outcome.failed.append(f"{name} (not run: {reason})")  # ctest could not start it
            else:
                outcome.skipped.append((name, said_in_output(case) or reason))
        elif case.get("status") == "disabled":
            outcome.skipped.append((name, "disabled"))
        else:
            outcome.passed += 1
    return outcome


def said_in_output(case: xml.Element) -> str:
    """Why a GoogleTest case or a script skipped itself; ctest's own message names only the mechanism."""
    output = case.findtext("system-out") or ""
    match = re.search(r": Skipped\n(.+)", output) or re.search(r"skipped[,:] (.+)", output)
    return match.group(1).strip() if match else ""


def read_table(path: Path) -> Outcome:
    outcome = Outcome()
    for line in path.read_text().splitlines():
        name, state, reason = (line.split("\t") + ["", ""])[:3]
        if state == "passed":
            outcome.passed += 1
        elif state == "skipped":
            outcome.skipped.append((name, reason))
        else:
            outcome.failed.append(f"{name} ({reason})" if reason else name)
    return outcome


def read_stages(path: Path) -> list[tuple[str, int, int]]:
    rows = [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []
    return [(name, int(seconds), int(code)) for name, seconds, code in rows]


def main() -> int:
    folder = Path(sys.argv[1])
    outcomes: dict[str, Outcome] = {}
    for path in sorted(folder.glob("*.xml")):
        outcomes.setdefault(path.name.split(".")[0], Outcome()).add(read_junit(path))
    for path in sorted(folder.glob("*.tsv")):
        if path.name != "stages.tsv":
            outcomes.setdefault(path.name.split(".")[0], Outcome()).add(read_table(path))
    stages = read_stages(folder / "stages.tsv")
    for name, _, code in stages:
        outcome = outcomes.setdefault(name, Outcome())
        if code != 0 and not outcome.failed:
            outcome.failed.append(f"stage {name} ended with exit code {code}")

    print()
    for name, outcome in outcomes.items():
        for test, reason in outcome.skipped:
            print(f"skipped  {name}: {test}: {reason}")
    for name, outcome in outcomes.items():
        for test in outcome.failed:
            print(f"failed   {name}: {test}")
    print(f"\n{'stage':<14}{'time':>8}{'passed':>9}{'failed':>9}{'skipped':>9}")
    for name, seconds, _ in stages:
        outcome = outcomes[name]
        time = f"{seconds // 60}:{seconds % 60:02}"
        print(f"{name:<14}{time:>8}{outcome.passed:>9}{len(outcome.failed):>9}{len(outcome.skipped):>9}")
    print()
    figures = folder / "figures.txt"
    if figures.exists():
        print(figures.read_text())

    passed = sum(outcome.passed for outcome in outcomes.values())
    failed = sum(len(outcome.failed) for outcome in outcomes.values())
    skipped = sum(len(outcome.skipped) for outcome in outcomes.values())
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
