#include "unit/blob/crash_workload.hpp"

#include <gtest/gtest.h>

#include <array>

namespace labstore::blob::testing {
namespace {

constexpr std::array<std::size_t, 6> sizes{0, 900, 5000, 16 * KiB, 40 * KiB, 150 * KiB};

}  // namespace

options tiny_options() {
    options settings;
    settings.path = "/store";
    settings.segment_size_bytes = 96 * KiB;
    settings.packed_size_bytes_max = 16 * KiB;
    settings.chunk_bytes = 64 * KiB;
    settings.remove_delay = std::chrono::milliseconds(0);
    settings.compact_bytes_per_second = 1 * TiB;
    settings.reserve_bytes = 64 * KiB;
    return settings;
}

bool crash_workload::put_one(store& blobs, const std::string& key, std::size_t size) {
    const content what{.seed = next_seed_++, .size = size};
    const auto made = put_now(blobs, owner_of(key), pattern(what.seed, what.size));
    if (!made)
        return false;
    const auto before = index_.find(key);
    index_.set(key, *made);
    contents_[key] = what;
    // Its failure is no failure of the put: a later sweep finds the old bytes.
    if (before)
        (void)run(blobs.remove({*before}));
    return true;
}

bool crash_workload::clone_one(store& blobs, const std::string& from, const std::string& to) {
    const auto source = index_.find(from);
    if (!source)
        return false;
    const auto made = run(blobs.clone(*source, owner_of(to)));
    if (!made)
        return false;
    const auto before = index_.find(to);
    index_.set(to, *made);
    contents_[to] = contents_[from];
    if (before)
        (void)run(blobs.remove({*before}));
    return true;
}

bool crash_workload::remove_one(store& blobs, const std::string& key) {
    const auto before = index_.erase(key);
    if (!before)
        return false;
    contents_.erase(key);
    (void)run(blobs.remove({*before}));
    return true;
}

int crash_workload::perform(store& blobs, const faulty_file_system& files, int rounds) {
    int acknowledged = 0;
    for (int round = 0; round < rounds && !files.power_is_off(); ++round) {
        for (std::size_t i = 0; i < sizes.size(); ++i) {
            const auto key = "key" + std::to_string(i);
            acknowledged += put_one(blobs, key, sizes[i]) ? 1 : 0;
            acknowledged += put_one(blobs, key + "r" + std::to_string(round), sizes[i]) ? 1 : 0;
        }
        acknowledged += clone_one(blobs, "key2", "clone of small") ? 1 : 0;
        acknowledged += clone_one(blobs, "key5", "clone of large") ? 1 : 0;
        acknowledged += clone_one(blobs, "clone of large", "clone of clone") ? 1 : 0;
        for (const auto* victim : {"key1r", "key3r", "key4r"})
            acknowledged += remove_one(blobs, victim + std::to_string(round)) ? 1 : 0;
        for (int step = 0; step < 6; ++step)
            (void)run(blobs.maintain(index_));
    }
    return acknowledged;
}

void crash_workload::expect_all_readable(store& blobs, const std::string& when) const {
    for (const auto& [key, which] : index_.all()) {
        const auto& expected = contents_.at(key);
        const auto got = get_now(blobs, which);
        ASSERT_TRUE(got) << when << ": " << key << ": " << got.error().message();
        ASSERT_EQ(*got, pattern(expected.seed, expected.size)) << when << ": " << key;
    }
}

void expect_recovers(
    memory_file_system& image, runtime::blocking_pool& pool, crash_workload& done, const std::string& when
) {
    const auto ignore = [](const owner&, const ref&) {
    };
    const auto on_damage = [&when](const std::string& what) {
        ADD_FAILURE() << when << ": " << what;
    };
    const bool has_store =
        image.list("/store/segments").has_value() && image.list("/store/blobs").has_value();
    if (has_store) {
        ASSERT_TRUE(verify_local("/store", image, ignore, on_damage)) << when;
    }
    {
        auto opened = open_local(tiny_options(), pool, image);
        ASSERT_TRUE(opened) << when << ": " << opened.error().message();
        auto& blobs = **opened;
        done.expect_all_readable(blobs, when + ", reopened");
        const auto maintained = maintain_all(blobs, done.index());
        ASSERT_TRUE(maintained) << when << ": " << maintained.error().message();
        done.expect_all_readable(blobs, when + ", maintained");
        const auto fresh = put_now(blobs, owner_of("fresh"), pattern(99, 9000));
        ASSERT_TRUE(fresh) << when;
        ASSERT_EQ(get_now(blobs, *fresh).value(), pattern(99, 9000));
        ASSERT_EQ(blobs.statistics().corrupt_reads, 0U) << when;
        ASSERT_TRUE(blobs.close()) << when;
    }
    std::size_t large_found = 0;
    const auto on_blob = [&](const owner&, const ref& which) {
        large_found += which.locator.size() == 33 ? 1 : 0;
    };
    ASSERT_TRUE(verify_local("/store", image, on_blob, on_damage)) << when;
    std::size_t large_named = 0;
    for (const auto& [key, which] : done.index().all())
        large_named += which.locator.size() == 33 ? 1 : 0;
    ASSERT_EQ(large_found, large_named) << when << ": orphans are swept";
}

}  // namespace labstore::blob::testing
