#include "storage/row_keys.hpp"

#include <limits>

namespace labstore::storage::row_keys {
namespace {

constexpr char escape_byte = '\x00';
constexpr char escaped_nul = '\xff';
constexpr char end_byte = '\x01';
constexpr char past_end_byte = '\x02';

void append_escaped(std::string& out, std::string_view key) {
    for (const char byte : key) {
        out.push_back(byte);
        if (byte == escape_byte)
            out.push_back(escaped_nul);
    }
}

std::string keyed(char kind, std::string_view key, std::size_t more_bytes) {
    std::string out;
    out.reserve(3 + key.size() + more_bytes);
    out.push_back(kind);
    append_escaped(out, key);
    out.push_back(escape_byte);
    out.push_back(end_byte);
    return out;
}

std::string tagged(char kind, std::string_view rest) {
    std::string out;
    out.reserve(1 + rest.size() + 4);
    out.push_back(kind);
    out.append(rest);
    return out;
}

std::uint64_t nanoseconds(wall_time time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

wall_time from_nanoseconds(std::uint64_t value) {
    return wall_time(std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
}

}  // namespace

std::string bucket(std::string_view name) {
    return tagged(bucket_kind, name);
}

std::string dead_partition(std::uint64_t id) {
    std::string out(1, dead_partition_kind);
    append_big_endian(out, id);
    return out;
}

std::string state() {
    return std::string(1, state_kind);
}

std::string escape(std::string_view key) {
    std::string out;
    out.reserve(key.size());
    append_escaped(out, key);
    return out;
}

std::string object(std::string_view key) {
    return keyed(object_kind, key, 0);
}

std::string version(std::string_view key, std::uint64_t sequence) {
    auto out = keyed(version_kind, key, sizeof(sequence));
    append_big_endian(out, std::numeric_limits<std::uint64_t>::max() - sequence);
    return out;
}

std::string versions_of(std::string_view key) {
    return keyed(version_kind, key, 0);
}

std::string key_state(std::string_view key) {
    return keyed(key_state_kind, key, 0);
}

std::string manifest(std::string_view token, std::uint32_t chunk) {
    auto out = tagged(manifest_kind, token);
    append_big_endian(out, chunk);
    return out;
}

std::string manifest_of(std::string_view token) {
    return tagged(manifest_kind, token);
}

std::string upload(std::string_view key, std::string_view upload_id) {
    auto out = keyed(upload_kind, key, upload_id.size());
    out.append(upload_id);
    return out;
}

std::string part(std::string_view upload_id, std::uint32_t number) {
    auto out = tagged(part_kind, upload_id);
    append_big_endian(out, number);
    return out;
}

std::string parts_of(std::string_view upload_id) {
    return tagged(part_kind, upload_id);
}

std::string clean_up(wall_time now) {
    std::string out(1, clean_up_kind);
    append_big_endian(out, nanoseconds(now));
    out.append(random_bytes(8));
    return out;
}

std::string version_time(wall_time written, std::string_view key, std::uint64_t sequence) {
    auto out = time_bound(time_kind, written);
    append_escaped(out, key);
    out.push_back(escape_byte);
    out.push_back(end_byte);
    append_big_endian(out, sequence);
    return out;
}

std::string upload_time(wall_time begun, std::string_view key, std::string_view upload_id) {
    auto out = time_bound(time_kind, begun);
    append_escaped(out, key);
    out.push_back(escape_byte);
    out.push_back(end_byte);
    out.append(upload_id);
    return out;
}

std::string lifecycle_progress() {
    return std::string(1, lifecycle_kind);
}

std::string look(wall_time when, std::string_view key) {
    auto out = time_bound(lifecycle_kind, when);
    append_escaped(out, key);
    out.push_back(escape_byte);
    out.push_back(end_byte);
    return out;
}

std::string time_bound(char kind, wall_time when) {
    std::string out(1, kind);
    append_big_endian(out, nanoseconds(when));
    return out;
}

std::string past_prefix(char kind, std::string_view prefix) {
    std::string out(1, kind);
    append_escaped(out, prefix);
    out.push_back('\xff');
    return out;
}

std::string before_key(char kind, std::string_view key) {
    std::string out(1, kind);
    append_escaped(out, key);
    out.push_back(escape_byte);
    return out;
}

std::string past_key(char kind, std::string_view key) {
    std::string out(1, kind);
    append_escaped(out, key);
    out.push_back(escape_byte);
    out.push_back(past_end_byte);
    return out;
}

std::optional<std::string_view> plain_key(std::string_view row_key) noexcept {
    const auto end = row_key.find(escape_byte, 1);
    if (end == std::string_view::npos || end + 1 == row_key.size() || row_key[end + 1] != end_byte)
        return std::nullopt;
    return row_key.substr(1, end - 1);
}

std::optional<parsed_key> parse(std::string_view row_key) {
    parsed_key out;
    out.key.reserve(row_key.size());
    for (std::size_t i = 1; i < row_key.size(); ++i) {
        if (row_key[i] != escape_byte) {
            out.key.push_back(row_key[i]);
            continue;
        }
        if (++i == row_key.size())
            return std::nullopt;
        if (row_key[i] == end_byte) {
            out.rest = row_key.substr(i + 1);
            return out;
        }
        if (row_key[i] != escaped_nul)
            return std::nullopt;
        out.key.push_back(escape_byte);
    }
    return std::nullopt;
}

std::optional<timed_key> parse_timed(std::string_view row_key) {
    constexpr std::size_t time_size = sizeof(std::uint64_t);
    if (row_key.size() <= 1 + time_size)
        return std::nullopt;
    // Its last byte stands where other rows have their kind.
    auto parsed = parse(row_key.substr(time_size));
    if (!parsed)
        return std::nullopt;
    return timed_key{
        from_nanoseconds(read_big_endian<std::uint64_t>(row_key.substr(1))),
        std::move(parsed->key),
        parsed->rest};
}

std::optional<wall_time> clean_up_time(std::string_view row_key) {
    if (row_key.size() != 17 || row_key.front() != clean_up_kind)
        return std::nullopt;
    return from_nanoseconds(read_big_endian<std::uint64_t>(row_key.substr(1)));
}

std::optional<std::uint64_t> version_sequence(std::string_view rest) {
    if (rest.size() != sizeof(std::uint64_t))
        return std::nullopt;
    return std::numeric_limits<std::uint64_t>::max() - read_big_endian<std::uint64_t>(rest);
}

std::string random_bytes(std::size_t size_bytes) {
    std::string out(size_bytes, '\0');
    fill_random(std::as_writable_bytes(std::span(out.data(), out.size())));
    return out;
}

std::string new_upload_id(wall_time now) {
    std::string out;
    out.reserve(token_size_bytes);
    append_big_endian(out, nanoseconds(now));
    out.append(random_bytes(8));
    return out;
}

}  // namespace labstore::storage::row_keys
