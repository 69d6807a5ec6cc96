from support import TreeTest

FRONT_DOOR = "// Job:          a\n// In a request: b\n// May use:      c\n// Threads:      d\n// Failure:      e\n#pragma once\n"


class CodeTest(TreeTest):
    script = "check_code.py"

    def test_ordinary_code_is_clean(self) -> None:
        self.write(
            "src/base/a.cpp",
            "// A comment says why; see std::endl and rand() for what not to use.\n"
            'const char* words = "std::cout << rand()";\n'
            "int brand(int x) { return x; }\n"
            "int f() {\n    auto g = [&](int x) { return brand(x) + 1'000; };\n    return g(2);\n}\n"
            "auto h() { return [](int x) -> awaitable<int> { co_return x; }; }\n"
            "void k(file& f) { f.system(1); f.rand(); }\n",
        )
        self.write("include/labstore/base.hpp", FRONT_DOOR)
        self.assert_clean()

    def test_each_banned_call(self) -> None:
        for call, name in (
            ("std::cerr << 1 << std::endl;", "std::endl"),
            ("int x = rand();", "rand"),
            ("std::srand(1);", "std::srand"),
            ("strcpy(a, b);", "strcpy"),
            ("std::sprintf(a, b);", "std::sprintf"),
            ('system("ls");', "system"),
            ("gets(a);", "gets"),
            ("std::cout << 1;", "std::cout"),
            ("int x = std::stoi(y);", "std::stoi"),
            ("int x = atoi(y);", "atoi"),
            ("assert(x);", "assert"),
            ("thread.detach();", ".detach()"),
            ("asio::co_spawn(x, y, z);", "co_spawn"),
        ):
            with self.subTest(call=call):
                self.write("src/s3/a.cpp", f"void f() {{\n    {call}\n}}\n")
                self.assert_fault("src/s3/a.cpp:2:", f"{name} is banned")

    def test_a_ban_says_what_to_use_instead(self) -> None:
        self.write("src/s3/a.cpp", "void f() { std::cout << 1; }\n")
        self.assert_fault("use the log of observability")

    def test_the_terminal_belongs_to_cli(self) -> None:
        self.write("src/cli/a.cpp", "void f() { std::cout << 1; }\n")
        self.assert_clean()

    def test_a_capturing_lambda_that_is_a_coroutine(self) -> None:
        for text in (
            "auto f = [this]() -> awaitable<void> { co_return; };",
            "auto f = [&x](int y) mutable -> runtime::awaitable<result<int>> { co_return x + y; };",
            "spawn([x = 1] -> boost::asio::awaitable<void> { co_await g(x); });",
            "return [=](int y) -> task { co_await g(y); };",
        ):
            with self.subTest(text=text):
                self.write("src/s3/a.cpp", f"\nauto k() {{ {text} }}\n")
                self.assert_fault("src/s3/a.cpp:2: a capturing lambda is a coroutine")

    def test_a_capture_around_a_coroutine_that_captures_nothing(self) -> None:
        self.write("src/s3/a.cpp", "auto f = [x] { return [](int y) -> awaitable<int> { co_return y; }(x); };\n")
        self.assert_clean()

    def test_using_namespace_in_a_header(self) -> None:
        self.write("src/base/a.hpp", "#pragma once\nusing namespace std;\n")
        self.assert_fault("src/base/a.hpp:2: using namespace in a header")

    def test_a_header_without_pragma_once(self) -> None:
        self.write("src/base/a.hpp", "// Why it is here.\nint x();\n")
        self.assert_fault("a header begins with #pragma once")

    def test_code_in_a_comment(self) -> None:
        self.write("src/base/a.cpp", "void f() {\n    // log.write(line, 3);\n}\n")
        self.assert_fault("src/base/a.cpp:2: code left in a comment")

    def test_a_front_door_without_its_lines(self) -> None:
        self.write("include/labstore/meta.hpp", FRONT_DOOR.replace("// Threads:      d\n", ""))
        self.assert_fault("the front door lacks its line 'Threads:'")
