"""Bars in the terminal, drawn by termgraph."""

import contextlib
import io
import re

from ..progress import say
from .tables import operations_of

try:
    import termgraph
except ImportError:
    termgraph = None


def plot(rows: list[dict], scenario: str) -> str:
    """The medians of one scenario, an operation after the other; empty when termgraph is not there."""
    if termgraph is None:
        say("no plot: termgraph is missing; benchmark/run.sh installs it into build/benchmark-venv")
        return ""
    chosen = [row for row in rows if row["scenario"] == scenario and row["objects_per_second"]]
    return "".join(bars(chosen, operation, scenario) for operation in operations_of(chosen))


def bars(rows: list[dict], operation: str, scenario: str) -> str:
    found = sorted((row for row in rows if row["operation"] == operation), key=lambda row: -row["objects_per_second"])
    data = termgraph.Data([[row["objects_per_second"]] for row in found], [row["store"] for row in found])
    title = f"{operation}, objects per second ({scenario})"
    drawn = io.StringIO()
    with contextlib.redirect_stdout(drawn):
        termgraph.BarChart(data, termgraph.Args(width=50, format="{:,.0f}", title=title, no_readable=True)).draw()
    return re.sub(r"\x1b\[[0-9;]*m", "", drawn.getvalue())  # it sets colours even when it was asked for none
