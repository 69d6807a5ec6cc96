#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {

namespace {

auth::body_mode mode_of(std::string_view hash) {
    if (hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        return auth::body_mode::streaming_unsigned_trailer;
    return hash.size() == 64 ? auth::body_mode::hashed : auth::body_mode::unsigned_payload;
}

/// As config does: s3 names in its refusals what storage refuses.
options with_limits_of(const storage::options& limits, options settings) {
    settings.part_size_bytes_min = limits.part_size_bytes_min;
    return settings;
}

}  // namespace

result<auth::verified_request> fake_verifier::verify(const http::request_head& head, auth::refusal& why) {
    if (head.find("x-test-anonymous"))
        return make_error_code(errc::anonymous_denied);
    if (head.find("x-test-refused"))
        return make_error_code(errc::signature_does_not_match);
    if (const auto region = head.find("x-test-region"))
        return why.with("Region", std::string(*region))
            .because(errc::authorization_header_malformed, "The region is wrong.");
    auth::verified_request verified;
    const auto owner = storage::test_owner();
    auth::identity who{"AKOWNER", owner.id, owner.display_name};
    if (head.find("x-test-stranger"))
        who = {"AKSTRANGER", std::string(64, 'b'), "stranger"};
    verified.who = std::make_shared<const auth::identity>(std::move(who));
    verified.presigned = head.find("x-test-presigned").has_value();
    const auto hash = head.find("x-amz-content-sha256").value_or("");
    verified.mode = mode_of(hash);
    if (verified.mode == auth::body_mode::hashed) {
        const auto raw = from_hex(hash);
        verified.payload_hash.emplace();
        std::memcpy(verified.payload_hash->data(), raw->data(), raw->size());
    }
    if (const auto size = head.find("x-amz-decoded-content-length"))
        verified.decoded_size_bytes = parse_decimal(*size);
    if (const auto trailer = head.find("x-amz-trailer"))
        verified.trailer_names.emplace_back(*trailer);
    return verified;
}

s3_fixture::s3_fixture(options settings)
    : storage(storage::backend::memory),
      server(
          with_limits_of(storage::store_fixture::test_options(), std::move(settings)),
          verifier,
          storage.store(),
          storage.time,
          observer
      ) {}

s3_fixture::answer s3_fixture::send(const std::string& head, std::string body) {
    const auto line_end = head.find('\n');
    auto text = head.substr(0, line_end) + " HTTP/1.1\n";
    if (line_end != std::string::npos)
        text += head.substr(line_end + 1);
    auto exchange = std::make_unique<support::fake_exchange>(text, std::move(body));
    exchange->run(server.handle(*exchange));
    return exchange;
}

void s3_fixture::make_bucket() {
    ASSERT_EQ(send("PUT /bkt")->status(), 200U);
}

std::string s3_fixture::put(
    const std::string& key, const std::string& body, const std::string& header_lines
) {
    const auto got = send(
        "PUT /bkt/" + key + "\nContent-Length: " + std::to_string(body.size()) + '\n' + header_lines, body
    );
    EXPECT_EQ(got->status(), 200U) << got->body();
    const auto etag = got->header("ETag").value_or("\"\"");
    return etag.substr(1, etag.size() - 2);
}

std::string s3_fixture::create_upload(const std::string& key, const std::string& header_lines) {
    const auto got = send("POST /bkt/" + key + "?uploads\n" + header_lines);
    EXPECT_EQ(got->status(), 200U) << got->body();
    return element(got->body(), "UploadId");
}

std::string s3_fixture::put_part(
    const std::string& key, const std::string& id, unsigned number, const std::string& body
) {
    const auto got =
        send("PUT /bkt/" + key + "?partNumber=" + std::to_string(number) + "&uploadId=" + id, body);
    EXPECT_EQ(got->status(), 200U) << got->body();
    return got->header("ETag").value_or("");
}

s3_fixture::answer s3_fixture::complete(
    const std::string& key,
    const std::string& id,
    const std::vector<std::string>& etags,
    const std::string& header_lines
) {
    return send("POST /bkt/" + key + "?uploadId=" + id + '\n' + header_lines, complete_document(etags));
}

std::string element(const std::string& document, std::string_view name) {
    const auto all = elements(document, name);
    return all.empty() ? std::string() : all.front();
}

std::vector<std::string> elements(const std::string& document, std::string_view name) {
    const auto opening = '<' + std::string(name) + '>';
    const auto closing = "</" + std::string(name) + '>';
    std::vector<std::string> found;
    for (auto at = document.find(opening); at != std::string::npos; at = document.find(opening, at)) {
        at += opening.size();
        const auto end = document.find(closing, at);
        found.push_back(document.substr(at, end - at));
    }
    return found;
}

std::string outcome(const s3_fixture::answer& answer) {
    return std::to_string(answer->status()) + ' ' + element(answer->body(), "Code");
}

std::string complete_document(const std::vector<std::string>& etags) {
    std::string document = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    for (std::size_t i = 0; i < etags.size(); ++i)
        document += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + etags[i] +
                    "</ETag></Part>";
    return document + "</CompleteMultipartUpload>";
}

std::string base64_md5(std::string_view bytes) {
    const auto digest = crypto::md5(as_bytes(bytes));
    return to_base64(digest);
}

std::string base64_checksum(crypto::checksum_algorithm algorithm, std::string_view bytes) {
    return to_base64(as_bytes(storage::checksum_of(algorithm, bytes).bytes));
}

}  // namespace labstore::s3
