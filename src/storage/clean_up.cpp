#include "storage/clean_up.hpp"

#include "storage/commit.hpp"
#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"

#include <utility>
#include <vector>

namespace labstore::storage {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t page_rows = 256;
/// Of one partition in one pass, so that the others get their turn.
constexpr std::size_t pages_max = 16;
/// Rows that were committed late, behind the cursor, are found by starting over once in a while.
constexpr std::chrono::seconds full_scan_interval{1};

void collect(std::vector<blob::ref>& refs, const records::part& part) {
    if (part.has_blob())
        refs.push_back(to_ref(part.blob()));
}

/// The blobs that a manifest or part row names.
result<std::vector<blob::ref>> refs_of(const meta::row& row) {
    std::vector<blob::ref> refs;
    if (row.key.front() == row_keys::manifest_kind) {
        auto manifest = decode<records::manifest>(row.value);
        if (!manifest)
            return manifest.error();
        for (const auto& part : manifest->parts())
            collect(refs, part);
    } else {
        auto part = decode<records::part>(row.value);
        if (!part)
            return part.error();
        collect(refs, *part);
    }
    return refs;
}

/// Removes all rows below `prefix` and gives back the blobs they name.
runtime::awaitable<result<void>> purge(services& all, meta::partition_id partition, std::string prefix) {
    for (;;) {
        meta::scan_request scan;
        scan.prefix = prefix;
        scan.limit = prefix.front() == row_keys::manifest_kind ? 1 : page_rows;
        auto page = co_await all.index.scan(partition, std::move(scan));
        LABSTORE_CO_TRY(page);
        if (page->rows.empty())
            co_return result<void>();
        std::vector<blob::ref> refs;
        meta::batch batch;
        for (const auto& row : page->rows) {
            auto found = refs_of(row);
            LABSTORE_CO_TRY(found);
            refs.insert(refs.end(), found->begin(), found->end());
            batch.remove(std::string(row.key));
        }
        if (!refs.empty()) {
            auto removed = co_await all.blobs.remove(std::move(refs));
            LABSTORE_CO_TRY(removed);
        }
        auto applied = co_await apply(all, partition, std::move(batch), meta::sync::none);
        LABSTORE_CO_TRY(applied);
    }
}

bool is_held(const services& all, const records::clean_up& intent) {
    for (const auto& leftover : intent.leftovers())
        if (!leftover.token().empty() && all.tokens.held(leftover.token()))
            return true;
    return false;
}

/// One look at one partition's intents.
class partition_pass {
  public:
    partition_pass(services& all, clean_up_ledger::account account)
        : all_(all), account_(std::move(account)), partition_{account_.partition} {}

    /// True when more rows are due.
    runtime::awaitable<result<bool>> run() {
        if (account_.dead) {
            auto ended = co_await end_uploads();
            if (!ended)
                co_return to_errc(ended.error());
            if (!*ended)
                co_return true;
            auto forgotten = co_await forget_times();
            if (!forgotten)
                co_return to_errc(forgotten.error());
            if (!*forgotten)
                co_return true;
        }
        if (!account_.cursor.empty() && steady::now() >= account_.full_scan_due)
            account_.cursor.clear();
        if (account_.cursor.empty())
            account_.full_scan_due = steady::now() + full_scan_interval;
        const bool from_start = account_.cursor.empty();
        auto position = account_.cursor;
        for (std::size_t pages = 0; pages < pages_max; ++pages) {
            meta::scan_request scan;
            scan.prefix = std::string(1, row_keys::clean_up_kind);
            scan.after = position;
            scan.limit = page_rows;
            auto page = co_await all_.index.scan(partition_, std::move(scan));
            if (!page)
                co_return to_errc(page.error());
            if (page->rows.empty() && from_start && pages == 0) {
                auto closed = co_await close();
                if (!closed)
                    co_return to_errc(closed.error());
                co_return false;
            }
            if (!page->rows.empty())
                position = page->rows.back().key;
            const bool all_due = choose(page->rows);
            auto done = co_await work_off();
            if (!done)
                co_return to_errc(done.error());
            if (!all_due || !page->more)
                co_return false;
        }
        co_return true;
    }

  private:
    /// A removed bucket's uploads become intents, page by page; false when some are left for the next pass.
    /// Before the intents are looked at: once there is no upload, nothing adds an intent to a dead partition.
    runtime::awaitable<result<bool>> end_uploads() {
        for (std::size_t pages = 0; pages < pages_max; ++pages) {
            meta::scan_request scan;
            scan.prefix = std::string(1, row_keys::upload_kind);
            scan.limit = page_rows;
            scan.keys_only = true;
            auto page = co_await all_.index.scan(partition_, std::move(scan));
            if (!page)
                co_return to_errc(page.error());
            if (page->rows.empty())
                co_return true;
            meta::batch batch;
            std::vector<records::leftover> leftovers;
            for (const auto& row : page->rows) {
                const auto parsed = row_keys::parse(row.key);
                if (!parsed || parsed->rest.size() != row_keys::token_size_bytes)
                    co_return errc::corrupt;
                leftovers.emplace_back().set_upload_id(std::string(parsed->rest));
                batch.remove(std::string(row.key));
            }
            const bool cleans_up = add_clean_up(all_, batch, std::move(leftovers));
            LABSTORE_ASSERT(cleans_up);
            // Synced, unlike the rest: bytes go only when it is durable that nobody's upload names them.
            auto applied = co_await apply(all_, partition_, std::move(batch));
            if (applied || is_uncertain(applied.error()))
                all_.clean_ups.added(account_.partition);
            if (!applied)
                co_return to_errc(applied.error());
        }
        co_return false;
    }

    /// What the lifecycle kept of a removed bucket; false when some of it is left for the next pass.
    runtime::awaitable<result<bool>> forget_times() {
        for (const char kind : {row_keys::time_kind, row_keys::lifecycle_kind})
            for (std::size_t pages = 0;; ++pages) {
                meta::scan_request scan;
                scan.prefix = std::string(1, kind);
                scan.limit = page_rows;
                scan.keys_only = true;
                auto page = co_await all_.index.scan(partition_, std::move(scan));
                if (!page)
                    co_return to_errc(page.error());
                if (page->rows.empty())
                    break;
                if (pages == pages_max)
                    co_return false;
                meta::batch batch;
                for (const auto& row : page->rows)
                    batch.remove(std::string(row.key));
                auto applied = co_await apply(all_, partition_, std::move(batch), meta::sync::none);
                if (!applied)
                    co_return to_errc(applied.error());
            }
        co_return true;
    }

    /// Takes the rows that are due and that nobody holds; false when it met one that is not due yet.
    bool choose(const std::vector<meta::row>& rows) {
        const auto now = all_.time.now();
        for (const auto& row : rows) {
            const auto written = row_keys::clean_up_time(row.key);
            // A time ahead of the clock means that the clock stepped back: waiting for it helps nobody.
            if (written && *written <= now && now - *written < all_.settings.clean_up_delay)
                return false;
            auto intent = decode<records::clean_up>(row.value);
            // An undecodable row stays for `check` to report.
            if (!intent || is_held(all_, *intent)) {
                nothing_skipped_ = false;
                continue;
            }
            if (nothing_skipped_)
                reached_ = row.key;
            chosen_.emplace_back(row.key, std::move(*intent));
        }
        return true;
    }

    runtime::awaitable<result<void>> work_off() {
        std::vector<blob::ref> refs;
        meta::batch batch;
        for (auto& [row_key, intent] : chosen_) {
            for (const auto& leftover : intent.leftovers()) {
                for (const auto& ref : leftover.blobs())
                    refs.push_back(to_ref(ref));
                if (leftover.manifest()) {
                    auto prefix = row_keys::manifest_of(leftover.token());
                    auto purged = co_await purge(all_, partition_, std::move(prefix));
                    LABSTORE_CO_TRY(purged);
                }
                if (!leftover.upload_id().empty()) {
                    auto prefix = row_keys::parts_of(leftover.upload_id());
                    auto purged = co_await purge(all_, partition_, std::move(prefix));
                    LABSTORE_CO_TRY(purged);
                }
            }
            batch.remove(std::move(row_key));
        }
        if (!refs.empty()) {
            auto removed = co_await all_.blobs.remove(std::move(refs));
            LABSTORE_CO_TRY(removed);
        }
        chosen_.clear();
        const auto rows_done = batch.mutations.size();
        if (rows_done != 0) {
            auto applied = co_await apply(all_, partition_, std::move(batch), meta::sync::none);
            LABSTORE_CO_TRY(applied);
        }
        if (!reached_.empty())
            account_.cursor = reached_;
        all_.clean_ups.progressed(account_, rows_done);
        co_return result<void>();
    }

    /// No row is left; a partition whose bucket is gone is forgotten with its last one.
    runtime::awaitable<result<void>> close() {
        if (account_.dead) {
            meta::batch batch;
            batch.remove(row_keys::dead_partition(account_.partition));
            auto applied = co_await apply(all_, meta::system_partition, std::move(batch), meta::sync::none);
            LABSTORE_CO_TRY(applied);
        }
        [[maybe_unused]] const bool closed = all_.clean_ups.close(account_);
        co_return result<void>();
    }

    services& all_;
    clean_up_ledger::account account_;
    meta::partition_id partition_;
    std::vector<std::pair<std::string, records::clean_up>> chosen_;
    bool nothing_skipped_ = true;
    std::string reached_;  // the last row before the first that was skipped
};

}  // namespace

runtime::awaitable<result<bool>> clean_up_pass(services& all) {
    bool more = false;
    for (auto& account : all.clean_ups.open_accounts()) {
        partition_pass pass(all, std::move(account));
        auto done = co_await pass.run();
        if (!done)
            co_return to_errc(done.error());
        more = more || *done;
    }
    co_return more;
}

}  // namespace labstore::storage
