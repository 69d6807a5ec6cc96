#include "storage/lifecycle_pass.hpp"

#include "storage/commit.hpp"
#include "storage/lifecycle_actions.hpp"
#include "storage/lifecycle_classes.hpp"
#include "storage/lifecycle_progress.hpp"
#include "storage/row_keys.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace labstore::storage {
namespace {

using runtime::awaitable;

constexpr std::size_t page_rows = meta::page_rows_max;
/// Of one bucket in one turn, so that the others get theirs.
constexpr std::size_t pages_max = 16;
constexpr std::size_t looks_max = 256;
/// Of one key in one look; the look stays when there are more.
constexpr std::size_t look_findings_max = 1'000;
constexpr std::chrono::milliseconds rest_max{100};
constexpr std::chrono::milliseconds conflict_pause{20};

/// Lets others work for as long as this did.
class fair_share {
  public:
    awaitable<void> rest() {
        const auto worked =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began_);
        if (worked > std::chrono::milliseconds(0)) {
            co_await pause(std::min(worked, rest_max));
        } else {
            const auto executor = co_await boost::asio::this_coro::executor;
            co_await boost::asio::post(executor, boost::asio::use_awaitable);
        }
        began_ = std::chrono::steady_clock::now();
    }

  private:
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

/// One bucket's turn.
class bucket_turn {
  public:
    bucket_turn(services& all, bucket_ptr bucket)
        : all_(all), bucket_(std::move(bucket)), config_(bucket_->config), progress_(all, bucket_) {}

    /// True when there is more to do at once.
    awaitable<result<bool>> run() {
        auto loaded = co_await progress_.load();
        if (!loaded)
            co_return to_errc(loaded.error());
        auto built = co_await build_time_index(all_, bucket_, progress_, pages_max);
        if (!built)
            co_return to_errc(built.error());
        if (!*built)
            co_return true;
        const auto before = encode(progress_.value());
        const auto now = all_.time.now();
        follow_configuration(progress_.value(), config_->lifecycle);
        auto looked = co_await work_off_looks(now);
        if (!looked)
            co_return to_errc(looked.error());
        bool more = *looked;
        for (const auto& one : classes_of(config_->lifecycle, now, all_.settings.lifecycle_day)) {
            auto advanced = co_await advance(one, now);
            if (!advanced)
                co_return to_errc(advanced.error());
            more = more || *advanced;
        }
        if (encode(progress_.value()) != before) {
            auto stored = co_await progress_.store();
            if (!stored)
                co_return to_errc(stored.error());
        }
        // What was done may have left more: a delete marker that hides nothing any more.
        co_return more || acted_;
    }

  private:
    /// Keys that somebody asked to be looked at by now. True when there are more.
    awaitable<result<bool>> work_off_looks(wall_time now) {
        meta::scan_request scan;
        scan.prefix = std::string(1, row_keys::lifecycle_kind);
        scan.after = row_keys::lifecycle_progress();
        scan.limit = looks_max;
        auto page = co_await all_.index.scan(partition_of(*bucket_), std::move(scan));
        if (!page)
            co_return to_errc(page.error());
        for (const auto& row : page->rows) {
            auto parsed = row_keys::parse_timed(row.key);
            if (!parsed)
                co_return errc::corrupt;
            if (parsed->time > now)
                co_return false;
            lifecycle_judge judge(all_, bucket_, config_, now);
            auto whole = co_await judge.visit_key(std::move(parsed->key), look_findings_max);
            if (!whole)
                co_return to_errc(whole.error());
            auto done = co_await act(judge);
            if (!done)
                co_return to_errc(done.error());
            if (*whole) {
                auto removed = co_await forget(std::string(row.key), row.rev);
                if (!removed)
                    co_return to_errc(removed.error());
            }
            co_await share_.rest();
        }
        co_return page->more;
    }

    awaitable<result<void>> act(lifecycle_judge& judge) {
        auto acted = co_await act_on(all_, bucket_, judge.take_findings());
        LABSTORE_CO_TRY(acted);
        acted_ = acted_ || *acted != 0;
        co_return result<void>();
    }

    /// Takes a look away when it was done, unless it was asked for again since.
    awaitable<result<void>> forget(std::string row_key, meta::revision rev) {
        meta::batch batch;
        batch.preconditions.push_back(meta::at_revision(row_key, rev));
        batch.remove(std::move(row_key));
        auto applied = co_await apply(all_, partition_of(*bucket_), std::move(batch), meta::sync::none);
        if (!applied && applied.error() != errc::conflict)
            co_return applied.error();
        co_return result<void>();
    }

    /// Visits the rows of a class that became due, up to `pages_max` pages. True when there are more.
    awaitable<result<bool>> advance(const age_class& one, wall_time now) {
        auto& cursor = cursor_of(progress_.value(), one);
        // Ahead of this only if the clock stepped back: rows may come behind it.
        cursor.set_row(std::min(cursor.row(), settled_bound(now)));
        std::string position = cursor.row();
        const auto end = row_keys::time_bound(row_keys::time_kind, one.horizon);
        bool more = position < end;
        for (std::size_t pages = 0; pages < pages_max && more; ++pages) {
            meta::scan_request scan;
            scan.prefix = std::string(1, row_keys::time_kind);
            scan.after = position;
            scan.limit = page_rows;
            scan.keys_only = true;
            auto page = co_await all_.index.scan(partition_of(*bucket_), std::move(scan));
            if (!page)
                co_return to_errc(page.error());
            more = page->more;
            position = end;
            if (!page->rows.empty() && page->rows.back().key < end)
                position = page->more ? std::string(page->rows.back().key) : end;
            else
                more = false;
            auto visited = co_await visit_page(one, *page, end, now);
            if (!visited)
                co_return to_errc(visited.error());
            // Batches at work may still bring rows of just now; they are met again next time.
            cursor.set_row(std::min(position, settled_bound(now)));
            co_await share_.rest();
        }
        co_return more;
    }

    awaitable<result<void>> visit_page(
        const age_class& one, const meta::page& page, const std::string& end, wall_time now
    ) {
        lifecycle_judge judge(all_, bucket_, config_, now);
        std::vector<std::string> stale;
        std::uint64_t visited = 0;
        for (const auto& row : page.rows) {
            if (row.key >= end)
                break;
            ++visited;
            auto parsed = row_keys::parse_timed(row.key);
            if (!parsed)
                co_return errc::corrupt;
            const bool is_upload = parsed->rest.size() == row_keys::token_size_bytes;
            if (!concerns(one, parsed->key, is_upload))
                continue;
            if (is_upload) {
                auto done = co_await visit_upload(*parsed, now);
                LABSTORE_CO_TRY(done);
                if (!*done)
                    stale.emplace_back(row.key);
                continue;
            }
            const auto sequence = read_big_endian<std::uint64_t>(parsed->rest);
            auto found = co_await judge.visit_version(std::move(parsed->key), sequence);
            LABSTORE_CO_TRY(found);
            if (!*found)
                stale.emplace_back(row.key);
        }
        all_.lifecycle.rows_visited.fetch_add(visited, std::memory_order_relaxed);
        auto dropped = co_await drop(std::move(stale));
        LABSTORE_CO_TRY(dropped);
        auto done = co_await act(judge);
        co_return done;
    }

    /// False when the upload is gone.
    awaitable<result<bool>> visit_upload(const row_keys::timed_key& row, wall_time now) {
        const auto verdict = judge_upload(config_->lifecycle, row.key, row.time, all_.settings.lifecycle_day);
        if (!verdict || verdict->due > now)
            co_return true;
        auto upload_key = row_keys::upload(row.key, row.rest);
        auto there = co_await all_.index.get(partition_of(*bucket_), std::move(upload_key));
        if (!there)
            co_return to_errc(there.error());
        if (!there->has_value())
            co_return false;
        std::string upload_id(row.rest);
        auto aborted = co_await abort_due_upload(all_, bucket_, row.key, std::move(upload_id));
        if (!aborted)
            co_return to_errc(aborted.error());
        co_return true;
    }

    /// Rows of what is gone. Nothing that is written later has their keys.
    awaitable<result<void>> drop(std::vector<std::string> stale) {
        if (stale.empty())
            co_return result<void>();
        const auto rows = stale.size();
        meta::batch batch;
        for (auto& row_key : stale)
            batch.remove(std::move(row_key));
        auto applied = co_await apply(all_, partition_of(*bucket_), std::move(batch), meta::sync::none);
        LABSTORE_CO_TRY(applied);
        all_.lifecycle.rows_stale.fetch_add(rows, std::memory_order_relaxed);
        co_return result<void>();
    }

    services& all_;
    bucket_ptr bucket_;
    std::shared_ptr<const bucket_config> config_;
    lifecycle_progress_row progress_;
    fair_share share_;
    bool acted_ = false;
};

/// The bucket as it is now, if it has rules and is kept in the index by time; null without rules.
awaitable<result<bucket_ptr>> ready_bucket(services& all, std::string name) {
    auto bucket = all.buckets.find(name);
    if (!bucket || !bucket->config || bucket->config->lifecycle.rules.empty())
        co_return bucket_ptr();
    if (!bucket->timed) {
        auto timed = co_await keep_time_index(all, std::move(bucket));
        LABSTORE_CO_TRY(timed);
        bucket = std::move(*timed);
    }
    co_return bucket;
}

/// The next bucket with rules behind `after`; empty at the end.
std::string next_name(const services& all, const std::string& after) {
    auto from = after;
    for (;;) {
        const auto page = all.buckets.page({}, from, 256);
        for (const auto& bucket : page.buckets) {
            if (bucket.config && !bucket.config->lifecycle.rules.empty())
                return bucket.name;
            from = bucket.name;
        }
        if (!page.more)
            return {};
    }
}

}  // namespace

awaitable<result<void>> lifecycle_pass(services& all, std::function<bool()> stop) {
    result<void> failure;
    for (bool more = true; more && failure;) {
        more = false;
        bool conflict = false;
        for (auto name = next_name(all, {}); !name.empty() && !stop(); name = next_name(all, name)) {
            auto bucket = co_await ready_bucket(all, name);
            if (!bucket || !*bucket) {
                if (!bucket && bucket.error() != errc::no_such_bucket)
                    failure = to_errc(bucket.error());
                continue;
            }
            bucket_turn turn(all, std::move(*bucket));
            auto done = co_await turn.run();
            if (done)
                more = more || *done;
            else if (done.error() == errc::conflict)
                conflict = true;
            else if (done.error() != errc::no_such_bucket)
                failure = to_errc(done.error());
        }
        // Somebody switched the versioning, or another pass was faster.
        if (conflict)
            co_await pause(conflict_pause);
        more = (more || conflict) && !stop();
    }
    all.lifecycle.lag_seconds.store(0, std::memory_order_relaxed);
    co_return failure;
}

}  // namespace labstore::storage
