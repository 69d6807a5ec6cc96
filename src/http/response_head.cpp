#include "http/characters.hpp"
#include "labstore/http.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace labstore::http {
namespace {

/// What the fields of an object's answer take; without it they would grow there in six steps.
constexpr std::size_t usual_fields_bytes = 512;

}  // namespace

// Names and values may carry what a client once sent (x-amz-meta-...): neither can end its line or its name.
void response_head::begin(std::string_view name) {
    LABSTORE_ASSERT(!name.empty());
    if (fields_.empty())
        fields_.reserve(usual_fields_bytes);
    const auto start = fields_.size();
    fields_ += name;
    std::replace_if(
        fields_.begin() + static_cast<std::ptrdiff_t>(start),
        fields_.end(),
        [](char c) { return !is_token_character(c); },
        '-'
    );
    fields_ += ": ";
}

void response_head::append_value(std::string_view value) {
    const auto start = fields_.size();
    fields_ += value;
    std::replace_if(
        fields_.begin() + static_cast<std::ptrdiff_t>(start),
        fields_.end(),
        [](char c) { return !is_value_character(c); },
        ' '
    );
}

void response_head::add(std::string_view name, std::string_view value) {
    begin(name);
    append_value(value);
    fields_ += "\r\n";
}

void response_head::add_quoted(std::string_view name, std::string_view value) {
    begin(name);
    fields_ += '"';
    append_value(value);
    fields_ += "\"\r\n";
}

void response_head::add(std::string_view name, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    LABSTORE_ASSERT(failure == std::errc());
    add(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace labstore::http
