// Many at once on one key: exactly one version is the latest, and the order is that of the ids.
#include "version_fixture.hpp"

#include <set>

namespace labstore::storage {
namespace {

awaitable<void> writer(object_store& store, int number, std::multiset<std::string>& made) {
    std::string bucket = "photos";
    std::string key = "hot";
    auto bytes = pattern(100 + static_cast<std::size_t>(number), static_cast<std::uint32_t>(number));
    put_request request;
    auto done =
        co_await put_bytes(store, std::move(bucket), std::move(key), std::move(bytes), std::move(request));
    LABSTORE_ASSERT(done.has_value());
    made.insert(done->version_id);
}

awaitable<void> hider(object_store& store, std::multiset<std::string>& made) {
    object_name name{"photos", "hot", {}};
    delete_conditions none;
    auto done = co_await store.delete_object(std::move(name), std::move(none));
    LABSTORE_ASSERT(done.has_value() && done->delete_marker);
    made.insert(done->version_id);
}

/// Every look at the bucket shows one latest entry and an order of falling ids.
awaitable<void> watcher(object_store& store, bool& sound) {
    for (int i = 0; i < 30; ++i) {
        list_versions_request request;
        request.bucket = "photos";
        auto page = co_await store.list_versions(std::move(request));
        LABSTORE_ASSERT(page.has_value());
        std::string last(32, 'g');
        for (std::size_t n = 0; n < page->entries.size(); ++n) {
            const auto& version = std::get<version_info>(page->entries[n]);
            sound = sound && version.latest == (n == 0) && version.object.version_id < last;
            last = version.object.version_id;
        }
    }
}

/// Removes whatever is listed until nothing is.
awaitable<void> emptier(object_store& store) {
    for (;;) {
        list_versions_request request;
        request.bucket = "photos";
        auto page = co_await store.list_versions(std::move(request));
        LABSTORE_ASSERT(page.has_value());
        if (page->entries.empty())
            co_return;
        for (const auto& entry : page->entries) {
            const auto& version = std::get<version_info>(entry).object;
            object_name name{"photos", version.key, version.version_id};
            delete_conditions none;
            auto done = co_await store.delete_object(std::move(name), std::move(none));
            LABSTORE_ASSERT(done.has_value());
        }
    }
}

TEST_P(versions, of_many_writers_one_is_the_latest) {
    enable();
    at.start_maintenance();
    std::multiset<std::string> made;
    bool sound = true;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 30; ++i) {
        tasks.push_back(writer(at.store(), i, made));
        tasks.push_back(hider(at.store(), made));
    }
    tasks.push_back(watcher(at.store(), sound));
    at.run_all(std::move(tasks));
    EXPECT_TRUE(sound);
    const auto listed = calls.list("photos");
    ASSERT_EQ(listed.size(), 60U);
    auto expected = made.rbegin();
    for (const auto& line : listed) {
        EXPECT_NE(line.find(*expected), std::string::npos) << "not in the order of its id: " << line;
        ++expected;
    }
}

/// A delete marker that is the null version stands in another row than an object that is: each goes where the other was.
TEST_P(versions, null_versions_replace_each_other) {
    suspend();
    std::multiset<std::string> made;
    for (int round = 0; round < 5; ++round) {
        std::vector<awaitable<void>> tasks;
        for (int i = 0; i < 20; ++i) {
            tasks.push_back(writer(at.store(), i, made));
            tasks.push_back(hider(at.store(), made));
        }
        at.run_all(std::move(tasks));
        ASSERT_EQ(calls.list("photos").size(), 1U) << "there is one null version at most";
    }
    EXPECT_EQ(made.size(), 200U);
}

TEST_P(versions, writers_race_with_those_who_empty_the_bucket) {
    enable();
    at.start_maintenance();
    std::multiset<std::string> made;
    bool sound = true;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 20; ++i)
        tasks.push_back(writer(at.store(), i, made));
    for (int i = 0; i < 3; ++i)
        tasks.push_back(emptier(at.store()));
    tasks.push_back(watcher(at.store(), sound));
    at.run_all(std::move(tasks));
    EXPECT_TRUE(sound);
    std::vector<awaitable<void>> last;
    last.push_back(emptier(at.store()));
    at.run_all(std::move(last));
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
}

/// Puts a version over the others and takes it away again, so that the one below moves to and fro.
awaitable<void> mover(object_store& store, const bool& stop) {
    while (!stop) {
        std::string bucket = "photos";
        std::string key = "hot";
        std::string bytes = "over it";
        put_request request;
        auto over = co_await put_bytes(
            store, std::move(bucket), std::move(key), std::move(bytes), std::move(request)
        );
        LABSTORE_ASSERT(over.has_value());
        object_name name{"photos", "hot", over->version_id};
        delete_conditions none;
        auto gone = co_await store.delete_object(std::move(name), std::move(none));
        LABSTORE_ASSERT(gone.has_value() && gone->existed);
    }
}

/// A version that is there is found, wherever it stands, until it is removed; then it is gone for good.
awaitable<void> remover(object_store& store, std::string version, bool together, bool& stop, int& wrong) {
    const object_name name{"photos", "hot", std::move(version)};
    for (int i = 0; i < 20; ++i) {
        auto wanted = name;
        auto found = co_await store.stat_object(std::move(wanted));
        wrong += found ? 0 : 1;
    }
    if (together) {
        std::string bucket = name.bucket;
        std::vector<delete_entry> entries{{name.key, name.version_id, {}}};
        auto gone = co_await store.delete_objects(std::move(bucket), std::move(entries));
        wrong += gone && gone->front() && gone->front()->existed ? 0 : 1;
    } else {
        auto wanted = name;
        delete_conditions none;
        auto gone = co_await store.delete_object(std::move(wanted), std::move(none));
        wrong += gone && gone->existed ? 0 : 1;
    }
    auto wanted = name;
    auto found = co_await store.stat_object(std::move(wanted));
    wrong += !found && found.error() == errc::no_such_version ? 0 : 1;
    stop = true;
}

TEST_P(versions, on_the_move_are_found_and_removed) {
    enable();
    for (int round = 0; round < 20; ++round) {
        const auto version = put("hot", "below");
        bool stop = false;
        int wrong = 0;
        std::vector<awaitable<void>> tasks;
        tasks.push_back(mover(at.store(), stop));
        tasks.push_back(remover(at.store(), version, round % 2 == 0, stop, wrong));
        at.run_all(std::move(tasks));
        ASSERT_EQ(wrong, 0) << round;
    }
}

awaitable<void> switcher(object_store& store) {
    for (int i = 0; i < 10; ++i) {
        std::string bucket = "photos";
        const auto state = i % 2 == 0 ? versioning_state::enabled : versioning_state::suspended;
        auto done = co_await store.set_versioning(std::move(bucket), state);
        LABSTORE_ASSERT(done.has_value());
    }
}

TEST_P(versions, writes_race_with_the_switch) {
    std::multiset<std::string> made;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 30; ++i)
        tasks.push_back(writer(at.store(), i, made));
    tasks.push_back(switcher(at.store()));
    at.run_all(std::move(tasks));
    made.erase("");
    const auto listed = calls.list("photos");
    EXPECT_GE(listed.size(), made.size());
    EXPECT_LE(listed.size(), made.size() + 1) << "those with an id, and at most one null version";
    for (std::size_t i = 0; i < listed.size(); ++i)
        EXPECT_EQ(listed[i].front() == '*', i == 0);
}

}  // namespace
}  // namespace labstore::storage
