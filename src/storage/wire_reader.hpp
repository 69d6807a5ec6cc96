// The wire format of protobuf, read front to back: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include "labstore/base/bytes.hpp"

#include <cstdint>
#include <string_view>

namespace labstore::storage {

/// One field after the other of an encoded message; `ok` turns false where the encoding is broken, and stays so.
class wire_reader {
  public:
    explicit wire_reader(std::string_view message) noexcept
        : at_(message.data()), end_(message.data() + message.size()) {}

    /// Goes to the next field: false at the end, and where the encoding is broken. What the field before held must have
    /// been read or skipped.
    [[nodiscard]] bool next() noexcept {
        if (at_ == end_ || !ok_)
            return false;
        const auto tag = varint();
        field_ = static_cast<std::uint32_t>(tag >> 3);
        type_ = static_cast<wire_type>(tag & 7);
        if (field_ == 0 || tag >> 32 != 0)
            ok_ = false;
        return ok_;
    }

    [[nodiscard]] std::uint32_t field() const noexcept { return field_; }

    [[nodiscard]] bool ok() const noexcept { return ok_; }

    [[nodiscard]] std::uint64_t number() noexcept { return expect(wire_type::varint) ? varint() : 0; }

    [[nodiscard]] std::uint64_t fixed64() noexcept {
        const auto bytes = expect(wire_type::fixed64) ? take(sizeof(std::uint64_t)) : std::string_view();
        return ok_ ? load_little_endian<std::uint64_t>(as_bytes(bytes).data()) : 0;
    }

    [[nodiscard]] std::string_view bytes() noexcept {
        return expect(wire_type::bytes) ? take(varint()) : std::string_view();
    }

    void skip() noexcept {
        switch (type_) {
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
        }
        ok_ = false;  // a group, which proto3 does not have
    }

  private:
    enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

    static constexpr int varint_bits_max = 64;

    [[nodiscard]] bool expect(wire_type type) noexcept {
        ok_ = ok_ && type_ == type;
        return ok_;
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
    std::uint32_t field_ = 0;
    wire_type type_ = wire_type::varint;
    bool ok_ = true;
};

}  // namespace labstore::storage
