#include "labstore/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace labstore::load {
namespace {

constexpr unsigned bits = histogram::precision_bits;
constexpr std::uint64_t buckets_per_octave = 1ULL << bits;
constexpr std::uint64_t value_max = (1ULL << histogram::value_bits) - 1;

/// Values below 128 have a bucket each; from there on the top eight bits of a value name its bucket.
std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < buckets_per_octave)
        return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - bits;
    return (shift + 1) * buckets_per_octave + ((value >> shift) & (buckets_per_octave - 1));
}

double middle_of(std::size_t bucket) noexcept {
    if (bucket < buckets_per_octave)
        return static_cast<double>(bucket);
    const auto shift = bucket / buckets_per_octave - 1;
    const auto low = (buckets_per_octave + bucket % buckets_per_octave) << shift;
    return static_cast<double>(low) + static_cast<double>((1ULL << shift) - 1) / 2;
}

}  // namespace

histogram::histogram() : counts_(bucket_of(value_max) + 1, 0) {}

void histogram::record(std::uint64_t value_ns) noexcept {
    value_ns = std::min(value_ns, value_max);
    ++counts_[bucket_of(value_ns)];
    ++count_;
    min_ns_ = std::min(min_ns_, value_ns);
    max_ns_ = std::max(max_ns_, value_ns);
    sum_ns_ += static_cast<double>(value_ns);
}

void histogram::add(const histogram& other) noexcept {
    if (other.count_ == 0)
        return;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        counts_[i] += other.counts_[i];
    count_ += other.count_;
    min_ns_ = std::min(min_ns_, other.min_ns_);
    max_ns_ = std::max(max_ns_, other.max_ns_);
    sum_ns_ += other.sum_ns_;
}

void histogram::clear() noexcept {
    if (count_ == 0)
        return;
    std::ranges::fill(counts_, 0);
    count_ = 0;
    min_ns_ = UINT64_MAX;
    max_ns_ = 0;
    sum_ns_ = 0;
}

double histogram::average_ns() const noexcept {
    return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_);
}

double histogram::quantile_ns(double quantile) const noexcept {
    if (count_ == 0)
        return 0;
    const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        seen += counts_[i];
        if (seen >= rank)
            return std::clamp(middle_of(i), static_cast<double>(min_ns()), static_cast<double>(max_ns_));
    }
    return static_cast<double>(max_ns_);
}

}  // namespace labstore::load
