#!/usr/bin/env python3
"""Fails on what no compiler sees: files nobody builds, untidy text, paths of one machine, stray binaries, documents
with two titles or dead links."""

import argparse
import re
import sys
from pathlib import Path

from cpp_source import line_of, project_files

FILE_BYTES_MAX = 512 * 1024
TEXT_ENDINGS = {
    ".cpp", ".hpp", ".py", ".sh", ".cmake", ".md", ".toml", ".yml", ".yaml", ".json", ".proto", ".cfg", ".ini",
}
TEXT_NAMES = {"CMakeLists.txt", "requirements.txt", "justfile", "run", "LICENSE", ".clang-format", ".clang-tidy", ".gitignore"}
BUILT_FOLDERS = ("src", "tests", "bench")

# Written in pieces so that this file does not break its own rule.
MACHINE_PATH = re.compile(r"(?<![\w.\-])/(?:wo" + r"rk|ro" + r"ot)/|/tmp/b" + r"-|/tmp/w" + r"/|\.\./sha" + r"red\b")
MARKER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b(?!\s*\(#\d+\))")
MARKED_ENDINGS = {".cpp", ".hpp", ".py", ".sh", ".cmake", ".proto", ".txt"}


class Tree:
    def __init__(self, root: Path):
        self.root = root
        self.files = project_files(root)
        self.faults: list[str] = []

    def report(self, path: Path, line: int, message: str) -> None:
        self.faults.append(f"{path.relative_to(self.root)}:{line}: {message}")

    def run(self) -> list[str]:
        for path in self.files:
            self.check_file(path)
            if is_text(path):
                self.check_text(path)
            if path.suffix == ".md":
                self.check_document(path)
        self.check_listed()
        return self.faults

    def check_file(self, path: Path) -> None:
        size = path.stat().st_size
        if size > FILE_BYTES_MAX:
            self.report(path, 1, f"{size // 1024} KiB; files of the project stay below {FILE_BYTES_MAX // 1024} KiB")
        with path.open("rb") as file:
            script = file.read(2) == b"#!"
        executable = path.stat().st_mode & 0o111
        if executable and not script:
            self.report(path, 1, "executable, but not a script")
        if path.suffix == ".sh" and script and not executable:
            self.report(path, 1, "a script with #! that is not executable")

    def check_text(self, path: Path) -> None:
        data = path.read_bytes()
        text = data.decode(errors="replace")
        if data and not data.endswith(b"\n"):
            self.report(path, line_of(text, len(text)), "no newline at the end")
        if data.endswith(b"\n\n"):
            self.report(path, line_of(text, len(text)), "empty line at the end")
        if b"\r" in data:
            self.report(path, 1, "carriage returns")
        for number, line in enumerate(text.split("\n"), 1):
            if "\t" in line and path.name != "LICENSE":
                self.report(path, number, "tab")
            if line != line.rstrip() and path.suffix != ".md":
                self.report(path, number, "blanks at the end of the line")
            if match := MACHINE_PATH.search(line):
                self.report(path, number, f"names a path of one machine: {match.group(0)}")
            if path.suffix in MARKED_ENDINGS and MARKER.search(line):
                self.report(path, number, "a leftover marker needs its issue: (#123)")

    def check_document(self, path: Path) -> None:
        text = without_fences(path.read_text(errors="replace"))
        titles = len(re.findall(r"^# ", text, re.MULTILINE))
        if titles != 1:
            self.report(path, 1, f"{titles} titles of the first level, wanted one")
        for match in re.finditer(r"\[[^\]\n]*\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            target = match.group(1)
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                self.report(path, line_of(text, match.start()), f"dead link: {target}")

    def check_listed(self) -> None:
        """Every .cpp is named in a list file, and every list file is reached from the root."""
        listed: set[Path] = set()
        for path in self.files:
            if path.name == "CMakeLists.txt":
                listed |= sources_of(path, self.root)
        for path in self.files:
            folder = path.relative_to(self.root).parts[0]
            if path.suffix == ".cpp" and folder in BUILT_FOLDERS and path not in listed:
                self.report(path, 1, "in no CMakeLists.txt: nobody builds it")
        reached = self.reached(self.root / "CMakeLists.txt", set())
        for path in self.files:
            fixture = "lint/tests" in str(path.relative_to(self.root))
            if path.name == "CMakeLists.txt" and path not in reached and not fixture:
                self.report(path, 1, "no list file adds this folder")

    def reached(self, path: Path, seen: set[Path]) -> set[Path]:
        if path in seen or not path.exists():
            return seen
        seen.add(path)
        text = without_comments(path.read_text())
        for folder in re.findall(r"labstore_add\s*\(\s*([^\s)]+)", text):
            for name in spelled_out(folder, text):
                self.reached(self.root / name / "CMakeLists.txt", seen)
        for folder in re.findall(r"add_subdirectory\s*\(\s*\"?([^\s\")]+)", text):
            for name in spelled_out(folder, text):
                base = self.root if name.startswith("${CMAKE_SOURCE_DIR}/") else path.parent
                self.reached(base / name.removeprefix("${CMAKE_SOURCE_DIR}/") / "CMakeLists.txt", seen)
        return seen


def is_text(path: Path) -> bool:
    return path.suffix in TEXT_ENDINGS and not any("corpus" in part for part in path.parts) or path.name in TEXT_NAMES


def without_fences(text: str) -> str:
    """Fenced code blanked, line numbers kept."""
    return re.sub(
        r"^(```|~~~).*?^\1", lambda match: re.sub(r"[^\n]", " ", match.group(0)), text, flags=re.MULTILINE | re.DOTALL
    )


def without_comments(text: str) -> str:
    return re.sub(r"#.*", "", text)


def spelled_out(folder: str, text: str) -> list[str]:
    """`a/${x}` inside `foreach(x one two)` is a/one and a/two."""
    names = [folder]
    for variable, words in re.findall(r"foreach\s*\(\s*(\w+)((?:\s+[\w/.\-]+)+)\s*\)", text):
        token = "${" + variable + "}"
        words = [word for word in words.split() if word not in ("IN", "ITEMS")]
        names = [name.replace(token, word) for name in names for word in (words if token in name else [""])]
    return names


def sources_of(path: Path, root: Path) -> set[Path]:
    text = without_comments(path.read_text())
    found = set()
    for token in re.findall(r"[^\s()\"]+\.cpp\b", text):
        for name in spelled_out(token, text):
            base = root if name.startswith("${CMAKE_SOURCE_DIR}/") else path.parent
            name = re.sub(r"^\$\{CMAKE_(?:SOURCE_DIR|CURRENT_SOURCE_DIR)\}/", "", name)
            found.add((base / name).resolve())
    for module, name in re.findall(r"labstore_fuzz\s*\(\s*([^\s)]+)\s+([^\s)]+)", text):
        found.update((path.parent / one / f"{two}_fuzz.cpp").resolve()
                     for one in spelled_out(module, text) for two in spelled_out(name, text))
    return found


def main() -> int:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Checks the files of the project.")
    parser.add_argument("--root", type=Path, default=here.parent.parent)
    faults = Tree(parser.parse_args().root.resolve()).run()
    for fault in faults:
        print(fault)
    print(f"tree: {len(faults)} faults" if faults else "tree: clean")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
