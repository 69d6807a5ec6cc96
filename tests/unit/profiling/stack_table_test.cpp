#include "profiling/stack_table.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace labstore::profiling {
namespace {

constexpr std::string_view get_object = "GetObject";

std::vector<void*> stack(std::initializer_list<std::uintptr_t> addresses) {
    std::vector<void*> frames;
    for (const auto address : addresses)
        frames.push_back(reinterpret_cast<void*>(address));
    return frames;
}

TEST(StackTable, CountsByStackAndLabel) {
    stack_table table(8);
    runtime::work_label label;
    label.set(get_object, "photos");
    table.add(stack({1, 2}), 1, 10, nullptr);
    table.add(stack({1, 2}), 2, 20, nullptr);
    table.add(stack({1, 2}), 1, 5, &label);
    table.add(stack({1}), 1, 7, nullptr);
    const auto samples = table.read();
    ASSERT_EQ(samples.size(), 3U);
    EXPECT_EQ(samples[0].addresses, (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(samples[0].values, (std::vector<std::int64_t>{3, 30}));
    EXPECT_EQ(samples[0].operation, "");
    EXPECT_EQ(samples[1].operation, "GetObject");
    EXPECT_EQ(samples[1].bucket, "photos");
    EXPECT_EQ(samples[2].values, (std::vector<std::int64_t>{1, 7}));
    EXPECT_EQ(table.lost(), 0U);
}

TEST(StackTable, ALabelWithoutAnOperationIsNone) {
    stack_table table(2);
    runtime::work_label label;
    table.add(stack({1}), 1, 0, &label);
    table.add(stack({1}), 1, 0, nullptr);
    EXPECT_EQ(table.read().size(), 1U);
}

TEST(StackTable, WhatFindsNoRoomIsCounted) {
    stack_table table(2);
    for (std::uintptr_t address = 1; address <= 5; ++address)
        table.add(stack({address}), 1, 0, nullptr);
    table.add(stack({1}), 1, 0, nullptr);
    EXPECT_EQ(table.read().size(), 2U);
    EXPECT_EQ(table.read()[0].values[0], 2);
    EXPECT_EQ(table.lost(), 3U);
}

TEST(StackTable, CutsWhatIsTooDeep) {
    stack_table table(2);
    std::vector<void*> deep(stack_table::depth_max + 10, reinterpret_cast<void*>(std::uintptr_t{7}));
    table.add(deep, 1, 0, nullptr);
    EXPECT_EQ(table.read().at(0).addresses.size(), stack_table::depth_max);
}

TEST(StackTable, ThreadsLoseNothingUnseen) {
    stack_table table(64);
    constexpr std::int64_t rounds = 20'000;
    std::vector<std::thread> threads;
    for (std::uintptr_t mine = 1; mine <= 4; ++mine)
        threads.emplace_back([&table, mine] {
            for (std::int64_t i = 0; i < rounds; ++i)
                table.add(stack({mine, static_cast<std::uintptr_t>(i % 8) + 1}), 1, 1, nullptr);
        });
    for (std::thread& one : threads)
        one.join();
    std::int64_t counted = 0;
    for (const raw_sample& one : table.read())
        counted += one.values[0];
    EXPECT_EQ(counted + static_cast<std::int64_t>(table.lost()), 4 * rounds);
    EXPECT_EQ(table.read().size(), 32U);
}

}  // namespace
}  // namespace labstore::profiling
