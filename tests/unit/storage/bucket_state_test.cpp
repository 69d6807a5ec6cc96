#include "storage/bucket_state.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {
namespace {

const std::string mark = "0123456789abcdef";

constexpr auto unversioned = versioning_state::unversioned;
constexpr auto enabled = versioning_state::enabled;
constexpr auto suspended = versioning_state::suspended;

TEST(bucket_state, is_written_as_documented) {
    EXPECT_EQ(encode_state({unversioned, {}, false, false}), "live");
    EXPECT_EQ(encode_state({enabled, {}, false, false}), "live:enabled");
    EXPECT_EQ(encode_state({suspended, {}, false, false}), "live:suspended");
    EXPECT_EQ(encode_state({enabled, {}, true, false}), "live:enabled:locked");
    EXPECT_EQ(encode_state({unversioned, {}, false, true}), "live:timed");
    EXPECT_EQ(encode_state({enabled, {}, true, true}), "live:enabled:locked:timed");
    EXPECT_EQ(encode_state({unversioned, mark, false, false}), "deleting:0123456789abcdef");
    EXPECT_EQ(encode_state({suspended, mark, false, true}), "deleting:0123456789abcdef:suspended:timed");
    EXPECT_EQ(encode_state({enabled, mark, true, false}), "deleting:0123456789abcdef:enabled:locked");
}

TEST(bucket_state, comes_back) {
    for (const auto versioning : {unversioned, enabled, suspended})
        for (const std::string& one : {std::string(), mark})
            for (const bool locked : {false, true})
                for (const bool timed : {false, true}) {
                    if (locked && versioning != enabled)
                        continue;
                    const bucket_state state{versioning, one, locked, timed};
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
          "live:locked",
          "live:suspended:locked",
          "live:enabled:locked:locked",
          ":timed",
          "live:timed:enabled",
          "live:timed:timed",
          "live:enabled:timed:locked",
          "deleting:",
          "deleting:0123",
          "deleting:0123456789abcdeg",
          "deleting:0123456789abcdef:",
          "deleting:0123456789abcdef0"})
        EXPECT_FALSE(parse_state(text)) << text;
}

}  // namespace
}  // namespace labstore::storage
