#include "unit/blob/crash_workload.hpp"

#include <gtest/gtest.h>

namespace labstore::blob::testing {
namespace {

struct fault_case {
    const char* name;
    fault how;
};

class IoFault : public ::testing::TestWithParam<fault_case> {
  protected:
    /// One run with the `nth` call failing; false when it never came to that.
    bool fail_once(std::uint64_t nth) {
        auto how = GetParam().how;
        how.nth = nth;
        const auto when = std::string(GetParam().name) + " " + std::to_string(nth);
        memory_file_system memory;
        faulty_file_system files(memory);
        memory.set_cold(how.kind == call::read);
        crash_workload work;
        files.fail(how);
        auto opened = open_local(tiny_options(), pool_, files);
        const bool open_failed = !opened;
        if (open_failed) {
            // An open that fails says so and can be repeated.
            EXPECT_TRUE(files.fault_happened()) << when;
            files.fail(std::nullopt);
            opened = open_local(tiny_options(), pool_, files);
        }
        EXPECT_TRUE(opened) << when;
        auto& blobs = **opened;
        work.perform(blobs, files, 2);
        const bool happened = open_failed || files.fault_happened();
        files.fail(std::nullopt);
        work.expect_all_readable(blobs, when);
        const auto later = work.perform(blobs, files, 1);
        EXPECT_GE(later, 15) << when << ": it goes on when the device is well again";
        work.expect_all_readable(blobs, when + ", later");
        EXPECT_FALSE(files.failed_sync_retried()) << when;
        EXPECT_EQ(blobs.statistics().corrupt_reads, 0U) << when;
        opened->reset();
        const auto image = memory.after_power_cut(nth);
        expect_recovers(*image, pool_, work, when);
        return happened;
    }

    runtime::blocking_pool pool_{{.threads = 2, .queue_size_max = 256}};
};

TEST_P(IoFault, NoFalseAcknowledgementWhicheverCallFails) {
    std::uint64_t nth = 1;
    while (nth < 10'000 && fail_once(nth)) {
        ASSERT_FALSE(HasFatalFailure() || HasFailure()) << GetParam().name << " " << nth;
        // A fault for ever differs little from one call to the next.
        nth += GetParam().how.forever ? 7 : 1;
    }
    EXPECT_GT(nth, 1U) << "that call is never made";
}

constexpr fault_case cases[] = {
    {"WriteEio", {.kind = call::write}},
    {"WriteFull", {.kind = call::write, .error = errc::full}},
    {"WriteHalf", {.kind = call::write, .error = errc::full, .half_write = true}},
    {"WriteForEver", {.kind = call::write, .forever = true}},
    {"SyncData", {.kind = call::sync_data}},
    {"SyncDataForEver", {.kind = call::sync_data, .forever = true}},
    {"SyncDirectory", {.kind = call::sync_directory}},
    {"Create", {.kind = call::create}},
    {"CreateFullForEver", {.kind = call::create, .error = errc::full, .forever = true}},
    {"Open", {.kind = call::open}},
    {"Allocate", {.kind = call::allocate, .error = errc::full}},
    {"Rename", {.kind = call::rename}},
    {"Link", {.kind = call::link}},
    {"Unlink", {.kind = call::unlink}},
    {"Read", {.kind = call::read}},
    {"List", {.kind = call::list}},
    {"MakeDirectory", {.kind = call::make_directory}},
};

INSTANTIATE_TEST_SUITE_P(Calls, IoFault, ::testing::ValuesIn(cases), [](const auto& test) {
    return test.param.name;
});

}  // namespace
}  // namespace labstore::blob::testing
