#pragma once

#include <cstdint>
#include <string_view>

namespace labstore::s3 {

/// The bytes of an object that a response carries.
struct byte_range {
    std::uint64_t first = 0;
    std::uint64_t size_bytes = 0;

    [[nodiscard]] std::uint64_t last() const noexcept { return first + size_bytes - 1; }

    friend bool operator==(const byte_range&, const byte_range&) = default;
};

enum class range_verdict {
    whole,            // no usable range: the answer is 200 with everything
    part,             // 206
    not_satisfiable,  // 416
};

struct range_decision {
    range_verdict verdict = range_verdict::whole;
    byte_range bytes;  // with `part`
};

/// The Range header against an object of `size_bytes`. Malformed ranges, other units and several ranges at once
/// are ignored, as AWS ignores them.
[[nodiscard]] range_decision decide_range(std::string_view header, std::uint64_t size_bytes) noexcept;

/// x-amz-copy-source-range: "bytes=first-last", both ends needed. False when it has any other form.
[[nodiscard]] bool parse_copy_range(
    std::string_view header, std::uint64_t& first, std::uint64_t& last
) noexcept;

}  // namespace labstore::s3
