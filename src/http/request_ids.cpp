#include "http/request_ids.hpp"

#include "labstore/base.hpp"
#include "labstore/http/service.hpp"

#include <array>

namespace labstore::http {
namespace {

/// The finishing steps of splitmix64: a bijection on 64 bits, so that different counters stay different.
std::uint64_t scramble(std::uint64_t value) noexcept {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

}  // namespace

request_ids::request_ids() {
    std::array<std::byte, sizeof(counter_)> random;
    fill_random(random);
    counter_ = load_little_endian<std::uint64_t>(random.data());
}

void request_ids::next(std::string& out) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = scramble(counter_++);
    out.resize(16);
    for (std::size_t i = 0; i < 16; ++i)
        out[i] = digits[(value >> (60 - 4 * i)) & 0xf];
}

std::string make_host_id() {
    std::array<std::byte, 36> random;
    fill_random(random);
    return to_base64(random);
}

}  // namespace labstore::http
