#include "labstore/config.hpp"
#include "scratch_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace labstore::config {
namespace {

TEST(Show, EffectiveSettingsReadBackAsTheSameSettings) {
    inputs from;
    from.default_file.clear();
    from.flags = {
        {"port", "7003", "--port"},
        {"durability", "interval=20", "--durability"},
        {"domain", "a.example,b.example", "--domain"},
        {"storage-path", "/data # not a comment: really", "--storage-path"},
        {"idle-time-max", "1500ms", "--idle-time-max"},
        {"log-file", "", "--log-file"},
    };
    const auto first = load(from);
    ASSERT_TRUE(first) << first.error().text();
    const std::string shown = effective_yaml(*first);

    const std::string path = scratch_file();
    std::ofstream(path, std::ios::trunc) << shown;
    inputs again;
    again.file = path;
    auto second = load(again);
    ASSERT_TRUE(second) << second.error().text() << shown;
    EXPECT_EQ(second->values.listener.port, 7003);
    EXPECT_EQ(second->values.storage_path, "/data # not a comment: really");
    second->places = first->places;
    EXPECT_EQ(effective_yaml(*second), shown);
}

TEST(Show, SaysWhereEachValueCameFrom) {
    inputs from;
    from.default_file.clear();
    from.environment.emplace_back("LABSTORE_SERVER_PORT", "7004");
    const auto all = load(from);
    ASSERT_TRUE(all);
    const std::string shown = effective_yaml(*all);
    EXPECT_NE(shown.find("port: 7004  # LABSTORE_SERVER_PORT\n"), std::string::npos) << shown;
    EXPECT_NE(shown.find("region: us-east-1  # default\n"), std::string::npos) << shown;
}

TEST(Show, SecretsAreMasked) {
    inputs from;
    from.default_file.clear();
    from.environment = {
        {"LABSTORE_SERVER_ADMIN_ACCESS_KEY", "operator"},
        {"LABSTORE_SERVER_ADMIN_SECRET_KEY", "planted-secret-1"},
    };
    const auto all = load(from);
    ASSERT_TRUE(all) << all.error().text();
    const std::string shown = effective_yaml(*all);
    EXPECT_EQ(shown.find("planted"), std::string::npos);
    EXPECT_NE(shown.find("admin-secret-key: \"********\""), std::string::npos) << shown;
    EXPECT_NE(shown.find("admin-access-key: operator"), std::string::npos) << shown;
    EXPECT_EQ(reference().find("planted"), std::string::npos);
}

TEST(Show, TheDocumentHoldsTheReference) {
    std::ifstream file(std::string(LABSTORE_SOURCE_DIR) + "/docs/configuration.md", std::ios::binary);
    ASSERT_TRUE(file.is_open());
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(reference()), std::string::npos)
        << "docs/configuration.md differs from the code: put the output of `labstore-server config "
           "--reference` "
           "between its marks";
}

}  // namespace
}  // namespace labstore::config
