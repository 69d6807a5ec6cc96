#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using crypto::checksum_algorithm;
using texts = std::vector<std::string>;

class multipart : public ::testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    /// An object of two parts at /bkt/k; gives their bytes.
    std::pair<std::string, std::string> make_object(const std::string& lines = {}) {
        const auto first = storage::pattern(100'000, 1);
        const auto second = storage::pattern(50, 2);
        const auto id = s3.create_upload("k", lines);
        const texts etags{s3.put_part("k", id, 1, first), s3.put_part("k", id, 2, second)};
        const auto answer = s3.complete("k", id, etags);
        EXPECT_EQ(answer->status(), 200U) << answer->body();
        return {first, second};
    }

    s3_fixture s3;
};

TEST_F(multipart, whole_life) {
    const auto id = s3.create_upload("dir/k", "Content-Type: text/bla\nx-amz-meta-foo: bar\n");
    EXPECT_EQ(id.size(), 32U);
    EXPECT_EQ(s3.send("GET /bkt/dir/k")->status(), 404U);
    EXPECT_EQ(outcome(s3.send("GET /bkt/dir/k?partNumber=1")), "404 NoSuchKey");
    const auto first = storage::pattern(100'000, 1);
    const auto second = storage::pattern(50, 2);
    const texts etags{s3.put_part("dir/k", id, 1, first), s3.put_part("dir/k", id, 2, second)};
    EXPECT_EQ(etags[0], '"' + storage::md5_hex(first) + '"');
    const auto answer = s3.complete("dir/k", id, etags);
    ASSERT_EQ(answer->status(), 200U) << answer->body();
    EXPECT_EQ(element(answer->body(), "Bucket"), "bkt");
    EXPECT_EQ(element(answer->body(), "Key"), "dir/k");
    EXPECT_EQ(element(answer->body(), "Location"), "http://localhost/bkt/dir/k");
    EXPECT_TRUE(element(answer->body(), "ETag").ends_with("-2&quot;"));
    // AWS keeps a CRC64NVME of the whole where no algorithm was named.
    EXPECT_EQ(
        element(answer->body(), "ChecksumCRC64NVME"),
        base64_checksum(checksum_algorithm::crc64nvme, first + second)
    );
    EXPECT_EQ(element(answer->body(), "ChecksumType"), "FULL_OBJECT");
    EXPECT_EQ(outcome(s3.complete("dir/k", id, {etags[0]})), "400 InvalidPart");
    EXPECT_EQ(outcome(s3.complete("dir/k", id, etags, "x-amz-mp-object-size: 1\n")), "400 InvalidRequest");
    const auto again = s3.complete("dir/k", id, etags);
    EXPECT_EQ(element(again->body(), "ETag"), element(answer->body(), "ETag"));

    const auto got = s3.send("GET /bkt/dir/k");
    EXPECT_EQ(got->body(), first + second);
    EXPECT_EQ(got->header("Content-Type"), "text/bla");
    EXPECT_EQ(got->header("x-amz-meta-foo"), "bar");
    EXPECT_FALSE(got->header("x-amz-mp-parts-count"));
    EXPECT_EQ(s3.send("GET /bkt/dir/k\nRange: bytes=99999-100000")->body(), first.substr(99'999) + second[0]);
}

TEST_F(multipart, read_by_part_number) {
    const auto [first, second] = make_object();
    const auto part = s3.send("GET /bkt/k?partNumber=2\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(part->status(), 206U);
    EXPECT_EQ(part->body(), second);
    EXPECT_EQ(part->header("Content-Range"), "bytes 100000-100049/100050");
    EXPECT_EQ(part->header("x-amz-mp-parts-count"), "2");
    EXPECT_EQ(
        part->header("x-amz-checksum-crc64nvme"), base64_checksum(checksum_algorithm::crc64nvme, second)
    );
    const auto head = s3.send("HEAD /bkt/k?partNumber=1");
    EXPECT_EQ(head->status(), 206U);
    EXPECT_EQ(head->content_length(), first.size());
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?partNumber=3")), "400 InvalidPart");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?partNumber=0")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?partNumber=10001")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?partNumber=1\nRange: bytes=0-1")), "400 InvalidRequest");

    s3.put("plain", "body");
    const auto plain = s3.send("GET /bkt/plain?partNumber=1\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(plain->status(), 206U);
    EXPECT_EQ(plain->body(), "body");
    EXPECT_FALSE(plain->header("x-amz-mp-parts-count"));
    EXPECT_TRUE(plain->header("x-amz-checksum-crc64nvme"));
    EXPECT_EQ(outcome(s3.send("GET /bkt/plain?partNumber=2")), "400 InvalidPart");
    s3.put("empty", "");
    EXPECT_EQ(s3.send("GET /bkt/empty?partNumber=1")->status(), 200U);
}

TEST_F(multipart, complete_refuses) {
    const auto id = s3.create_upload("k");
    const auto first = s3.put_part("k", id, 1, std::string(20, 'a'));
    const auto second = s3.put_part("k", id, 2, std::string(20, 'b'));
    EXPECT_EQ(outcome(s3.send("POST /bkt/k?uploadId=" + id)), "400 MalformedXML");
    EXPECT_EQ(outcome(s3.complete("k", id, {})), "400 MalformedXML");
    EXPECT_EQ(outcome(s3.complete("k", id, {first, "\"0\""})), "400 InvalidPart");
    EXPECT_EQ(outcome(s3.complete("k", id, {first, second, second})), "400 InvalidPart");
    EXPECT_EQ(
        outcome(s3.send(
            "POST /bkt/k?uploadId=" + id,
            "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>" + second +
                "</ETag></Part><Part><PartNumber>1</PartNumber><ETag>" + first +
                "</ETag></Part></CompleteMultipartUpload>"
        )),
        "400 InvalidPartOrder"
    );
    EXPECT_EQ(outcome(s3.complete("k", id, {first}, "x-amz-checksum-crc64nvme: bad\n")), "400 BadDigest");
    const auto other_size = s3.complete("k", id, {first}, "x-amz-mp-object-size: 19\n");
    EXPECT_EQ(outcome(other_size), "400 InvalidRequest");
    EXPECT_NE(element(other_size->body(), "Message").find("x-amz-mp-object-size"), std::string::npos);
    EXPECT_EQ(outcome(s3.complete("k", id, {first}, "x-amz-mp-object-size: x\n")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.complete("k", id, {first}, "If-Match: *\n")), "404 NoSuchKey");
    EXPECT_EQ(
        outcome(s3.complete("k", id, {first}, "If-Match: *\nIf-None-Match: *\n")), "501 NotImplemented"
    );
    EXPECT_EQ(s3.send("HEAD /bkt/k")->status(), 404U);
    EXPECT_EQ(
        s3.complete("k", id, {first, second}, "x-amz-mp-object-size: 40\nIf-None-Match: *\n")->status(), 200U
    );
    const auto other = s3.create_upload("k");
    const auto part = s3.put_part("k", other, 1, "x");
    EXPECT_EQ(outcome(s3.complete("k", other, {part}, "If-None-Match: *\n")), "412 PreconditionFailed");
}

TEST_F(multipart, attributes_through_a_presigned_url) {
    make_object();
    const auto ask = [&](const std::string& more, const std::string& lines) {
        return s3.send(
            "GET /bkt/k?attributes&x-amz-object-attributes=ObjectParts%2CObjectSize" + more + "\n" + lines
        );
    };
    const std::string signed_v4 = "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=x";
    const auto all = ask(signed_v4, "x-test-presigned: 1");
    ASSERT_EQ(all->status(), 200U) << all->body();
    EXPECT_EQ(element(all->body(), "ObjectSize"), "100050");
    EXPECT_EQ(elements(all->body(), "PartNumber"), (texts{"1", "2"}));
    const auto page = ask("&x-amz-max-parts=1&x-amz-part-number-marker=1" + signed_v4, "x-test-presigned: 1");
    EXPECT_EQ(elements(page->body(), "PartNumber"), texts{"2"});
    EXPECT_EQ(element(page->body(), "MaxParts"), "1");
    EXPECT_EQ(outcome(ask("", "")), "400 InvalidRequest") << "nobody moved it there by signing";
}

TEST_F(multipart, parts_below_the_minimum) {
    const auto id = s3.create_upload("k");
    const texts etags{
        s3.put_part("k", id, 1, std::string(16, 'a')),
        s3.put_part("k", id, 2, "tiny"),
        s3.put_part("k", id, 3, "x")};
    const auto answer = s3.complete("k", id, etags);
    EXPECT_EQ(outcome(answer), "400 EntityTooSmall");
    EXPECT_EQ(element(answer->body(), "ProposedSize"), "4");
    EXPECT_EQ(element(answer->body(), "MinSizeAllowed"), "16");
    EXPECT_EQ(element(answer->body(), "PartNumber"), "2");
    EXPECT_EQ(element(answer->body(), "ETag"), storage::md5_hex("tiny"));
    // Part 1 is not named, and the last may have any size.
    const auto document = "<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>" + etags[1] +
                          "</ETag></Part></CompleteMultipartUpload>";
    EXPECT_EQ(s3.send("POST /bkt/k?uploadId=" + id, document)->status(), 200U);
}

TEST_F(multipart, no_such_upload) {
    const std::string id(32, '0');
    const auto part = s3.send("PUT /bkt/k?partNumber=1&uploadId=" + id, "x");
    EXPECT_EQ(outcome(part), "404 NoSuchUpload");
    EXPECT_EQ(part->read_calls(), 0U);
    EXPECT_EQ(element(part->body(), "UploadId"), id);
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?partNumber=1&uploadId=nonsense", "x")), "404 NoSuchUpload");
    EXPECT_EQ(outcome(s3.complete("k", id, {"\"e\""})), "404 NoSuchUpload");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k?uploadId=" + id)), "404 NoSuchUpload");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?uploadId=" + id)), "404 NoSuchUpload");
}

TEST_F(multipart, part_arguments) {
    const auto id = s3.create_upload("k");
    for (const auto number : {"0", "10001", "x", "-1", ""})
        EXPECT_EQ(
            outcome(s3.send(std::string("PUT /bkt/k?partNumber=") + number + "&uploadId=" + id, "x")),
            "400 InvalidArgument"
        ) << number;
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?partNumber=1", "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?uploadId=" + id, "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?partNumber=1&uploadId=" + id)), "411 MissingContentLength");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k?partNumber=1&uploadId=" + id + "\nContent-MD5: " + base64_md5("y"), "x")),
        "400 BadDigest"
    );
    EXPECT_EQ(elements(s3.send("GET /bkt/k?uploadId=" + id)->body(), "PartNumber").size(), 0U);
    EXPECT_EQ(s3.send("PUT /bkt/k?partNumber=10000&uploadId=" + id, "x")->status(), 200U);
}

TEST_F(multipart, abort) {
    const auto id = s3.create_upload("k");
    s3.put_part("k", id, 1, "x");
    EXPECT_EQ(s3.send("DELETE /bkt/k?uploadId=" + id)->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?uploadId=" + id)), "404 NoSuchUpload");
}

TEST_F(multipart, copied_parts) {
    s3.put("source", "0123456789");
    const auto id = s3.create_upload("k");
    const auto copy = [&](const std::string& number, const std::string& lines) {
        return s3.send(
            "PUT /bkt/k?partNumber=" + number + "&uploadId=" + id + "\nx-amz-copy-source: bkt/source\n" +
            lines
        );
    };
    const auto part = copy("1", "x-amz-copy-source-range: bytes=2-5\n");
    EXPECT_EQ(part->status(), 200U) << part->body();
    EXPECT_EQ(element(part->body(), "ETag"), "&quot;" + storage::md5_hex("2345") + "&quot;");
    EXPECT_TRUE(parse_iso8601(element(part->body(), "LastModified")));
    EXPECT_EQ(outcome(copy("2", "x-amz-copy-source-range: bytes=0-21\n")), "416 InvalidRange");
    EXPECT_EQ(outcome(copy("2", "x-amz-copy-source-range: bytes=0-\n")), "400 InvalidArgument");
    EXPECT_EQ(outcome(copy("2", "x-amz-copy-source-range: 0-2\n")), "400 InvalidArgument");
    EXPECT_EQ(outcome(copy("2", "x-amz-copy-source-if-match: \"no\"\n")), "412 PreconditionFailed");
    EXPECT_EQ(outcome(copy("0", "")), "400 InvalidArgument");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k?partNumber=1&uploadId=" + id + "\nx-amz-copy-source: bkt/missing")),
        "404 NoSuchKey"
    );
    EXPECT_EQ(s3.complete("k", id, {'"' + storage::md5_hex("2345") + '"'})->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "2345");
}

TEST_F(multipart, list_parts) {
    const auto id = s3.create_upload("k", "x-amz-checksum-algorithm: CRC32\n");
    for (unsigned number : {1, 2, 5})
        s3.put_part("k", id, number, std::string(number, 'x'));
    const auto all = s3.send("GET /bkt/k?uploadId=" + id)->body();
    EXPECT_EQ(elements(all, "PartNumber"), (texts{"1", "2", "5"}));
    EXPECT_EQ(elements(all, "Size"), (texts{"1", "2", "5"}));
    EXPECT_EQ(element(all, "UploadId"), id);
    EXPECT_EQ(element(all, "Key"), "k");
    EXPECT_EQ(element(all, "IsTruncated"), "false");
    EXPECT_EQ(element(all, "ChecksumAlgorithm"), "CRC32");
    EXPECT_EQ(element(all, "ChecksumCRC32"), base64_checksum(checksum_algorithm::crc32, "x"));
    EXPECT_EQ(elements(all, "ID").size(), 2U);
    const auto page = s3.send("GET /bkt/k?uploadId=" + id + "&max-parts=1&part-number-marker=1")->body();
    EXPECT_EQ(elements(page, "PartNumber"), texts{"2"});
    EXPECT_EQ(element(page, "PartNumberMarker"), "1");
    EXPECT_EQ(element(page, "NextPartNumberMarker"), "2");
    EXPECT_EQ(element(page, "MaxParts"), "1");
    EXPECT_EQ(element(page, "IsTruncated"), "true");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?uploadId=" + id + "&part-number-marker=x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?uploadId=" + id + "&max-parts=x")), "400 InvalidArgument");
}

TEST_F(multipart, list_uploads) {
    s3.create_upload("a");
    s3.create_upload("b/1");
    s3.create_upload("b/2");
    s3.create_upload("c");
    const auto list = [&](const std::string& query) {
        return s3.send("GET /bkt?uploads" + query)->body();
    };
    const auto all = list("");
    EXPECT_EQ(elements(all, "Key"), (texts{"a", "b/1", "b/2", "c"}));
    EXPECT_EQ(element(all, "IsTruncated"), "false");
    EXPECT_EQ(element(all, "MaxUploads"), "1000");
    EXPECT_TRUE(parse_iso8601(element(all, "Initiated")));
    EXPECT_EQ(elements(list("&prefix=b%2F"), "Key"), (texts{"b/1", "b/2"}));
    const auto grouped = list("&delimiter=%2F");
    EXPECT_EQ(elements(grouped, "Key"), (texts{"a", "c"}));
    EXPECT_EQ(elements(grouped, "Prefix"), (texts{"", "b/"}));

    texts seen;
    std::string key_marker;
    std::string id_marker;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = list(
            "&max-uploads=1&key-marker=" + percent_encode(key_marker, keep_slash::no) +
            "&upload-id-marker=" + id_marker
        );
        for (const auto& key : elements(page, "Key"))
            seen.push_back(key);
        if (element(page, "IsTruncated") != "true")
            break;
        key_marker = element(page, "NextKeyMarker");
        id_marker = element(page, "NextUploadIdMarker");
    }
    EXPECT_EQ(seen, (texts{"a", "b/1", "b/2", "c"}));
    EXPECT_EQ(element(list("&max-uploads=0"), "IsTruncated"), "false");
    EXPECT_EQ(outcome(s3.send("GET /bkt?uploads&max-uploads=x")), "400 InvalidArgument");
    const auto marker = s3.send("GET /bkt?uploads&key-marker=a&upload-id-marker=nonsense");
    EXPECT_EQ(outcome(marker), "400 InvalidArgument");
    EXPECT_EQ(element(marker->body(), "Message"), "Invalid uploadId marker");
    EXPECT_EQ(element(marker->body(), "ArgumentName"), "upload-id-marker");
    EXPECT_EQ(element(marker->body(), "ArgumentValue"), "nonsense");
}

TEST_F(multipart, attributes_of_the_parts) {
    make_object("x-amz-checksum-algorithm: CRC32\n");
    const auto ask = [&](const std::string& lines) {
        return s3.send("GET /bkt/k?attributes\nx-amz-object-attributes: ObjectParts,ETag\n" + lines)->body();
    };
    const auto all = ask("");
    EXPECT_EQ(element(all, "PartsCount"), "2");
    EXPECT_EQ(elements(all, "PartNumber"), (texts{"1", "2"}));
    EXPECT_EQ(elements(all, "Size"), (texts{"100000", "50"}));
    EXPECT_EQ(elements(all, "ChecksumCRC32").size(), 2U);
    EXPECT_EQ(element(all, "IsTruncated"), "false");
    EXPECT_TRUE(element(all, "ETag").ends_with("-2"));
    const auto first = ask("x-amz-max-parts: 1\n");
    EXPECT_EQ(elements(first, "PartNumber"), texts{"1"});
    EXPECT_EQ(element(first, "IsTruncated"), "true");
    EXPECT_EQ(element(first, "NextPartNumberMarker"), "1");
    EXPECT_EQ(elements(ask("x-amz-part-number-marker: 1\n"), "PartNumber"), texts{"2"});
    EXPECT_EQ(
        outcome(s3.send("GET /bkt/k?attributes\nx-amz-object-attributes: ETag\nx-amz-max-parts: x")),
        "400 InvalidArgument"
    );
}

}  // namespace
}  // namespace labstore::s3
