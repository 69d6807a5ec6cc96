#include "auth/canonical.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace labstore::auth {
namespace {

constexpr std::string_view hex_upper = "0123456789ABCDEF";

constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

constexpr std::array<bool, 256> make_unreserved() {
    std::array<bool, 256> table{};
    for (const char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"))
        table[static_cast<unsigned char>(c)] = true;
    return table;
}

constexpr auto unreserved = make_unreserved();

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

std::string query_parameter::decoded_value() const {
    // The canonical form always decodes: it was made by append_canonical.
    return percent_decode(value, plus_sign::keep).value_or(std::string());
}

bool append_canonical(std::string& out, std::string_view raw, plus_sign plus, keep_slash slash) {
    for (std::size_t i = 0; i < raw.size(); ++i) {
        auto byte = static_cast<unsigned char>(raw[i]);
        if (byte == '%') {
            if (raw.size() - i < 3)
                return false;
            const int high = hex_digit(raw[i + 1]);
            const int low = hex_digit(raw[i + 2]);
            if (high < 0 || low < 0)
                return false;
            byte = static_cast<unsigned char>(high * 16 + low);
            i += 2;
        } else if (byte == '+' && plus == plus_sign::is_space) {
            byte = ' ';
        }
        if (unreserved[byte] || (byte == '/' && slash == keep_slash::yes)) {
            out.push_back(static_cast<char>(byte));
        } else {
            out.push_back('%');
            out.push_back(hex_upper[byte >> 4]);
            out.push_back(hex_upper[byte & 15]);
        }
    }
    return true;
}

result<std::vector<query_parameter>> parse_query(std::string_view raw) {
    std::vector<query_parameter> query;
    while (!raw.empty()) {
        const auto end = std::min(raw.find('&'), raw.size());
        const auto piece = raw.substr(0, end);
        raw.remove_prefix(std::min(end + 1, raw.size()));
        if (piece.empty())
            continue;
        const auto equals = piece.find('=');
        query_parameter parsed;
        parsed.has_value = equals != std::string_view::npos;
        if (!append_canonical(parsed.name, piece.substr(0, equals), plus_sign::is_space, keep_slash::no))
            return errc::invalid_uri;
        if (parsed.has_value &&
            !append_canonical(parsed.value, piece.substr(equals + 1), plus_sign::is_space, keep_slash::no))
            return errc::invalid_uri;
        query.push_back(std::move(parsed));
    }
    return query;
}

void sort_query(std::vector<query_parameter>& query) {
    std::ranges::sort(query, [](const query_parameter& left, const query_parameter& right) {
        return std::tie(left.name, left.value) < std::tie(right.name, right.value);
    });
}

void append_canonical_query(std::string& out, std::span<const query_parameter> sorted) {
    bool first = true;
    for (const auto& piece : sorted) {
        if (piece.name == "X-Amz-Signature")
            continue;
        if (!first)
            out.push_back('&');
        first = false;
        out.append(piece.name).append("=").append(piece.value);
    }
}

void append_collapsed(std::string& out, std::string_view value) {
    // Most values are one word. What is above a space is none.
    if (std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) > ' '; })) {
        out.append(value);
        return;
    }
    bool wrote = false;
    while (true) {
        const auto word = std::ranges::find_if_not(value, is_space);
        value.remove_prefix(static_cast<std::size_t>(word - value.begin()));
        if (value.empty())
            return;
        const auto end = static_cast<std::size_t>(std::ranges::find_if(value, is_space) - value.begin());
        if (wrote)
            out.push_back(' ');
        wrote = true;
        out.append(value.substr(0, end));
        value.remove_prefix(end);
    }
}

const query_parameter* find_parameter(
    std::span<const query_parameter> query, std::string_view name
) noexcept {
    const auto found = std::ranges::find(query, name, &query_parameter::name);
    return found == query.end() ? nullptr : &*found;
}

std::size_t count_parameter(std::span<const query_parameter> query, std::string_view name) noexcept {
    return static_cast<std::size_t>(std::ranges::count(query, name, &query_parameter::name));
}

}  // namespace labstore::auth
