#include "load/response_parser.hpp"

#include <algorithm>

namespace labstore::load {
namespace {

constexpr unsigned status_min = 100;
constexpr unsigned status_max = 599;

bool has_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        if (equal_ignoring_case(trim(list.substr(0, end)), token))
            return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace

void response_parser::start(bool to_head) {
    state_ = state::status_line;
    to_head_ = to_head;
    untouched_ = true;
    chunked_ = false;
    keep_alive_ = true;
    status_ = 0;
    content_length_.reset();
    left_ = 0;
    head_bytes_ = 0;
    line_.clear();
    etag_.clear();
}

result<response_parser::step> response_parser::feed(byte_span input) {
    if (!input.empty())
        untouched_ = false;
    std::size_t consumed = 0;
    while (consumed < input.size() && !done()) {
        const auto rest = input.subspan(consumed);
        if (state_ == state::body || state_ == state::body_to_end || state_ == state::chunk) {
            auto piece = feed_body(rest);
            LABSTORE_TRY(piece);
            return step{consumed + piece->consumed, piece->body};
        }
        const auto text = as_text(rest);
        const auto end = text.find('\n');
        const auto used = end == std::string_view::npos ? text.size() : end + 1;
        consumed += used;
        head_bytes_ += used;
        if (head_bytes_ > head_bytes_max)
            return errc::header_too_large;
        if (end == std::string_view::npos) {
            line_.append(text);
            break;
        }
        auto line = text.substr(0, end);
        if (!line_.empty()) {
            line_.append(line);
            line = line_;
        }
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        LABSTORE_TRY(take_line(line));
        line_.clear();
    }
    return step{consumed, {}};
}

result<response_parser::step> response_parser::feed_body(byte_span input) {
    if (state_ == state::body_to_end)
        return step{input.size(), input};
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    left_ -= size;
    if (left_ == 0)
        state_ = state_ == state::body ? state::done : state::chunk_end;
    return step{size, input.first(size)};
}

result<void> response_parser::finish() {
    if (state_ == state::body_to_end)
        state_ = state::done;
    if (!done())
        return errc::incomplete_body;
    return {};
}

result<void> response_parser::take_line(std::string_view line) {
    switch (state_) {
        case state::status_line:
            return take_status(line);
        case state::fields:
            if (!line.empty())
                return take_field(line);
            end_head();
            return {};
        case state::chunk_size:
            return take_chunk_size(line);
        case state::chunk_end:
            if (!line.empty())
                return errc::bad_request;
            head_bytes_ = 0;
            state_ = state::chunk_size;
            return {};
        case state::trailers:
            if (line.empty())
                state_ = state::done;
            return {};
        default:
            break;
    }
    return errc::bad_request;
}

/// "HTTP/1.1 200 OK"; the reason may be missing.
result<void> response_parser::take_status(std::string_view line) {
    constexpr std::string_view version = "HTTP/1.";
    constexpr std::size_t code_at = 9;
    constexpr std::size_t code_digits = 3;
    if (!line.starts_with(version) || line.size() < code_at + code_digits || line[code_at - 1] != ' ')
        return errc::bad_request;
    const char minor = line[version.size()];
    const auto code = parse_decimal(line.substr(code_at, code_digits));
    const bool ends = line.size() == code_at + code_digits || line[code_at + code_digits] == ' ';
    if ((minor != '0' && minor != '1') || !code || *code < status_min || *code > status_max || !ends)
        return errc::bad_request;
    status_ = static_cast<unsigned>(*code);
    keep_alive_ = minor == '1';
    state_ = state::fields;
    return {};
}

result<void> response_parser::take_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return errc::bad_request;
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    if (equal_ignoring_case(name, "content-length")) {
        const auto length = parse_decimal(value);
        if (!length || (content_length_ && *content_length_ != *length))
            return errc::bad_request;
        content_length_ = length;
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
        if (!equal_ignoring_case(value, "chunked"))
            return errc::bad_request;
        chunked_ = true;
    } else if (equal_ignoring_case(name, "connection")) {
        if (has_token(value, "close"))
            keep_alive_ = false;
        else if (has_token(value, "keep-alive"))
            keep_alive_ = true;
    } else if (equal_ignoring_case(name, "etag")) {
        etag_ = value;
    }
    return {};
}

void response_parser::end_head() {
    constexpr unsigned interim_end = 200;
    constexpr unsigned no_content = 204;
    constexpr unsigned not_modified = 304;
    if (status_ < interim_end) {
        start(to_head_);
        untouched_ = false;
        return;
    }
    if (chunked_)
        content_length_.reset();
    if (to_head_ || status_ == no_content || status_ == not_modified) {
        state_ = state::done;
    } else if (chunked_) {
        head_bytes_ = 0;
        state_ = state::chunk_size;
    } else if (content_length_) {
        left_ = *content_length_;
        state_ = left_ == 0 ? state::done : state::body;
    } else {
        keep_alive_ = false;
        state_ = state::body_to_end;
    }
}

/// Hexadecimal digits, perhaps an extension after ';'.
result<void> response_parser::take_chunk_size(std::string_view line) {
    constexpr std::size_t digits_max = 15;
    const auto digits = trim(line.substr(0, line.find(';')));
    if (digits.empty() || digits.size() > digits_max)
        return errc::bad_request;
    std::uint64_t size = 0;
    for (const char c : digits) {
        const auto at =
            std::string_view("0123456789abcdef").find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
        if (at == std::string_view::npos)
            return errc::bad_request;
        size = size * 16 + at;
    }
    left_ = size;
    state_ = size == 0 ? state::trailers : state::chunk;
    return {};
}

}  // namespace labstore::load
