#include "support/blob/faulty_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace labstore::blob::testing {
namespace {

constexpr std::size_t packed_block = 32 * KiB;
constexpr std::size_t large_block = 64 * KiB;

options small_options(const std::string& path) {
    options settings;
    settings.path = path;
    settings.segment_size_bytes = 4 * MiB;
    settings.packed_size_bytes_max = 1 * MiB;
    settings.remove_delay = std::chrono::milliseconds(0);
    return settings;
}

/// A place to keep a store in: memory or a directory of the machine.
class store_place {
  public:
    explicit store_place(bool posix) {
        if (!posix)
            return;
        std::string name = std::filesystem::temp_directory_path() / "labstore-blob-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }

    ~store_place() {
        if (path_ != "/store")
            std::filesystem::remove_all(path_);
    }

    file_system& files() { return path_ == "/store" ? memory_ : posix_file_system(); }

    memory_file_system& memory() { return memory_; }

    const std::string& path() const { return path_; }

  private:
    memory_file_system memory_;
    std::string path_ = "/store";
};

class LocalStoreBoth : public ::testing::TestWithParam<bool> {
  protected:
    std::unique_ptr<store> open(const options& settings) {
        auto opened = open_local(settings, pool_, place_.files());
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }

    store_place place_{GetParam()};
    runtime::blocking_pool pool_{{.threads = 4, .queue_size_max = 256}};
};

TEST_P(LocalStoreBoth, ReadsBackEverySizeAtTheBoundaries) {
    const auto blobs = open(small_options(place_.path()));
    const std::vector<std::size_t> sizes{
        0,
        1,
        packed_block - 1,
        packed_block,
        packed_block + 1,
        100 * KiB,
        1 * MiB - 1,
        1 * MiB,
        1 * MiB + 1,
        1 * MiB + large_block,
        3 * MiB + 17};
    std::vector<ref> refs;
    for (const auto size : sizes) {
        const auto content = pattern(size, size);
        const auto hinted = run(put(*blobs, owner_of("hinted"), content, size, 10'000));
        ASSERT_TRUE(hinted) << size << ": " << hinted.error().message();
        EXPECT_EQ(hinted->size_bytes, size);
        EXPECT_LE(hinted->locator.size(), 64U);
        EXPECT_EQ(get_now(*blobs, *hinted).value(), content) << size;
        const auto unhinted = run(put(*blobs, owner_of("unhinted"), content, std::nullopt, 100'000));
        ASSERT_TRUE(unhinted) << size;
        EXPECT_EQ(get_now(*blobs, *unhinted).value(), content) << size;
        refs.push_back(*hinted);
    }
    ASSERT_TRUE(blobs->close());
    const auto again = open(small_options(place_.path()));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        EXPECT_EQ(get_now(*again, refs[i]).value(), pattern(sizes[i], sizes[i])) << sizes[i];
        EXPECT_TRUE(verify_ref(place_.path(), place_.files(), refs[i])) << sizes[i];
    }
    EXPECT_EQ(again->statistics().corrupt_reads, 0U);
}

/// The bytes that a reader says may be sent from their file; empty when it says nothing.
std::string checked_in_memory(
    store& blobs, const ref& which, std::uint64_t offset, std::uint64_t size_bytes
) {
    const auto opened = run(blobs.open(which));
    EXPECT_TRUE(opened);
    const auto range = (*opened)->checked_in_memory(offset, size_bytes);
    if (!range)
        return {};
    std::string out(range->size_bytes, '\0');
    const auto got = ::pread(range->descriptor, out.data(), out.size(), static_cast<off_t>(range->offset));
    EXPECT_EQ(got, static_cast<ssize_t>(out.size()));
    return out;
}

TEST_P(LocalStoreBoth, OffersWhatItHasCheckedToBeSentFromTheFile) {
    auto settings = small_options(place_.path());
    settings.chunk_bytes = 4 * MiB;  // more than can be asked about at once
    auto blobs = open(settings);
    std::vector<std::pair<ref, std::string>> stored;
    for (const std::size_t size : {16 * KiB, 100 * KiB + 7, 3 * MiB + 17}) {
        const auto content = pattern(size, size);
        const auto made = put_now(*blobs, owner_of("key"), content);
        ASSERT_TRUE(made);
        stored.emplace_back(*made, content);
    }
    for (const auto& [which, content] : stored) {
        EXPECT_EQ(checked_in_memory(*blobs, which, 0, content.size()), "") << "nothing was checked yet";
        ASSERT_EQ(get_now(*blobs, which).value(), content);
        for (const std::size_t offset : {std::size_t{0}, std::size_t{5000}, content.size() - 1}) {
            const auto wanted = content.substr(offset);
            const auto offered = checked_in_memory(*blobs, which, offset, wanted.size());
            // The memory file system has no descriptors.
            const auto expected = GetParam() ? std::min<std::size_t>(wanted.size(), 1 * MiB) : std::size_t{0};
            EXPECT_EQ(offered.size(), expected);
            EXPECT_EQ(offered, wanted.substr(0, offered.size()));
        }
    }
    const auto small = put_now(*blobs, owner_of("small"), pattern(1, 16 * KiB - 1));
    ASSERT_TRUE(small);
    ASSERT_TRUE(get_now(*blobs, *small));
    EXPECT_EQ(checked_in_memory(*blobs, *small, 0, 100), "") << "reading is faster than asking";

    // Another process, or the same one after a restart, has checked nothing.
    ASSERT_TRUE(blobs->close());
    blobs = open(settings);
    for (const auto& [which, content] : stored)
        EXPECT_EQ(checked_in_memory(*blobs, which, 0, content.size()), "");
}

TEST_P(LocalStoreBoth, OffersNothingToBeSentUncheckedWhenToldToCheckAlways) {
    auto settings = small_options(place_.path());
    settings.verify = verify_reads::always;
    const auto blobs = open(settings);
    for (const std::size_t size : {100 * KiB, 3 * MiB}) {
        const auto made = put_now(*blobs, owner_of("key"), pattern(size, size));
        ASSERT_TRUE(made);
        ASSERT_TRUE(get_now(*blobs, *made));
        EXPECT_EQ(checked_in_memory(*blobs, *made, 0, size), "");
    }
}

TEST_P(LocalStoreBoth, ReadsRanges) {
    const auto blobs = open(small_options(place_.path()));
    for (const std::size_t size : {200 * KiB, 3 * MiB}) {
        const auto content = pattern(size, size);
        const auto which = put_now(*blobs, owner_of("key"), content);
        ASSERT_TRUE(which);
        for (const std::size_t from :
             {std::size_t{0}, std::size_t{1}, packed_block, large_block + 5, size - 1}) {
            for (const std::size_t count : {std::size_t{1}, std::size_t{700}, packed_block, size}) {
                const auto length = std::min(count, size - from);
                const auto got = run(get(*blobs, *which, from, length));
                ASSERT_TRUE(got);
                EXPECT_EQ(*got, content.substr(from, length)) << size << " " << from << " " << count;
            }
        }
    }
}

TEST_P(LocalStoreBoth, AHintMayBeWrong) {
    const auto blobs = open(small_options(place_.path()));
    for (const std::size_t hint : {std::size_t{0}, std::size_t{10}, std::size_t{2 * MiB}}) {
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{5000}, std::size_t{900 * KiB}, std::size_t{2 * MiB}}) {
            const auto content = pattern(hint + size, size);
            const auto which = run(put(*blobs, owner_of("key"), content, hint, 70'000));
            ASSERT_TRUE(which);
            EXPECT_EQ(get_now(*blobs, *which).value(), content);
        }
    }
}

TEST_P(LocalStoreBoth, RemovedLargeBlobsAreGoneForNewReadersOnly) {
    const auto blobs = open(small_options(place_.path()));
    const auto content = pattern(1, 2 * MiB);
    const auto which = put_now(*blobs, owner_of("key"), content);
    ASSERT_TRUE(which);
    auto reading = run(blobs->open(*which));
    ASSERT_TRUE(reading);
    ASSERT_TRUE(run(blobs->remove({*which})));
    ASSERT_TRUE(run(blobs->remove({*which}))) << "idempotent";
    const auto bytes = run((*reading)->read(1 * MiB, 100));
    ASSERT_TRUE(bytes);
    EXPECT_EQ(as_text(*bytes), content.substr(1 * MiB, 100));
    EXPECT_EQ(get_now(*blobs, *which).error(), errc::no_such_key);
}

TEST_P(LocalStoreBoth, ClonesHaveALifeOfTheirOwn) {
    const auto blobs = open(small_options(place_.path()));
    for (const std::size_t size : {std::size_t{0}, std::size_t{5000}, std::size_t{2 * MiB}}) {
        const auto content = pattern(size, size);
        const auto first = put_now(*blobs, owner_of("first"), content);
        ASSERT_TRUE(first);
        const auto second = run(blobs->clone(*first, owner_of("second")));
        ASSERT_TRUE(second);
        const auto third = run(blobs->clone(*second, owner_of("third")));
        ASSERT_TRUE(third);
        EXPECT_NE(first->locator, second->locator);
        EXPECT_NE(second->locator, third->locator);
        ASSERT_TRUE(run(blobs->remove({*first, *second})));
        EXPECT_EQ(get_now(*blobs, *third).value(), content);
    }
}

TEST_P(LocalStoreBoth, VerifyFindsEveryBlobAndItsOwner) {
    std::map<std::string, std::string> expected;
    std::map<std::string, ref> refs;
    {
        const auto blobs = open(small_options(place_.path()));
        for (const std::size_t size :
             {std::size_t{0}, std::size_t{5000}, std::size_t{1 * MiB}, std::size_t{2 * MiB}}) {
            const auto key = "key" + std::to_string(size);
            const auto which = put_now(*blobs, owner_of(key), pattern(size, size));
            ASSERT_TRUE(which);
            refs[key] = *which;
            const auto copy = run(blobs->clone(*which, owner_of(key + "copy")));
            ASSERT_TRUE(copy);
            refs[key + "copy"] = *copy;
        }
        ASSERT_TRUE(blobs->close());
    }
    std::map<std::string, ref> found;
    const auto on_blob = [&](const owner& whose, const ref& which) {
        EXPECT_EQ(whose, owner_of(whose.key));
        found[whose.key] = which;
    };
    const auto on_damage = [](const std::string& what) {
        ADD_FAILURE() << what;
    };
    ASSERT_TRUE(verify_local(place_.path(), place_.files(), on_blob, on_damage));
    EXPECT_EQ(found, refs);
}

INSTANTIATE_TEST_SUITE_P(Files, LocalStoreBoth, ::testing::Values(false, true), [](const auto& test) {
    return test.param ? "Posix" : "Memory";
});

class LocalStoreTest : public ::testing::Test {
  protected:
    std::unique_ptr<store> open(const options& settings) {
        auto opened = open_local(settings, pool_, memory_);
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }

    std::size_t files_below(const std::string& path) const {
        std::size_t count = 0;
        for (const auto& name : memory_.all_files())
            count += name.starts_with(path) ? 1 : 0;
        return count;
    }

    memory_file_system memory_;
    runtime::blocking_pool pool_{{.threads = 4, .queue_size_max = 256}};
};

awaitable<result<void>> write_and_drop(store& where, std::string content) {
    auto made = co_await where.create(owner_of("dropped"), content.size());
    LABSTORE_CO_TRY(made);
    std::size_t done = 0;
    while (done < content.size()) {
        const auto room = co_await (*made)->prepare();
        LABSTORE_CO_TRY(room);
        const auto count = std::min(room->size(), content.size() - done);
        std::ranges::copy(as_bytes(content).subspan(done, count), room->begin());
        (*made)->advance(count);
        done += count;
    }
    co_return result<void>();
}

TEST_F(LocalStoreTest, ADroppedWriterLeavesNothing) {
    const auto blobs = open(small_options("/store"));
    ASSERT_TRUE(put_now(*blobs, owner_of("other"), "x"));
    ASSERT_TRUE(run(write_and_drop(*blobs, pattern(1, 5000))));
    ASSERT_TRUE(run(write_and_drop(*blobs, pattern(1, 3 * MiB))));
    ASSERT_TRUE(blobs->close());
    EXPECT_EQ(blobs->statistics().body_memory_bytes, 0U);
    EXPECT_EQ(files_below("/store/tmp/"), 0U);
    EXPECT_EQ(files_below("/store/blobs/"), 0U);
}

TEST_F(LocalStoreTest, ReadsThroughThePoolWhenNothingIsInMemory) {
    const auto blobs = open(small_options("/store"));
    memory_.set_cold(true);
    for (const std::size_t size : {std::size_t{1}, std::size_t{100 * KiB}, std::size_t{2 * MiB}}) {
        const auto content = pattern(size, size);
        const auto which = put_now(*blobs, owner_of("key"), content);
        ASSERT_TRUE(which);
        EXPECT_EQ(get_now(*blobs, *which).value(), content);
    }
    const auto cold = blobs->statistics();
    EXPECT_GE(cold.reads_from_device, 3U);
    EXPECT_EQ(cold.reads_cached, 0U);
    EXPECT_EQ(cold.file_sync_seconds.count(), 1U) << "of the large one";
    EXPECT_EQ(cold.segment_sync_seconds.count(), 2U);
    EXPECT_GT(cold.space_total_bytes, cold.space_available_bytes);
    memory_.set_cold(false);
    ASSERT_TRUE(get_now(*blobs, *put_now(*blobs, owner_of("warm"), "x")));
    EXPECT_GE(blobs->statistics().reads_cached, 1U);
}

TEST_F(LocalStoreTest, MemoryOfBodiesIsBounded) {
    auto settings = small_options("/store");
    settings.body_memory_bytes_max = 256 * KiB;
    const auto blobs = open(settings);
    auto first = run(blobs->create(owner_of("a"), 200 * KiB));
    ASSERT_TRUE(first);
    const auto second = run(blobs->create(owner_of("b"), 200 * KiB));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), errc::slow_down);
    const auto full = blobs->statistics();
    EXPECT_EQ(full.body_memory_refused, 1U);
    EXPECT_EQ(full.body_memory_bytes_max, 256 * KiB);
    EXPECT_EQ(full.buffers_allocated, 1U);
    EXPECT_EQ(full.buffers_idle_bytes, 0U);
    first->reset();
    EXPECT_EQ(blobs->statistics().buffers_idle_bytes, full.body_memory_bytes);
    EXPECT_TRUE(run(blobs->create(owner_of("b"), 200 * KiB)));
    EXPECT_EQ(blobs->statistics().buffers_reused, 1U);
}

TEST_F(LocalStoreTest, RefusesAnOwnerThatNoRecordCouldHold) {
    const auto blobs = open(small_options("/store"));
    auto whose = owner_of("key");
    whose.metadata.assign(65 * KiB, 'm');
    EXPECT_EQ(put_now(*blobs, whose, "x").error(), errc::too_large);
    auto late = run(blobs->create(owner_of("key"), 1));
    ASSERT_TRUE(late);
    EXPECT_EQ(run((*late)->finish(std::string(65 * KiB, 'm'))).error(), errc::too_large);
}

TEST_F(LocalStoreTest, AForeignLocatorIsCorruptAndAPastOneIsGone) {
    const auto blobs = open(small_options("/store"));
    const auto which = put_now(*blobs, owner_of("key"), "hello");
    ASSERT_TRUE(which);
    EXPECT_EQ(run(blobs->open({.locator = "nonsense", .size_bytes = 5})).error(), errc::corrupt);
    auto other_life = *which;
    other_life.locator[9] = static_cast<char>(other_life.locator[9] ^ 1);
    EXPECT_EQ(run(blobs->open(other_life)).error(), errc::no_such_key);
    auto other_id = *which;
    other_id.locator[30] = static_cast<char>(other_id.locator[30] ^ 1);
    EXPECT_EQ(get_now(*blobs, other_id).error(), errc::no_such_key);
    auto other_place = *which;
    other_place.locator[17] = static_cast<char>(other_place.locator[17] ^ 8);
    EXPECT_FALSE(get_now(*blobs, other_place));
    EXPECT_EQ(get_now(*blobs, *which).value(), "hello");
}

}  // namespace
}  // namespace labstore::blob::testing
