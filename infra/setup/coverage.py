#!/usr/bin/env python3
"""Judges gcovr's summary: lines of src/ that ran, module by module and together, against a floor in percent.

With --results the figure goes to figures.txt there, and to coverage.tsv when it is below the floor; summarize.py shows
both. Exit code 1 below the floor, or when the summary has no lines of src/."""
import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path


def lines_by_module(summary):
    """{module: [ran, all]} of the files under src/."""
    found = defaultdict(lambda: [0, 0])
    for file in summary["files"]:
        parts = file["filename"].split("/")
        if parts[0] == "src" and len(parts) > 2:
            found[parts[1]][0] += file["line_covered"]
            found[parts[1]][1] += file["line_total"]
    return dict(found)


def percent(ran, total):
    """Rounded down, so that what is shown as the floor has reached it."""
    return int(1000 * ran / total) / 10


def main():
    parser = argparse.ArgumentParser(description="Line coverage of src/ against a floor.")
    parser.add_argument("summary", type=Path)
    parser.add_argument("--floor", type=float, required=True, help="percent")
    parser.add_argument("--results", type=Path)
    given = parser.parse_args()
    modules = lines_by_module(json.loads(given.summary.read_text()))
    ran, total = (sum(counts[index] for counts in modules.values()) for index in (0, 1))
    if total == 0:
        print(f"{given.summary} has no lines of src/", file=sys.stderr)
        return 1
    for module, counts in sorted(modules.items()):
        if counts[1]:
            print(f"{module:<16}{counts[0]:>7} of {counts[1]:>6} lines  {percent(*counts):>5} %")
    enough = 100 * ran >= given.floor * total
    figure = f"line coverage of src/: {percent(ran, total)} % (floor {given.floor:g} %)"
    print(figure)
    if given.results:
        with (given.results / "figures.txt").open("a") as file:
            file.write(figure + "\n")
        with (given.results / "coverage.tsv").open("a") as file:
            file.write(f"floor\t{'passed' if enough else 'failed'}\t{figure}\n")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
