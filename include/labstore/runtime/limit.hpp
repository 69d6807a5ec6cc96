#pragma once

#include "labstore/base.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

namespace labstore::runtime {

/// A named amount that may be taken and must be given back (bytes of bodies in flight, connections ...).
/// Taking past the limit fails at once; counting refusals for the metrics. Thread-safe, lock-free.
class limit {
  public:
    limit(std::string name, std::uint64_t amount_max) : name_(std::move(name)), amount_max_(amount_max) {}

    /// Gives its amount back when it goes.
    class holding {
      public:
        holding() = default;

        holding(limit& owner, std::uint64_t amount) noexcept : owner_(&owner), amount_(amount) {}

        holding(holding&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), amount_(std::exchange(other.amount_, 0)) {}

        holding& operator=(holding&& other) noexcept {
            if (this != &other) {
                release();
                owner_ = std::exchange(other.owner_, nullptr);
                amount_ = std::exchange(other.amount_, 0);
            }
            return *this;
        }

        ~holding() { release(); }

        void release() noexcept;

        [[nodiscard]] std::uint64_t amount() const noexcept { return amount_; }

      private:
        limit* owner_ = nullptr;
        std::uint64_t amount_ = 0;
    };

    /// errc::slow_down past the limit.
    [[nodiscard]] result<holding> take(std::uint64_t amount) noexcept;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    [[nodiscard]] std::uint64_t amount_max() const noexcept { return amount_max_; }

    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

  private:
    const std::string name_;
    const std::uint64_t amount_max_;
    std::atomic<std::uint64_t> used_{0};
    std::atomic<std::uint64_t> refused_{0};
};

}  // namespace labstore::runtime
