// Versions of a key: which is current, what each call does to them, what is left behind.
#include "version_fixture.hpp"

namespace labstore::storage {
namespace {

using lines = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(backends, versions, testing::Values(backend::memory, backend::local));

TEST_P(versions, each_put_keeps_the_one_before) {
    enable();
    const auto first = put("a", "1");
    const auto second = put("a", "22");
    EXPECT_EQ(first.size(), 32U);
    EXPECT_LT(first, second) << "ids grow";
    EXPECT_EQ(get("a").value(), "22");
    EXPECT_EQ(get("a", first).value(), "1");
    EXPECT_EQ(get("a", second).value(), "22");
    EXPECT_EQ(at.stat("photos", "a")->version_id, second);
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + second, "a " + first}));
    EXPECT_EQ(get("a", std::string(32, '0')).error(), errc::no_such_version);
    EXPECT_EQ(get("a", "null").error(), errc::no_such_version);
    EXPECT_EQ(get("b", first).error(), errc::no_such_version) << "an id belongs to its key";
}

TEST_P(versions, a_delete_hides_and_its_marker_can_be_removed) {
    enable();
    const auto version = put("a", "1");
    const auto hidden = remove("a");
    ASSERT_TRUE(hidden);
    EXPECT_TRUE(hidden->delete_marker);
    EXPECT_EQ(hidden->version_id.size(), 32U);
    EXPECT_EQ(get("a").error(), errc::no_such_key);
    EXPECT_EQ(get("a", hidden->version_id).error(), errc::method_not_allowed);
    EXPECT_EQ(get("a", version).value(), "1");
    const auto marker = at.wait(at.store().find_delete_marker({"photos", "a", {}}));
    ASSERT_TRUE(marker);
    EXPECT_EQ(marker->version_id, hidden->version_id);
    EXPECT_TRUE(at.wait(at.store().find_delete_marker({"photos", "a", hidden->version_id})));
    EXPECT_EQ(
        at.wait(at.store().find_delete_marker({"photos", "a", version})).error(), errc::no_such_version
    );
    EXPECT_TRUE(at.list({"photos", {}, {}, {}, 1000}).empty());
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + hidden->version_id + " -", "a " + version}));
    const auto shown = remove("a", hidden->version_id);
    ASSERT_TRUE(shown);
    EXPECT_TRUE(shown->delete_marker);
    EXPECT_EQ(shown->version_id, hidden->version_id);
    EXPECT_EQ(get("a").value(), "1");
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + version}));
    EXPECT_EQ(at.wait(at.store().find_delete_marker({"photos", "a", {}})).error(), errc::no_such_key);
}

TEST_P(versions, markers_pile_up_and_one_comes_for_a_missing_key) {
    enable();
    const auto first = remove("a")->version_id;
    const auto second = remove("a")->version_id;
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + second + " -", "a " + first + " -"}));
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    EXPECT_TRUE(remove("a", second));
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + first + " -"}));
    EXPECT_TRUE(remove("a", first));
    EXPECT_TRUE(calls.list("photos").empty());
    const auto again = remove("a", first);
    ASSERT_TRUE(again) << "removing what is not there succeeds";
    EXPECT_FALSE(again->existed);
    EXPECT_EQ(again->version_id, first);
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
}

TEST_P(versions, removing_the_current_one_brings_the_one_before_back) {
    enable();
    const auto first = put("a", "1");
    const auto second = put("a", "2");
    const auto third = put("a", "3");
    EXPECT_TRUE(remove("a", second));
    EXPECT_EQ(get("a").value(), "3");
    EXPECT_TRUE(remove("a", third));
    EXPECT_EQ(get("a").value(), "1");
    EXPECT_EQ(at.stat("photos", "a")->version_id, first);
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + first}));
    EXPECT_TRUE(remove("a", first));
    EXPECT_EQ(get("a").error(), errc::no_such_key);
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
}

TEST_P(versions, what_was_there_before_is_the_null_version) {
    put("a", "old");
    EXPECT_EQ(at.stat("photos", "a")->version_id, "");
    enable();
    EXPECT_EQ(at.stat("photos", "a")->version_id, "null");
    const auto version = put("a", "new");
    EXPECT_EQ(get("a", "null").value(), "old");
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + version, "a null"}));
    EXPECT_TRUE(remove("a", version));
    EXPECT_EQ(get("a").value(), "old");
    EXPECT_TRUE(remove("a", "null"));
    EXPECT_EQ(get("a").error(), errc::no_such_key);
    EXPECT_TRUE(calls.list("photos").empty());
}

TEST_P(versions, suspended_writes_replace_the_null_version_alone) {
    put("a", "before");
    enable();
    const auto kept = put("a", "kept");
    suspend();
    EXPECT_EQ(put("a", "null 1"), "") << "no id is told";
    EXPECT_EQ(get("a").value(), "null 1");
    EXPECT_EQ(get("a", kept).value(), "kept");
    EXPECT_EQ(calls.list("photos"), (lines{"*a null", "a " + kept}));
    put("a", "null 2");
    EXPECT_EQ(calls.list("photos"), (lines{"*a null", "a " + kept}));
    const auto hidden = remove("a");
    EXPECT_TRUE(hidden->delete_marker);
    EXPECT_EQ(hidden->version_id, "null");
    EXPECT_EQ(calls.list("photos"), (lines{"*a null -", "a " + kept}));
    EXPECT_EQ(get("a", "null").error(), errc::method_not_allowed);
    enable();
    const auto newer = put("a", "newer");
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + newer, "a null -", "a " + kept}));
    suspend();
    put("a", "null 3");
    EXPECT_EQ(calls.list("photos"), (lines{"*a null", "a " + newer, "a " + kept}));
    EXPECT_TRUE(remove("a", "null"));
    EXPECT_EQ(get("a").value(), "newer");
}

TEST_P(versions, nothing_is_left_of_removed_versions) {
    put("a", "before");
    enable();
    put("a", "1");
    remove("a");
    put("a", pattern(70'000, 1));
    suspend();
    put("a", "null");
    for (const auto& line : calls.list("photos")) {
        auto words = line.substr(line.find(' ') + 1);
        EXPECT_TRUE(remove("a", words.substr(0, words.find(' '))));
    }
    EXPECT_TRUE(calls.list("photos").empty());
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 0; }));
        EXPECT_EQ(at.memory_index().row_count(), 2U);
    }
}

TEST_P(versions, conditions_are_judged_against_the_current_version) {
    enable();
    put_request if_absent;
    if_absent.conditions.if_none_match = "*";
    ASSERT_TRUE(at.put("photos", "a", "1", if_absent));
    EXPECT_EQ(at.put("photos", "a", "2", if_absent).error(), errc::precondition_failed);
    remove("a");
    put_request if_there;
    if_there.conditions.if_match = md5_hex("1");
    EXPECT_EQ(at.put("photos", "a", "2", if_there).error(), errc::no_such_key) << "a marker counts as absent";
    delete_conditions conditions;
    conditions.if_match = md5_hex("1");
    EXPECT_EQ(calls.remove("photos", "a", {}, conditions).error(), errc::precondition_failed);
    const auto listed = calls.list("photos");
    EXPECT_FALSE(calls.remove("photos", "missing", {}, conditions)->delete_marker);
    EXPECT_EQ(calls.list("photos"), listed) << "nothing was there to be deleted";
    ASSERT_TRUE(at.put("photos", "a", "2", if_absent));
    EXPECT_EQ(calls.remove("photos", "a", {}, conditions).error(), errc::precondition_failed);
    conditions.if_match = md5_hex("2");
    EXPECT_TRUE(calls.remove("photos", "a", {}, conditions));
    EXPECT_EQ(calls.list("photos").size(), 4U);
}

TEST_P(versions, many_of_one_key_are_removed_together) {
    enable();
    std::vector<delete_entry> entries;
    for (int i = 0; i < 20; ++i)
        entries.push_back({"a", put("a", std::to_string(i)), {}});
    const auto kept = entries[7].version_id;
    entries.erase(entries.begin() + 7);
    entries.push_back({"b", {}, {}});
    entries.push_back({"a", std::string(32, 'f'), {}});
    const auto before = GetParam() == backend::memory ? at.memory_index().apply_count() : 0;
    const auto done = at.wait(at.store().delete_objects("photos", entries));
    ASSERT_TRUE(done);
    for (std::size_t i = 0; i < 19; ++i)
        EXPECT_TRUE((*done)[i]->existed);
    EXPECT_TRUE((*done)[19]->delete_marker);
    EXPECT_FALSE((*done)[20]->existed);
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + kept, "*b " + (*done)[19]->version_id + " -"}));
    EXPECT_EQ(get("a").value(), "7");
    if (GetParam() == backend::memory) {
        EXPECT_EQ(at.memory_index().apply_count(), before + 1) << "one batch";
    }
}

TEST_P(versions, copies_take_any_version_and_make_new_ones) {
    enable();
    const auto first = put("a", "1");
    put("a", "2");
    copy_request request;
    request.source = {"photos", "a", first};
    request.bucket = "photos";
    request.key = "b";
    request.owner = test_owner();
    const auto copied = at.wait(at.store().copy_object(request));
    ASSERT_TRUE(copied);
    EXPECT_EQ(copied->source_version_id, first);
    EXPECT_EQ(get("b", copied->version_id).value(), "1");
    // An older version becomes current again; nothing but the version changes.
    request.key = "a";
    const auto restored = at.wait(at.store().copy_object(request));
    ASSERT_TRUE(restored);
    EXPECT_EQ(get("a").value(), "1");
    EXPECT_EQ(calls.list("photos").size(), 4U);
    EXPECT_TRUE(remove("a", first));
    EXPECT_EQ(get("a").value(), "1") << "the copy has bytes of its own";
    request.source.version_id.clear();
    EXPECT_EQ(at.wait(at.store().copy_object(request)).error(), errc::invalid_copy_dest);
    const auto marker = remove("a")->version_id;
    EXPECT_EQ(at.wait(at.store().copy_object(request)).error(), errc::no_such_key);
    request.source.version_id = marker;
    EXPECT_EQ(at.wait(at.store().copy_object(request)).error(), errc::method_not_allowed);
}

TEST_P(versions, uploads_make_versions_and_parts_are_copied_from_any) {
    enable();
    const auto source = put("source", pattern(50, 3));
    put("source", "newer");
    const auto id = at.create_upload("photos", "m");
    copy_part_request request;
    request.source = {"photos", "source", source};
    request.bucket = "photos";
    request.key = "m";
    request.upload_id = *id;
    request.part_number = 1;
    const auto part = at.wait(at.store().copy_part(request));
    ASSERT_TRUE(part);
    EXPECT_EQ(part->source_version_id, source);
    const auto done = at.complete("photos", "m", *id, {*part});
    ASSERT_TRUE(done);
    EXPECT_EQ(done->version_id.size(), 32U);
    put("m", "over it");
    EXPECT_EQ(get("m", done->version_id).value(), pattern(50, 3));
    const auto parts = at.wait(at.store().list_object_parts({"photos", "m", done->version_id}, 0, 10));
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->size(), 1U);
}

TEST_P(versions, survive_a_restart) {
    enable();
    const auto first = put("a", "1");
    const auto marker = remove("a")->version_id;
    suspend();
    at.reopen();
    EXPECT_EQ((*at.store().find_bucket("photos"))->versioning, versioning_state::suspended);
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + marker + " -", "a " + first}));
    put("a", "null");
    EXPECT_EQ(calls.list("photos"), (lines{"*a null", "a " + marker + " -", "a " + first}));
    at.reopen();
    EXPECT_EQ(get("a", "null").value(), "null");
    EXPECT_EQ(at.wait(at.store().delete_bucket("photos")).error(), errc::bucket_not_empty);
    EXPECT_EQ((*at.store().find_bucket("photos"))->versioning, versioning_state::suspended);
    EXPECT_EQ(put("b", "still writable"), "");
}

TEST_P(versions, order_holds_when_the_clock_steps_back) {
    enable();
    const auto first = put("a", "1");
    at.time.advance(-std::chrono::hours(1));
    const auto second = put("a", "2");
    at.time.advance(-std::chrono::hours(1));
    const auto marker = remove("a")->version_id;
    EXPECT_EQ(calls.list("photos"), (lines{"*a " + marker + " -", "a " + second, "a " + first}));
    EXPECT_TRUE(remove("a", marker));
    EXPECT_EQ(get("a").value(), "2");
}

TEST_P(versions, a_page_may_end_anywhere_and_go_on_behind_what_is_gone) {
    put("a", "null");
    enable();
    for (int i = 0; i < 3; ++i)
        put("a", "x");
    remove("b/1");
    put("b/2", "x");
    put("c", "x");
    list_versions_request request;
    request.bucket = "photos";
    const auto all = calls.list(request);
    ASSERT_EQ(all.size(), 7U);
    for (request.limit = 1; request.limit < 8; ++request.limit)
        EXPECT_EQ(calls.list(request), all) << request.limit;
    // The version that ended a page is removed before the next one: nothing older is left out.
    request.limit = 2;
    const auto page = at.wait(at.store().list_versions(request));
    request.key_marker = page->next_key;
    request.version_id_marker = page->next_version_id;
    request.limit = 1000;
    for (const auto& entry : page->entries)
        EXPECT_TRUE(remove("a", std::get<version_info>(entry).object.version_id));
    auto rest = calls.list(request);
    ASSERT_EQ(rest.size(), 5U);
    EXPECT_EQ(rest[0], "*" + all[2]) << "it is the latest now";
    EXPECT_EQ(lines(rest.begin() + 1, rest.end()), lines(all.begin() + 3, all.end()));
    request.version_id_marker = "null";
    EXPECT_EQ(calls.list(request).size(), 3U) << "behind the last version of a";
    request.key_marker.clear();
    request.version_id_marker.clear();
    request.delimiter = "/";
    for (request.limit = 1; request.limit < 5; ++request.limit)
        EXPECT_EQ(calls.list(request), (lines{rest[0], "a null", "b/", rest[4]})) << request.limit;
    request.prefix = "b/";
    EXPECT_EQ(calls.list(request), (lines{rest[2], rest[3]}));
}

}  // namespace
}  // namespace labstore::storage
