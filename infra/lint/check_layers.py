#!/usr/bin/env python3
"""Fails when an #include crosses the layers of layers.toml, or when the tables in the docs differ from it.

  check_layers.py [--root DIR]          check
  check_layers.py --write-docs          write the tables of docs/architecture.md and README.md anew
"""

import argparse
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cpp_source import code_only, cpp_files

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)


@dataclass
class Module:
    name: str
    level: int
    may_include: list[str]
    third_party: list[str]
    job: str
    planned: bool = False


class Layers:
    """layers.toml, read and checked for being a layering at all."""

    def __init__(self, path: Path):
        table = tomllib.loads(path.read_text())
        self.modules = {row["name"]: Module(**row) for row in table["module"]}
        self.third_party = table["third_party"]
        self.platform = table["platform"]

    def faults(self) -> list[str]:
        found = []
        for module in self.modules.values():
            for entry in module.may_include:
                name = entry.partition(":")[0]
                if name == "*":
                    continue
                if name not in self.modules:
                    found.append(f"layers.toml: {module.name} names {name}, which is no module")
                elif self.modules[name].level >= module.level:
                    found.append(f"layers.toml: {module.name} (level {module.level}) may not name {name}, not below it")
            found += [
                f"layers.toml: {module.name} names {group}, which is no third-party group"
                for group in module.third_party
                if group not in self.third_party
            ]
        return found

    def allows_module(self, module: Module, target: Module, header: str) -> bool:
        if module.name == target.name:
            return True
        front = header == f"labstore/{target.name}.hpp"
        for entry in module.may_include:
            name, _, part = entry.partition(":")
            if name not in ("*", target.name) or target.level >= module.level:
                continue
            if part != "front" or front:
                return True
        return False

    def group_of(self, header: str) -> str | None:
        best = ("", None)
        for name, group in self.third_party.items():
            if any(header.endswith(ending) for ending in group.get("generated", [])):
                return name
            for prefix in group["prefixes"]:
                exact = "." in prefix.rpartition("/")[2]
                hit = header == prefix if exact else header.startswith(prefix)
                if hit and len(prefix) > len(best[0]):
                    best = (prefix, name)
        return best[1]

    def allows_group(self, module: Module, name: str) -> bool:
        group = self.third_party[name]
        if module.name in group.get("except", []):
            return False
        opened = group["modules"]
        if opened == "all" or (isinstance(opened, int) and module.level >= opened):
            return True
        return name in module.third_party

    def is_platform(self, header: str) -> bool:
        if "/" not in header and "." not in header:
            return True
        return header in self.platform["headers"] or header.startswith(tuple(self.platform["prefixes"]))


def includes(text: str) -> list[tuple[int, str, bool]]:
    """(line, header, quoted) for each #include outside comments."""
    code = code_only(text, keep_strings=True)
    return [
        (code.count("\n", 0, match.start(match.lastindex)) + 1, match.group(match.lastindex), match.lastindex == 1)
        for match in INCLUDE.finditer(code)
    ]


def owner(path: Path, root: Path) -> str:
    """The module a file belongs to: src/<module>/..., include/labstore/<module>.hpp or .../<module>/..."""
    parts = path.relative_to(root).parts
    return parts[1] if parts[0] == "src" else parts[2].removesuffix(".hpp")


class Checker:
    def __init__(self, root: Path, layers: Layers):
        self.root = root
        self.layers = layers
        self.faults: list[str] = []
        self.edges: dict[str, set[str]] = {}

    def run(self) -> list[str]:
        for path in cpp_files(self.root, "src", "include"):
            parts = path.relative_to(self.root).parts
            if parts[0] == "include" and parts[1] != "labstore":
                self.report(path, 1, "public headers live under include/labstore/")
            elif len(parts) < 3:
                self.report(path, 1, "sources live in the folder of a module")
            elif (name := owner(path, self.root)) not in self.layers.modules:
                self.report(path, 1, f"{name} is not a module of layers.toml")
            else:
                self.check_file(path, self.layers.modules[name])
        self.check_header_cycles()
        self.check_cmake()
        return self.faults

    def report(self, path: Path, line: int, message: str) -> None:
        self.faults.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def check_file(self, path: Path, module: Module) -> None:
        for line, header, quoted in includes(path.read_text(errors="replace")):
            group = self.layers.group_of(header)
            if group:
                if not self.layers.allows_group(module, group):
                    self.report(path, line, f"{module.name} may not include {group} ({header})")
            elif quoted:
                self.check_own(path, line, header, module)
            elif header.startswith("labstore/"):
                self.report(path, line, f"our own headers are included with quotes: {header}")
            elif not self.layers.is_platform(header):
                self.report(path, line, f"{header} is not in layers.toml")

    def check_own(self, path: Path, line: int, header: str, module: Module) -> None:
        public = header.startswith("labstore/")
        target_path = self.root / ("include" if public else "src") / header
        if not target_path.exists():
            self.report(path, line, f'no such header: "{header}" (write it from include/ or from src/)')
            return
        self.edges.setdefault(str(path), set()).add(str(target_path))
        target = self.layers.modules.get(owner(target_path, self.root))
        if target is None:
            return  # reported at the file itself
        in_public_header = path.is_relative_to(self.root / "include")
        if not public and in_public_header:
            self.report(path, line, f"a public header includes a private one: {header}")
        elif not public and target.name != module.name:
            self.report(path, line, f"{header} is private to {target.name}")
        elif not self.layers.allows_module(module, target, header):
            way = "upward include" if target.level >= module.level else "edge not in layers.toml"
            self.report(path, line, f"{way}: {module.name} may not include {header}")

    def check_header_cycles(self) -> None:
        done: set[str] = set()
        for start in sorted(self.edges):
            trail: list[str] = []
            self.walk(start, trail, done)

    def walk(self, path: str, trail: list[str], done: set[str]) -> None:
        if path in trail:
            names = [str(Path(step).relative_to(self.root)) for step in trail[trail.index(path) :] + [path]]
            self.faults.append("include cycle: " + " -> ".join(names))
            return
        if path in done:
            return
        trail.append(path)
        for target in sorted(self.edges.get(path, ())):
            self.walk(target, trail, done)
        trail.pop()
        done.add(path)

    def check_cmake(self) -> None:
        """DEPENDS of labstore_module names libraries: the same edges as the includes."""
        for path in sorted(self.root.glob("src/*/CMakeLists.txt")):
            text = re.sub(r"#.*", "", path.read_text())
            for call in re.findall(r"labstore_module\s*\(([^)]*)\)", text):
                words = call.split()
                module = self.layers.modules.get(words[0])
                if module is None:
                    self.report(path, 1, f"{words[0]} is not a module of layers.toml")
                    continue
                for name in depends(words):
                    target = self.layers.modules.get(name)
                    if target is None or not self.layers.allows_module(module, target, f"labstore/{name}.hpp"):
                        self.report(path, 1, f"{module.name} may not link {name}")


def depends(words: list[str]) -> list[str]:
    found, inside = [], False
    for word in words[1:]:
        if word in ("SOURCES", "DEPENDS", "PRIVATE", "PUBLIC"):
            inside = word == "DEPENDS"
        elif inside:
            found.append(word)
    return found


# Tables in the docs ---------------------------------------------------------------------------------------------------


def marked(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin, written by infra/lint/check_layers.py -->", f"<!-- {name}: end -->"


def layer_table(layers: Layers) -> str:
    rows = ["| Level | Module | May include | Third party it may use |", "| ---: | --- | --- | --- |"]
    for module in sorted(layers.modules.values(), key=lambda module: module.level):
        if module.planned:
            continue
        names = ", ".join(include_words(entry) for entry in module.may_include) or "–"
        groups = ", ".join(layers.third_party[group]["title"] for group in module.third_party) or "–"
        rows.append(f"| {module.level} | {module.name} | {names} | {groups} |")
    return "\n".join(rows)


def include_words(entry: str) -> str:
    if entry == "*":
        return "every module below"
    if entry == "*:front":
        return "front doors of the modules below"
    name, _, part = entry.partition(":")
    return f"{name} (front door only)" if part == "front" else name


def module_table(layers: Layers, root: Path) -> str:
    rows = ["| Module | Job |", "| --- | --- |"]
    order = re.findall(r"labstore_add\(src/(\w+)\)", (root / "CMakeLists.txt").read_text())
    rows += [f"| `src/{name}` | {layers.modules[name].job} |" for name in order if name in layers.modules]
    return "\n".join(rows)


def with_table(text: str, name: str, table: str) -> str | None:
    """The text with the marked table replaced; None when it has no such marks."""
    begin, end = marked(name)
    pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
    if not pattern.search(text):
        return None
    return pattern.sub(lambda _: f"{begin}\n{table}\n{end}", text)


def documents(layers: Layers, root: Path) -> list[tuple[Path, str, str]]:
    return [
        (root / "docs/architecture.md", "layers", layer_table(layers)),
        (root / "README.md", "modules", module_table(layers, root)),
    ]


def check_documents(layers: Layers, root: Path, write: bool) -> list[str]:
    faults = []
    for path, name, table in documents(layers, root):
        shown = path.relative_to(root)
        if not path.exists():
            faults.append(f"{shown}: missing")
            continue
        text = path.read_text()
        wanted = with_table(text, name, table)
        if wanted is None:
            faults.append(f"{shown}: has no marks for the table '{name}'")
        elif wanted != text and write:
            path.write_text(wanted)
        elif wanted != text:
            faults.append(f"{shown}: its table '{name}' differs from layers.toml; run check_layers.py --write-docs")
    return faults


def main() -> int:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Checks who includes whom against layers.toml.")
    parser.add_argument("--root", type=Path, default=here.parent.parent)
    parser.add_argument("--write-docs", action="store_true")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    layers = Layers(root / "infra/lint/layers.toml")
    faults = layers.faults() + check_documents(layers, root, arguments.write_docs)
    faults += Checker(root, layers).run()
    for fault in faults:
        print(fault)
    print(f"layers: {len(faults)} faults" if faults else "layers: clean")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
