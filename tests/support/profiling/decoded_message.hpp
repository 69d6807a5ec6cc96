#pragma once

#include "labstore/base.hpp"

#include <zlib.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::support {

/// A protobuf message taken apart again: field number to its values, numbers and byte strings apart.
struct decoded_message {
    std::map<std::uint64_t, std::vector<std::uint64_t>> numbers;
    std::map<std::uint64_t, std::vector<std::string>> texts;
};

inline std::uint64_t take_varint(std::string_view& text) {
    std::uint64_t value = 0;
    for (int shift = 0; !text.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(text.front());
        text.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

inline decoded_message decode(std::string_view text) {
    decoded_message all;
    while (!text.empty()) {
        const std::uint64_t tag = take_varint(text);
        const std::uint64_t value = take_varint(text);
        if ((tag & 7) == 0) {
            all.numbers[tag >> 3].push_back(value);
            continue;
        }
        all.texts[tag >> 3].emplace_back(text.substr(0, value));
        text.remove_prefix(std::min<std::uint64_t>(value, text.size()));
    }
    return all;
}

inline std::vector<std::uint64_t> unpacked(std::string_view text) {
    std::vector<std::uint64_t> values;
    while (!text.empty())
        values.push_back(take_varint(text));
    return values;
}

/// Empty when it is no gzip.
inline std::string gunzip(std::string_view packed) {
    z_stream stream{};
    if (::inflateInit2(&stream, 15 + 16) != Z_OK)
        return {};
    std::string in(packed);
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    std::string out;
    int outcome = Z_OK;
    while (outcome == Z_OK) {
        char room[16 * 1024];
        stream.next_out = reinterpret_cast<Bytef*>(room);
        stream.avail_out = sizeof(room);
        outcome = ::inflate(&stream, Z_NO_FLUSH);
        out.append(room, sizeof(room) - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return outcome == Z_STREAM_END ? out : std::string();
}

/// The strings of a gzip'd profile.proto, in its order.
inline std::vector<std::string> profile_strings(std::string_view packed) {
    return decode(gunzip(packed)).texts[6];
}

}  // namespace labstore::support
