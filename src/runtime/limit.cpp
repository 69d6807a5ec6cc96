#include "labstore/runtime.hpp"

namespace labstore::runtime {

result<limit::holding> limit::take(std::uint64_t amount) noexcept {
    auto used = used_.load(std::memory_order_relaxed);
    do {
        if (amount > amount_max_ || used > amount_max_ - amount) {
            refused_.fetch_add(1, std::memory_order_relaxed);
            return errc::slow_down;
        }
    } while (!used_.compare_exchange_weak(used, used + amount, std::memory_order_relaxed));
    return holding(*this, amount);
}

result<void> limit::holding::grow(std::uint64_t more) noexcept {
    LABSTORE_ASSERT(owner_ != nullptr);
    auto taken = owner_->take(more);
    if (!taken)
        return taken.error();
    amount_ += std::exchange(taken->amount_, 0);
    return {};
}

void limit::holding::release() noexcept {
    if (owner_ == nullptr)
        return;
    const auto before = owner_->used_.fetch_sub(amount_, std::memory_order_relaxed);
    LABSTORE_ASSERT(before >= amount_);
    owner_ = nullptr;
    amount_ = 0;
}

}  // namespace labstore::runtime
