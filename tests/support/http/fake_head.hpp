#pragma once

#include "labstore/http.hpp"

#include <string>
#include <utility>
#include <vector>

namespace labstore::support {

/// A request head from text, for unit tests of what reads heads.
/// Lines of the head end with LF or CRLF; a Host is added when none is given and a Content-Length when there
/// is a body and neither Content-Length nor Transfer-Encoding is given. Nothing is judged here: that is the
/// framing gate's job.
class fake_head {
  public:
    fake_head(std::string_view given, std::size_t body_size_bytes) {
        for (const char c : given)
            if (c != '\r')
                text_.push_back(c);
        while (!text_.empty() && text_.back() == '\n')
            text_.pop_back();
        add_missing("\nhost:", "\nHost: localhost");
        if (body_size_bytes > 0 && to_lower(text_).find("\ntransfer-encoding:") == std::string::npos)
            add_missing("\ncontent-length:", "\nContent-Length: " + std::to_string(body_size_bytes));
        text_.push_back('\n');
        std::string_view rest = text_;
        read_request_line(take_line(rest));
        while (!rest.empty()) {
            const auto line = take_line(rest);
            const auto colon = line.find(':');
            LABSTORE_ASSERT(colon != std::string_view::npos);
            headers_.push_back({line.substr(0, colon), trim(line.substr(colon + 1))});
        }
        head_.headers = headers_;
        head_.host = head_.find("Host").value();
    }

    fake_head(const fake_head&) = delete;
    fake_head& operator=(const fake_head&) = delete;

    [[nodiscard]] const http::request_head& head() const noexcept { return head_; }

  private:
    void add_missing(std::string_view mark, const std::string& line) {
        if (to_lower(text_).find(mark) == std::string::npos)
            text_ += line;
    }

    [[nodiscard]] static std::string_view take_line(std::string_view& rest) {
        const auto end = rest.find('\n');
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        return line;
    }

    void read_request_line(std::string_view line) {
        const auto first = line.find(' ');
        const auto last = line.rfind(' ');
        LABSTORE_ASSERT(first != std::string_view::npos && last > first);
        head_.method_text = line.substr(0, first);
        head_.method = to_method(head_.method_text);
        head_.target = line.substr(first + 1, last - first - 1);
        const auto question = head_.target.find('?');
        head_.path = head_.target.substr(0, question);
        head_.has_query = question != std::string_view::npos;
        if (head_.has_query)
            head_.query = head_.target.substr(question + 1);
    }

    [[nodiscard]] static http::method to_method(std::string_view text) noexcept {
        constexpr std::pair<std::string_view, http::method> known[] = {
            {"GET", http::method::get},
            {"HEAD", http::method::head},
            {"PUT", http::method::put},
            {"POST", http::method::post},
            {"DELETE", http::method::delete_},
            {"OPTIONS", http::method::options},
        };
        for (const auto& [name, value] : known)
            if (name == text)
                return value;
        return http::method::other;
    }

    std::string text_;
    std::vector<http::header> headers_;
    http::request_head head_;
};

}  // namespace labstore::support
