#include "labstore/base/text_arena.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace labstore {
namespace {

TEST(TextArena, WhatItKeptStaysWhenItGrowsAndMoves) {
    text_arena first;
    std::vector<std::string> given;
    std::vector<std::string_view> kept;
    for (std::size_t i = 0; i < 2000; ++i) {
        given.emplace_back(i % 97, static_cast<char>('a' + i % 26));
        kept.push_back(first.keep(given.back()));
    }
    // Larger than any block.
    given.emplace_back(text_arena::block_bytes_max * 3, 'L');
    kept.push_back(first.keep(given.back()));
    given.emplace_back("behind it");
    kept.push_back(first.keep(given.back()));
    const text_arena second = std::move(first);
    for (std::size_t i = 0; i < given.size(); ++i)
        ASSERT_EQ(kept[i], given[i]) << i;
}

TEST(TextArena, CopiesWhatItIsGiven) {
    text_arena texts;
    std::string given = "one";
    const auto kept = texts.keep(given);
    given = "two";
    EXPECT_EQ(kept, "one");
    EXPECT_TRUE(texts.keep({}).empty());
}

}  // namespace
}  // namespace labstore
