#include "labstore/observability.hpp"

#include <atomic>

namespace labstore::observability {
namespace {

/// Numbers a thread takes from the shared counter at once.
constexpr std::uint64_t block_size = 1 << 16;

std::uint64_t random_word() {
    std::uint64_t word = 0;
    fill_random(std::as_writable_bytes(std::span(&word, 1)));
    return word;
}

std::uint64_t next_number() {
    static std::atomic<std::uint64_t> next_block{random_word()};
    thread_local std::uint64_t next = 0;
    thread_local std::uint64_t left = 0;
    if (left == 0) {
        next = next_block.fetch_add(block_size, std::memory_order_relaxed);
        left = block_size;
    }
    --left;
    return next++;
}

/// A one-to-one scramble (multiplications by odd numbers and xor-shifts), so different numbers stay
/// different.
std::uint64_t scramble(std::uint64_t number) {
    static const std::uint64_t key = random_word();
    number ^= key;
    number = (number ^ (number >> 32)) * 0xD6E8FEB86659FD93U;
    number = (number ^ (number >> 29)) * 0xA0761D6478BD642FU;
    return number ^ (number >> 32);
}

}  // namespace

std::string request_id() {
    const auto scrambled = scramble(next_number());
    std::string id(16, '0');
    for (std::size_t i = 0; i < id.size(); ++i)
        id[i] = "0123456789ABCDEF"[(scrambled >> (60 - 4 * i)) & 0xF];
    return id;
}

}  // namespace labstore::observability
