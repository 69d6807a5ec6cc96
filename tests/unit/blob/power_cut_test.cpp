#include "unit/blob/crash_workload.hpp"

#include <gtest/gtest.h>

namespace labstore::blob::testing {
namespace {

constexpr int rounds = 2;
constexpr std::uint64_t steps_max = 100'000;

class PowerCut : public ::testing::TestWithParam<bool> {
  protected:
    /// Runs the workload with the power going at `step`; false when it got to its end before.
    bool cut_once(std::uint64_t step) {
        memory_file_system memory({.any_sync_carries_names = GetParam()});
        faulty_file_system files(memory);
        crash_workload work;
        files.cut_at(step);
        if (auto opened = open_local(tiny_options(), pool_, files)) {
            work.perform(**opened, files, rounds);
            const bool closed = (*opened)->close().has_value();
            EXPECT_TRUE(closed || files.power_is_off()) << step;
        }
        EXPECT_FALSE(files.failed_sync_retried() && !files.power_is_off());
        const std::uint64_t seeds = GetParam() ? 1 : 2;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const auto image = memory.after_power_cut(2 * step + seed);
            auto survived = work;
            const auto when = "step " + std::to_string(step) + " seed " + std::to_string(seed);
            expect_recovers(*image, pool_, survived, when);
        }
        return files.power_is_off();
    }

    runtime::blocking_pool pool_{{.threads = 2, .queue_size_max = 256}};
};

TEST_P(PowerCut, NothingAcknowledgedIsLostAtAnyStep) {
    std::uint64_t step = 1;
    while (step < steps_max && cut_once(step)) {
        ASSERT_FALSE(HasFatalFailure() || HasFailure()) << "at step " << step;
        // The gentler model is a subset of the other.
        step += GetParam() ? 3 : 1;
    }
    EXPECT_GT(step, 150U) << "the workload became too small to prove anything";
    RecordProperty("steps", std::to_string(step));
}

INSTANTIATE_TEST_SUITE_P(Names, PowerCut, ::testing::Values(false, true), [](const auto& test) {
    return test.param ? "CarriedByAnySync" : "OnlyByDirectorySync";
});

TEST(PowerCutModel, ForgetsWhatWasNotSynced) {
    memory_file_system memory;
    ASSERT_TRUE(memory.make_directory("/d"));
    ASSERT_TRUE(memory.sync_directory("/"));
    auto made = memory.open("/d/file", open_mode::create);
    ASSERT_TRUE(made);
    const auto synced = pattern(1, 8192);
    const auto unsynced = pattern(2, 8192);
    byte_span piece = as_bytes(synced);
    ASSERT_TRUE((*made)->write(0, std::span(&piece, 1)));
    ASSERT_TRUE((*made)->sync_data());
    ASSERT_TRUE(memory.sync_directory("/d"));
    piece = as_bytes(unsynced);
    ASSERT_TRUE((*made)->write(0, std::span(&piece, 1)));
    ASSERT_TRUE(memory.open("/d/unsynced name", open_mode::create));
    int kept = 0;
    int dropped = 0;
    int torn = 0;
    int names_lost = 0;
    for (std::uint64_t seed = 0; seed < 64; ++seed) {
        const auto image = memory.after_power_cut(seed);
        const auto first = image->content("/d/file").substr(0, 4096);
        kept += first == unsynced.substr(0, 4096) ? 1 : 0;
        dropped += first == synced.substr(0, 4096) ? 1 : 0;
        torn += first != unsynced.substr(0, 4096) && first != synced.substr(0, 4096) ? 1 : 0;
        names_lost += image->all_files().size() == 1 ? 1 : 0;
    }
    EXPECT_GT(kept, 5);
    EXPECT_GT(dropped, 5);
    EXPECT_GT(torn, 5);
    EXPECT_GT(names_lost, 10);
    EXPECT_LT(names_lost, 54);
}

TEST(PowerCutModel, AFailedSyncMakesTheNextOneLie) {
    memory_file_system memory;
    faulty_file_system files(memory);
    auto made = files.open("/file", open_mode::create);
    ASSERT_TRUE(made);
    ASSERT_TRUE(memory.sync_directory("/"));
    const auto content = pattern(1, 4096);
    const byte_span piece = as_bytes(content);
    ASSERT_TRUE((*made)->write(0, std::span(&piece, 1)));
    files.fail(fault{.kind = call::sync_data});
    EXPECT_FALSE((*made)->sync_data());
    EXPECT_TRUE((*made)->sync_data());
    EXPECT_TRUE(files.failed_sync_retried());
    EXPECT_EQ(memory.content("/file"), content) << "memory shows the new bytes";
    EXPECT_NE(memory.after_power_cut(1)->content("/file"), content) << "the device does not have them";
}

}  // namespace
}  // namespace labstore::blob::testing
