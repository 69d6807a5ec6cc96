#include "profiling/stack_table.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace labstore::profiling {
namespace {

constexpr int turn_tries_max = 10'000;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) noexcept {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
    return hash ^ (hash >> 29);
}

std::uint64_t hash_of(
    std::span<void* const> stack, const std::string_view* operation, std::string_view bucket
) noexcept {
    std::uint64_t hash = mixed(stack.size(), reinterpret_cast<std::uintptr_t>(operation));
    for (void* const frame : stack)
        hash = mixed(hash, reinterpret_cast<std::uintptr_t>(frame));
    for (const char each : bucket)
        hash = mixed(hash, static_cast<unsigned char>(each));
    return hash;
}

template <typename T>
T* zeroed(std::size_t count) {
    auto* const memory = static_cast<T*>(std::calloc(count, sizeof(T)));
    if (memory == nullptr)
        throw std::bad_alloc();
    return memory;
}

}  // namespace

stack_table::stack_table(std::size_t stacks_max)
    : stacks_max_(stacks_max),
      slots_(std::bit_ceil(stacks_max * 2)),
      entries_(zeroed<entry>(stacks_max)),
      index_(zeroed<std::uint32_t>(slots_)) {}

bool stack_table::take_turn() noexcept {
    for (int tries = 0; tries < turn_tries_max; ++tries)
        if (!busy_.load(std::memory_order_relaxed) && !busy_.exchange(true, std::memory_order_acquire))
            return true;
    return false;
}

stack_table::entry* stack_table::find_or_make(
    std::span<void* const> stack, const std::string_view* operation, std::string_view bucket
) noexcept {
    const std::uint64_t hash = hash_of(stack, operation, bucket);
    std::size_t slot = hash & (slots_ - 1);
    for (; index_[slot] != 0; slot = (slot + 1) & (slots_ - 1)) {
        entry& known = entries_[index_[slot] - 1];
        if (known.hash == hash && known.operation == operation && known.depth == stack.size() &&
            bucket == known.bucket.data() && std::equal(stack.begin(), stack.end(), known.frames.begin()))
            return &known;
    }
    const std::size_t place = size_.load(std::memory_order_relaxed);
    if (place == stacks_max_)
        return nullptr;
    entry& made = entries_[place];
    made.hash = hash;
    made.operation = operation;
    std::memcpy(made.bucket.data(), bucket.data(), bucket.size());
    made.depth = static_cast<std::uint32_t>(stack.size());
    std::copy(stack.begin(), stack.end(), made.frames.begin());
    index_[slot] = static_cast<std::uint32_t>(place + 1);
    size_.store(place + 1, std::memory_order_release);
    return &made;
}

void stack_table::add(
    std::span<void* const> stack, std::int64_t count, std::int64_t amount, const runtime::work_label* label
) noexcept {
    const auto* const operation = label != nullptr ? label->operation() : nullptr;
    const std::string_view bucket = operation != nullptr ? label->bucket() : "";
    entry* found = nullptr;
    if (take_turn()) {
        found = find_or_make(stack.first(std::min(stack.size(), depth_max)), operation, bucket);
        if (found != nullptr) {
            std::atomic_ref(found->count).fetch_add(count, std::memory_order_relaxed);
            std::atomic_ref(found->amount).fetch_add(amount, std::memory_order_relaxed);
        }
        busy_.store(false, std::memory_order_release);
    }
    if (found == nullptr)
        lost_.fetch_add(1, std::memory_order_relaxed);
}

std::vector<raw_sample> stack_table::read() const {
    const std::size_t size = size_.load(std::memory_order_acquire);
    std::vector<raw_sample> samples(size);
    for (std::size_t i = 0; i < size; ++i) {
        entry& one = entries_[i];
        raw_sample& out = samples[i];
        out.addresses.resize(one.depth);
        for (std::size_t at = 0; at < one.depth; ++at)
            out.addresses[at] = reinterpret_cast<std::uintptr_t>(one.frames[at]);
        out.values = {
            std::atomic_ref(one.count).load(std::memory_order_relaxed),
            std::atomic_ref(one.amount).load(std::memory_order_relaxed)};
        if (one.operation != nullptr)
            out.operation = *one.operation;
        out.bucket = one.bucket.data();
    }
    return samples;
}

}  // namespace labstore::profiling
