import shutil

from support import LINT, TreeTest

HEADER = "#pragma once\n"


class LayersTest(TreeTest):
    script = "check_layers.py"

    def setUp(self) -> None:
        super().setUp()
        self.write("infra/lint/layers.toml", "")
        shutil.copy(LINT / "layers.toml", self.root / "infra/lint/layers.toml")
        self.write("CMakeLists.txt", "labstore_add(src/storage)\nlabstore_add(src/base)\n")
        for name, marks in (("docs/architecture.md", "layers"), ("README.md", "modules")):
            begin = f"<!-- {marks}: begin, written by infra/lint/check_layers.py -->"
            self.write(name, f"# A page\n\n{begin}\n<!-- {marks}: end -->\n")
        for module in ("base", "meta", "blob", "http", "storage", "runtime", "crypto"):
            self.write(f"include/labstore/{module}.hpp", HEADER)
        self.lint("--write-docs")

    def test_a_tree_that_keeps_to_its_rows_is_clean(self) -> None:
        self.write(
            "src/storage/put.cpp",
            '#include "storage/put.hpp"\n#include "labstore/meta.hpp"\n#include <boost/asio/post.hpp>\n'
            "#include <boost/system/result.hpp>\n#include <google/protobuf/message_lite.h>\n"
            '#include "storage/record.pb.h"\n#include <unistd.h>\n#include <vector>\n',
        )
        self.write("src/storage/put.hpp", HEADER)
        self.assert_clean()

    def test_an_edge_that_no_row_names(self) -> None:
        self.write("src/meta/db.cpp", '#include "labstore/blob.hpp"\n')
        self.assert_fault("src/meta/db.cpp:1:", "meta may not include labstore/blob.hpp")

    def test_an_upward_include(self) -> None:
        self.write("src/blob/writer.cpp", '\n#include "labstore/storage.hpp"\n')
        self.assert_fault("src/blob/writer.cpp:2: upward include: blob may not include")

    def test_a_third_party_header_out_of_its_module(self) -> None:
        self.write("src/storage/put.cpp", "#include <rocksdb/db.h>\n")
        self.assert_fault("storage may not include rocksdb (rocksdb/db.h)")

    def test_asio_below_its_level(self) -> None:
        self.write("src/crypto/md5.cpp", "#include <boost/asio/post.hpp>\n")
        self.assert_fault("crypto may not include asio")

    def test_generated_protobuf_out_of_storage(self) -> None:
        self.write("src/meta/db.cpp", '#include "storage/record.pb.h"\n')
        self.assert_fault("meta may not include protobuf")

    def test_a_third_party_nobody_listed(self) -> None:
        self.write("src/base/x.cpp", "#include <absl/strings/str_cat.h>\n")
        self.assert_fault("absl/strings/str_cat.h is not in layers.toml")

    def test_a_private_header_of_another_module(self) -> None:
        self.write("src/blob/segment.hpp", HEADER)
        self.write("src/storage/put.cpp", '#include "blob/segment.hpp"\n')
        self.assert_fault("blob/segment.hpp is private to blob")

    def test_a_public_header_with_a_private_include(self) -> None:
        self.write("src/meta/key.hpp", HEADER)
        self.write("include/labstore/meta.hpp", '#pragma once\n#include "meta/key.hpp"\n')
        self.assert_fault("a public header includes a private one")

    def test_the_front_door_only(self) -> None:
        self.write("include/labstore/http/session.hpp", HEADER)
        self.write("src/auth/gate.cpp", '#include "labstore/http.hpp"\n#include "labstore/http/session.hpp"\n')
        self.assert_fault("src/auth/gate.cpp:2:")
        self.assertNotIn("gate.cpp:1:", self.lint()[1])

    def test_headers_that_include_each_other(self) -> None:
        self.write("src/base/a.hpp", '#pragma once\n#include "base/b.hpp"\n')
        self.write("src/base/b.hpp", '#pragma once\n#include "base/a.hpp"\n')
        self.assert_fault("include cycle: src/base/a.hpp -> src/base/b.hpp -> src/base/a.hpp")

    def test_a_header_that_does_not_exist(self) -> None:
        self.write("src/base/a.cpp", '#include "a.hpp"\n')
        self.assert_fault('no such header: "a.hpp"')

    def test_an_include_in_a_comment_is_none(self) -> None:
        self.write("src/base/a.cpp", '// #include <rocksdb/db.h>\n/* \n#include "labstore/storage.hpp" */\n')
        self.assert_clean()

    def test_a_library_linked_against_the_layers(self) -> None:
        self.write("src/meta/CMakeLists.txt", "labstore_module(meta SOURCES db.cpp DEPENDS base blob PRIVATE x)\n")
        self.assert_fault("meta may not link blob")

    def test_a_folder_that_is_no_module(self) -> None:
        self.write("src/util/misc.cpp", "\n")
        self.assert_fault("util is not a module of layers.toml")

    def test_a_table_that_is_no_layering(self) -> None:
        path = self.root / "infra/lint/layers.toml"
        path.write_text(path.read_text().replace('name = "meta"\nlevel = 3', 'name = "meta"\nlevel = 5'))
        self.assert_fault("storage (level 4) may not name meta")

    def test_a_page_that_fell_behind(self) -> None:
        path = self.root / "docs/architecture.md"
        path.write_text(path.read_text().replace("| 3 | meta |", "| 3 | data |"))
        self.assert_fault("docs/architecture.md: its table 'layers' differs")
