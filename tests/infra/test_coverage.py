"""coverage.py: the figure counts lines of src/ and nothing else, and the floor holds."""
import json
import subprocess
import sys

import pytest

from conftest import SETUP


def judge(folder, files, floor):
    summary = folder / "summary.json"
    summary.write_text(
        json.dumps({"files": [{"filename": name, "line_covered": ran, "line_total": total} for name, ran, total in files]})
    )
    command = [sys.executable, "-B", str(SETUP / "coverage.py"), str(summary), "--floor", str(floor), "--results", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "ran, floor, code, state", [(90, 90, 0, "passed"), (89, 90, 1, "failed"), (90, 90.1, 1, "failed"), (100, 100, 0, "passed")]
)
def test_the_floor(tmp_path, ran, floor, code, state):
    done = judge(tmp_path, [("src/http/a.cpp", ran, 100)], floor)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "figures.txt").read_text() == f"line coverage of src/: {ran}.0 % (floor {floor:g} %)\n"
    assert (tmp_path / "coverage.tsv").read_text().split("\t")[:2] == ["floor", state]


def test_modules_are_weighed_by_their_lines_and_others_do_not_count(tmp_path):
    files = [("src/a/x.cpp", 0, 10), ("src/a/y.hpp", 5, 10), ("src/b/z/w.cpp", 80, 80), ("include/labstore/a.hpp", 0, 500)]
    done = judge(tmp_path, files, 85)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "a                     5 of     20 lines   25.0 %",
        "b                    80 of     80 lines  100.0 %",
        "line coverage of src/: 85.0 % (floor 85 %)",
    ]


def test_what_falls_short_is_not_rounded_up(tmp_path):
    done = judge(tmp_path, [("src/a/x.cpp", 89_999, 100_000)], 90)
    assert done.returncode == 1 and "89.9 %" in done.stdout


def test_a_summary_without_lines_is_a_failure(tmp_path):
    assert judge(tmp_path, [("include/labstore/a.hpp", 1, 1)], 0).returncode == 1
