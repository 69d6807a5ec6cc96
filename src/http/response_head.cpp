#include "http/characters.hpp"
#include "labstore/http.hpp"

#include <array>
#include <charconv>

namespace labstore::http {
namespace {

/// What the fields of an object's answer take; without it they would grow there in six steps.
constexpr std::size_t usual_fields_bytes = 512;

}  // namespace

void response_head::add(std::string_view name, std::string_view value) {
    LABSTORE_ASSERT(!name.empty());
    if (fields_.empty())
        fields_.reserve(usual_fields_bytes);
    // Names and values may carry what a client once sent (x-amz-meta-...): neither can end its line or its
    // name.
    for (const char c : name)
        fields_.push_back(is_token_character(c) ? c : '-');
    fields_ += ": ";
    for (const char c : value)
        fields_.push_back(is_value_character(c) ? c : ' ');
    fields_ += "\r\n";
}

void response_head::add(std::string_view name, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto [end, failure] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    LABSTORE_ASSERT(failure == std::errc());
    add(name, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace labstore::http
