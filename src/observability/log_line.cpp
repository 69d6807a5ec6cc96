#include "observability/log_line.hpp"

#include "labstore/observability.hpp"

#include "observability/escape.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace labstore::log {
namespace {

template <typename Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

void append_value(std::string& out, const field::value_type& value, format form) {
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        if (form == format::text) {
            append_text_word(out, *text);
            return;
        }
        out.push_back('"');
        append_json_escaped(out, *text);
        out.push_back('"');
    } else if (const auto* flag = std::get_if<bool>(&value)) {
        out += *flag ? "true" : "false";
    } else if (const auto* real = std::get_if<double>(&value)) {
        // JSON has no word for infinity.
        if (std::isfinite(*real))
            append_number(out, *real);
        else
            out += "null";
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        append_number(out, *integer);
    } else {
        append_number(out, std::get<std::uint64_t>(value));
    }
}

void append_field(std::string& out, const field& one, format form) {
    if (form == format::text) {
        out.push_back(' ');
        append_text_word(out, one.key);
        out.push_back('=');
    } else {
        out += ",\"";
        append_json_escaped(out, one.key);
        out += "\":";
    }
    append_value(out, one.value, form);
}

void append_access(std::string& out, const access_entry& entry, format form) {
    const auto always = [&](std::string_view key, auto value) {
        append_field(out, field(key, value), form);
    };
    const auto unless_empty = [&](std::string_view key, const std::string& value) {
        if (!value.empty())
            append_field(out, field(key, value), form);
    };
    const auto target = observability::masked_target(entry.path);
    always("method", std::string_view(entry.method));
    always("path", std::string_view(target));
    always("status", entry.status);
    always("bytes_in", entry.bytes_in);
    always("bytes_out", entry.bytes_out);
    always("duration_us", std::chrono::duration_cast<std::chrono::microseconds>(entry.duration).count());
    always("request_id", std::string_view(entry.request_id));
    always("remote", std::string_view(entry.remote_address));
    unless_empty("access_key", entry.access_key_id);
    unless_empty("operation", entry.operation);
    unless_empty("error", entry.error_code);
    unless_empty("user_agent", entry.user_agent);
}

}  // namespace

event_line::event_line(std::string_view event, std::span<const field> fields) : event_size_(event.size()) {
    std::size_t size = event.size();
    for (const auto& one : fields) {
        const auto* text = std::get_if<std::string_view>(&one.value);
        size += one.key.size() + (text != nullptr ? text->size() : 0);
    }
    text_.reserve(size);
    text_ += event;
    fields_.reserve(fields.size());
    for (const auto& one : fields) {
        packed_field packed{one.key.size(), 0, one.value};
        text_ += one.key;
        if (const auto* text = std::get_if<std::string_view>(&one.value)) {
            text_ += *text;
            packed.text_size = text->size();
            packed.value = std::string_view();
        }
        fields_.push_back(packed);
    }
}

std::string_view event_line::event() const noexcept {
    return std::string_view(text_).substr(0, event_size_);
}

std::size_t event_line::size_bytes() const noexcept {
    return sizeof(*this) + text_.capacity() + fields_.capacity() * sizeof(packed_field);
}

std::size_t queued_line::size_bytes() const noexcept {
    if (const auto* event = std::get_if<event_line>(&content))
        return event->size_bytes();
    const auto& entry = std::get<access_entry>(content);
    return sizeof(entry) + entry.path.capacity() + entry.user_agent.capacity() + entry.request_id.capacity() +
           entry.remote_address.capacity() + entry.access_key_id.capacity();
}

void append_line(std::string& out, const queued_line& line, format form) {
    const auto* event = std::get_if<event_line>(&line.content);
    const std::string_view phrase = event != nullptr ? event->event() : std::string_view("access");
    if (form == format::text) {
        append_text_phrase(out, phrase);
    } else {
        out += "{\"time\":\"";
        out += format_iso8601(std::chrono::time_point_cast<wall_time::duration>(line.time));
        out += "\",\"level\":\"";
        out += level_name(line.severity);
        out += "\",\"event\":\"";
        append_json_escaped(out, phrase);
        out.push_back('"');
    }
    if (event != nullptr)
        event->for_each([&](const field& one) { append_field(out, one, form); });
    else
        append_access(out, std::get<access_entry>(line.content), form);
    if (form == format::json)
        out.push_back('}');
}

}  // namespace labstore::log
