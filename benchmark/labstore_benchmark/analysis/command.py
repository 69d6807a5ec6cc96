"""The command `analysis`: reads result sets, prints, and leaves a report beside the newest of them."""

import json
import re
from pathlib import Path

from ..problems import Problem
from ..progress import say
from ..results import LATEST, ResultSet, open_set, shown
from ..settings import PROJECT_ROOT
from . import compare, report, terminal
from .database import Database

PAGE = PROJECT_ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- results: begin, written by `just benchmark analysis --write-docs` -->", "<!-- results: end -->"


def run(arguments) -> int:
    if arguments.compare:
        return compared(arguments)
    sets = [open_set(name) for name in arguments.sets or [LATEST]]
    database = Database(sets)
    found = database.everything()
    if arguments.json:
        print(json.dumps(found, indent=1, default=str))
        return 0
    show(found, sets[-1])
    if arguments.write_docs:
        write_docs(report.markdown(report.sections(found), level=3), Path(arguments.page) if arguments.page else PAGE)
    return 0


def compared(arguments) -> int:
    before, after = (Database([open_set(name)]) for name in arguments.compare)
    parts = compare.sections(before, after)
    print("\n".join(part.text for part in parts if part.text) + "\n\n" + report.terminal(parts))
    worse = compare.regressions(before, after, arguments.fail_over) if arguments.fail_over is not None else []
    for line in worse:
        print(f"worse: {line}")
    return 1 if worse else 0


def show(found: dict, results: ResultSet) -> None:
    parts = report.sections(found)
    print(report.terminal(parts))
    for scenario in dict.fromkeys(row["scenario"] for row in found["ranking"]):
        print(terminal.plot(found["ranking"], scenario))
    folder = results.folder
    title = f"LabStore and its peers, {results.session['date'].split()[0]}"
    (folder / "report.html").write_text(report.page(parts, title))
    (folder / "tables.md").write_text("# " + title + "\n\n" + report.markdown(parts))
    (folder / "tables.json").write_text(json.dumps(found, indent=1, default=str) + "\n")
    (folder / "charts").mkdir(exist_ok=True)
    for part in parts:
        for number, drawn in enumerate(part.charts, 1):
            (folder / "charts" / f"{file_name(part.title)}-{number}.svg").write_text(drawn)
    say(f"report: {shown(folder)}/report.html, tables.md, tables.json, charts/")


def file_name(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def write_docs(tables: str, page: Path) -> None:
    text = page.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Problem(f"{shown(page)} has lost its markers: it needs one line '{BEGIN}' and one '{END}'")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n{tables}\n{END}{tail}")
    say(f"tables written into {shown(page)}")
