#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The texts that go tool pprof and the profiling listener exchange.
namespace labstore::admin {

inline constexpr std::size_t symbol_request_bytes_max = 1024 * 1024;

/// "0x1234+0xabcd" to numbers; what is no address is left out.
[[nodiscard]] std::vector<std::uint64_t> parse_addresses(std::string_view text);

/// One line for each address that has a name.
[[nodiscard]] std::string symbol_reply(
    std::span<const std::uint64_t> addresses, std::span<const std::string> names
);

}  // namespace labstore::admin
