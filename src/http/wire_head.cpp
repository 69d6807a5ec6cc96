#include "http/wire_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace labstore::http {
namespace {

struct named_status {
    unsigned status;
    std::string_view phrase;
};

constexpr std::array named_statuses{
    named_status{100, "Continue"},
    named_status{200, "OK"},
    named_status{201, "Created"},
    named_status{202, "Accepted"},
    named_status{204, "No Content"},
    named_status{206, "Partial Content"},
    named_status{301, "Moved Permanently"},
    named_status{302, "Found"},
    named_status{303, "See Other"},
    named_status{304, "Not Modified"},
    named_status{307, "Temporary Redirect"},
    named_status{308, "Permanent Redirect"},
    named_status{400, "Bad Request"},
    named_status{401, "Unauthorized"},
    named_status{403, "Forbidden"},
    named_status{404, "Not Found"},
    named_status{405, "Method Not Allowed"},
    named_status{406, "Not Acceptable"},
    named_status{408, "Request Timeout"},
    named_status{409, "Conflict"},
    named_status{410, "Gone"},
    named_status{411, "Length Required"},
    named_status{412, "Precondition Failed"},
    named_status{413, "Content Too Large"},
    named_status{414, "URI Too Long"},
    named_status{415, "Unsupported Media Type"},
    named_status{416, "Range Not Satisfiable"},
    named_status{417, "Expectation Failed"},
    named_status{422, "Unprocessable Content"},
    named_status{429, "Too Many Requests"},
    named_status{431, "Request Header Fields Too Large"},
    named_status{500, "Internal Server Error"},
    named_status{501, "Not Implemented"},
    named_status{502, "Bad Gateway"},
    named_status{503, "Service Unavailable"},
    named_status{504, "Gateway Timeout"},
    named_status{505, "HTTP Version Not Supported"},
    named_status{507, "Insufficient Storage"},
};

void append_number(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(unsigned status) noexcept {
    const auto found = std::lower_bound(
        named_statuses.begin(),
        named_statuses.end(),
        status,
        [](const named_status& left, unsigned right) { return left.status < right; }
    );
    return found != named_statuses.end() && found->status == status ? found->phrase : "Unnamed";
}

std::string_view date_cache::now() {
    const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().now());
    const auto second = static_cast<std::int64_t>(now.time_since_epoch().count());
    if (second != second_) {
        text_ = format_http_date(now);
        second_ = second;
    }
    return text_;
}

void write_wire_head(std::string& out, const response_head& head, const wire_fields& fields) {
    const auto status = head.status();
    LABSTORE_ASSERT(status >= 200 && status <= 999);
    out.assign("HTTP/1.1 ");
    append_number(out, status);
    out += ' ';
    out += reason_phrase(status);
    out += "\r\n";
    append_field(out, "Server", fields.server_name);
    append_field(out, "Date", fields.date);
    append_field(out, "x-amz-request-id", fields.request_id);
    append_field(out, "x-amz-id-2", fields.host_id);
    if (fields.close)
        append_field(out, "Connection", "close");
    else if (fields.announce_keep_alive)
        append_field(out, "Connection", "keep-alive");
    if (status_has_body(status) && fields.chunked)
        append_field(out, "Transfer-Encoding", "chunked");
    if (status_has_body(status) && fields.content_length) {
        out += "Content-Length: ";
        append_number(out, *fields.content_length);
        out += "\r\n";
    }
    out += head.fields();
    out += "\r\n";
}

}  // namespace labstore::http
