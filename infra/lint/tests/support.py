"""A throw-away tree for the lint scripts, and what they say about it."""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

LINT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(LINT))


class TreeTest(unittest.TestCase):
    """Writes files into an empty folder and runs one script on it."""

    script = ""

    def setUp(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="labstore-lint-"))
        self.addCleanup(shutil.rmtree, self.root)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def lint(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(LINT / self.script), "--root", str(self.root), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def assert_clean(self) -> None:
        code, output = self.lint()
        self.assertEqual(code, 0, output)

    def assert_fault(self, *wanted: str) -> None:
        code, output = self.lint()
        self.assertEqual(code, 1, output)
        for words in wanted:
            self.assertIn(words, output)
