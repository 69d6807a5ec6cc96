"""Bars in the terminal, drawn by termgraph."""

import re
import subprocess
import sys

from ..progress import say
from .tables import operations_of

RUN = "import sys; from termgraph.termgraph import main; sys.exit(main())"


def plot(rows: list[dict], scenario: str) -> str:
    """The medians of one scenario, an operation after the other; empty when termgraph is not there."""
    chosen = [row for row in rows if row["scenario"] == scenario and row["objects_per_second"]]
    return "\n".join(bars(chosen, operation, scenario) for operation in operations_of(chosen))


def bars(rows: list[dict], operation: str, scenario: str) -> str:
    found = sorted((row for row in rows if row["operation"] == operation), key=lambda row: -row["objects_per_second"])
    # termgraph takes a comma or a blank for the end of a label, and cuts at nothing else.
    lines = "\n".join(f"{row['store']},{row['objects_per_second']:.2f}" for row in found)
    command = [sys.executable, "-c", RUN, "--delim", ",", "--width", "50", "--format", "{:,.0f}", "--no-readable"]
    command += ["--title", f"{operation}, objects per second ({scenario})"]
    done = subprocess.run(command, input=lines + "\n", capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        say(f"termgraph could not draw: {done.stderr.strip()[-200:]}")
        return ""
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)  # it sets colours even when it was asked for none
