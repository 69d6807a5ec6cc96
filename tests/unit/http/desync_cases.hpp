#pragma once

#include "http/framing_gate.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace labstore::http {

/// A head that two readers might take for two things, and why the gate refuses it.
struct desync_case {
    std::string head;
    refusal why;
};

struct accepted_case {
    std::string head;
    std::string target = "/";
    std::string host = "h";
    std::optional<std::uint64_t> content_length = std::nullopt;
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
};

/// "PUT / HTTP/1.1" with a Host and these lines.
[[nodiscard]] inline std::string with_fields(const std::string& fields) {
    return "PUT / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n\r\n";
}

/// Heads whose body length or host could be read in two ways.
[[nodiscard]] std::vector<desync_case> framing_cases();
/// Heads whose lines could be taken apart in two ways.
[[nodiscard]] std::vector<desync_case> syntax_cases();
/// Both.
[[nodiscard]] std::vector<desync_case> desync_cases();
/// Heads that real clients send, and the one way to read them.
[[nodiscard]] std::vector<accepted_case> accepted_cases();

}  // namespace labstore::http
