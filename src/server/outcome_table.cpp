#include "server/outcome_table.hpp"

#include <algorithm>
#include <string>

namespace labstore::server {
namespace {

bool same_place(std::string_view one, std::string_view other) noexcept {
    return one.data() == other.data() && one.size() == other.size();
}

bool same_key(const outcome& one, const outcome& other) noexcept {
    return one.status == other.status && same_place(one.operation, other.operation) &&
           same_place(one.error_code, other.error_code);
}

std::string name_or_none(std::string_view name) {
    return std::string(name.empty() ? "none" : name);
}

outcome_series make_series(metrics::registry& numbers, const outcome& ended) {
    const auto operation = name_or_none(ended.operation);
    const auto status = ended.status == 0 ? std::string("cut") : std::to_string(ended.status);
    return {
        .requests = numbers.add_counter(
            "labstore_requests_total",
            "Finished requests by operation, HTTP status and S3 error code.",
            {{"operation", operation}, {"status", status}, {"code", name_or_none(ended.error_code)}}
        ),
        .duration = numbers.add_histogram(
            "labstore_request_duration_seconds",
            "From the first byte of a request to the last of its response.",
            metrics::duration_bounds(),
            {{"operation", operation}}
        ),
        .first_byte = numbers.add_histogram(
            "labstore_request_first_byte_seconds",
            "From the first byte of a request to the first of its response.",
            metrics::duration_bounds(),
            {{"operation", operation}}
        ),
        .bytes_in = numbers.add_counter(
            "labstore_request_bytes_total", "Bytes of request bodies received.", {{"operation", operation}}
        ),
        .bytes_out = numbers.add_counter(
            "labstore_response_bytes_total", "Bytes of response bodies sent.", {{"operation", operation}}
        ),
    };
}

}  // namespace

std::size_t outcome_table::slot_of(const outcome& ended) noexcept {
    constexpr std::uint64_t odd =
        0x9e3779b97f4a7c15;  // 2^64 over the golden ratio: spreads neighbouring addresses
    const auto place = [](std::string_view text) {
        return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(text.data()));
    };
    const auto mixed = (place(ended.operation) * odd + place(ended.error_code)) * odd + ended.status;
    return (mixed * odd) >> (64 - slot_bits);
}

const outcome_series& outcome_table::find(const outcome& ended) {
    for (auto slot = slot_of(ended);; slot = (slot + 1) % slot_count) {
        const auto* const found = slots_[slot].load(std::memory_order_acquire);
        if (found == nullptr)
            return add(ended);
        if (same_key(found->key, ended))
            return found->series;
    }
}

const outcome_series& outcome_table::add(const outcome& ended) {
    const std::lock_guard lock(mutex_);
    const auto known =
        std::ranges::find_if(entries_, [&](const auto& each) { return same_key(each->key, ended); });
    if (known != entries_.end())
        return (*known)->series;
    entries_.push_back(std::make_unique<const entry>(entry{ended, make_series(numbers_, ended)}));
    const auto* const made = entries_.back().get();
    if (entries_.size() <= slot_count / 4 * 3) {
        auto slot = slot_of(ended);
        while (slots_[slot].load(std::memory_order_relaxed) != nullptr)
            slot = (slot + 1) % slot_count;
        slots_[slot].store(made, std::memory_order_release);
    }
    return made->series;
}

}  // namespace labstore::server
