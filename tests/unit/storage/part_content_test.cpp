#include "multipart_fixture.hpp"

namespace labstore::storage {
namespace {

class part_content : public multipart_fixture {};

INSTANTIATE_TEST_SUITE_P(
    over,
    part_content,
    testing::Values(backend::memory, backend::local),
    [](const auto& parameter) { return parameter.param == backend::memory ? "memory" : "local"; }
);

TEST_P(part_content, checksums_of_the_whole_and_of_the_parts) {
    const auto first = pattern(40'000, 1);
    const auto second = pattern(30'000, 2);
    for (const auto which :
         {algorithm::crc32, algorithm::crc32c, algorithm::crc64nvme, algorithm::sha1, algorithm::sha256}) {
        const auto id = begin("m", which);
        const auto one = *at.put_part("photos", "m", id, 1, first, checksum_of(which, first));
        const auto two = *at.put_part("photos", "m", id, 2, second, checksum_of(which, second));
        auto request = completion("m", id, {one, two});
        request.parts[0].checksum = checksum_of(which, second);
        EXPECT_EQ(complete(request).error(), errc::invalid_part);
        request.parts[0].checksum = checksum_of(which, first);
        request.parts[1].checksum = checksum_of(which, second);
        auto expected = checksum_of(which, first + second);
        if (which != algorithm::crc64nvme) {
            expected = checksum_of(which, one.checksum->bytes + two.checksum->bytes);
            expected.composite = true;
        }
        request.checksum = checksum_of(which, first);
        EXPECT_EQ(complete(request).error(), errc::bad_checksum);
        request.checksum = expected;
        request.checksum_parts = expected.composite ? 77 : 2;
        EXPECT_EQ(complete(request).error(), errc::bad_checksum) << "another number of parts";
        request.checksum->composite = !expected.composite;
        request.checksum_parts = expected.composite ? 0 : 2;
        EXPECT_EQ(complete(request).error(), errc::bad_checksum) << "another type";
        request.checksum = expected;
        request.checksum_parts = expected.composite ? 2 : 0;
        const auto done = complete(request);
        ASSERT_TRUE(done) << static_cast<int>(which);
        EXPECT_EQ(done->checksum, expected);
        EXPECT_EQ(at.stat("photos", "m")->checksum, expected);
    }
}

TEST_P(part_content, full_object_crc_from_the_parts) {
    const auto first = pattern(40'000, 1);
    const auto second = pattern(30'000, 2);
    const auto id = begin("m", algorithm::crc32c, checksum_type::full_object);
    EXPECT_EQ(at.wait(at.store().find_upload("photos", "m", id))->type, checksum_type::full_object);
    const auto one = *at.put_part("photos", "m", id, 1, first, checksum_of(algorithm::crc32c, first));
    const auto two = *at.put_part("photos", "m", id, 2, second, checksum_of(algorithm::crc32c, second));
    auto request = completion("m", id, {one, two});
    request.type = checksum_type::composite;
    EXPECT_EQ(complete(request).error(), errc::checksum_type_mismatch);
    request.type = checksum_type::full_object;
    EXPECT_EQ(complete(request)->checksum, checksum_of(algorithm::crc32c, first + second));
}

TEST_P(part_content, a_part_may_not_bring_another_checksum) {
    const auto id = begin("m", algorithm::crc32);
    EXPECT_EQ(
        at.put_part("photos", "m", id, 1, "x", checksum_of(algorithm::sha1, "x")).error(),
        errc::invalid_request
    );
    create_upload_request request;
    request.bucket = "photos";
    request.key = "m";
    request.checksum_algorithm = algorithm::sha1;
    request.type = checksum_type::full_object;
    EXPECT_EQ(at.wait(at.store().create_upload(request)).error(), errc::invalid_request);
}

TEST_P(part_content, copies_parts_from_objects) {
    const auto source = pattern(200'000, 5);
    ASSERT_TRUE(at.put("photos", "source", source));
    const auto id = begin("m", algorithm::crc32c);
    copy_part_request request;
    request.source = {"photos", "source", {}};
    request.bucket = "photos";
    request.key = "m";
    request.upload_id = id;
    request.part_number = 1;
    const auto run = [&] {
        return at.wait(at.store().copy_part(request));
    };
    const auto one = run();
    ASSERT_TRUE(one);
    EXPECT_EQ(one->etag, md5_hex(source));
    EXPECT_EQ(one->checksum, checksum_of(algorithm::crc32c, source));
    request.part_number = 2;
    request.range = {100, 150'099};
    const auto two = run();
    ASSERT_TRUE(two);
    EXPECT_EQ(two->etag, md5_hex(source.substr(100, 150'000)));
    request.range = {0, 200'000};
    EXPECT_EQ(run().error(), errc::invalid_range);
    request.range = {5, 4};
    EXPECT_EQ(run().error(), errc::invalid_range);
    request.range.reset();
    request.source_conditions.if_match = "\"x\"";
    EXPECT_EQ(run().error(), errc::precondition_failed);
    request.source_conditions = {};
    request.source.key = "missing";
    EXPECT_EQ(run().error(), errc::no_such_key);
    request.source.key = "source";
    request.upload_id = std::string(32, '0');
    EXPECT_EQ(run().error(), errc::no_such_upload);
    ASSERT_TRUE(complete(completion("m", id, {*one, *two})));
    EXPECT_TRUE(at.get("photos", "m").value() == source + source.substr(100, 150'000));
}

TEST_P(part_content, clones_a_whole_object_as_a_part) {
    const auto source = pattern(100'000, 5);
    ASSERT_TRUE(at.put("photos", "source", source));
    const auto id = begin("m");
    copy_part_request request;
    request.source = {"photos", "source", {}};
    request.bucket = "photos";
    request.key = "m";
    request.upload_id = id;
    request.part_number = 1;
    const auto part = at.wait(at.store().copy_part(request));
    ASSERT_TRUE(part);
    EXPECT_EQ(part->etag, md5_hex(source));
    if (GetParam() == backend::memory) {
        EXPECT_EQ(at.memory_blobs().cloned(), 1U);
    }
    ASSERT_TRUE(complete(completion("m", id, {*part})));
    ASSERT_TRUE(at.remove("photos", "source"));
    at.settle([&] { return at.store().stats().clean_up_pending == 0; });
    EXPECT_TRUE(at.get("photos", "m").value() == source);
    // A part of an object that came in parts has no MD5 to take over: its bytes are read.
    request.source.key = "m";
    request.key = "n";
    request.upload_id = begin("n");
    EXPECT_EQ(at.wait(at.store().copy_part(request))->etag, md5_hex(source));
}

}  // namespace
}  // namespace labstore::storage
