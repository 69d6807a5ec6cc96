// Random operations on versions against lists in memory that say what must be there, with restarts, clean-up and switches
// of the versioning in between.
#include "storage/row_keys.hpp"
#include "version_fixture.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace labstore::storage {
namespace {

struct version {
    std::string id;  // "null" of the null version
    bool marker = false;
    std::string bytes;
};

/// What S3 documents, in the simplest words: of each key a list, the newest first.
class reference {
  public:
    versioning_state state = versioning_state::unversioned;
    std::map<std::string, std::vector<version>> keys;

    [[nodiscard]] const version* current(const std::string& key) const {
        const auto found = keys.find(key);
        if (found == keys.end() || found->second.front().marker)
            return nullptr;
        return &found->second.front();
    }

    [[nodiscard]] const version* find(const std::string& key, const std::string& id) const {
        const auto found = keys.find(key);
        if (found == keys.end())
            return nullptr;
        for (const auto& one : found->second)
            if (one.id == id)
                return &one;
        return nullptr;
    }

    void add(const std::string& key, version now) {
        auto& all = keys[key];
        if (now.id == "null")
            std::erase_if(all, [](const version& one) { return one.id == "null"; });
        all.insert(all.begin(), std::move(now));
    }

    void remove(const std::string& key, const std::string& id) {
        const auto found = keys.find(key);
        if (found == keys.end())
            return;
        std::erase_if(found->second, [&](const version& one) { return one.id == id; });
        if (found->second.empty())
            keys.erase(found);
    }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> out;
        for (const auto& [key, all] : keys)
            for (const auto& one : all) {
                const auto& id = state == versioning_state::unversioned ? std::string() : one.id;
                out.push_back((&one == &all.front() ? "*" : "") + key + " " + id + (one.marker ? " -" : ""));
            }
        return out;
    }
};

class version_model {
  public:
    version_model(backend kind, std::uint32_t seed) : at_(kind), calls_(at_), random_(seed) {
        EXPECT_TRUE(at_.create_bucket(bucket_));
    }

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            step();
            if (i % 50 == 49)
                check_all();
        }
        check_all();
    }

    store_fixture& fixture() { return at_; }

    void remove_everything() {
        std::vector<delete_entry> entries;
        for (const auto& [key, all] : expected_.keys)
            for (const auto& one : all)
                entries.push_back({key, one.id, {}});
        const auto done = at_.wait(at_.store().delete_objects(bucket_, entries));
        ASSERT_TRUE(done);
        for (const auto& one : *done)
            ASSERT_TRUE(one);
        EXPECT_TRUE(calls_.list(bucket_).empty());
    }

  private:
    void step() {
        switch (random_() % 16) {
            case 0:
            case 1:
            case 2:
            case 3:
                put();
                break;
            case 4:
                put_if_absent();
                break;
            case 5:
            case 6:
                hide();
                break;
            case 7:
            case 8:
            case 9:
                remove_version();
                break;
            case 10:
                remove_many();
                break;
            case 11:
            case 12:
                copy();
                break;
            case 13:
                upload();
                break;
            case 14:
                read();
                break;
            default:
                disturb();
        }
    }

    std::string pick_key() {
        return std::string(random_() % 3 == 0 ? "f/" : "") + static_cast<char>('a' + random_() % 3);
    }

    /// Mostly one that is there.
    std::string pick_version(const std::string& key) {
        const auto found = expected_.keys.find(key);
        if (found == expected_.keys.end() || random_() % 8 == 0)
            return random_() % 2 == 0 ? "null" : to_hex(as_bytes(row_keys::random_bytes(16)));
        return found->second[random_() % found->second.size()].id;
    }

    std::string bytes() {
        const std::size_t sizes[] = {0, 1, 100, 5'000, 70'000};
        return pattern(sizes[random_() % 5], random_());
    }

    void note(const std::string& key, const std::string& id, bool marker, std::string content) {
        EXPECT_EQ(id.empty() || id == "null", expected_.state != versioning_state::enabled);
        expected_.add(key, {id.empty() ? "null" : id, marker, std::move(content)});
    }

    void put() {
        const auto key = pick_key();
        auto now = bytes();
        const auto done = at_.put(bucket_, key, now);
        ASSERT_TRUE(done);
        note(key, done->version_id, false, std::move(now));
    }

    void put_if_absent() {
        const auto key = pick_key();
        auto now = bytes();
        put_request request;
        request.conditions.if_none_match = "*";
        const auto done = at_.put(bucket_, key, now, request);
        ASSERT_EQ(done.has_value(), expected_.current(key) == nullptr);
        if (done)
            note(key, done->version_id, false, std::move(now));
    }

    void expect_deleted(const delete_entry& entry, const result<delete_result>& done) {
        ASSERT_TRUE(done);
        const bool versioned = expected_.state != versioning_state::unversioned;
        if (!entry.version_id.empty()) {
            const auto* there = expected_.find(entry.key, entry.version_id);
            EXPECT_EQ(done->existed, there != nullptr);
            EXPECT_EQ(done->delete_marker, there != nullptr && there->marker);
            expected_.remove(entry.key, entry.version_id);
            return;
        }
        EXPECT_EQ(done->existed, expected_.current(entry.key) != nullptr);
        EXPECT_EQ(done->delete_marker, versioned);
        if (versioned)
            note(entry.key, done->version_id, true, {});
        else
            expected_.remove(entry.key, "null");
    }

    void hide() {
        const delete_entry entry{pick_key(), {}, {}};
        expect_deleted(entry, calls_.remove(bucket_, entry.key));
    }

    void remove_version() {
        delete_entry entry{pick_key(), {}, {}};
        entry.version_id = pick_version(entry.key);
        expect_deleted(entry, calls_.remove(bucket_, entry.key, entry.version_id));
    }

    void remove_many() {
        std::vector<delete_entry> entries;
        for (int i = 0; i < 5; ++i) {
            delete_entry entry{pick_key(), {}, {}};
            if (random_() % 3 != 0)
                entry.version_id = pick_version(entry.key);
            entries.push_back(std::move(entry));
        }
        const auto done = at_.wait(at_.store().delete_objects(bucket_, entries));
        ASSERT_TRUE(done);
        for (std::size_t i = 0; i < entries.size(); ++i)
            expect_deleted(entries[i], (*done)[i]);
    }

    void copy() {
        copy_request request;
        request.source = {bucket_, pick_key(), {}};
        if (random_() % 2 == 0)
            request.source.version_id = pick_version(request.source.key);
        request.bucket = bucket_;
        request.key = pick_key();
        request.owner = test_owner();
        request.replace_metadata.emplace();
        const bool by_id = !request.source.version_id.empty();
        const auto* source = by_id ? expected_.find(request.source.key, request.source.version_id)
                                   : expected_.current(request.source.key);
        const auto done = at_.wait(at_.store().copy_object(request));
        if (source == nullptr) {
            EXPECT_EQ(done.error(), by_id ? errc::no_such_version : errc::no_such_key);
        } else if (source->marker) {
            EXPECT_EQ(done.error(), errc::method_not_allowed);
        } else {
            ASSERT_TRUE(done);
            auto content = source->bytes;
            note(request.key, done->version_id, false, std::move(content));
        }
    }

    void upload() {
        const auto key = pick_key();
        const auto id = at_.create_upload(bucket_, key);
        ASSERT_TRUE(id);
        std::vector<part_info> parts;
        std::string all;
        for (std::uint32_t number = 1; number <= 1 + random_() % 3; ++number) {
            const auto now = pattern(16 + random_() % 3'000, random_());
            const auto part = at_.put_part(bucket_, key, *id, number, now);
            ASSERT_TRUE(part);
            parts.push_back(*part);
            all += now;
        }
        const auto done = at_.complete(bucket_, key, *id, parts);
        ASSERT_TRUE(done);
        note(key, done->version_id, false, std::move(all));
    }

    void read() {
        const auto key = pick_key();
        const auto id = random_() % 2 == 0 ? pick_version(key) : std::string();
        const auto* there = id.empty() ? expected_.current(key) : expected_.find(key, id);
        const auto got = calls_.get(bucket_, key, id);
        if (there == nullptr) {
            EXPECT_EQ(got.error(), id.empty() ? errc::no_such_key : errc::no_such_version);
        } else if (there->marker) {
            EXPECT_EQ(got.error(), errc::method_not_allowed);
        } else {
            ASSERT_TRUE(got);
            ASSERT_TRUE(*got == there->bytes);
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
            default:
                expected_.state =
                    random_() % 2 == 0 ? versioning_state::enabled : versioning_state::suspended;
                calls_.set(bucket_, expected_.state);
        }
    }

    void check_all() {
        list_versions_request request;
        request.bucket = bucket_;
        request.limit = 1 + random_() % 7;
        ASSERT_EQ(calls_.list(request), expected_.lines());
        std::vector<std::string> current;
        for (const auto& [key, all] : expected_.keys) {
            if (!all.front().marker)
                current.push_back(key);
            for (const auto& one : all)
                if (!one.marker) {
                    ASSERT_TRUE(calls_.get(bucket_, key, one.id).value() == one.bytes) << key << one.id;
                }
        }
        list_request plain;
        plain.bucket = bucket_;
        ASSERT_EQ(at_.list(plain), current);
    }

    const std::string bucket_ = "photos";
    store_fixture at_;
    version_calls calls_;
    std::mt19937 random_;
    reference expected_;
};

TEST(version_model, agrees_over_memory_and_nothing_leaks) {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE(seed);
        version_model random_run(backend::memory, seed);
        random_run.run(600);
        random_run.remove_everything();
        auto& at = random_run.fixture();
        EXPECT_TRUE(at.settle([&] {
            return at.memory_blobs().count() == 0 && at.memory_index().row_count() == 2;
        })) << at.memory_blobs().count()
            << " blobs, " << at.memory_index().row_count() << " rows";
    }
}

TEST(version_model, agrees_over_the_local_engines_and_the_files_are_sound) {
    for (std::uint32_t seed = 31; seed <= 33; ++seed) {
        SCOPED_TRACE(seed);
        version_model random_run(backend::local, seed);
        random_run.run(500);
        auto& at = random_run.fixture();
        at.shut();
        const auto report = check(at.path(), [](const std::string& what) { ADD_FAILURE() << what; });
        ASSERT_TRUE(report);
        EXPECT_EQ(report->damages, 0U);
    }
}

}  // namespace
}  // namespace labstore::storage
