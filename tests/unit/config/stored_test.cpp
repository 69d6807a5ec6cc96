#include "labstore/config/stored.hpp"

#include <gtest/gtest.h>

namespace labstore::config {
namespace {

TEST(Stored, FormatReadsBackAndStaysAsItIs) {
    const std::string id = "0123456789abcdef0123456789abcdef";
    const std::string text = to_text(storage_format{1, id});
    EXPECT_EQ(text, "{\n    \"format_version\": 1,\n    \"deployment_id\": \"" + id + "\"\n}\n");
    const auto format = parse_storage_format(text);
    ASSERT_TRUE(format);
    EXPECT_EQ(format->version, 1U);
    EXPECT_EQ(format->deployment_id, id);
}

TEST(Stored, ANewerFormatIsToldFromADamagedOne) {
    const auto newer = parse_storage_format(R"({"format_version": 2, "something": []})");
    ASSERT_FALSE(newer);
    EXPECT_EQ(to_errc(newer.error()), errc::newer_format);
    for (const std::string_view text :
         {"",
          "{",
          "[]",
          "1",
          "{}",
          R"({"format_version": 0, "deployment_id": "0123456789abcdef0123456789abcdef"})",
          R"({"format_version": -1})",
          R"({"format_version": "1"})",
          R"({"format_version": 1})",
          R"({"format_version": 1, "deployment_id": "xyz"})",
          R"({"format_version": 1, "deployment_id": 5})"}) {
        const auto format = parse_storage_format(text);
        ASSERT_FALSE(format) << text;
        EXPECT_EQ(to_errc(format.error()), errc::corrupt) << text;
    }
}

TEST(Stored, CredentialReadsBack) {
    const stored_credential credential{"KEY", crypto::secret("with \"quotes\" and \\")};
    const auto read = parse_stored_credential(to_text(credential));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->access_key, "KEY");
    EXPECT_EQ(read->secret_key.reveal(), "with \"quotes\" and \\");
    for (const std::string_view text :
         {"",
          "[]",
          "{}",
          R"({"access_key": "a"})",
          R"({"access_key": "a", "secret_key": ""})",
          R"({"access_key": 1, "secret_key": 2})"})
        EXPECT_FALSE(parse_stored_credential(text)) << text;
}

}  // namespace
}  // namespace labstore::config
