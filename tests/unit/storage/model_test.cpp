// Random operations against a std::map that says what must be there, with restarts and clean-up in between.
#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace labstore::storage {
namespace {

using objects = std::map<std::string, std::string>;

class model {
  public:
    model(backend kind, std::uint32_t seed) : at_(kind), random_(seed) {
        for (const auto& name : buckets)
            EXPECT_TRUE(at_.create_bucket(name));
    }

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            step();
            if (i % 200 == 199)
                check_all();
        }
        check_all();
    }

    store_fixture& fixture() { return at_; }

    void remove_everything() {
        for (auto& [id, upload] : uploads_)
            EXPECT_TRUE(at_.wait(at_.store().abort_upload(upload.bucket, upload.key, id)));
        for (auto& [bucket, there] : expected_)
            for (const auto& [key, bytes] : there)
                EXPECT_TRUE(at_.remove(bucket, key));
    }

  private:
    struct open_upload {
        std::string bucket;
        std::string key;
        std::map<std::uint32_t, std::pair<part_info, std::string>> parts;
    };

    void step() {
        switch (random_() % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
                put();
                break;
            case 4:
                put_conditional();
                break;
            case 5:
            case 6:
                remove();
                break;
            case 7:
                remove_many();
                break;
            case 8:
            case 9:
                copy();
                break;
            case 10:
                begin_upload();
                break;
            case 11:
            case 12:
                put_part();
                break;
            case 13:
                finish_upload();
                break;
            case 14:
                read();
                break;
            default:
                disturb();
        }
    }

    std::string pick_bucket() { return buckets[random_() % buckets.size()]; }

    std::string pick_key() {
        std::string key = random_() % 3 == 0 ? "folder/" : "";
        key += static_cast<char>('a' + random_() % 8);
        return key;
    }

    std::string bytes() {
        const std::size_t sizes[] = {0, 1, 100, 5'000, 70'000};
        return pattern(sizes[random_() % 5], random_());
    }

    std::string* there(const std::string& bucket, const std::string& key) {
        auto& all = expected_[bucket];
        const auto found = all.find(key);
        return found == all.end() ? nullptr : &found->second;
    }

    void put() {
        const auto bucket = pick_bucket();
        const auto key = pick_key();
        auto now = bytes();
        ASSERT_TRUE(at_.put(bucket, key, now));
        expected_[bucket][key] = std::move(now);
    }

    void put_conditional() {
        const auto bucket = pick_bucket();
        const auto key = pick_key();
        auto now = bytes();
        put_request request;
        request.conditions.if_none_match = "*";
        const bool done = at_.put(bucket, key, now, request).has_value();
        ASSERT_EQ(done, there(bucket, key) == nullptr);
        if (done)
            expected_[bucket][key] = std::move(now);
    }

    void remove() {
        const auto bucket = pick_bucket();
        const auto key = pick_key();
        const auto done = at_.remove(bucket, key);
        ASSERT_TRUE(done);
        EXPECT_EQ(done->existed, expected_[bucket].erase(key) == 1);
    }

    void remove_many() {
        const auto bucket = pick_bucket();
        std::vector<delete_entry> entries;
        for (int i = 0; i < 3; ++i)
            entries.push_back({pick_key(), {}, {}});
        const auto done = at_.wait(at_.store().delete_objects(bucket, entries));
        ASSERT_TRUE(done);
        for (std::size_t i = 0; i < entries.size(); ++i)
            EXPECT_EQ((*done)[i]->existed, expected_[bucket].erase(entries[i].key) == 1);
    }

    void copy() {
        copy_request request;
        request.source = {pick_bucket(), pick_key(), {}};
        request.bucket = pick_bucket();
        request.key = pick_key();
        request.owner = test_owner();
        const bool replace = random_() % 2 == 0;
        if (replace)
            request.replace_metadata.emplace();
        const auto* source = there(request.source.bucket, request.source.key);
        const bool onto_itself = request.source.bucket == request.bucket && request.source.key == request.key;
        const auto done = at_.wait(at_.store().copy_object(request));
        if (source == nullptr) {
            EXPECT_EQ(done.error(), errc::no_such_key);
        } else if (onto_itself && !replace) {
            EXPECT_EQ(done.error(), errc::invalid_copy_dest);
        } else {
            ASSERT_TRUE(done);
            auto copied = *source;
            expected_[request.bucket][request.key] = std::move(copied);
        }
    }

    void begin_upload() {
        if (uploads_.size() > 4)
            return;
        open_upload begun{pick_bucket(), pick_key(), {}};
        const auto id = at_.create_upload(begun.bucket, begun.key);
        ASSERT_TRUE(id);
        uploads_.emplace(*id, std::move(begun));
    }

    void put_part() {
        if (uploads_.empty())
            return;
        auto& [id, upload] = *std::next(uploads_.begin(), static_cast<long>(random_() % uploads_.size()));
        const auto number = 1 + static_cast<std::uint32_t>(random_() % 6);
        auto now = pattern(16 + random_() % 3'000, random_());
        const auto done = at_.put_part(upload.bucket, upload.key, id, number, now);
        ASSERT_TRUE(done);
        upload.parts.insert_or_assign(number, std::pair{*done, std::move(now)});
    }

    void finish_upload() {
        if (uploads_.empty())
            return;
        const auto which = std::next(uploads_.begin(), static_cast<long>(random_() % uploads_.size()));
        auto& [id, upload] = *which;
        std::vector<part_info> parts;
        std::string all;
        for (const auto& [number, part] : upload.parts) {
            if (random_() % 4 == 0)
                continue;
            parts.push_back(part.first);
            all += part.second;
        }
        if (parts.empty() || random_() % 4 == 0) {
            ASSERT_TRUE(at_.wait(at_.store().abort_upload(upload.bucket, upload.key, id)));
        } else {
            ASSERT_TRUE(at_.complete(upload.bucket, upload.key, id, parts));
            expected_[upload.bucket][upload.key] = std::move(all);
        }
        uploads_.erase(which);
    }

    void read() {
        const auto bucket = pick_bucket();
        const auto key = pick_key();
        const auto* now = there(bucket, key);
        const auto got = at_.get(bucket, key, 1 + random_() % 100'000);
        ASSERT_EQ(got.has_value(), now != nullptr);
        if (now != nullptr) {
            ASSERT_TRUE(*got == *now);
        }
    }

    void disturb() {
        switch (random_() % 5) {
            case 0:
                at_.reopen();
                break;
            case 1:
                at_.start_maintenance();
                break;
            case 2:
                at_.stop_maintenance();
                break;
            case 3:
                replace_bucket();
                break;
            default:
                EXPECT_EQ(
                    at_.wait(at_.store().delete_bucket(pick_full_bucket())).error(), errc::bucket_not_empty
                );
        }
    }

    /// Its unfinished uploads go with it.
    void replace_bucket() {
        const auto bucket = pick_bucket();
        for (const auto& [key, bytes] : expected_[bucket])
            ASSERT_TRUE(at_.remove(bucket, key));
        expected_[bucket].clear();
        ASSERT_TRUE(at_.wait(at_.store().delete_bucket(bucket)));
        std::erase_if(uploads_, [&](const auto& one) { return one.second.bucket == bucket; });
        ASSERT_TRUE(at_.create_bucket(bucket));
    }

    std::string pick_full_bucket() {
        const auto bucket = pick_bucket();
        if (expected_[bucket].empty()) {
            EXPECT_TRUE(at_.put(bucket, "full", "x"));
            expected_[bucket]["full"] = "x";
        }
        return bucket;
    }

    void check_all() {
        for (const auto& bucket : buckets) {
            std::vector<std::string> keys;
            for (const auto& [key, bytes] : expected_[bucket]) {
                keys.push_back(key);
                ASSERT_TRUE(at_.get(bucket, key).value() == bytes) << key;
            }
            list_request request;
            request.bucket = bucket;
            request.limit = 1 + random_() % 5;
            EXPECT_EQ(at_.list(request), keys);
        }
    }

    const std::vector<std::string> buckets{"photos", "archive"};
    store_fixture at_;
    std::mt19937 random_;
    std::map<std::string, objects> expected_;
    std::map<std::string, open_upload> uploads_;
};

TEST(model, agrees_over_memory_and_nothing_leaks) {
    for (std::uint32_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        model random_run(backend::memory, seed);
        random_run.run(2'000);
        random_run.remove_everything();
        auto& at = random_run.fixture();
        // Two rows for each bucket are left.
        EXPECT_TRUE(at.settle([&] {
            return at.memory_blobs().count() == 0 && at.memory_index().row_count() == 4;
        })) << at.memory_blobs().count()
            << " blobs, " << at.memory_index().row_count() << " rows";
    }
}

TEST(model, agrees_over_the_local_engines_and_the_files_are_sound) {
    model random_run(backend::local, 11);
    random_run.run(1'500);
    auto& at = random_run.fixture();
    at.shut();
    const auto report = check(at.path(), [](const std::string& what) { ADD_FAILURE() << what; });
    ASSERT_TRUE(report);
    EXPECT_EQ(report->damages, 0U);
    EXPECT_EQ(report->buckets, 2U);
}

}  // namespace
}  // namespace labstore::storage
