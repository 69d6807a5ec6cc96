#include "s3/object_lock.hpp"

namespace labstore::s3 {

namespace {

constexpr std::string_view mode_header = "x-amz-object-lock-mode";
constexpr std::string_view until_header = "x-amz-object-lock-retain-until-date";
constexpr std::string_view hold_header = "x-amz-object-lock-legal-hold";

result<std::optional<storage::retention>> retention_of(call& request) {
    const auto mode = request.header(mode_header);
    const auto until = request.header(until_header);
    if (!mode && !until)
        return std::optional<storage::retention>();
    if (!mode || !until)
        return request.fail_argument(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            mode ? mode_header : until_header,
            std::string(mode ? *mode : *until)
        );
    const auto known = parse_retention_mode(*mode);
    if (!known)
        return request.fail_argument("Unknown wormMode directive.", mode_header, std::string(*mode));
    const auto date = parse_iso8601(*until);
    if (!date)
        return request.fail_argument(
            "The retain until date must be provided in ISO 8601 format, before 2262",
            until_header,
            std::string(*until)
        );
    if (*date <= request.time.now())
        return request.fail_argument(
            "The retain until date must be in the future!", until_header, std::string(*until)
        );
    return std::optional<storage::retention>(storage::retention{*known, *date});
}

}  // namespace

result<storage::object_lock> lock_of(call& request) {
    storage::object_lock lock;
    if (!request.has_header_with_prefix("x-amz-object-lock-"))
        return lock;
    LABSTORE_TRY(check_has_lock(request));
    const auto retention = retention_of(request);
    LABSTORE_TRY(retention);
    lock.retention = *retention;
    if (const auto hold = request.header(hold_header)) {
        if (*hold != "ON" && *hold != "OFF")
            return request.fail_argument(
                "Legal Hold must be either of 'ON' or 'OFF'", hold_header, std::string(*hold)
            );
        lock.legal_hold = *hold == "ON";
    }
    return lock;
}

result<void> check_lock_proof(call& request, const storage::object_lock& lock) {
    const bool proved = request.head().find("Content-MD5") ||
                        request.header("x-amz-sdk-checksum-algorithm") || request.header("x-amz-trailer") ||
                        request.has_header_with_prefix("x-amz-checksum-");
    if (proved || lock == storage::object_lock{})
        return {};
    return request.fail(
        errc::invalid_request,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock "
        "parameters"
    );
}

void add_lock_headers(http::response_head& head, const storage::object_lock& lock) {
    if (lock.retention) {
        head.add(mode_header, retention_mode_name(lock.retention->mode));
        head.add(until_header, format_iso8601(lock.retention->until));
    }
    if (lock.legal_hold)
        head.add(hold_header, *lock.legal_hold ? "ON" : "OFF");
}

bool bypasses_governance(const call& request) {
    return equal_ignoring_case(request.header_text("x-amz-bypass-governance-retention"), "true");
}

result<void> check_has_lock(call& request) {
    if (request.bucket->object_lock)
        return {};
    return request.fail(errc::invalid_request, "Bucket is missing Object Lock Configuration");
}

std::optional<storage::retention_mode> parse_retention_mode(std::string_view word) noexcept {
    for (const auto mode : {storage::retention_mode::governance, storage::retention_mode::compliance})
        if (retention_mode_name(mode) == word)
            return mode;
    return std::nullopt;
}

std::string_view retention_mode_name(storage::retention_mode mode) noexcept {
    return mode == storage::retention_mode::governance ? "GOVERNANCE" : "COMPLIANCE";
}

}  // namespace labstore::s3
