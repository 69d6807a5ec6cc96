"""The scripts that decide whether a run passed: the closing line of test.sh, and the conformance comparison."""

import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from support import LINT

ROOT = LINT.parent.parent
SUMMARIZE = ROOT / "infra/setup/summarize.py"
OUTCOMES = ROOT / "tests/conformance/check_outcomes.py"


def load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


class SummarizeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="labstore-results-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_it(self) -> tuple[int, str]:
        done = subprocess.run([sys.executable, SUMMARIZE, self.folder], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.strip().split("\n")[-1]

    def junit(self, name: str, cases: str) -> None:
        (self.folder / name).write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")

    def stages(self, *rows: str) -> None:
        (self.folder / "stages.tsv").write_text("".join(f"{row}\n" for row in rows))

    def test_counts_of_ctest_and_pytest_add_up(self) -> None:
        self.junit("unit.xml", '<testcase name="a" status="run"/><testcase name="b" status="notrun">'
                   '<skipped message="SKIP_RETURN_CODE=77"/></testcase>')
        self.junit("integration.xml", '<testcase classname="t" name="c"/><testcase name="d"><skipped message="x"/></testcase>')
        (self.folder / "fuzz.tsv").write_text("head\tpassed\t9 runs\n")
        self.stages("unit\t3\t0", "integration\t4\t0", "fuzz\t5\t0")
        self.assertEqual(self.run_it(), (0, "3 passed, 0 failed, 2 skipped"))

    def test_every_kind_of_failure_is_one(self) -> None:
        self.junit("unit.xml", '<testcase name="a" status="run"/><testcase name="b" status="fail"><failure/></testcase>'
                   '<testcase name="c" status="notrun"><skipped message="Unable to find executable"/></testcase>')
        self.junit("integration.xml", '<testcase name="d"><error/></testcase>')
        (self.folder / "fuzz.tsv").write_text("head\tfailed\tcrash\n")
        self.stages("unit\t3\t8", "integration\t4\t1", "fuzz\t5\t1")
        self.assertEqual(self.run_it(), (1, "1 passed, 4 failed, 0 skipped"))

    def test_a_stage_that_ends_badly_without_results(self) -> None:
        self.junit("unit.xml", '<testcase name="a" status="run"/>')
        self.stages("unit\t3\t0", "integration\t4\t124")
        self.assertEqual(self.run_it(), (1, "1 passed, 1 failed, 0 skipped"))

    def test_a_skipped_case_says_why(self) -> None:
        self.junit("unit.xml", '<testcase classname="a.b" name="a.b" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_'
                   'MATCHED"/><system-out>x_test.cpp:3: Skipped\nno loop device\n\n[ SKIPPED ]</system-out></testcase>')
        self.stages("unit\t3\t0")
        done = subprocess.run([sys.executable, SUMMARIZE, self.folder], capture_output=True, text=True, timeout=60)
        self.assertIn("skipped  unit: a.b: no loop device\n", done.stdout)

    def test_results_cut_short(self) -> None:
        (self.folder / "unit.xml").write_text("<testsuites><testcase")
        self.stages("unit\t3\t0")
        self.assertEqual(self.run_it(), (1, "0 passed, 1 failed, 0 skipped"))

    def test_parts_of_a_stage_belong_to_it_and_figures_are_shown(self) -> None:
        self.junit("coverage.unit.xml", '<testcase name="a" status="run"/>')
        self.junit("coverage.integration.xml", '<testcase name="b"><failure/></testcase>')
        (self.folder / "coverage.tsv").write_text("floor\tfailed\t89 %\nreport.7\tfailed\tdetected memory leaks\n")
        (self.folder / "figures.txt").write_text("line coverage of src/: 89 %\n")
        self.stages("coverage\t3\t1")
        done = subprocess.run([sys.executable, SUMMARIZE, self.folder], capture_output=True, text=True, timeout=60)
        self.assertRegex(done.stdout, r"\ncoverage +0:03 +1 +3 +0\n")
        self.assertIn("\nline coverage of src/: 89 %\n", done.stdout)
        self.assertIn("failed   coverage: report.7 (detected memory leaks)\n", done.stdout)
        self.assertEqual(done.returncode, 1)

    def test_nothing_that_passed_is_no_success(self) -> None:
        self.stages()
        self.assertEqual(self.run_it(), (1, "0 passed, 0 failed, 0 skipped"))


class OutcomesTest(unittest.TestCase):
    def setUp(self) -> None:
        self.module = load(OUTCOMES)

    def faults(self, results: dict[str, str], *rows: tuple[str, str]) -> list[str]:
        return self.module.compare(results, [self.module.Expectation(*row, "why") for row in rows])

    def test_what_is_not_listed_must_pass(self) -> None:
        self.assertEqual(self.faults({"a": "passed"}), [])
        self.assertEqual(self.faults({"a": "failed"}), ["failed, expected to pass: a"])
        self.assertEqual(self.faults({"a": "skipped"}), ["skipped, expected to pass: a"])

    def test_a_line_that_went_stale(self) -> None:
        self.assertEqual(self.faults({"a": "failed"}, ("failed", "a")), [])
        self.assertEqual(self.faults({"a": "passed"}, ("failed", "a")), ["passed, listed as failed: a"])
        self.assertEqual(self.faults({"b": "passed"}, ("failed", "a")), [])

    def test_a_prefix_covers_and_an_exact_line_decides(self) -> None:
        rows = (("failed", "x::acl_*"), ("skipped", "x::acl_2"))
        self.assertEqual(self.faults({"x::acl_1": "failed", "x::acl_2": "skipped", "x::acl_3": "passed"}, *rows), [])
        self.assertEqual(self.faults({"x::acl_2": "failed"}, *rows), ["failed, listed as skipped: x::acl_2"])

    def test_both_kinds_of_results_and_an_error_is_a_failure(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            one = Path(folder) / "r.json"
            one.write_text('{"tests": {"s/t.py::a": {"outcome": "error"}, "s/t.py::b": {"outcome": "passed"}}}')
            two = Path(folder) / "r.xml"
            two.write_text('<t><testcase classname="s.t" name="a"><error/></testcase><testcase classname="s.t" name="b"/></t>')
            wanted = {"s/t.py::a": "failed", "s/t.py::b": "passed"}
            self.assertEqual(self.module.read_results(one), wanted)
            self.assertEqual(self.module.read_results(two), wanted)
