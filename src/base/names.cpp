#include "labstore/base/names.hpp"

#include "labstore/base/encoding.hpp"

#include <algorithm>
#include <array>

namespace labstore {
namespace {

constexpr std::size_t bucket_name_bytes_min = 3;
constexpr std::size_t bucket_name_bytes_max = 63;
constexpr std::array<std::string_view, 3> reserved_prefixes{"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 5> reserved_suffixes{
    "-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"};

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Four groups of digits with dots between, whatever their values: AWS refuses the form.
bool looks_like_ipv4(std::string_view text) {
    const auto dots = std::ranges::count(text, '.');
    if (dots != 3 || text.front() == '.' || text.back() == '.')
        return false;
    return std::ranges::all_of(text, [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

result<void> bucket_name_tag::validate(std::string_view text) {
    if (text.size() < bucket_name_bytes_min || text.size() > bucket_name_bytes_max)
        return errc::invalid_bucket_name;
    if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back()))
        return errc::invalid_bucket_name;
    if (!std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; }))
        return errc::invalid_bucket_name;
    if (text.find("..") != std::string_view::npos || looks_like_ipv4(text))
        return errc::invalid_bucket_name;
    if (std::ranges::any_of(reserved_prefixes, [&](auto prefix) { return text.starts_with(prefix); }))
        return errc::invalid_bucket_name;
    if (std::ranges::any_of(reserved_suffixes, [&](auto suffix) { return text.ends_with(suffix); }))
        return errc::invalid_bucket_name;
    return {};
}

result<void> object_key_tag::validate(std::string_view text) {
    if (text.empty())
        return errc::invalid_argument;
    if (text.size() > object_key_bytes_max)
        return errc::key_too_long;
    if (!is_utf8(text))
        return errc::invalid_key;
    return {};
}

}  // namespace labstore
