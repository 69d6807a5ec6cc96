#!/usr/bin/env python3
"""Fails on C++ that compiles and is still not wanted here: banned calls, capturing-lambda coroutines, `using namespace`
in headers, code left behind in comments, front doors without their five lines."""

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from cpp_source import code_only, cpp_files, lambdas, line_of


@dataclass
class Ban:
    pattern: str
    instead: str
    folders: tuple[str, ...] = ("src", "include", "tests", "bench")
    allowed: tuple[str, ...] = ()  # path prefixes

    def applies_to(self, path: str) -> bool:
        return path.startswith(tuple(f"{folder}/" for folder in self.folders)) and not path.startswith(self.allowed or "\0")


PRODUCTION = ("src", "include")
CALL = r"(?<![\w.>])(?:std\s*::\s*|::\s*)?"
BANS = [
    Ban(r"\bstd\s*::\s*endl\b", r"'\n'; flush where it matters"),
    Ban(CALL + r"s?rand\s*\(", "<random>, or base's random bytes where it must be unguessable"),
    Ban(CALL + r"(?:strcpy|strcat|strncpy|sprintf|vsprintf|gets|strtok)\s*\(", "std::string and std::string_view"),
    Ban(CALL + r"(?:system|popen)\s*\(", "no shell: the work itself, or posix_spawn in a test", PRODUCTION),
    Ban(CALL + r"(?:atoi|atol|atoll|atof)\s*\(", "std::from_chars, which can say no"),
    Ban(r"\bstd\s*::\s*sto(?:i|l|ul|ll|ull|f|d|ld)\b", "std::from_chars, which does not throw", PRODUCTION),
    Ban(CALL + r"(?:setjmp|longjmp|alloca)\s*\(", "plain C++"),
    Ban(CALL + r"(?:localtime|gmtime|ctime|asctime)\s*\(", "the functions of base/time.hpp"),
    Ban(r"\bstd\s*::\s*c(?:out|err)\b", "the log of observability; only cli and load_cli talk to the terminal", PRODUCTION, ("src/cli/", "src/load_cli/")),
    Ban(r"(?<![\w_])assert\s*\(", "LABSTORE_ASSERT, which stays on in release", PRODUCTION),
    Ban(r"\basio\s*::\s*detached\b|\.detach\s*\(\)", "runtime::task_group: nothing runs unowned", PRODUCTION, ("src/runtime/",)),
    Ban(r"\bco_spawn\s*\(", "runtime::task_group: nothing runs unowned", PRODUCTION, ("src/runtime/",)),
    Ban(r"\bstd\s*::\s*(?:this_thread\s*::\s*sleep_for|async)\b", "a timer or the blocking pool of runtime", PRODUCTION, ("src/runtime/",)),
]

FRONT_DOOR_LINES = ("Job:", "In a request:", "May use:", "Threads:", "Failure:")
STATEMENT_IN_COMMENT = re.compile(r"^[ \t]*//[ \t]*(?:[\w:]+(?:\.|->|::))*\w+\([^\n]*\);[ \t]*$", re.MULTILINE)


def check(path: Path, shown: str) -> list[tuple[int, str]]:
    text = path.read_text(errors="replace")
    code = code_only(text)
    found = []
    for ban in BANS:
        if ban.applies_to(shown):
            found += [
                (line_of(code, match.start()), f"{match.group(0).strip().rstrip('(').strip()} is banned: use {ban.instead}")
                for match in re.finditer(ban.pattern, code)
            ]
    found += [(line_of(text, match.start()), "code left in a comment") for match in STATEMENT_IN_COMMENT.finditer(text)]
    found += capturing_coroutines(code)
    if path.suffix == ".hpp":
        found += check_header(text, code)
    if re.fullmatch(r"include/labstore/\w+\.hpp", shown):
        found += check_front_door(text)
    return found


def capturing_coroutines(code: str) -> list[tuple[int, str]]:
    """The frame of such a coroutine outlives the lambda that holds its captures."""
    every = lambdas(code)
    found = []
    for one in every:
        if not one.captures:
            continue
        body = list(code[one.body_start : one.body_end])
        for inner in every:
            if one.body_start < inner.body_start and inner.body_end <= one.body_end:
                start, end = inner.body_start - one.body_start, inner.body_end - one.body_start
                body[start:end] = " " * (end - start)
        if re.search(r"->[^{]*\bawaitable\b", one.declarator) or re.search(r"\bco_(?:await|return|yield)\b", "".join(body)):
            found.append((line_of(code, one.offset), "a capturing lambda is a coroutine: use a named function with arguments"))
    return found


def check_header(text: str, code: str) -> list[tuple[int, str]]:
    found = [
        (line_of(code, match.start()), "using namespace in a header")
        for match in re.finditer(r"\busing\s+namespace\b", code)
    ]
    if not re.match(r"\s*#pragma once\n", code):
        found.append((1, "a header begins with #pragma once, after its comment"))
    return found


def check_front_door(text: str) -> list[tuple[int, str]]:
    lines = text.split("\n")
    heads = [line.removeprefix("// ") for line in lines if line.startswith("// ")]
    missing = [
        wanted for wanted in FRONT_DOOR_LINES if not any(head.startswith(wanted) for head in heads)
    ]
    return [(1, f"the front door lacks its line '{wanted}'") for wanted in missing]


def main() -> int:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Checks the C++ of the project for what compilers let pass.")
    parser.add_argument("--root", type=Path, default=here.parent.parent)
    root = parser.parse_args().root.resolve()
    faults = 0
    for path in cpp_files(root, "src", "include", "tests", "bench"):
        shown = str(path.relative_to(root))
        for line, message in sorted(check(path, shown)):
            print(f"{shown}:{line}: {message}")
            faults += 1
    print(f"code: {faults} faults" if faults else "code: clean")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
