from support import TreeTest


class TreeFilesTest(TreeTest):
    script = "check_tree.py"

    def setUp(self) -> None:
        super().setUp()
        self.write("CMakeLists.txt", "labstore_add(src/base)\nlabstore_add(tests)\n")
        self.write("src/base/CMakeLists.txt", "labstore_module(base SOURCES a.cpp)\n")
        self.write("src/base/a.cpp", "int x;\n")
        self.write("tests/CMakeLists.txt", "foreach(module base s3)\n    labstore_add(tests/unit/${module})\nendforeach()\n")
        self.write("tests/unit/base/CMakeLists.txt", "labstore_unit_test(base SOURCES a_test.cpp)\n")
        self.write("tests/unit/base/a_test.cpp", "int y;\n")

    def test_a_tidy_tree_is_clean(self) -> None:
        self.write("README.md", "# One title\n\n```\n# not a title\n```\n[here](src/base/a.cpp)\n")
        self.write("infra/x.sh", "#!/usr/bin/env bash\ntrue\n").chmod(0o755)
        self.assert_clean()

    def test_a_source_nobody_builds(self) -> None:
        self.write("src/base/b.cpp", "int z;\n")
        self.assert_fault("src/base/b.cpp:1: in no CMakeLists.txt")

    def test_a_source_listed_in_a_comment_only(self) -> None:
        self.write("src/base/CMakeLists.txt", "labstore_module(base SOURCES a.cpp)\n# b.cpp\n")
        self.write("src/base/b.cpp", "int z;\n")
        self.assert_fault("src/base/b.cpp:1: in no CMakeLists.txt")

    def test_a_list_file_nobody_adds(self) -> None:
        self.write("tests/unit/http/CMakeLists.txt", "labstore_unit_test(http SOURCES b_test.cpp)\n")
        self.assert_fault("tests/unit/http/CMakeLists.txt:1: no list file adds this folder")

    def test_fuzz_targets_are_named_by_their_macro(self) -> None:
        self.write("CMakeLists.txt", "labstore_add(src/base)\nlabstore_add(tests)\nlabstore_add(tests/fuzz)\n")
        self.write("tests/fuzz/CMakeLists.txt", "labstore_fuzz(http head)\n")
        self.write("tests/fuzz/http/head_fuzz.cpp", "int z;\n")
        self.assert_clean()
        self.write("tests/fuzz/http/body_fuzz.cpp", "int z;\n")
        self.assert_fault("body_fuzz.cpp:1: in no CMakeLists.txt")

    def test_untidy_text(self) -> None:
        for text, wanted in (
            ("int x;", "no newline at the end"),
            ("int x;\n\n", "empty line at the end"),
            ("int\tx;\n", "tab"),
            ("int x; \n", "blanks at the end"),
            ("int x;\r\n", "carriage returns"),
            ("// TO" "DO: later\n", "a leftover marker"),
            ("// see /wo" "rk/main\n", "names a path of one machine"),
            ("// see /ro" "ot/x\n", "names a path of one machine"),
            ("// see /tmp/b" "-x\n", "names a path of one machine"),
        ):
            with self.subTest(wanted=wanted, text=text):
                (self.root / "src/base/a.cpp").write_bytes(text.encode())
                self.assert_fault("src/base/a.cpp:", wanted)

    def test_a_marker_with_its_issue(self) -> None:
        self.write("src/base/a.cpp", "// TO" "DO(#12): faster.\n")
        self.assert_clean()

    def test_an_executable_that_is_no_script(self) -> None:
        self.write("src/base/tool", "\x7fELF").chmod(0o755)
        self.assert_fault("src/base/tool:1: executable, but not a script")

    def test_a_large_file(self) -> None:
        self.write("docs/dump.bin", "x" * (513 * 1024))
        self.assert_fault("docs/dump.bin:1: 513 KiB")

    def test_two_titles_and_a_dead_link(self) -> None:
        self.write("docs/a.md", "# One\n\n# Two\n\n[gone](nowhere.md) [web](https://example.org/x)\n")
        self.assert_fault("2 titles of the first level", "docs/a.md:5: dead link: nowhere.md")
        self.assertNotIn("example.org", self.lint()[1])
