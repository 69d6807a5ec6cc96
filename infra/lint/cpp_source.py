"""A small reader of C++ text for the lint scripts: which files count, what is code in them, where functions lie."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

SKIPPED_FOLDERS = {".git", "build", "__pycache__", ".pytest_cache", "labstore-data"}
CPP_ENDINGS = {".cpp", ".hpp"}


def project_files(root: Path) -> list[Path]:
    """Every file of the checkout that is ours, sorted; build trees and caches are left out."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_FOLDERS and not (Path(folder) / name / "CMakeCache.txt").exists()
        )
        found.extend(Path(folder) / name for name in sorted(names))
    return [path for path in found if path.is_file() and not path.is_symlink()]


def cpp_files(root: Path, *folders: str) -> list[Path]:
    wanted = [root / folder for folder in folders]
    return [
        path
        for path in project_files(root)
        if path.suffix in CPP_ENDINGS and any(path.is_relative_to(folder) for folder in wanted)
    ]


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


_TOKEN = re.compile(
    r"""
      //(?:[^\n\\]|\\.|\\\n)*                                  # line comment
    | /\*.*?\*/                                                # block comment
    | (?<!\w)(?:u8|u|U|L)?R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"   # raw string
    | "(?:[^"\\\n]|\\.)*"                                      # string
    | (?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'                      # character, not a digit separator
    """,
    re.VERBOSE | re.DOTALL,
)


def code_only(text: str, keep_strings: bool = False) -> str:
    """The text with comments (and the insides of literals) turned to blanks; offsets and line numbers stay."""

    def replace(match: re.Match) -> str:
        token = match.group(0)
        if token.startswith(("//", "/*")):
            return _blank(token)
        if keep_strings or len(token) < 2:
            return token
        return token[0] + _blank(token[1:-1]) + token[-1]

    return _TOKEN.sub(replace, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def matching(text: str, start: int, opening: str = "{", closing: str = "}") -> int:
    """Offset of the bracket that closes the one at `start`; the end of the text when there is none."""
    depth = 0
    for offset in range(start, len(text)):
        if text[offset] == opening:
            depth += 1
        elif text[offset] == closing:
            depth -= 1
            if depth == 0:
                return offset
    return len(text)


@dataclass
class Function:
    name: str
    line: int
    lines: int


_PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
_SCOPE = re.compile(r"(?:\b(?:inline|export|static|typedef|constexpr|friend)\s+)*(?:namespace|class|struct|union)\b")
_ENUM = re.compile(r"(?:typedef\s+)?enum\b")
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)|\[\[.*?\]\]|alignas\s*\([^)]*\)", re.DOTALL)
_ACCESS = re.compile(r"\s*(?:public|private|protected)\s*$")
_NAME = re.compile(r"((?:\w+::)*operator\s*[^\s(]+|[\w:~]+)\s*\(")


def functions(text: str) -> list[Function]:
    """Functions with a body and how many lines each takes, signature included. Braces are counted, nothing is parsed:
    good enough for a size limit. Lambdas count as part of the function they stand in."""
    code = _PREPROCESSOR.sub(lambda match: _blank(match.group(0)), code_only(text))
    found: list[Function] = []
    offset = header_start = 0
    parens = 0
    while offset < len(code):
        char = code[offset]
        if char == "(":
            parens += 1
        elif char == ")":
            parens = max(0, parens - 1)
        elif char == ";" and parens == 0 or char == "}":
            header_start = offset + 1
            parens = 0
        elif char == ":" and _ACCESS.fullmatch(code[header_start:offset]):
            header_start = offset + 1
        elif char == "{":
            header = _without_template(code[header_start:offset]).strip()
            kind = "initializer" if parens else _kind(header)
            if kind == "scope":
                header_start = offset + 1
            else:
                end = matching(code, offset)
                if kind == "function":
                    found.append(_function(code, header, header_start, end))
                    header_start = end + 1
                elif kind == "enum":
                    header_start = end + 1
                offset = end
        offset += 1
    return found


def _kind(header: str) -> str:
    header = re.sub(r"\[\[.*?\]\]", " ", header, flags=re.DOTALL)
    header = header.strip()
    if _ENUM.match(header):
        return "enum"
    if header.startswith("extern") and "(" not in header:
        return "scope"
    if _SCOPE.match(header) and not re.search(r"\)\s*(?:const|noexcept|override|final|\s)*$", header):
        return "scope"
    if "(" not in header or _assigned(header):
        return "initializer"
    # What precedes a body is a parameter list with its qualifiers, or the last item of a constructor's list. A name
    # there is a variable, or a member in such a list: `: a_{1}`.
    bare = re.sub(r"(?:\s*\b(?:const|noexcept|override|final|mutable|try)\b|\s*&&?)+$", "", header)
    if bare.endswith((")", "}")) or re.search(r"\)[^()]*->[^{}]*$|\brequires\b", bare):
        return "function"
    return "initializer"


def _assigned(header: str) -> bool:
    depth = 0
    plain = re.sub(r"operator\s*(?:==|!=|<=>|<=|>=|=|\+=|-=)|==|!=|<=|>=", "", header)
    for char in plain:
        if char in "(<[{":
            depth += 1
        elif char in ")>]}":
            depth -= 1
        elif char == "=" and depth <= 0:
            return True
    return False


def _without_template(header: str) -> str:
    """Leaves out leading `template <...>`, whose `class` is not a scope."""
    while match := re.match(r"\s*template\s*<", header):
        depth = 1
        offset = match.end()
        while offset < len(header) and depth:
            depth += {"<": 1, ">": -1}.get(header[offset], 0)
            offset += 1
        header = header[offset:]
    return header


def _function(code: str, header: str, start: int, end: int) -> Function:
    begin = start + len(code[start:]) - len(code[start:].lstrip())
    match = _NAME.search(_ATTRIBUTE.sub(" ", header))
    name = re.sub(r"\s+", "", match.group(1)) if match else "?"
    test = re.match(r"(?:TEST|TEST_F|TEST_P)\s*\(\s*(\w+)\s*,\s*(\w+)", header)
    if test:
        name = f"{test.group(1)}.{test.group(2)}"
    line = line_of(code, begin)
    return Function(name, line, line_of(code, end) - line + 1)


_INTRODUCER = re.compile(r"\[(?P<captures>[^\[\]]*)\](?!\])")
_AFTER_VALUE = re.compile(r"(?:[\w)\]]|\boperator)$")
_KEYWORD_BEFORE = re.compile(r"\b(?:return|co_return|co_await|co_yield|case|throw)$")


@dataclass
class Lambda:
    captures: str
    declarator: str  # between the introducer and the body
    body_start: int
    body_end: int
    offset: int


def lambdas(code: str) -> list[Lambda]:
    """Lambda expressions in text without comments and literals."""
    found = []
    for match in _INTRODUCER.finditer(code):
        before = code[: match.start()].rstrip()
        if before.endswith("[") or (_AFTER_VALUE.search(before) and not _KEYWORD_BEFORE.search(before)):
            continue
        offset = match.end()
        while offset < len(code) and code[offset] not in "{;=":
            offset = matching(code, offset, "(", ")") + 1 if code[offset] == "(" else offset + 1
        declarator = code[match.end() : offset]
        if offset >= len(code) or code[offset] != "{" or not re.match(r"\s*(?:[(<{-]|mutable|noexcept|$)", declarator):
            continue
        end = matching(code, offset)
        found.append(Lambda(match.group("captures").strip(), declarator, offset, end, match.start()))
    return found
