#include "load/payloads.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::load {
namespace {

constexpr std::size_t payloads_max = 256;
constexpr std::size_t payloads_min = 4;
constexpr std::uint64_t hashed_bytes_max = 1 * GiB;  // about a second of work at the start
constexpr std::size_t offset_step_bytes = 4096 + 64;

/// SplitMix64's finalizer: every bit of the input changes about half of the output.
std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

std::size_t pool_size(const size_distribution& sizes) {
    std::uint64_t sum = 0;
    const auto all = sizes.samples(payloads_max);
    for (const auto size : all)
        sum += size;
    const auto average = std::max<std::uint64_t>(1, sum / all.size());
    return std::clamp<std::size_t>(hashed_bytes_max / average, payloads_min, payloads_max);
}

}  // namespace

payload_pool::payload_pool(const size_distribution& sizes, std::uint64_t seed, payload_form form)
    : seed_(seed) {
    const auto all = sizes.samples(pool_size(sizes));
    const auto largest = *std::ranges::max_element(all);
    block_.resize(
        ((largest + all.size() * offset_step_bytes) / sizeof(std::uint64_t) + 1) * sizeof(std::uint64_t)
    );
    for (std::size_t i = 0; i < block_.size(); i += sizeof(std::uint64_t))
        store_little_endian(block_.data() + i, mix(seed + i));
    for (std::size_t i = 0; i < all.size(); ++i) {
        payload made;
        made.offset = i * offset_step_bytes;
        made.size_bytes = all[i];
        if (form == payload_form::hashed && made.size_bytes > stamp_bytes)
            made.begun.update(byte_span(block_).subspan(made.offset, made.size_bytes - stamp_bytes));
        payloads_.push_back(std::move(made));
    }
}

payload_pool::content payload_pool::make(content_id id) const {
    const auto chosen = mix(mix(id.object) + id.version) % payloads_.size();
    const auto& piece = payloads_[chosen];
    content made;
    made.payload = chosen;
    store_little_endian(made.stamp.data(), id.object);
    store_little_endian(made.stamp.data() + 8, id.version);
    store_little_endian(made.stamp.data() + 16, piece.size_bytes);
    store_little_endian(made.stamp.data() + 24, mix(seed_ ^ mix(id.object) ^ id.version));
    made.stamp_size_bytes = std::min<std::size_t>(stamp_bytes, piece.size_bytes);
    made.body = byte_span(block_).subspan(piece.offset, piece.size_bytes - made.stamp_size_bytes);
    return made;
}

std::string payload_pool::sha256_hex(const content& of) const {
    auto digest = payloads_[of.payload].begun.clone();
    digest.update(of.tail());
    return to_hex(as_bytes(digest.finish()));
}

void content_check::take(byte_span piece) noexcept {
    const auto body = expected_.body;
    if (seen_ < body.size()) {
        const auto size = std::min<std::size_t>(piece.size(), body.size() - seen_);
        compare(piece.first(size), body.subspan(seen_, size));
        piece = piece.subspan(size);
    }
    if (piece.empty())
        return;
    const auto at = static_cast<std::size_t>(seen_ - body.size());
    const auto tail = expected_.tail();
    if (at + piece.size() > tail.size()) {
        same_ = false;
        seen_ += piece.size();
        return;
    }
    compare(piece, tail.subspan(at, piece.size()));
}

void content_check::compare(byte_span piece, byte_span with) noexcept {
    same_ = same_ && std::memcmp(piece.data(), with.data(), piece.size()) == 0;
    seen_ += piece.size();
}

}  // namespace labstore::load
