#include "storage/bucket_state.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

TEST(bucket_state, is_written_as_documented) {
    EXPECT_EQ(live_state(versioning_state::unversioned), "live");
    EXPECT_EQ(live_state(versioning_state::enabled), "live:enabled");
    EXPECT_EQ(live_state(versioning_state::suspended), "live:suspended");
    EXPECT_EQ(
        encode_state({versioning_state::unversioned, "0123456789abcdef", false}), "deleting:0123456789abcdef"
    );
    EXPECT_EQ(
        encode_state({versioning_state::suspended, "0123456789abcdef", false}),
        "deleting:0123456789abcdef:suspended"
    );
    EXPECT_EQ(live_state(versioning_state::unversioned, true), "live:timed");
    EXPECT_EQ(live_state(versioning_state::enabled, true), "live:enabled:timed");
    EXPECT_EQ(
        encode_state({versioning_state::suspended, "0123456789abcdef", true}),
        "deleting:0123456789abcdef:suspended:timed"
    );
}

TEST(bucket_state, comes_back) {
    for (const auto versioning :
         {versioning_state::unversioned, versioning_state::enabled, versioning_state::suspended})
        for (const std::string mark : {"", "0123456789abcdef"})
            for (const bool timed : {false, true}) {
                const bucket_state state{versioning, mark, timed};
                EXPECT_EQ(parse_state(encode_state(state)), state);
            }
}

TEST(bucket_state, refuses_what_it_does_not_know) {
    for (const auto* text :
         {"",
          "liv",
          "live:",
          "live:Enabled",
          "live:enabled:",
          ":timed",
          "live:timed:enabled",
          "live:timed:timed",
          "deleting:",
          "deleting:0123",
          "deleting:0123456789abcdeg",
          "deleting:0123456789abcdef:",
          "deleting:0123456789abcdef0"})
        EXPECT_FALSE(parse_state(text)) << text;
}

}  // namespace
}  // namespace labstore::storage
