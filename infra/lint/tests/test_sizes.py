import unittest

from support import TreeTest

from cpp_source import functions

LONG = "int f() {\n" + "    g();\n" * 80 + "}\n"


class SizesTest(TreeTest):
    script = "check_sizes.py"

    def test_small_things_are_clean(self) -> None:
        self.write("src/base/a.cpp", "int f() {\n    return 1;\n}\n")
        self.assert_clean()

    def test_a_long_function(self) -> None:
        self.write("src/base/a.cpp", LONG)
        self.assert_fault("src/base/a.cpp:f: 82 lines, the limit for functions is 70")

    def test_a_long_source_and_a_long_header(self) -> None:
        self.write("src/base/a.cpp", "int x;\n" * 401)
        self.write("src/base/a.hpp", "int x();\n" * 251)
        self.assert_fault("src/base/a.cpp: 401 lines", "src/base/a.hpp: 251 lines")

    def test_the_ratchet_holds_and_does_not_give(self) -> None:
        self.write("infra/lint/ratchet.toml", "")
        self.write("src/base/a.cpp", LONG)
        self.assertEqual(self.lint("--update", "--allow-growth")[0], 0)
        self.assert_clean()
        self.write("src/base/a.cpp", LONG.replace("g();\n", "g();\n    h();\n", 1))
        self.assert_fault("grew from 82 to 83 lines")
        self.assertEqual(self.lint("--update")[0], 1, "an update without leave must not let it grow")
        self.write("src/base/a.cpp", "int f();\n")
        self.assert_fault("no longer over the limit")
        self.assertEqual(self.lint("--update")[0], 0)
        self.assertNotIn("a.cpp", (self.root / "infra/lint/ratchet.toml").read_text())


class FunctionsTest(unittest.TestCase):
    def names(self, text: str) -> list[tuple[str, int]]:
        return [(function.name, function.lines) for function in functions(text)]

    def test_namespaces_classes_and_members(self) -> None:
        text = (
            "namespace a::b {\n\nclass c final : public d<int> {\n  public:\n    int e() const {\n        return 1;\n    }\n\n"
            "    int f = 3;\n    g h{1, 2};\n};\n\nint c::i(j k = {}) noexcept {\n    if (k) {\n        l();\n    }\n"
            "    return 2;\n}\n\n}  // namespace a::b\n"
        )
        self.assertEqual(self.names(text), [("e", 3), ("c::i", 6)])

    def test_constructors_with_member_lists(self) -> None:
        text = "a::a(int x)\n    : b_{x}, c_(x), d_{\n        .y = 1,\n    } {\n    e();\n}\nint f() { return 1; }\n"
        self.assertEqual(self.names(text), [("a::a", 6), ("f", 1)])

    def test_tables_and_templates(self) -> None:
        text = (
            "constexpr std::array<int, 2> table = {\n    f(1),\n    f(2),\n};\n\nenum class e { a, b };\n\n"
            "constexpr std::array<row, std::size_t(n)> rows{{\n    {g(1)},\n}};\n\n"
            "template <class T, typename U>\nauto g(T t) -> result<U> {\n    return t;\n}\n\n"
            "bool operator==(const a& x, const b& y) {\n    return true;\n}\n"
        )
        self.assertEqual([name for name, _ in self.names(text)], ["g", "operator=="])

    def test_braces_in_literals_and_comments(self) -> None:
        text = "int f() {\n    auto s = \"}{\";  // }\n    auto r = R\"x(}})x\";\n    auto c = '}';\n    return 1;\n}\n"
        self.assertEqual(self.names(text), [("f", 6)])

    def test_a_test_has_the_name_of_its_case(self) -> None:
        self.assertEqual(self.names("TEST(blob, keeps_bytes) {\n    f();\n}\n"), [("blob.keeps_bytes", 3)])
