#include "storage/bucket_state.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

TEST(bucket_state, is_written_as_documented) {
    EXPECT_EQ(encode_state({versioning_state::unversioned, {}, false}), "live");
    EXPECT_EQ(encode_state({versioning_state::enabled, {}, false}), "live:enabled");
    EXPECT_EQ(encode_state({versioning_state::suspended, {}, false}), "live:suspended");
    EXPECT_EQ(encode_state({versioning_state::enabled, {}, true}), "live:enabled:locked");
    const std::string mark = "0123456789abcdef";
    EXPECT_EQ(encode_state({versioning_state::unversioned, mark, false}), "deleting:0123456789abcdef");
    EXPECT_EQ(
        encode_state({versioning_state::suspended, mark, false}), "deleting:0123456789abcdef:suspended"
    );
    EXPECT_EQ(
        encode_state({versioning_state::enabled, mark, true}), "deleting:0123456789abcdef:enabled:locked"
    );
}

TEST(bucket_state, comes_back) {
    for (const auto versioning :
         {versioning_state::unversioned, versioning_state::enabled, versioning_state::suspended})
        for (const std::string mark : {"", "0123456789abcdef"}) {
            const bucket_state state{versioning, mark, false};
            EXPECT_EQ(parse_state(encode_state(state)), state);
        }
    const bucket_state locked{versioning_state::enabled, {}, true};
    EXPECT_EQ(parse_state(encode_state(locked)), locked);
}

TEST(bucket_state, refuses_what_it_does_not_know) {
    for (const auto* text :
         {"",
          "liv",
          "live:",
          "live:Enabled",
          "live:enabled:",
          "live:locked",
          "live:suspended:locked",
          "live:enabled:locked:locked",
          "deleting:",
          "deleting:0123",
          "deleting:0123456789abcdeg",
          "deleting:0123456789abcdef:",
          "deleting:0123456789abcdef0"})
        EXPECT_FALSE(parse_state(text)) << text;
}

}  // namespace
}  // namespace labstore::storage
