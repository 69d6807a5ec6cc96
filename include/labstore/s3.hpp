// Job:          the S3 protocol: finds the operation of a request, runs it against storage, answers in S3's
//               words.
// In a request: after http has framed it; asks auth who calls, then calls one or two functions of storage.
// May use:      base, crypto, observability, runtime, http, auth, storage; pugixml inside, for reading.
// Threads:      `service` is shared by all I/O threads and keeps no state between requests.
// Failure:      every errc becomes an S3 error document with a code, a status and a message.
#pragma once

#include "labstore/auth.hpp"
#include "labstore/base.hpp"
#include "labstore/http.hpp"
#include "labstore/runtime/limit.hpp"
#include "labstore/storage.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::s3 {

struct options {
    std::string region = "us-east-1";
    /// Names under which "BUCKET.NAME" is virtual-host style; a port in the Host header is not part of them.
    std::vector<std::string> domains;
    /// Names under which "BUCKET.NAME" is the website of a bucket; any other host is the bucket's whole name.
    std::vector<std::string> website_domains;
    std::size_t xml_size_bytes_max = 1 * MiB;
    std::size_t complete_xml_size_bytes_max = 4 * MiB;  // CompleteMultipartUpload may name 10,000 parts
    std::size_t delete_keys_max = 1000;                 // entries of one DeleteObjects
    std::size_t metadata_size_bytes_max = 2 * KiB;      // names and values of x-amz-meta-*
    std::uint64_t put_size_bytes_max = 5 * GiB;         // one PUT or one part
    std::uint64_t part_size_bytes_min = 5 * MiB;        // of storage, to be named in its refusals
    /// XML bodies of requests and answers, all in flight together; past it slow_down.
    std::uint64_t document_memory_bytes_max = 64 * MiB;
    /// For clients and test suites that insist on sending ACLs: canned ACLs are accepted and have no effect.
    /// Off, they are answered as AWS answers for a bucket whose ACLs are disabled, its default since 2023.
    bool accept_acl_headers = false;
    std::string host_id;  // HostId of error documents: what http sends as x-amz-id-2
};

/// Receives every finished request, for the access log and the metrics; supplied by server. Thread-safe.
class observer {
  public:
    virtual ~observer() = default;
    virtual void on_finished(const http::summary& done) = 0;
};

class md5_station;
class website_handler;

/// What the station that hashes bodies has done.
struct hashing_figures {
    std::uint64_t jobs = 0;   // pieces of bodies
    std::uint64_t runs = 0;   // passes over the pieces that were there
    std::uint64_t lanes = 0;  // pieces under way, summed over the runs
};

/// Serves S3. Everything it is given outlives it.
class service final : public http::handler {
  public:
    service(
        options settings,
        auth::verifier& callers,
        storage::object_store& objects,
        const clock& time,
        observer& watcher
    );
    ~service() override;

    runtime::awaitable<void> handle(http::exchange& request) override;

    http::error_answer make_error(errc error, std::string_view target, std::string_view request_id) override;

    void on_finished(const http::summary& done) override;

    /// Serves the websites of buckets to anyone, for a listener of its own. Lives as long as the service.
    [[nodiscard]] http::handler& website() noexcept;

    /// What options::document_memory_bytes_max bounds.
    [[nodiscard]] const runtime::limit& documents() const noexcept { return documents_; }

    [[nodiscard]] hashing_figures hashing() const noexcept;

  private:
    const options settings_;
    runtime::limit documents_;
    const std::unique_ptr<md5_station> md5_;
    auth::verifier& callers_;
    storage::object_store& objects_;
    const clock& time_;
    observer& watcher_;
    const std::unique_ptr<website_handler> website_;
};

}  // namespace labstore::s3
