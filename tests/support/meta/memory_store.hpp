// The contract of labstore/meta.hpp kept in a std::map: the model that the engine is held against, and the
// index under the tests of storage. Its outcomes can be chosen in advance.
#pragma once

#include "labstore/meta.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

namespace labstore::meta {

/// What an apply chosen by `memory_store::inject` answers. All but `unknown_applied` change nothing.
enum class injected { unknown_applied, unknown_not_applied, conflict, busy, full, too_large, corrupt, fatal };

struct memory_limits {
    std::size_t batch_rows_max = 32'768;
    std::uint64_t batch_bytes_max = 64 * MiB;
};

/// Thread-safe. Every call suspends once, so that coroutines of one executor interleave as they would over a disk.
class memory_store final : public store {
  public:
    explicit memory_store(memory_limits settings = {}) : settings_(settings) {}

    /// The apply after `skip` further ones answers so, whatever it asks. Several may wait; `skip` counts from
    /// now.
    void inject(injected what, std::uint64_t skip = 0) {
        const std::lock_guard lock(mutex_);
        injections_.emplace(applies_ + skip, what);
    }

    /// The next get or scan, after `skip` further ones, fails with this.
    void inject_read_failure(errc what, std::uint64_t skip = 0) {
        const std::lock_guard lock(mutex_);
        read_failures_.emplace(reads_ + skip, what);
    }

    /// Called before each apply is judged, without the lock: a test slips another change in here.
    void before_apply(std::function<void(partition_id, const batch&)> hook) {
        const std::lock_guard lock(mutex_);
        hook_ = std::move(hook);
    }

    void set_writable(bool value) { writable_.store(value); }

    /// An apply without a coroutine, past all injections.
    result<revision> apply_now(partition_id partition, const batch& changes) {
        const std::lock_guard lock(mutex_);
        return judge_and_apply(partition, changes);
    }

    [[nodiscard]] std::map<std::string, entry> contents(partition_id partition) const {
        const std::lock_guard lock(mutex_);
        const auto found = partitions_.find(partition);
        return found == partitions_.end() ? std::map<std::string, entry>() : found->second;
    }

    [[nodiscard]] std::size_t row_count() const {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (const auto& one : partitions_)
            count += one.second.size();
        return count;
    }

    [[nodiscard]] std::uint64_t apply_count() const {
        const std::lock_guard lock(mutex_);
        return applies_;
    }

    awaitable<result<std::optional<entry>>> get(partition_id partition, std::string key) override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        co_return get_now(partition, key);
    }

    awaitable<result<page>> scan(partition_id partition, scan_request request) override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        co_return scan_now(partition, request);
    }

    awaitable<result<revision>> apply(partition_id partition, batch changes, sync) override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        if (const auto hook = current_hook())
            hook(partition, changes);
        co_return apply_with_injections(partition, changes);
    }

    [[nodiscard]] bool writable() const noexcept override { return writable_.load(); }

    [[nodiscard]] stats statistics() const override {
        auto now = stats();
        now.engine.rows_estimate = row_count();
        const std::lock_guard lock(mutex_);
        now.batches = now.groups = applied_;
        now.group_size_max = applied_ == 0 ? 0 : 1;
        now.conflicts = conflicts_;
        return now;
    }

    [[nodiscard]] result<void> close() override { return {}; }

  private:
    std::function<void(partition_id, const batch&)> current_hook() const {
        const std::lock_guard lock(mutex_);
        return hook_;
    }

    result<std::optional<entry>> get_now(partition_id partition, const std::string& key) {
        LABSTORE_ASSERT(!key.empty());
        const std::lock_guard lock(mutex_);
        if (const auto failure = take(read_failures_, reads_++))
            return make_error_code(*failure);
        const auto* found = find(partition, key);
        return found == nullptr ? std::nullopt : std::optional<entry>(*found);
    }

    result<page> scan_now(partition_id partition, const scan_request& request) {
        LABSTORE_ASSERT(request.limit <= page_rows_max);
        const std::lock_guard lock(mutex_);
        if (const auto failure = take(read_failures_, reads_++))
            return make_error_code(*failure);
        const auto& all = partitions_[partition];
        auto at = !request.after.empty() && request.after >= request.prefix ? all.upper_bound(request.after)
                                                                            : all.lower_bound(request.prefix);
        const auto matches = [&] {
            return at != all.end() && at->first.starts_with(request.prefix);
        };
        page found;
        std::size_t size_bytes = 0;
        while (matches() && found.rows.size() < request.limit && size_bytes < page_bytes_max) {
            const auto value = request.keys_only ? std::string_view() : std::string_view(at->second.value);
            size_bytes += at->first.size() + value.size();
            found.add(at->first, value, at->second.rev);
            const auto next = request.skip_to ? request.skip_to(at->first) : std::string();
            at = next.empty() ? std::next(at) : all.lower_bound(next);
        }
        found.more = matches();
        return found;
    }

    /// What each value of `injected` answers, in its order.
    static constexpr std::array answers{
        errc::unknown,
        errc::unknown,
        errc::conflict,
        errc::busy,
        errc::full,
        errc::too_large,
        errc::corrupt,
        errc::fatal};

    result<revision> apply_with_injections(partition_id partition, const batch& changes) {
        const std::lock_guard lock(mutex_);
        const auto chosen = take(injections_, applies_++);
        if (!writable_.load())
            return errc::fatal;
        if (!chosen)
            return judge_and_apply(partition, changes);
        if (*chosen == injected::unknown_applied)
            static_cast<void>(judge_and_apply(partition, changes));
        if (*chosen == injected::fatal)
            writable_.store(false);
        return answers[static_cast<std::size_t>(*chosen)];
    }

    result<revision> judge_and_apply(partition_id partition, const batch& changes) {
        if (is_too_large(changes))
            return errc::too_large;
        for (const auto& condition : changes.preconditions)
            if (!holds(partition, condition)) {
                ++conflicts_;
                return errc::conflict;
            }
        const revision rev = ++last_revision_;
        auto& into = partitions_[partition];
        for (const auto& [key, value] : changes.mutations) {
            LABSTORE_ASSERT(!key.empty());
            LABSTORE_ASSERT(!value || !value->empty());
            if (value)
                into[key] = {*value, rev};
            else
                into.erase(key);
        }
        ++applied_;
        return rev;
    }

    bool is_too_large(const batch& changes) const {
        std::uint64_t size_bytes = 0;
        for (const auto& condition : changes.preconditions)
            size_bytes += condition.key.size() + condition.value.size();
        for (const auto& change : changes.mutations)
            size_bytes += change.key.size() + (change.value ? change.value->size() : 0);
        return changes.preconditions.size() + changes.mutations.size() > settings_.batch_rows_max ||
               size_bytes > settings_.batch_bytes_max;
    }

    bool holds(partition_id partition, const precondition& condition) const {
        LABSTORE_ASSERT(!condition.key.empty());
        const auto* found = find(partition, condition.key);
        switch (condition.what) {
            case precondition::kind::absent:
                return found == nullptr;
            case precondition::kind::present:
                return found != nullptr;
            case precondition::kind::equals_revision:
                return found != nullptr && found->rev == condition.rev;
            case precondition::kind::equals_value:
                return found != nullptr && found->value == condition.value;
        }
        return false;
    }

    const entry* find(partition_id partition, const std::string& key) const {
        const auto rows_of = partitions_.find(partition);
        if (rows_of == partitions_.end())
            return nullptr;
        const auto found = rows_of->second.find(key);
        return found == rows_of->second.end() ? nullptr : &found->second;
    }

    template <typename What>
    static std::optional<What> take(std::map<std::uint64_t, What>& waiting, std::uint64_t number) {
        const auto found = waiting.find(number);
        if (found == waiting.end())
            return std::nullopt;
        const auto what = found->second;
        waiting.erase(found);
        return what;
    }

    const memory_limits settings_;
    mutable std::mutex mutex_;
    std::map<partition_id, std::map<std::string, entry>> partitions_;
    std::map<std::uint64_t, injected> injections_;
    std::map<std::uint64_t, errc> read_failures_;
    std::function<void(partition_id, const batch&)> hook_;
    std::uint64_t applies_ = 0;
    std::uint64_t reads_ = 0;
    revision last_revision_ = 0;
    std::uint64_t applied_ = 0;
    std::uint64_t conflicts_ = 0;
    std::atomic<bool> writable_{true};
};

}  // namespace labstore::meta
