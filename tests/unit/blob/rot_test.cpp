#include "support/blob/memory_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <gtest/gtest.h>

#include <random>

namespace labstore::blob::testing {
namespace {

options rot_options() {
    options settings;
    settings.path = "/store";
    settings.segment_size_bytes = 128 * KiB;
    settings.packed_size_bytes_max = 16 * KiB;
    settings.chunk_bytes = 64 * KiB;
    settings.remove_delay = std::chrono::milliseconds(0);
    return settings;
}

constexpr int damages = 300;

class RotTest : public ::testing::Test {
  protected:
    void SetUp() override {
        auto opened = open_local(rot_options(), pool_, sound_);
        ASSERT_TRUE(opened);
        const std::size_t sizes[] = {0, 100, 5000, 12'000, 16 * KiB, 70'000, 200'000};
        for (std::uint64_t i = 0; i < 40; ++i) {
            const auto key = "key" + std::to_string(i);
            contents_[key] = pattern(i, sizes[i % std::size(sizes)]);
            const auto made = put_now(**opened, owner_of(key), contents_[key]);
            ASSERT_TRUE(made);
            index_.set(key, *made);
        }
        const auto copy = run((*opened)->clone(*index_.find("key6"), owner_of("clone")));
        ASSERT_TRUE(copy);
        contents_["clone"] = contents_["key6"];
        index_.set("clone", *copy);
        ASSERT_TRUE((*opened)->close());
    }

    /// Flips a bit, or zeroes or swaps blocks of 4 KiB.
    static std::string damage(memory_file_system& image, std::mt19937_64& random) {
        const auto files = image.all_files();
        const auto path = files[random() % files.size()];
        auto bytes = image.content(path);
        if (bytes.empty())
            return path;
        const auto kind = random() % 3;
        const auto size = std::min<std::size_t>(4096, bytes.size());
        const auto at = random() % bytes.size() / size * size;
        const auto other = random() % bytes.size() / size * size;
        if (kind == 0) {
            const auto place = random() % bytes.size();
            bytes[place] = static_cast<char>(bytes[place] ^ (1 << random() % 8));
        } else if (kind == 1) {
            std::fill_n(
                bytes.begin() + static_cast<std::ptrdiff_t>(at), std::min(size, bytes.size() - at), '\0'
            );
        } else if (at + size <= bytes.size() && other + size <= bytes.size()) {
            std::swap_ranges(
                bytes.begin() + static_cast<std::ptrdiff_t>(at),
                bytes.begin() + static_cast<std::ptrdiff_t>(at + size),
                bytes.begin() + static_cast<std::ptrdiff_t>(other)
            );
        }
        image.overwrite(path, 0, as_bytes(bytes));
        return path;
    }

    /// Reads everything; how many blobs could not be had. Never takes wrong bytes.
    int unreadable(store& blobs, test_index& index, const std::string& when) {
        int count = 0;
        for (const auto& [key, which] : index.all()) {
            const auto got = get_now(blobs, which);
            if (got)
                EXPECT_EQ(*got, contents_[key]) << when << ": " << key;
            else
                ++count;
        }
        return count;
    }

    memory_file_system sound_;
    runtime::blocking_pool pool_{{.threads = 2, .queue_size_max = 256}};
    test_index index_;
    std::map<std::string, std::string> contents_;
};

TEST_F(RotTest, WrongBytesAreNeverRead) {
    std::mt19937_64 random(20261122);
    int harmful = 0;
    for (int round = 0; round < damages; ++round) {
        const auto image = sound_.after_power_cut(0);
        const auto path = damage(*image, random);
        const auto when = "damage " + std::to_string(round) + " in " + path;
        int bad_refs = 0;  // of an empty blob nothing is read
        for (const auto& [key, which] : index_.all())
            bad_refs += which.size_bytes == 0 || verify_ref("/store", *image, which) ? 0 : 1;
        auto opened = open_local(rot_options(), pool_, *image);
        if (!opened) {
            // Only a segment header whose format number rotted may stop a start.
            EXPECT_EQ(opened.error(), errc::newer_format) << when;
            continue;
        }
        const auto bad_reads = unreadable(**opened, index_, when);
        EXPECT_EQ(bad_reads, bad_refs) << when << ": check and reads agree";
        EXPECT_LE(bad_reads, 8) << when << ": what is intact stays readable";
        harmful += bad_reads > 0 ? 1 : 0;
        // Whatever maintenance makes of it, what could be read can still be read.
        auto judge = index_;
        (void)maintain_all(**opened, judge, 300);
        EXPECT_LE(unreadable(**opened, judge, when + ", maintained"), bad_reads) << when;
        opened->reset();
    }
    EXPECT_GT(harmful, damages / 10) << "the damage must hit something";
}

TEST_F(RotTest, ACheckReportsDamage) {
    for (const std::string kind : {"segment", "blob"}) {
        const auto image = sound_.after_power_cut(0);
        for (const auto& path : image->all_files()) {
            const bool segment = path.ends_with(".seg");
            if (path.ends_with(".owner") || path.ends_with("usage") || segment != (kind == "segment"))
                continue;
            auto byte = image->content(path).substr(segment ? 5000 : 10, 1);
            byte[0] = static_cast<char>(byte[0] ^ 4);
            image->overwrite(path, segment ? 5000 : 10, as_bytes(byte));
            break;
        }
        int damaged = 0;
        const auto on_damage = [&damaged](const std::string&) {
            ++damaged;
        };
        ASSERT_TRUE(verify_local(
            "/store", *image, [](const owner&, const ref&) {}, on_damage
        ));
        EXPECT_GE(damaged, 1) << kind;
    }
}

}  // namespace
}  // namespace labstore::blob::testing
