#pragma once

#include "http/framing_gate.hpp"
#include "labstore/http.hpp"

#include <string_view>
#include <vector>

namespace labstore::http {

[[nodiscard]] http::method to_method(std::string_view text) noexcept;

/// A head that the gate has judged and that Beast has read in the same way. Views into the head's bytes.
struct parsed_head {
    head_facts facts;
    request_head head;
    std::vector<header> headers;  // what head.headers looks at; its room is used again for the next request
};

/// Judges `bytes` by the gate, has Beast parse exactly them, and refuses unless both agree on every fact.
[[nodiscard]] refusal parse_head(std::string_view bytes, parsed_head& out);

}  // namespace labstore::http
