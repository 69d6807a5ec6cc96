#include "http/framing_gate.hpp"

#include "http/characters.hpp"
#include "labstore/base.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace labstore::http {
namespace {

/// Cuts the next line off, without its CRLF. The caller has a head that ends with an empty line.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r')
        return std::nullopt;
    const auto line = rest.substr(0, end - 1);
    if (line.find('\r') != std::string_view::npos)
        return std::nullopt;
    rest.remove_prefix(end + 1);
    return line;
}

bool is_token(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_host(std::string_view text) noexcept {
    return !text.empty() && text.front() != ':' && std::all_of(text.begin(), text.end(), is_host_character);
}

std::string_view without_default_port(std::string_view authority, std::string_view port) noexcept {
    if (authority.ends_with(port))
        authority.remove_suffix(port.size());
    return authority;
}

/// Headers that decide framing, gathered before they are judged together.
struct gathered {
    std::size_t hosts = 0;
    std::size_t content_lengths = 0;
    std::size_t transfer_encodings = 0;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view target_authority;
    std::string_view target_default_port;
    bool close = false;
    bool keep_alive = false;
    bool expects_continue = false;
};

/// "http://authority/path?query" is cut to "/path?query".
refusal cut_absolute_form(std::string_view& target, gathered& seen) noexcept {
    struct scheme {
        std::string_view prefix;
        std::string_view default_port;
    };

    constexpr std::array schemes{scheme{"http://", ":80"}, scheme{"https://", ":443"}};
    for (const auto& [prefix, default_port] : schemes) {
        if (!equal_ignoring_case(target.substr(0, prefix.size()), prefix))
            continue;
        const auto rest = target.substr(prefix.size());
        const auto path = rest.find_first_of("/?");
        seen.target_authority = rest.substr(0, path);
        seen.target_default_port = default_port;
        if (!is_host(seen.target_authority))
            return refusal::target;
        if (path == std::string_view::npos)
            target = "/";
        else if (rest[path] == '?')
            return refusal::target;
        else
            target = rest.substr(path);
        return refusal::none;
    }
    return refusal::target;
}

refusal judge_request_line(std::string_view line, head_facts& facts, gathered& seen) noexcept {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first)))
        return refusal::request_line;
    facts.method = line.substr(0, first);
    facts.target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (facts.target.empty() || facts.target.find(' ') != std::string_view::npos)
        return refusal::request_line;
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return refusal::version;
    facts.version_1_1 = version.back() == '1';
    if (!std::all_of(facts.target.begin(), facts.target.end(), is_target_character))
        return refusal::target;
    if (facts.target.front() == '/')
        return refusal::none;
    if (facts.target == "*")
        return facts.method == "OPTIONS" ? refusal::none : refusal::target;
    return cut_absolute_form(facts.target, seen);
}

void read_connection_tokens(std::string_view value, gathered& seen) noexcept {
    while (!value.empty()) {
        const auto comma = value.find(',');
        const auto word = trim(value.substr(0, comma));
        seen.close = seen.close || equal_ignoring_case(word, "close");
        seen.keep_alive = seen.keep_alive || equal_ignoring_case(word, "keep-alive");
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    }
}

void gather(std::string_view name, std::string_view value, head_facts& facts, gathered& seen) noexcept {
    // The length tells most headers apart before any byte is compared.
    switch (name.size()) {
        case 4:
            if (equal_ignoring_case(name, "Host")) {
                ++seen.hosts;
                facts.host = value;
            }
            break;
        case 6:
            if (equal_ignoring_case(name, "Expect"))
                seen.expects_continue = seen.expects_continue || equal_ignoring_case(value, "100-continue");
            break;
        case 10:
            if (equal_ignoring_case(name, "Connection"))
                read_connection_tokens(value, seen);
            break;
        case 14:
            if (equal_ignoring_case(name, "Content-Length")) {
                ++seen.content_lengths;
                seen.content_length = value;
            }
            break;
        case 17:
            if (equal_ignoring_case(name, "Transfer-Encoding")) {
                ++seen.transfer_encodings;
                seen.transfer_encoding = value;
            }
            break;
        default:
            break;
    }
}

refusal judge_header_line(std::string_view line, head_facts& facts, gathered& seen) noexcept {
    if (line.front() == ' ' || line.front() == '\t')
        return refusal::folding;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return refusal::header_name;
    const auto value = line.substr(colon + 1);
    if (!std::all_of(value.begin(), value.end(), is_value_character))
        return refusal::header_value;
    ++facts.header_count;
    gather(line.substr(0, colon), trim(value), facts, seen);
    return refusal::none;
}

refusal judge_host(const head_facts& facts, const gathered& seen) noexcept {
    if (seen.hosts != 1 || !is_host(facts.host))
        return refusal::host;
    if (seen.target_authority.empty())
        return refusal::none;
    const auto port = seen.target_default_port;
    const bool same = equal_ignoring_case(
        without_default_port(facts.host, port), without_default_port(seen.target_authority, port)
    );
    return same ? refusal::none : refusal::host;
}

refusal judge_framing(head_facts& facts, const gathered& seen) noexcept {
    if (seen.transfer_encodings > 0) {
        const bool plain =
            seen.transfer_encodings == 1 && equal_ignoring_case(seen.transfer_encoding, "chunked");
        if (!plain || !facts.version_1_1 || seen.content_lengths > 0)
            return refusal::transfer_encoding;
        facts.chunked = true;
    }
    if (seen.content_lengths > 0) {
        facts.content_length = parse_decimal(seen.content_length);
        if (seen.content_lengths != 1 || !facts.content_length)
            return refusal::content_length;
    }
    facts.keep_alive = !seen.close && (facts.version_1_1 || seen.keep_alive);
    facts.expects_continue = seen.expects_continue && facts.version_1_1;
    return refusal::none;
}

refusal judge_lines(std::string_view head, head_facts& facts) noexcept {
    gathered seen;
    const auto request_line = take_line(head);
    if (!request_line)
        return refusal::line_ending;
    if (const auto why = judge_request_line(*request_line, facts, seen); why != refusal::none)
        return why;
    while (true) {
        const auto line = take_line(head);
        if (!line)
            return refusal::line_ending;
        if (line->empty())
            break;
        if (const auto why = judge_header_line(*line, facts, seen); why != refusal::none)
            return why;
    }
    if (!head.empty())
        return refusal::line_ending;
    if (const auto why = judge_framing(facts, seen); why != refusal::none)
        return why;
    return judge_host(facts, seen);
}

}  // namespace

std::string_view refusal_name(refusal why) noexcept {
    switch (why) {
        case refusal::none:
            return "none";
        case refusal::line_ending:
            return "line_ending";
        case refusal::request_line:
            return "request_line";
        case refusal::version:
            return "version";
        case refusal::target:
            return "target";
        case refusal::folding:
            return "folding";
        case refusal::header_name:
            return "header_name";
        case refusal::header_value:
            return "header_value";
        case refusal::host:
            return "host";
        case refusal::content_length:
            return "content_length";
        case refusal::transfer_encoding:
            return "transfer_encoding";
        case refusal::too_large:
            return "too_large";
        case refusal::too_many_lines:
            return "too_many_lines";
        case refusal::parsers_disagree:
            return "parsers_disagree";
    }
    return "unnamed";
}

head_verdict judge_head(std::string_view head) noexcept {
    head_verdict verdict;
    verdict.why = judge_lines(head, verdict.facts);
    return verdict;
}

void head_scanner::reset() noexcept {
    line_start_ = 0;
    scanned_ = 0;
    lines_ = 0;
}

head_scanner::outcome head_scanner::scan(std::string_view bytes) noexcept {
    // No method starts with anything else: binary junk and TLS greetings need not be waited for.
    if (!bytes.empty() && !is_token_character(bytes.front()))
        return {refusal::request_line};
    const auto usable = std::min(bytes.size(), head_size_bytes_max_);
    while (scanned_ < usable) {
        const auto* found =
            static_cast<const char*>(std::memchr(bytes.data() + scanned_, '\n', usable - scanned_));
        if (found == nullptr) {
            scanned_ = usable;
            break;
        }
        const auto at = static_cast<std::size_t>(found - bytes.data());
        if (at == line_start_ || bytes[at - 1] != '\r')
            return {refusal::line_ending};
        scanned_ = at + 1;
        if (at == line_start_ + 1)
            return {refusal::none, scanned_};
        line_start_ = scanned_;
        // The request line is not a header line.
        if (lines_++ > header_lines_max_)
            return {refusal::too_many_lines};
    }
    if (scanned_ == head_size_bytes_max_)
        return {refusal::too_large};
    return {};
}

}  // namespace labstore::http
