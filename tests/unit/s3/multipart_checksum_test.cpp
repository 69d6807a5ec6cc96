#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using crypto::checksum_algorithm;
using texts = std::vector<std::string>;

class multipart_checksum : public ::testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    s3_fixture s3;
};

TEST_F(multipart_checksum, named_checksums) {
    const std::string first(20, 'a');
    const std::string second(20, 'b');
    const auto part_line = [](checksum_algorithm algorithm, std::string_view header, const std::string& bytes
                           ) {
        return '\n' + std::string(header) + ": " + base64_checksum(algorithm, bytes);
    };
    const auto created = s3.send("POST /bkt/k?uploads\nx-amz-checksum-algorithm: SHA256");
    EXPECT_EQ(created->header("x-amz-checksum-algorithm"), "SHA256");
    EXPECT_EQ(created->header("x-amz-checksum-type"), "COMPOSITE");
    const auto id = element(created->body(), "UploadId");
    const auto target = "PUT /bkt/k?uploadId=" + id + "&partNumber=";
    EXPECT_EQ(
        outcome(
            s3.send(target + "1" + part_line(checksum_algorithm::crc32, "x-amz-checksum-crc32", first), first)
        ),
        "400 InvalidRequest"
    );
    constexpr auto sha256 = checksum_algorithm::sha256;
    const auto one = s3.send(target + "1" + part_line(sha256, "x-amz-checksum-sha256", first), first);
    EXPECT_EQ(one->header("x-amz-checksum-sha256"), base64_checksum(sha256, first));
    const auto two = s3.send(target + "2" + part_line(sha256, "x-amz-checksum-sha256", second), second);
    const texts etags{one->header("ETag").value(), two->header("ETag").value()};

    const auto composite =
        to_base64(as_bytes(
            storage::checksum_of(
                sha256, storage::checksum_of(sha256, first).bytes + storage::checksum_of(sha256, second).bytes
            )
                .bytes
        )) +
        "-2";
    EXPECT_EQ(
        outcome(s3.complete("k", id, etags, "x-amz-checksum-sha256: " + base64_checksum(sha256, "z") + "-2\n")
        ),
        "400 BadDigest"
    );
    const auto other_type = s3.complete("k", id, etags, "x-amz-checksum-type: FULL_OBJECT\n");
    EXPECT_EQ(outcome(other_type), "400 InvalidRequest");
    EXPECT_EQ(
        element(other_type->body(), "Message"),
        "The upload was created using the COMPOSITE checksum mode. The complete request must use the same "
        "checksum mode."
    );
    const auto value = composite.substr(0, composite.size() - 2);
    for (const auto* count : {"", "-1", "-77", "-"})
        EXPECT_EQ(
            outcome(s3.complete("k", id, etags, "x-amz-checksum-sha256: " + value + count + '\n')),
            "400 BadDigest"
        ) << count;
    const auto done = s3.complete("k", id, etags, "x-amz-checksum-sha256: " + composite + '\n');
    EXPECT_EQ(element(done->body(), "ChecksumSHA256"), composite);
    EXPECT_EQ(element(done->body(), "ChecksumType"), "COMPOSITE");
    const auto head = s3.send("HEAD /bkt/k\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(head->header("x-amz-checksum-sha256"), composite);
    EXPECT_EQ(head->header("x-amz-checksum-type"), "COMPOSITE");
    const auto part = s3.send("GET /bkt/k?partNumber=2\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(part->header("x-amz-checksum-sha256"), base64_checksum(sha256, second));
    EXPECT_EQ(part->header("x-amz-checksum-type"), "COMPOSITE");
}

TEST_F(multipart_checksum, checksum_pairs_that_do_not_exist) {
    const auto create = [&](const std::string& lines) {
        return outcome(s3.send("POST /bkt/k?uploads\n" + lines));
    };
    EXPECT_EQ(
        create("x-amz-checksum-algorithm: CRC64NVME\nx-amz-checksum-type: COMPOSITE"), "400 InvalidRequest"
    );
    EXPECT_EQ(
        create("x-amz-checksum-algorithm: SHA1\nx-amz-checksum-type: FULL_OBJECT"), "400 InvalidRequest"
    );
    EXPECT_EQ(create("x-amz-checksum-algorithm: MD4"), "400 InvalidRequest");
    EXPECT_EQ(create("x-amz-checksum-type: COMPOSITE"), "400 InvalidRequest");
    EXPECT_EQ(create("x-amz-checksum-algorithm: CRC32\nx-amz-checksum-type: HALF"), "400 InvalidRequest");
    EXPECT_EQ(create("x-amz-checksum-algorithm: CRC32C\nx-amz-checksum-type: FULL_OBJECT"), "200 ");
}

/// What the SDKs do by default: no algorithm for the upload, a CRC32 with each part, and back in Complete.
TEST_F(multipart_checksum, parts_may_bring_any_checksum_where_none_was_named) {
    const auto id = s3.create_upload("k");
    const auto value = base64_checksum(checksum_algorithm::crc32, "body");
    const auto target = "PUT /bkt/k?partNumber=1&uploadId=" + id + "\nx-amz-checksum-crc32: ";
    EXPECT_EQ(outcome(s3.send(target + value, "other")), "400 BadDigest");
    const auto part = s3.send(target + value, "body");
    EXPECT_EQ(part->header("x-amz-checksum-crc32"), value);
    for (int times = 0; times < 2; ++times) {
        const auto done = s3.send(
            "POST /bkt/k?uploadId=" + id + "\nIf-None-Match: *",
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part->header("ETag").value() +
                "</ETag><ChecksumCRC32>" + value + "</ChecksumCRC32></Part></CompleteMultipartUpload>"
        );
        EXPECT_EQ(done->status(), 200U) << done->body();
        EXPECT_EQ(
            element(done->body(), "ChecksumCRC64NVME"), base64_checksum(checksum_algorithm::crc64nvme, "body")
        );
    }
}

}  // namespace
}  // namespace labstore::s3
