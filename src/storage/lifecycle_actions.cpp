#include "storage/lifecycle_actions.hpp"

#include "storage/commit.hpp"
#include "storage/delete_versions.hpp"
#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"
#include "storage/uploads.hpp"

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

namespace labstore::storage {
namespace {

using runtime::awaitable;

/// Of one key in one batch, however many more there are.
constexpr std::size_t one_key_max = 1'000;

/// Not the version's fault: everything else would fail as well.
bool is_of_the_index(const error_code& failure) {
    switch (to_errc(failure)) {
        case errc::busy:
        case errc::full:
        case errc::slow_down:
        case errc::unknown:
        case errc::io_error:
        case errc::fatal:
        case errc::timed_out:
        case errc::cancelled:
        case errc::conflict:
        case errc::operation_aborted:
        case errc::no_such_bucket:
            return true;
        default:
            return false;
    }
}

delete_entry entry_of(services& all, const bucket_ptr& bucket, const lifecycle_finding& found) {
    auto due = std::make_shared<due_check>();
    due->still_due = [&all, bucket, found](const object_info& object) {
        return is_still_due(all, *bucket, found, object);
    };
    due->key_revision = found.key_revision;
    delete_entry entry;
    entry.key = found.key;
    // The current version is hidden or removed by what holds for the bucket; all others go by their id.
    if (found.action != lifecycle_action::expire_current)
        entry.version_id = found.version_id;
    entry.due = std::move(due);
    return entry;
}

/// By key, and each version once: with what is due first.
void put_in_order(std::vector<lifecycle_finding>& findings) {
    const auto name = [](const lifecycle_finding& one) {
        return std::tie(one.key, one.version_id);
    };
    std::sort(findings.begin(), findings.end(), [](const auto& one, const auto& other) {
        return std::tie(one.key, one.version_id, one.due, one.action) <
               std::tie(other.key, other.version_id, other.due, other.action);
    });
    findings.erase(
        std::unique(
            findings.begin(),
            findings.end(),
            [&](const auto& one, const auto& other) { return name(one) == name(other); }
        ),
        findings.end()
    );
}

/// How many of the next ones go together.
std::size_t next_batch(std::span<const lifecycle_finding> findings, std::size_t batch_max) {
    auto size = std::min(findings.size(), batch_max);
    while (size < findings.size() && size < one_key_max && findings[size].key == findings[size - 1].key)
        ++size;
    return size;
}

struct later_look {
    std::string key;
    wall_time when;
};

awaitable<result<void>> look_later(services& all, bucket_ptr bucket, std::vector<later_look> looks) {
    if (looks.empty())
        co_return result<void>();
    meta::batch batch;
    batch.preconditions.push_back(held_state(*bucket));
    for (const auto& look : looks)
        add_look(batch, *bucket, look.key, look.when);
    auto applied = co_await apply(all, partition_of(*bucket), std::move(batch), meta::sync::none);
    LABSTORE_CO_TRY(applied);
    co_return result<void>();
}

void note_lag(services& all, std::span<const lifecycle_finding> findings) {
    auto oldest = all.time.now();
    const auto now = oldest;
    for (const auto& found : findings)
        oldest = std::min(oldest, found.due);
    all.lifecycle.lag_seconds.store(
        static_cast<std::uint64_t>(std::chrono::floor<std::chrono::seconds>(now - oldest).count()),
        std::memory_order_relaxed
    );
}

awaitable<result<std::size_t>> act_together(
    services& all, bucket_ptr bucket, std::span<const lifecycle_finding> findings
) {
    note_lag(all, findings);
    std::vector<delete_entry> entries;
    for (const auto& found : findings)
        entries.push_back(entry_of(all, bucket, found));
    const auto outcomes = co_await delete_entries(all, bucket, std::move(entries));
    std::vector<later_look> looks;
    result<void> failure;
    std::size_t gone = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const auto& outcome = outcomes[i];
        if (outcome) {
            // What is not there went by an attempt whose outcome nobody knew, or by somebody else.
            if (outcome->existed)
                all.lifecycle.count(findings[i].action);
            ++gone;
        } else if (outcome.error() == errc::precondition_failed) {
            looks.push_back({findings[i].key, wall_time{}});
        } else if (is_of_the_index(outcome.error())) {
            failure = outcome.error();
        } else {
            all.lifecycle.refused.fetch_add(1, std::memory_order_relaxed);
            looks.push_back({findings[i].key, all.time.now() + all.settings.lifecycle_day});
        }
    }
    auto noted = co_await look_later(all, bucket, std::move(looks));
    LABSTORE_CO_TRY(failure);
    LABSTORE_CO_TRY(noted);
    co_return gone;
}

}  // namespace

awaitable<result<std::size_t>> act_on(
    services& all, bucket_ptr bucket, std::vector<lifecycle_finding> findings
) {
    put_in_order(findings);
    std::size_t gone = 0;
    std::span<const lifecycle_finding> left(findings);
    while (!left.empty()) {
        const auto size = next_batch(left, all.settings.lifecycle_batch_max);
        auto done = co_await act_together(all, bucket, left.first(size));
        LABSTORE_CO_TRY(done);
        gone += *done;
        left = left.subspan(size);
    }
    co_return gone;
}

awaitable<result<void>> abort_due_upload(
    services& all, bucket_ptr bucket, std::string key, std::string upload_id
) {
    auto id = to_hex(as_bytes(upload_id));
    auto done = co_await abort_open_upload(all, bucket->name, std::move(key), std::move(id));
    if (done)
        all.lifecycle.count(lifecycle_action::abort_upload);
    else if (done.error() != errc::no_such_upload)
        co_return done.error();
    co_return result<void>();
}

}  // namespace labstore::storage
