#include "labstore/config.hpp"
#include "scratch_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace labstore::config {
namespace {

class File : public ::testing::Test {
  protected:
    checked<loaded> load_text(const std::string& text) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
        inputs from;
        from.file = path_;
        return load(from);
    }

    /// The message without the folder.
    std::string failure(const std::string& text) {
        const auto all = load_text(text);
        if (all)
            return "loaded";
        const std::string message = all.error().text();
        return message.substr(message.starts_with(path_) ? path_.size() : 0);
    }

    const std::string path_ = scratch_file();
};

TEST_F(File, OtherSectionsBelongToOthers) {
    const auto all = load_text(
        "# shared with the benchmark\n"
        "benchmark:\n  concurrent: 8\n  server: x\n"
        "server:\n  port: 7001\n  domain: [a.example, b.example]\n  access-log: off\n  region:\n"
    );
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(all->values.listener.port, 7001);
    EXPECT_EQ(all->values.s3.domains, (std::vector<std::string>{"a.example", "b.example"}));
    EXPECT_FALSE(all->values.log.access_log);
    EXPECT_EQ(all->values.auth.region, "us-east-1");
}

TEST_F(File, EmptyFilesAndSectionsAreFine) {
    for (const std::string text : {"", "# only a comment\n", "server:\n", "benchmark: {}\n", "server: {}\n"})
        EXPECT_EQ(failure(text), "loaded") << text;
}

TEST_F(File, FaultsNameTheLine) {
    const std::pair<std::string, std::string> cases[] = {
        {"server:\n  port: 1\n  prot: 2\n", ":3: unknown option \"prot\" in section server"},
        {"server:\n  storage_path: /data\n", ":2: unknown option \"storage_path\" in section server"},
        {"server:\n  port: many\n", ":2: port: \"many\" does not fit: wanted number, 0 to 65535"},
        {"server:\n  port: 1\n  port: 2\n", ":3: port is given twice"},
        {"server:\n  port: 1\nserver:\n  port: 2\n", ":3: section server is given twice"},
        {"server:\n  port: [1, 2]\n", ":2: port: wanted number, 0 to 65535"},
        {"server:\n  port: {a: 1}\n", ":2: port: wanted number, 0 to 65535"},
        {"server:\n  domain: [a, [b]]\n", ":2: domain: wanted list"},
        {"server: 5\n", ":1: section server must hold options, one a line: name: value"},
        {"- a\n- b\n", ":1: wanted sections, such as server:"},
        {"server:\n  ? [a]\n  : 1\n", ":2: an option's name must be a word"},
    };
    for (const auto& [text, message] : cases)
        EXPECT_EQ(failure(text), message) << text;
}

TEST_F(File, WhatIsNotYamlNamesTheLineToo) {
    EXPECT_EQ(failure("server: {port: 1\n"), ":2: is not YAML: end of map flow not found");
    EXPECT_EQ(failure("server:\n  port: 1\n bad: 3\n"), ":3: is not YAML: end of map not found");
}

TEST_F(File, SecretsOfABadFileAreNotShown) {
    const std::string message = failure("server:\n  admin-secret-key: planted-secret\n");
    EXPECT_EQ(message.find("planted"), std::string::npos) << message;
    EXPECT_TRUE(message.starts_with(":2: ")) << message;
}

TEST_F(File, AFileThatIsAskedForMustBeThere) {
    inputs from;
    from.file = path_ + ".missing";
    const auto all = load(from);
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().text(), path_ + ".missing: cannot be read");
    from.file.clear();
    from.default_file = path_ + ".missing";
    EXPECT_TRUE(load(from));
    from.environment.emplace_back("LABSTORE_SERVER_CONFIG", path_ + ".missing");
    EXPECT_FALSE(load(from));
    from.file = ::testing::TempDir();
    EXPECT_FALSE(load(from));
}

TEST_F(File, TheEnvironmentMayNameItAndTheDefaultIsFound) {
    ASSERT_TRUE(load_text("server:\n  port: 7002\n"));
    inputs from;
    from.environment.emplace_back("LABSTORE_SERVER_CONFIG", path_);
    auto all = load(from);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->values.listener.port, 7002);
    from.environment.clear();
    from.default_file = path_;
    all = load(from);
    ASSERT_TRUE(all);
    EXPECT_EQ(all->values.listener.port, 7002);
}

}  // namespace
}  // namespace labstore::config
