#include "labstore/base/errc.hpp"

#include "labstore/base/result.hpp"

#include <array>
#include <cerrno>
#include <string>

namespace labstore {
namespace {

constexpr std::array names{
    "ok",
    "conflict",
    "unknown",
    "busy",
    "full",
    "too_large",
    "corrupt",
    "io_error",
    "fatal",
    "cancelled",
    "timed_out",
    "already_locked",
    "newer_format",
    "no_such_bucket",
    "no_such_key",
    "no_such_version",
    "no_such_upload",
    "invalid_version_id",
    "bucket_already_exists",
    "bucket_already_owned_by_you",
    "bucket_not_empty",
    "too_many_buckets",
    "invalid_bucket_name",
    "key_too_long",
    "invalid_key",
    "invalid_range",
    "precondition_failed",
    "not_modified",
    "method_not_allowed",
    "operation_aborted",
    "invalid_part",
    "invalid_part_order",
    "invalid_part_number",
    "object_size_mismatch",
    "checksum_type_mismatch",
    "entity_too_small",
    "entity_too_large",
    "too_many_parts",
    "bad_digest",
    "bad_checksum",
    "invalid_digest",
    "content_sha256_mismatch",
    "incomplete_body",
    "metadata_too_large",
    "invalid_copy_dest",
    "invalid_copy_source",
    "invalid_object_state",
    "object_lock_not_found",
    "bad_request",
    "invalid_argument",
    "invalid_request",
    "invalid_uri",
    "malformed_xml",
    "invalid_encoding",
    "invalid_location",
    "missing_content_length",
    "missing_body",
    "missing_content_md5",
    "max_message_exceeded",
    "header_too_large",
    "request_timeout",
    "slow_down",
    "not_implemented",
    "invalid_storage_class",
    "invalid_tag",
    "unsupported_media",
    "access_denied",
    "anonymous_denied",
    "invalid_access_key_id",
    "signature_does_not_match",
    "request_time_too_skewed",
    "authorization_header_malformed",
    "authorization_query_parameters_error",
    "missing_security_header",
    "invalid_token",
    "expired_token",
    "request_expired",
    "unsigned_header",
    "invalid_content_sha256",
    "auth_type_conflict",
    "unsupported_signature",
    "chunk_signature_mismatch",
    "malformed_chunk",
    "malformed_trailer",
    "internal",
};
static_assert(names.size() == static_cast<std::size_t>(errc::errc_last));

class category final : public boost::system::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "labstore"; }

    [[nodiscard]] std::string message(int value) const override {
        return std::string(errc_name(static_cast<errc>(value)));
    }
};

}  // namespace

std::string_view errc_name(errc value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < names.size() ? names[index] : "unnamed";
}

const boost::system::error_category& labstore_category() noexcept {
    static const category instance;
    return instance;
}

errc to_errc(const error_code& code) noexcept {
    if (!code)
        return errc::ok;
    if (code.category() == labstore_category())
        return static_cast<errc>(code.value());
    if (code.category() == boost::system::system_category() ||
        code.category() == boost::system::generic_category()) {
        switch (code.value()) {
            case ENOSPC:
            case EDQUOT:
                return errc::full;
            case ETIMEDOUT:
                return errc::timed_out;
            case ECANCELED:
            case ECONNRESET:
            case ECONNABORTED:
            case EPIPE:
            case ENOTCONN:
                return errc::cancelled;
            case EMFILE:
            case ENFILE:
            case ENOMEM:
                return errc::busy;
            default:
                return errc::io_error;
        }
    }
    // Asio's own end-of-file and its like: the peer is gone.
    return errc::cancelled;
}

error_code from_errno(int error_number) noexcept {
    return to_errc(error_code(error_number, boost::system::system_category()));
}

}  // namespace labstore
