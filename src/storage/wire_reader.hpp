// The wire format of protobuf, read front to back: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include "labstore/base/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace labstore::storage {

enum class wire_type : std::uint8_t {
    varint = 0,
    fixed64 = 1,
    bytes = 2,
    group = 3,
    group_end = 4,
    fixed32 = 5
};

/// What stands in front of a field's value. A known field of another type is an unknown one.
[[nodiscard]] constexpr std::uint32_t wire_tag(int field, wire_type type) noexcept {
    return static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(type);
}

/// One field after the other of an encoded message; `ok` turns false where the encoding is broken, and stays so.
class wire_reader {
  public:
    explicit wire_reader(std::string_view message) noexcept
        : at_(message.data()), end_(message.data() + message.size()) {}

    /// Goes to the next field: false at the end, and where the encoding is broken. What the field before held must have
    /// been read, as what its tag says, or skipped.
    [[nodiscard]] bool next() noexcept {
        if (at_ == end_ || !ok_)
            return false;
        const auto tag = varint();
        tag_ = static_cast<std::uint32_t>(tag);
        if (tag >> 32 != 0 || tag_ >> 3 == 0)
            ok_ = false;
        return ok_;
    }

    [[nodiscard]] std::uint32_t tag() const noexcept { return tag_; }

    [[nodiscard]] bool ok() const noexcept { return ok_; }

    [[nodiscard]] std::uint64_t number() noexcept { return varint(); }

    [[nodiscard]] std::uint64_t fixed64() noexcept {
        const auto bytes = take(sizeof(std::uint64_t));
        return ok_ ? load_little_endian<std::uint64_t>(as_bytes(bytes).data()) : 0;
    }

    [[nodiscard]] std::string_view bytes() noexcept { return take(varint()); }

    void skip(int depth = 0) noexcept {
        switch (static_cast<wire_type>(tag_ & 7)) {
            case wire_type::varint:
                static_cast<void>(varint());
                return;
            case wire_type::fixed64:
                static_cast<void>(take(sizeof(std::uint64_t)));
                return;
            case wire_type::bytes:
                static_cast<void>(take(varint()));
                return;
            case wire_type::fixed32:
                static_cast<void>(take(sizeof(std::uint32_t)));
                return;
            case wire_type::group:
                skip_group(depth);
                return;
            case wire_type::group_end:
                break;
        }
        ok_ = false;
    }

  private:
    static constexpr int varint_bits_max = 64;
    static constexpr int depth_max = 100;  // protobuf's own

    void skip_group(int depth) noexcept {
        const auto end = (tag_ & ~7U) | static_cast<std::uint32_t>(wire_type::group_end);
        if (depth == depth_max)
            ok_ = false;
        while (next()) {
            if (tag_ == end)
                return;
            skip(depth + 1);
        }
        ok_ = false;  // the message ended first
    }

    std::uint64_t varint() noexcept {
        std::uint64_t value = 0;
        for (int shift = 0; shift < varint_bits_max && at_ != end_; shift += 7) {
            const auto byte = static_cast<unsigned char>(*at_++);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80)
                return value;
        }
        ok_ = false;
        return 0;
    }

    std::string_view take(std::uint64_t size) noexcept {
        if (!ok_ || size > static_cast<std::uint64_t>(end_ - at_)) {
            ok_ = false;
            return {};
        }
        const std::string_view taken(at_, static_cast<std::size_t>(size));
        at_ += size;
        return taken;
    }

    const char* at_;
    const char* end_;
    std::uint32_t tag_ = 0;
    bool ok_ = true;
};

}  // namespace labstore::storage
