// The s3 service over an in-memory object store, asked through fake exchanges.
#pragma once

#include "labstore/s3.hpp"
#include "support/http/fake_exchange.hpp"
#include "support/storage/store_fixture.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::s3 {

/// Stands for auth: every request is the owner's unless a header says otherwise. `x-test-anonymous` carries no
/// credentials, `x-test-stranger` is another account, `x-test-presigned` is a presigned URL, `x-test-refused`
/// fails with a bad signature, `x-test-region` with the wrong region. The body mode follows x-amz-content-sha256.
class fake_verifier final : public auth::verifier {
  public:
    [[nodiscard]] result<auth::verified_request> verify(const http::request_head& head, auth::refusal& why)
        override;
};

class fake_observer final : public observer {
  public:
    void on_finished(const http::summary& done) override {
        statuses.push_back(done.status);
        operations.emplace_back(done.notes.operation);
    }

    std::vector<unsigned> statuses;
    std::vector<std::string> operations;
};

class s3_fixture {
  public:
    explicit s3_fixture(options settings = {});

    using answer = std::unique_ptr<support::fake_exchange>;

    /// `head` without the HTTP version: "PUT /bkt/k" and header lines behind it.
    answer send(const std::string& head, std::string body = {});

    /// Makes bucket "bkt".
    void make_bucket();
    /// PUTs an object into bucket "bkt" and expects 200; gives its ETag, without quotes.
    std::string put(const std::string& key, const std::string& body, const std::string& header_lines = {});
    /// Creates an upload in bucket "bkt".
    std::string create_upload(const std::string& key, const std::string& header_lines = {});
    /// Uploads a part; gives its ETag with quotes.
    std::string put_part(
        const std::string& key, const std::string& id, unsigned number, const std::string& body
    );
    answer complete(
        const std::string& key,
        const std::string& id,
        const std::vector<std::string>& etags,
        const std::string& header_lines = {}
    );

    storage::store_fixture storage;
    fake_verifier verifier;
    fake_observer observer;
    service server;
};

/// The text between the first <name> and the </name> behind it; empty when there is none.
[[nodiscard]] std::string element(const std::string& document, std::string_view name);
/// Of every <name>.
[[nodiscard]] std::vector<std::string> elements(const std::string& document, std::string_view name);

/// "404 NoSuchKey" of an error answer.
[[nodiscard]] std::string outcome(const s3_fixture::answer& answer);

/// The parts of a CompleteMultipartUpload document, numbered from 1.
[[nodiscard]] std::string complete_document(const std::vector<std::string>& etags);

[[nodiscard]] std::string base64_md5(std::string_view bytes);
[[nodiscard]] std::string base64_checksum(crypto::checksum_algorithm algorithm, std::string_view bytes);

}  // namespace labstore::s3
