#include "multipart_fixture.hpp"

namespace labstore::storage {
namespace {

class multipart : public multipart_fixture {};

INSTANTIATE_TEST_SUITE_P(
    over,
    multipart,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(multipart, joins_its_parts) {
    const auto id = begin("m");
    EXPECT_EQ(id.size(), 32U);
    const std::vector<std::string> bytes{pattern(70'000, 1), pattern(16, 2), "", pattern(80'000, 3)};
    std::vector<part_info> parts;
    for (const std::size_t i : {3U, 0U, 1U})
        parts.push_back(*at.put_part("photos", "m", id, static_cast<std::uint32_t>(i + 1), bytes[i]));
    EXPECT_EQ(at.get("photos", "m").error(), errc::no_such_key) << "nothing shows before Complete";
    std::swap(parts[0], parts[1]);
    std::swap(parts[1], parts[2]);
    const auto done = complete(completion("m", id, parts));
    ASSERT_TRUE(done);
    std::string digests;
    for (const std::size_t i : {0U, 1U, 3U})
        digests += *from_hex(md5_hex(bytes[i]));
    EXPECT_EQ(done->etag, md5_hex(digests) + "-3");
    const auto all = bytes[0] + bytes[1] + bytes[3];
    EXPECT_EQ(done->size_bytes, all.size());
    at.reopen();
    EXPECT_TRUE(at.get("photos", "m").value() == all);
    EXPECT_TRUE(at.get("photos", "m", 9'999).value() == all);
    const auto info = at.stat("photos", "m");
    EXPECT_EQ(info->parts_count, 3U);
    EXPECT_EQ(info->etag, done->etag);
    EXPECT_EQ(info->attributes.content_type, "text/plain");
    const auto listed = at.wait(at.store().list_object_parts({"photos", "m", {}}, 0, 10));
    ASSERT_EQ(listed->size(), 3U);
    EXPECT_EQ((*listed)[2].number, 4U);
    EXPECT_EQ((*listed)[2].offset, 70'016U);
    EXPECT_EQ((*listed)[2].size_bytes, 80'000U);
    EXPECT_EQ(at.wait(at.store().find_upload("photos", "m", id)).error(), errc::no_such_upload);
}

TEST_P(multipart, of_thousands_of_parts) {
    // As many as there may be, where that is quick.
    const std::uint32_t count = GetParam() == backend::memory ? 10'000 : 1'500;
    const auto id = begin("m");
    std::vector<part_info> parts;
    std::string all;
    for (std::uint32_t i = 1; i <= count; ++i) {
        const auto bytes = pattern(16 + i % 7, i);
        parts.push_back(*at.put_part("photos", "m", id, i, bytes));
        all += bytes;
    }
    ASSERT_TRUE(complete(completion("m", id, parts)));
    EXPECT_TRUE(at.get("photos", "m").value() == all);
    // Reads from anywhere find their part.
    auto reader = at.wait(at.store().open_object({"photos", "m", {}}));
    for (std::uint64_t offset = 0; offset < all.size(); offset += 12'347) {
        const auto bytes = at.wait((*reader)->read(offset, 1));
        ASSERT_TRUE(bytes);
        EXPECT_EQ(as_text(*bytes), all.substr(offset, 1));
    }
    const auto listed = at.wait(at.store().list_object_parts({"photos", "m", {}}, 999, 3));
    ASSERT_EQ(listed->size(), 3U);
    EXPECT_EQ((*listed)[0].number, 1000U);
    EXPECT_EQ((*listed)[1].number, 1001U);
    EXPECT_TRUE(at.wait(at.store().list_object_parts({"photos", "m", {}}, count, 3))->empty());
    reader->reset();
    ASSERT_TRUE(at.remove("photos", "m"));
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 0; }));
    }
}

TEST_P(multipart, complete_checks_what_it_is_told) {
    const auto id = begin("m");
    const auto one = *at.put_part("photos", "m", id, 1, pattern(16, 1));
    const auto two = *at.put_part("photos", "m", id, 2, pattern(15, 2));
    const auto three = *at.put_part("photos", "m", id, 3, pattern(1, 3));
    EXPECT_EQ(complete(completion("m", id, {two, one})).error(), errc::invalid_part_order);
    EXPECT_EQ(complete(completion("m", id, {one, one})).error(), errc::invalid_part_order);
    EXPECT_EQ(complete(completion("m", id, {})).error(), errc::invalid_request);
    EXPECT_EQ(complete(completion("m", id, {one, two, three})).error(), errc::entity_too_small);
    auto request = completion("m", id, {one, two});
    request.parts[1].number = 9;
    EXPECT_EQ(complete(request).error(), errc::invalid_part);
    request = completion("m", id, {one, two});
    request.parts[0].etag = two.etag;
    EXPECT_EQ(complete(request).error(), errc::invalid_part);
    request = completion("m", id, {one, two});
    request.size_bytes = 30;
    EXPECT_EQ(complete(request).error(), errc::object_size_mismatch);
    EXPECT_EQ(complete(completion("m", std::string(32, '0'), {one})).error(), errc::no_such_upload);
    EXPECT_EQ(complete(completion("m", "xyz", {one})).error(), errc::no_such_upload);
    EXPECT_EQ(complete(completion("other", id, {one})).error(), errc::no_such_upload);
    request = completion("m", id, {one, two});
    request.size_bytes = 31;
    request.parts[0].etag = '"' + one.etag + '"';
    EXPECT_TRUE(complete(request));
}

TEST_P(multipart, complete_may_be_repeated) {
    const auto id = begin("m");
    const auto one = *at.put_part("photos", "m", id, 1, "one");
    const auto request = completion("m", id, {one});
    const auto first = complete(request);
    ASSERT_TRUE(first);
    at.reopen();
    const auto second = complete(request);
    ASSERT_TRUE(second);
    EXPECT_EQ(first->etag, second->etag);
    EXPECT_EQ(first->modified, second->modified);
    ASSERT_TRUE(at.put("photos", "m", "other"));
    EXPECT_EQ(complete(request).error(), errc::no_such_upload);
}

TEST_P(multipart, a_repeated_complete_must_say_the_same) {
    const auto id = begin("m", algorithm::crc32);
    const auto bytes = pattern(20, 1);
    const auto one = *at.put_part("photos", "m", id, 1, bytes, checksum_of(algorithm::crc32, bytes));
    const auto two = *at.put_part("photos", "m", id, 2, bytes, checksum_of(algorithm::crc32, bytes));
    const auto three = *at.put_part("photos", "m", id, 3, "x", checksum_of(algorithm::crc32, "x"));
    auto request = completion("m", id, {one, two});
    request.parts[0].checksum = one.checksum;
    request.checksum = checksum_of(algorithm::crc32, one.checksum->bytes + two.checksum->bytes);
    request.checksum->composite = true;
    request.checksum_parts = 2;
    request.size_bytes = 40;
    request.type = checksum_type::composite;
    request.conditions.if_none_match = "*";
    const auto first = complete(request);
    ASSERT_TRUE(first);
    EXPECT_EQ(complete(request)->etag, first->etag) << "its own object must not fail its condition";

    const auto with = [&](auto change) {
        auto other = request;
        change(other);
        return complete(other).error();
    };
    EXPECT_EQ(with([&](auto& other) { other.parts.pop_back(); }), errc::invalid_part);
    EXPECT_EQ(with([&](auto& other) { other.parts.push_back({3, three.etag, {}}); }), errc::invalid_part);
    EXPECT_EQ(with([&](auto& other) { other.parts[1] = {3, three.etag, {}}; }), errc::invalid_part);
    EXPECT_EQ(with([&](auto& other) { other.parts[1].etag = three.etag; }), errc::invalid_part);
    EXPECT_EQ(with([&](auto& other) { other.parts[0].checksum = three.checksum; }), errc::invalid_part);
    EXPECT_EQ(
        with([&](auto& other) { std::swap(other.parts[0], other.parts[1]); }), errc::invalid_part_order
    );
    EXPECT_EQ(with([&](auto& other) { other.checksum->bytes = three.checksum->bytes; }), errc::bad_checksum);
    EXPECT_EQ(with([&](auto& other) { other.checksum_parts = 3; }), errc::bad_checksum);
    EXPECT_EQ(
        with([&](auto& other) { other.checksum = checksum_of(algorithm::sha1, "x"); }), errc::invalid_request
    );
    EXPECT_EQ(with([&](auto& other) { other.size_bytes = 41; }), errc::object_size_mismatch);
    EXPECT_EQ(
        with([&](auto& other) { other.type = checksum_type::full_object; }), errc::checksum_type_mismatch
    );
    EXPECT_EQ(complete(completion("m", id, {one, two}))->etag, first->etag)
        << "what is not said is not compared";
}

TEST_P(multipart, a_repeated_complete_compares_every_manifest_row) {
    const auto id = begin("m");
    std::vector<part_info> parts;
    for (std::uint32_t i = 1; i <= 1'002; ++i)
        parts.push_back(*at.put_part("photos", "m", id, i, pattern(16, i)));
    const auto request = completion("m", id, parts);
    ASSERT_TRUE(complete(request));
    EXPECT_TRUE(complete(request));
    auto other = request;
    other.parts[1'001].etag = parts[0].etag;
    EXPECT_EQ(complete(other).error(), errc::invalid_part);
}

TEST_P(multipart, complete_keeps_its_conditions) {
    ASSERT_TRUE(at.put("photos", "m", "there"));
    const auto id = begin("m");
    const auto one = *at.put_part("photos", "m", id, 1, "one");
    auto request = completion("m", id, {one});
    request.conditions.if_none_match = "*";
    EXPECT_EQ(complete(request).error(), errc::precondition_failed);
    request.conditions = {};
    request.conditions.if_match = md5_hex("there");
    EXPECT_TRUE(complete(request));
    EXPECT_EQ(at.get("photos", "m").value(), "one");
}

TEST_P(multipart, parts_replace_each_other) {
    const auto id = begin("m");
    const auto old = *at.put_part("photos", "m", id, 1, "old");
    const auto now = *at.put_part("photos", "m", id, 1, "now");
    EXPECT_EQ(complete(completion("m", id, {old})).error(), errc::invalid_part);
    EXPECT_TRUE(complete(completion("m", id, {now})));
    EXPECT_EQ(at.get("photos", "m").value(), "now");
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] { return at.memory_blobs().count() == 1; }));
    }
}

TEST_P(multipart, abort_gives_everything_back) {
    const auto id = begin("m");
    for (std::uint32_t i = 1; i <= 300; ++i)
        ASSERT_TRUE(at.put_part("photos", "m", id, i, "part"));
    auto late = at.wait(at.store().begin_part("photos", "m", id, 301, 4));
    ASSERT_TRUE(late);
    ASSERT_TRUE(at.wait(fill(**late, "late")));
    ASSERT_TRUE(at.wait(at.store().abort_upload("photos", "m", id)));
    EXPECT_EQ(
        at.wait(at.store().put_part(std::move(*late), {md5_hex("late"), {}})).error(), errc::no_such_upload
    );
    EXPECT_EQ(at.wait(at.store().abort_upload("photos", "m", id)).error(), errc::no_such_upload);
    EXPECT_EQ(at.put_part("photos", "m", id, 1, "x").error(), errc::no_such_upload);
    EXPECT_EQ(at.wait(at.store().list_parts("photos", "m", id, 0, 10)).error(), errc::no_such_upload);
    if (GetParam() == backend::memory) {
        EXPECT_TRUE(at.settle([&] {
            return at.memory_blobs().count() == 0 && at.memory_index().row_count() == 2;
        }));
    }
}

TEST_P(multipart, parts_are_listed_in_pages) {
    const auto id = begin("m");
    for (const std::uint32_t i : {2U, 9U, 10U, 1000U, 10'000U})
        ASSERT_TRUE(at.put_part("photos", "m", id, i, pattern(i % 100, i)));
    auto page = at.wait(at.store().list_parts("photos", "m", id, 0, 3));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->parts.size(), 3U);
    EXPECT_TRUE(page->more);
    EXPECT_EQ(page->parts[2].number, 10U);
    EXPECT_EQ(page->upload.key, "m");
    EXPECT_EQ(page->upload.owner.id, test_owner().id);
    page = at.wait(at.store().list_parts("photos", "m", id, 10, 2));
    EXPECT_EQ(page->parts.size(), 2U);
    EXPECT_FALSE(page->more);
    page = at.wait(at.store().list_parts("photos", "m", id, 0, 0));
    EXPECT_TRUE(page->parts.empty());
    EXPECT_FALSE(page->more);
}

TEST_P(multipart, part_numbers_and_sizes_have_limits) {
    const auto id = begin("m");
    EXPECT_EQ(at.put_part("photos", "m", id, 0, "x").error(), errc::too_many_parts);
    EXPECT_EQ(at.put_part("photos", "m", id, 10'001, "x").error(), errc::too_many_parts);
    EXPECT_EQ(
        at.wait(at.store().begin_part("photos", "m", id, 1, 8 * MiB + 1)).error(), errc::entity_too_large
    );
    std::vector<part_info> parts;
    for (std::uint32_t i = 1; i <= 3; ++i)
        parts.push_back(*at.put_part("photos", "m", id, i, std::string(6 * MiB, 'x')));
    EXPECT_EQ(complete(completion("m", id, parts)).error(), errc::entity_too_large);
}

TEST_P(multipart, uploads_are_listed_in_order) {
    std::vector<std::string> ids;
    for (const auto* key : {"a/1", "a/2", "b", "b", "c"})
        ids.push_back(begin(key));
    const auto shown = [&](list_uploads_request request) {
        std::vector<std::string> out;
        for (;;) {
            const auto page = at.wait(at.store().list_uploads(request));
            LABSTORE_ASSERT(page);
            for (const auto& entry : page->entries)
                if (const auto* upload = std::get_if<upload_info>(&entry))
                    out.push_back(upload->key + " " + upload->upload_id);
                else
                    out.push_back(std::get<std::string>(entry) + "*");
            if (!page->more)
                return out;
            request.key_marker = page->next_key;
            request.upload_id_marker = page->next_upload_id;
        }
    };
    const std::vector<std::string> all{
        "a/1 " + ids[0], "a/2 " + ids[1], "b " + ids[2], "b " + ids[3], "c " + ids[4]};
    for (std::size_t limit = 1; limit <= 6; ++limit) {
        EXPECT_EQ(shown({"photos", "", "", "", "", limit}), all);
        EXPECT_EQ(
            shown({"photos", "", "/", "", "", limit}),
            (std::vector<std::string>{"a/*", all[2], all[3], all[4]})
        );
    }
    EXPECT_EQ(shown({"photos", "b", "", "", "", 10}), (std::vector<std::string>{all[2], all[3]}));
    EXPECT_EQ(shown({"photos", "", "", "b", "", 10}), std::vector<std::string>{all[4]});
    EXPECT_EQ(shown({"photos", "", "", "b", ids[2], 10}), (std::vector<std::string>{all[3], all[4]}));
    EXPECT_EQ(
        at.wait(at.store().list_uploads({"photos", "", "", "b", "nonsense", 10})).error(),
        errc::invalid_argument
    );
}

awaitable<void> complete_into(
    object_store& store, complete_request request, std::vector<std::string>& etags
) {
    auto done = co_await store.complete_upload(std::move(request));
    if (done)
        etags.push_back(done->etag);
}

TEST_P(multipart, of_many_completes_all_answer_the_same) {
    const auto id = begin("m");
    const auto one = *at.put_part("photos", "m", id, 1, pattern(20, 1));
    const auto two = *at.put_part("photos", "m", id, 2, pattern(20, 2));
    std::vector<std::string> etags;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 10; ++i)
        tasks.push_back(complete_into(at.store(), completion("m", id, {one, two}), etags));
    at.run_all(std::move(tasks));
    ASSERT_EQ(etags.size(), 10U);
    for (const auto& etag : etags)
        EXPECT_EQ(etag, etags.front());
    EXPECT_EQ(at.get("photos", "m")->size(), 40U);
}

}  // namespace
}  // namespace labstore::storage
