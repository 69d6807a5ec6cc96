#!/usr/bin/env python3
"""Functions, sources and headers have a size; what is over it today is listed in ratchet.toml and may not grow.

  check_sizes.py                          check
  check_sizes.py --update                 lower and remove entries of ratchet.toml
  check_sizes.py --update --allow-growth  also add and raise entries: a decision to be explained in the commit
"""

import argparse
import sys
import tomllib
from pathlib import Path

from cpp_source import cpp_files, functions

LIMITS = {"functions": 70, "sources": 400, "headers": 250}
HEAD = "# What is over the size limits of check_sizes.py, in lines. Entries only go down; see docs/style.md.\n"


def measure(root: Path) -> dict[str, dict[str, int]]:
    """Everything that is over its limit, by kind and name."""
    over: dict[str, dict[str, int]] = {kind: {} for kind in LIMITS}
    for path in cpp_files(root, "src", "include", "tests", "bench"):
        shown = str(path.relative_to(root))
        text = path.read_text(errors="replace")
        kind = "headers" if path.suffix == ".hpp" else "sources"
        lines = text.count("\n")
        if lines > LIMITS[kind]:
            over[kind][shown] = lines
        for function in functions(text):
            if function.lines > LIMITS["functions"]:
                name = f"{shown}:{function.name}"
                over["functions"][name] = max(function.lines, over["functions"].get(name, 0))
    return over


def load(path: Path) -> dict[str, dict[str, int]]:
    table = tomllib.loads(path.read_text()) if path.exists() else {}
    return {kind: table.get(kind, {}) for kind in LIMITS}


def store(path: Path, ratchet: dict[str, dict[str, int]]) -> None:
    parts = [HEAD]
    for kind in LIMITS:
        parts.append(f"\n[{kind}]\n")
        parts += [f'"{name}" = {lines}\n' for name, lines in sorted(ratchet[kind].items())]
    path.write_text("".join(parts))


def compare(over: dict[str, dict[str, int]], ratchet: dict[str, dict[str, int]]) -> list[str]:
    faults = []
    for kind, limit in LIMITS.items():
        for name, lines in sorted(over[kind].items()):
            allowed = ratchet[kind].get(name)
            if allowed is None:
                faults.append(f"{name}: {lines} lines, the limit for {kind} is {limit}")
            elif lines > allowed:
                faults.append(f"{name}: grew from {allowed} to {lines} lines (the limit for {kind} is {limit})")
        faults += [
            f"{name}: no longer over the limit; run check_sizes.py --update"
            for name in sorted(ratchet[kind].keys() - over[kind].keys())
        ]
    return faults


def updated(over: dict[str, dict[str, int]], ratchet: dict[str, dict[str, int]], growth: bool) -> dict[str, dict[str, int]]:
    if growth:
        return over
    return {
        kind: {name: min(lines, over[kind][name]) for name, lines in ratchet[kind].items() if name in over[kind]}
        for kind in LIMITS
    }


def main() -> int:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Checks sizes against their limits and the ratchet.")
    parser.add_argument("--root", type=Path, default=here.parent.parent)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--allow-growth", action="store_true")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    path = root / "infra/lint/ratchet.toml"
    over, ratchet = measure(root), load(path)
    if arguments.update:
        ratchet = updated(over, ratchet, arguments.allow_growth)
        store(path, ratchet)
    faults = compare(over, ratchet)
    for fault in faults:
        print(fault)
    print(f"sizes: {len(faults)} faults" if faults else "sizes: clean")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
