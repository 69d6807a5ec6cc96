#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace labstore {

using byte_span = std::span<const std::byte>;
using mutable_byte_span = std::span<std::byte>;

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;
inline constexpr std::uint64_t GiB = 1024 * MiB;
inline constexpr std::uint64_t TiB = 1024 * GiB;

[[nodiscard]] inline byte_span as_bytes(std::string_view text) noexcept {
    return std::as_bytes(std::span(text.data(), text.size()));
}

[[nodiscard]] inline std::string_view as_text(byte_span bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A text of fixed size; it lives as long as the array.
template <std::size_t Size>
[[nodiscard]] constexpr std::string_view as_text(const std::array<char, Size>& text) noexcept {
    return {text.data(), Size};
}

/// Big-endian, so that byte order is number order in index keys.
template <typename Integer>
void append_big_endian(std::string& out, Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
}

template <typename Integer>
[[nodiscard]] Integer read_big_endian(std::string_view in) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        value = (value << 8) | static_cast<unsigned char>(in[i]);
    return static_cast<Integer>(value);
}

/// Little-endian, used inside segment records and blob footers (the machine's own order on x86-64 and arm64).
template <typename Integer>
void store_little_endian(std::byte* out, Integer value) noexcept {
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        out[i] = static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <typename Integer>
[[nodiscard]] Integer load_little_endian(const std::byte* in) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        value |= static_cast<std::uint64_t>(in[i]) << (8 * i);
    return static_cast<Integer>(value);
}

/// Fills with bytes from getrandom(2); aborts if the kernel refuses.
void fill_random(mutable_byte_span out) noexcept;

}  // namespace labstore
