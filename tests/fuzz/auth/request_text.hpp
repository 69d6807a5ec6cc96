// A request as text, "METHOD target\nName: value\n...", and the verifier that fuzzers ask about it.
#pragma once

#include "unit/auth/signed_request.hpp"

#include "labstore/auth.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::auth::testing {

/// Stops the fuzzer when an invariant of ours does not hold.
inline void require(bool holds, const char* what) {
    if (holds)
        return;
    std::fprintf(stderr, "broken invariant: %s\n", what);
    std::abort();
}

/// What http would have let through: no NUL, CR or LF inside a line, one Host that is not empty.
inline bool read_request_text(std::string_view text, owned_request& out) {
    const auto take_line = [&] {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return line;
    };
    const auto first = take_line();
    const auto space = first.find(' ');
    if (space == std::string_view::npos || text.find('\r') != std::string_view::npos ||
        text.find('\0') != std::string_view::npos)
        return false;
    out.method = first.substr(0, space);
    out.target = first.substr(space + 1);
    std::size_t hosts = 0;
    while (!text.empty()) {
        const auto line = take_line();
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            return false;
        out.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
        const bool is_host = equal_ignoring_case(out.headers.back().first, "host");
        if (is_host && (++hosts > 1 || out.headers.back().second.empty()))
            return false;
    }
    return hosts == 1 && out.target.starts_with('/');
}

/// Verifies a request and checks what must hold for each answer.
inline void check_verification(const owned_request& request) {
    static const known_credentials source;
    static const stopped_clock time(at("20260802T120000Z"));
    static const auto gate = [] {
        options settings;
        settings.domains = {"s3.example.com"};
        return make_verifier(settings, source, time);
    }();
    std::vector<http::header> room;
    const auto head = request.head(room);
    const auto verified = ask(*gate, head);
    if (!verified) {
        require(to_errc(verified.error()) != errc::ok, "a refusal has a reason");
        return;
    }
    require(source.find(verified->who->access_key) != nullptr, "the caller is known");
    require(
        verified->payload_hash.has_value() == (verified->mode == body_mode::hashed), "a hash with hashed"
    );
    require(
        !is_streaming(verified->mode) || verified->decoded_size_bytes.has_value(), "a length with streaming"
    );
    require(!verified->presigned || !is_streaming(verified->mode), "no streaming with presigned");
    // What is accepted does not stay so with one more header, or under another method.
    auto altered = request;
    altered.headers.emplace_back("x-amz-copy-source", "/other/secret");
    require(!ask(*gate, altered.head(room)), "an unsigned header is refused");
    altered = request;
    altered.method += "X";
    require(!ask(*gate, altered.head(room)), "another method is refused");
}

}  // namespace labstore::auth::testing
