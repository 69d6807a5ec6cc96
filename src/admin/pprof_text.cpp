#include "admin/pprof_text.hpp"

#include "labstore/base.hpp"

#include <algorithm>
#include <charconv>

namespace labstore::admin {
namespace {

/// Cuts the part before `separator` off `text`.
std::string_view take(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return part;
}

std::string hex(std::uint64_t address) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof(digits), address, 16).ptr;
    return "0x" + std::string(digits, end);
}

}  // namespace

std::vector<std::uint64_t> parse_addresses(std::string_view text) {
    std::vector<std::uint64_t> addresses;
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.remove_suffix(1);
    while (!text.empty()) {
        std::string_view part = trim(take(text, '+'));
        if (!part.starts_with("0x"))
            continue;
        part.remove_prefix(2);
        std::uint64_t address = 0;
        const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), address, 16);
        if (failure == std::errc() && end == part.data() + part.size())
            addresses.push_back(address);
    }
    return addresses;
}

std::string symbol_reply(std::span<const std::uint64_t> addresses, std::span<const std::string> names) {
    std::string text = "num_symbols: 1\n";
    for (std::size_t i = 0; i < addresses.size() && i < names.size(); ++i)
        if (!names[i].empty())
            text += hex(addresses[i]) + "\t" + names[i] + "\n";
    return text;
}

}  // namespace labstore::admin
