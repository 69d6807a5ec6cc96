// What a body must prove before anything becomes visible.
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using crypto::checksum_algorithm;

class body : public ::testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    /// PUT /bkt/k with these header lines.
    s3_fixture::answer put(const std::string& lines, const std::string& bytes) {
        return s3.send("PUT /bkt/k\n" + lines, bytes);
    }

    void expect_nothing_stored() { EXPECT_EQ(s3.storage.stat("bkt", "k").error(), errc::no_such_key); }

    s3_fixture s3;
};

std::string sha256_hex(std::string_view bytes) {
    const auto digest = crypto::sha256(as_bytes(bytes));
    return to_hex(digest);
}

/// One chunk, the last chunk, a trailer.
std::string chunked(const std::string& bytes, const std::string& trailer) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx", bytes.size());
    return std::string(size) + "\r\n" + bytes + "\r\n0\r\n" + trailer + "\r\n\r\n";
}

std::string streaming_lines(std::size_t decoded, std::string_view trailer) {
    return "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-decoded-content-length: " +
           std::to_string(decoded) + "\nx-amz-trailer: " + std::string(trailer) +
           "\nContent-Encoding: aws-chunked\n";
}

TEST_F(body, signed_hash) {
    EXPECT_EQ(put("x-amz-content-sha256: " + sha256_hex("body") + '\n', "body")->status(), 200U);
    const auto answer = s3.send("PUT /bkt/other\nx-amz-content-sha256: " + sha256_hex("body") + '\n', "bodY");
    EXPECT_EQ(outcome(answer), "400 XAmzContentSHA256Mismatch");
    EXPECT_EQ(s3.storage.stat("bkt", "other").error(), errc::no_such_key);
}

TEST_F(body, content_md5) {
    EXPECT_EQ(outcome(put("Content-MD5: YWJyYWNhZGFicmE=\n", "body")), "400 InvalidDigest");
    EXPECT_EQ(outcome(put("Content-MD5:\n", "body")), "400 InvalidDigest");
    EXPECT_EQ(outcome(put("Content-MD5: rL0Y20xC+Fzt72VPzMSk2A==\n", "body")), "400 BadDigest");
    expect_nothing_stored();
    EXPECT_EQ(put("Content-MD5: " + base64_md5("body") + '\n', "body")->status(), 200U);
}

TEST_F(body, each_checksum_header) {
    constexpr std::pair<checksum_algorithm, std::string_view> all[] = {
        {checksum_algorithm::crc32, "x-amz-checksum-crc32"},
        {checksum_algorithm::crc32c, "x-amz-checksum-crc32c"},
        {checksum_algorithm::crc64nvme, "x-amz-checksum-crc64nvme"},
        {checksum_algorithm::sha1, "x-amz-checksum-sha1"},
        {checksum_algorithm::sha256, "x-amz-checksum-sha256"},
    };
    for (const auto& [algorithm, header] : all) {
        const auto line = std::string(header) + ": ";
        const auto wrong = put(line + base64_checksum(algorithm, "other") + '\n', "body");
        EXPECT_EQ(outcome(wrong), "400 BadDigest") << header;
        EXPECT_EQ(
            element(wrong->body(), "Message"),
            "The " + std::string(crypto::checksum_name(algorithm)) +
                " you specified did not match the calculated checksum."
        );
        EXPECT_EQ(outcome(put(line + "bad\n", "body")), "400 BadDigest") << header;
        expect_nothing_stored();
    }
    for (const auto& [algorithm, header] : all) {
        const auto value = base64_checksum(algorithm, "body");
        const auto right = put(std::string(header) + ": " + value + '\n', "body");
        EXPECT_EQ(right->status(), 200U) << header;
        EXPECT_EQ(right->header(header), value);
        EXPECT_EQ(right->header("x-amz-checksum-type"), "FULL_OBJECT");
    }
}

TEST_F(body, checksum_headers_that_contradict) {
    const auto crc = "x-amz-checksum-crc32: " + base64_checksum(checksum_algorithm::crc32, "body") + '\n';
    const auto sha = "x-amz-checksum-sha1: " + base64_checksum(checksum_algorithm::sha1, "body") + '\n';
    EXPECT_EQ(outcome(put(crc + sha, "body")), "400 InvalidRequest");
    EXPECT_EQ(outcome(put(crc + "x-amz-sdk-checksum-algorithm: SHA1\n", "body")), "400 InvalidRequest");
    EXPECT_EQ(outcome(put("x-amz-sdk-checksum-algorithm: CRC32\n", "body")), "400 InvalidRequest");
    EXPECT_EQ(outcome(put("x-amz-checksum-xxhash64: AAAA\n", "body")), "501 NotImplemented");
    expect_nothing_stored();
    EXPECT_EQ(put(crc + "x-amz-sdk-checksum-algorithm: CRC32\n", "body")->status(), 200U);
}

TEST_F(body, without_a_checksum_gets_one) {
    const auto answer = put("", "body");
    const auto value = base64_checksum(checksum_algorithm::crc64nvme, "body");
    EXPECT_EQ(answer->header("x-amz-checksum-crc64nvme"), value);
    const auto shown = s3.send("HEAD /bkt/k\nx-amz-checksum-mode: ENABLED");
    EXPECT_EQ(shown->header("x-amz-checksum-crc64nvme"), value);
    EXPECT_FALSE(s3.send("HEAD /bkt/k")->header("x-amz-checksum-crc64nvme"));
}

TEST_F(body, trailer_checksum) {
    const std::string bytes(300'000, 'x');
    const auto name = std::string("x-amz-checksum-crc32");
    const auto right = name + ':' + base64_checksum(checksum_algorithm::crc32, bytes);
    const auto wrong = name + ':' + base64_checksum(checksum_algorithm::crc32, "other");
    EXPECT_EQ(outcome(put(streaming_lines(bytes.size(), name), chunked(bytes, wrong))), "400 BadDigest");
    expect_nothing_stored();
    const auto answer = put(streaming_lines(bytes.size(), name), chunked(bytes, right));
    EXPECT_EQ(answer->status(), 200U) << answer->body();
    const auto got = s3.send("GET /bkt/k");
    EXPECT_EQ(got->body(), bytes);
    EXPECT_FALSE(got->header("Content-Encoding"));
}

TEST_F(body, trailer_must_come_and_length_must_fit) {
    const auto name = std::string("x-amz-checksum-crc32");
    const auto right = name + ':' + base64_checksum(checksum_algorithm::crc32, "body");
    EXPECT_EQ(put(streaming_lines(4, name), "4\r\nbody\r\n0\r\n\r\n")->status(), 400U);
    EXPECT_EQ(put(streaming_lines(5, name), chunked("body", right))->status(), 400U);
    EXPECT_EQ(put(streaming_lines(3, name), chunked("body", right))->status(), 400U);
    EXPECT_EQ(put(streaming_lines(4, name), chunked("body", right) + "more")->status(), 400U);
    EXPECT_EQ(put(streaming_lines(4, name), "4\r\nbo")->status(), 400U);
    expect_nothing_stored();
    EXPECT_EQ(put(streaming_lines(4, name), chunked("body", right))->status(), 200U);
}

TEST_F(body, length_must_be_announced) {
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k")), "411 MissingContentLength");
    EXPECT_EQ(s3.send("PUT /bkt/k\nContent-Length: 0")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /bkt/k\nTransfer-Encoding: chunked", "bar")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "bar");
}

TEST_F(body, that_stops_early_leaves_nothing) {
    support::fake_exchange exchange("PUT /bkt/k HTTP/1.1\nContent-Length: 100\n", "only this");
    exchange.run(s3.server.handle(exchange));
    EXPECT_EQ(exchange.status(), 400U);
    EXPECT_EQ(element(exchange.body(), "Code"), "IncompleteBody");
    expect_nothing_stored();
    EXPECT_EQ(s3.storage.memory_blobs().writers(), 0U);
}

TEST_F(body, client_that_goes_away_gets_no_answer) {
    support::fake_exchange exchange("PUT /bkt/k HTTP/1.1\n", "body");
    exchange.fail_body_after(2, errc::cancelled);
    exchange.run(s3.server.handle(exchange));
    EXPECT_TRUE(exchange.aborted());
    EXPECT_FALSE(exchange.responded());
    expect_nothing_stored();
}

TEST_F(body, arrives_in_pieces_of_any_size) {
    const auto bytes = storage::pattern(200'000, 7);
    for (const std::size_t piece : {1, 7, 4096, 65'537}) {
        support::fake_exchange exchange(
            "PUT /bkt/k HTTP/1.1\nContent-MD5: " + base64_md5(bytes) + '\n', bytes
        );
        exchange.set_read_size_max(piece);
        exchange.run(s3.server.handle(exchange));
        EXPECT_EQ(exchange.status(), 200U) << piece;
        EXPECT_EQ(s3.storage.get("bkt", "k").value(), bytes);
    }
}

TEST_F(body, documents_are_proved_as_well) {
    const std::string text = "<CreateBucketConfiguration/>";
    const auto wrong = "\nx-amz-content-sha256: " + sha256_hex("other");
    EXPECT_EQ(outcome(s3.send("PUT /other" + wrong, text)), "400 XAmzContentSHA256Mismatch");
    EXPECT_EQ(s3.send("HEAD /other")->status(), 404U);
    EXPECT_EQ(s3.send("PUT /other\nx-amz-content-sha256: " + sha256_hex(text), text)->status(), 200U);

    const auto id = s3.create_upload("k");
    const auto complete = "POST /bkt/k?uploadId=" + id + "\nContent-MD5: ";
    const auto document = complete_document({s3.put_part("k", id, 1, "x")});
    EXPECT_EQ(outcome(s3.send(complete + base64_md5("other"), document)), "400 BadDigest");
    EXPECT_EQ(
        outcome(s3.send("POST /bkt/k?uploadId=" + id + wrong, document)), "400 XAmzContentSHA256Mismatch"
    );
    expect_nothing_stored();
    EXPECT_EQ(s3.send(complete + base64_md5(document), document)->status(), 200U);
}

TEST_F(body, refused_before_it_is_read) {
    for (const auto& head :
         {"PUT /no-such-bucket/k",
          "PUT /bkt/k\nx-amz-server-side-encryption: AES256",
          "PUT /bkt/k\nx-amz-storage-class: NONE",
          "PUT /bkt/k\nx-test-refused: 1"}) {
        const auto answer = s3.send(head, "body");
        EXPECT_GE(answer->status(), 400U);
        EXPECT_EQ(answer->read_calls(), 0U) << head;
    }
}

TEST(body_limits, size) {
    options small;
    small.put_size_bytes_max = 10;
    s3_fixture s3(small);
    s3.make_bucket();
    const auto announced = s3.send("PUT /bkt/k", "more than ten");
    EXPECT_EQ(outcome(announced), "400 EntityTooLarge");
    EXPECT_EQ(announced->read_calls(), 0U);
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k\nTransfer-Encoding: chunked", "more than ten")), "400 EntityTooLarge"
    );
    EXPECT_EQ(s3.send("PUT /bkt/k", "just ten b")->status(), 200U);
}

TEST(body_limits, documents) {
    options small;
    small.xml_size_bytes_max = 300;
    small.complete_xml_size_bytes_max = 400;
    s3_fixture s3(small);
    s3.make_bucket();
    const std::string padding(500, ' ');
    EXPECT_EQ(
        outcome(s3.send("POST /bkt?delete\nContent-MD5: " + base64_md5(padding), padding)),
        "400 MaxMessageLengthExceeded"
    );
    EXPECT_EQ(
        outcome(s3.send(
            "POST /bkt?delete\nTransfer-Encoding: chunked\nContent-MD5: " + base64_md5(padding), padding
        )),
        "400 MaxMessageLengthExceeded"
    );
    EXPECT_EQ(outcome(s3.send("PUT /other", padding)), "400 MaxMessageLengthExceeded");
    EXPECT_EQ(outcome(s3.send("POST /bkt/k?uploadId=1", padding)), "400 MaxMessageLengthExceeded");
}

}  // namespace
}  // namespace labstore::s3
