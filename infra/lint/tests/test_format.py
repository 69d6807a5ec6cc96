import shutil
import subprocess
import unittest

from support import LINT, TreeTest


@unittest.skipUnless(shutil.which("clang-format-14"), "clang-format-14 is not installed")
class FormatTest(TreeTest):
    def check(self) -> int:
        return subprocess.run([LINT / "check_format.sh", self.root], capture_output=True, timeout=60).returncode

    def test_it_passes_what_is_well_formed_and_fails_on_the_rest(self) -> None:
        self.write("a.cpp", "int f() {\n    return 1;\n}\n")
        self.assertEqual(self.check(), 0)
        self.write("a.cpp", "int f()\n{\n  return 1;\n}\n")
        self.assertEqual(self.check(), 1)

    def test_nothing_to_look_at_is_a_fault(self) -> None:
        shutil.rmtree(self.root)
        self.assertEqual(self.check(), 1)
        self.root.mkdir()
