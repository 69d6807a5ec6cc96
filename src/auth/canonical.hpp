// The canonical forms that signatures are made over, from the raw request and never from a decoded copy of
// it.
#pragma once

#include "labstore/base.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::auth {

/// One piece of a query string in canonical form: decoded once, encoded once.
struct query_parameter {
    std::string name;
    std::string value;
    bool has_value = false;  // an '=' was there

    [[nodiscard]] std::string decoded_value() const;
};

/// Decodes percent escapes once and encodes each byte again in the AWS form. False for a broken escape.
[[nodiscard]] bool append_canonical(std::string& out, std::string_view raw, plus_sign plus, keep_slash slash);

/// The pieces in the order sent; empty ones ("a=1&&b=2") are passed over. invalid_uri for a broken escape.
[[nodiscard]] result<std::vector<query_parameter>> parse_query(std::string_view raw);

/// Sorts by name, then value, both encoded: the order of a canonical query.
void sort_query(std::vector<query_parameter>& query);

/// "a=1&b=" of sorted pieces, leaving out X-Amz-Signature.
void append_canonical_query(std::string& out, std::span<const query_parameter> sorted);

/// Without outer white space, inner runs of it as one space.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
void append_collapsed(std::string& out, std::string_view value);

/// The only piece of that name; nullptr when there is none. Callers that care refuse repetition first.
[[nodiscard]] const query_parameter* find_parameter(
    std::span<const query_parameter> query, std::string_view name
) noexcept;
[[nodiscard]] std::size_t count_parameter(
    std::span<const query_parameter> query, std::string_view name
) noexcept;

}  // namespace labstore::auth
