// Heads of S3 requests, signed.
#pragma once

#include "labstore/auth.hpp"
#include "labstore/load.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::load {

inline constexpr std::string_view empty_sha256_hex =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

/// What one request asks for. Path and query are already in canonical form (sorted, percent-encoded where needed).
struct request_line {
    std::string_view method;
    std::string_view path;
    std::string_view query;
    std::string_view payload_hash = empty_sha256_hex;  // 64 hex digits or UNSIGNED-PAYLOAD
    std::optional<std::uint64_t> body_size_bytes;
};

/// As it is sent and signed: without the port where that is the scheme's own.
[[nodiscard]] std::string host_header(const target& at);

/// Writes heads with their signature, in the header or in the URL. One thread.
class request_writer {
  public:
    request_writer(const target& at, signing_form form);

    /// Replaces `out`. The time signed is that of the call.
    void write(std::string& out, const request_line& line);

  private:
    void renew_date();

    const signing_form form_;
    const std::string host_;
    auth::client_signer signer_;
    std::chrono::sys_seconds dated_{};
    std::string amz_date_;
    std::string authorization_;
    std::string query_;
};

}  // namespace labstore::load
