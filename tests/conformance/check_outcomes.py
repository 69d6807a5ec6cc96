#!/usr/bin/env python3
"""Compares the outcomes of a conformance run with expected.tsv; README.md describes both.

  check_outcomes.py RESULTS [--expected FILE]      RESULTS: .json, or the JUnit .xml of pytest
"""

import argparse
import json
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

OUTCOMES = {"failed", "skipped"}


@dataclass
class Expectation:
    outcome: str
    test: str
    reason: str

    def covers(self, test: str) -> bool:
        if self.test.endswith("*"):
            return test.startswith(self.test[:-1])
        return test == self.test


def read_expected(path: Path) -> list[Expectation]:
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in OUTCOMES or not fields[2].strip():
            raise SystemExit(f"{path}:{number}: wanted outcome, test and reason, separated by tabs")
        rows.append(Expectation(*fields))
    return rows


def read_results(path: Path) -> dict[str, str]:
    """Test id to passed, failed or skipped. Errors and tests that never ran to their end are failures."""
    if path.suffix == ".json":
        raw = {test: entry["outcome"] for test, entry in json.loads(path.read_text())["tests"].items()}
    else:
        raw = dict(junit_outcome(case) for case in xml.parse(path).getroot().iter("testcase"))
    return {test: outcome if outcome in ("passed", "skipped") else "failed" for test, outcome in raw.items()}


def junit_outcome(case: xml.Element) -> tuple[str, str]:
    test = case.get("classname", "").replace(".", "/") + ".py::" + case.get("name", "")
    if case.find("failure") is not None or case.find("error") is not None:
        return test, "failed"
    return test, "skipped" if case.find("skipped") is not None else "passed"


def compare(results: dict[str, str], expected: list[Expectation]) -> list[str]:
    """An exact line decides before a prefix does. A prefix may cover tests that pass; an exact line may not."""
    faults = []
    exact = {row.test: row for row in expected if not row.test.endswith("*")}
    prefixes = [row for row in expected if row.test.endswith("*")]
    for test, outcome in sorted(results.items()):
        row = exact.get(test) or next((row for row in prefixes if row.covers(test)), None)
        if row is None:
            if outcome != "passed":
                faults.append(f"{outcome}, expected to pass: {test}")
        elif outcome == "passed":
            if test in exact:
                faults.append(f"passed, listed as {row.outcome}: {test}")
        elif outcome != row.outcome:
            faults.append(f"{outcome}, listed as {row.outcome}: {test}")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares conformance outcomes with the expected ones.")
    parser.add_argument("results", type=Path)
    parser.add_argument("--expected", type=Path, default=Path(__file__).resolve().parent / "expected.tsv")
    arguments = parser.parse_args()
    results = read_results(arguments.results)
    faults = compare(results, read_expected(arguments.expected))
    for fault in faults:
        print(fault)
    passed = sum(outcome == "passed" for outcome in results.values())
    print(f"conformance: {passed} of {len(results)} passed, {len(faults)} not as expected")
    return 0 if results and not faults else 1


if __name__ == "__main__":
    sys.exit(main())
