// The S3 operations of the scenarios, over one connection.
#pragma once

#include "load/connection.hpp"
#include "load/payloads.hpp"
#include "load/request_writer.hpp"

#include "labstore/load.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace labstore::load {

/// How one operation ended. `error` is empty when it succeeded, else what the report counts it under: S3's code, "HTTP 503"
/// when there is none, "content mismatch", "wrong length", or what the network said.
struct done {
    std::string error;
    std::uint64_t bytes = 0;
    unsigned status = 0;  // 0: no answer came

    [[nodiscard]] bool good() const noexcept { return error.empty(); }
};

/// What the clients of one thread share. All of it outlives them.
struct client_surroundings {
    const options& wanted;
    const payload_pool& payloads;
    const payload_pool* part_payloads;  // null without multipart uploads
    request_writer& heads;
};

/// One request at a time, each within the time limit of the options. One thread.
class s3_client {
  public:
    s3_client(client_surroundings around, connection& link, std::size_t number);

    awaitable<done> get(content_id id);
    awaitable<done> stat(content_id id);
    awaitable<done> put(content_id id);
    awaitable<done> remove(content_id id);
    /// One page of the listing, from `after` on.
    awaitable<done> list(content_id after);
    /// Create, parts, complete; aborted when a step fails. Always the same key for one client.
    awaitable<done> multipart(std::uint64_t version);
    awaitable<done> remove_multipart();

    awaitable<done> head_bucket();
    awaitable<done> create_bucket();
    awaitable<done> delete_bucket();

  private:
    struct call {
        request_line line;
        byte_span body;
        byte_span tail;
        body_sink* sink = nullptr;
        bool to_head = false;
        bool repeatable = true;
    };

    awaitable<result<answer>> send(call made);
    awaitable<done> upload_parts(std::string upload_id, std::uint64_t version);
    awaitable<done> complete(std::string upload_id, std::string document);
    [[nodiscard]] std::string_view object_path(std::uint64_t object);
    [[nodiscard]] std::string payload_hash(const payload_pool& from, const payload_pool::content& of) const;

    client_surroundings around_;
    connection& link_;
    std::string bucket_path_;
    std::string multipart_path_;
    std::string head_;
    std::string path_;
    std::string query_;
};

/// The error that a failed call is counted under; empty when it succeeded.
[[nodiscard]] std::string error_of(const result<answer>& got);
/// The text between <name> and </name>; empty when there is none.
[[nodiscard]] std::string_view element_text(std::string_view document, std::string_view name);

}  // namespace labstore::load
