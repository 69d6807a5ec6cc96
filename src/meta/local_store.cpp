#include "meta/local_store.hpp"

#include "labstore/observability.hpp"

#include "meta/row_codec.hpp"

#include <pthread.h>

#include <algorithm>

namespace labstore::meta {
namespace {

/// How often the ballast is looked after and a full device looked at.
constexpr std::chrono::milliseconds maintenance_interval{1000};

}  // namespace

result<std::unique_ptr<store>> local_store::open(
    options settings, runtime::blocking_pool& pool, rocksdb::Env& env
) {
    auto target = std::make_unique<database>(settings, env);
    LABSTORE_TRY(target->open());
    return std::unique_ptr<store>(new local_store(std::move(settings), pool, std::move(target)));
}

local_store::local_store(options settings, runtime::blocking_pool& pool, std::unique_ptr<database> target)
    : settings_(std::move(settings)),
      pool_(pool),
      database_(std::move(target)),
      committer_(settings_, *database_) {
    maintenance_ = std::thread([this] { maintain_loop(); });
    ::pthread_setname_np(maintenance_.native_handle(), "index-maintain");
}

local_store::~local_store() {
    if (const auto done = close(); !done)
        log::write(log::level::error, "index closed with an error", {{"error", done.error().message()}});
}

awaitable<result<std::optional<entry>>> local_store::get(partition_id partition, std::string key) {
    LABSTORE_ASSERT(!key.empty());
    const auto stored_key = encode_key(partition, key);
    auto found = look_up(stored_key, rocksdb::kBlockCacheTier);
    if (found) {
        lookups_cached_.add();
    } else {
        lookups_from_device_.add();
        const auto from_disk = [this, &stored_key] {
            return *look_up(stored_key, rocksdb::kReadAllTier);
        };
        auto read = co_await pool_.run(from_disk);
        found = std::move(read);
    }
    // Asked after reading: a write that fails meanwhile must not be missed.
    if (committer_.is_undecided(stored_key))
        co_return errc::unknown;
    co_return std::move(*found);
}

local_store::looked_up local_store::look_up(const std::string& stored_key, rocksdb::ReadTier tier) {
    const bool may_wait = tier == rocksdb::kReadAllTier;
    const auto lock = may_wait ? database_->lock_for_reading() : database_->try_lock_for_reading();
    if (!lock.owns_lock())
        return std::nullopt;
    auto* db = database_->reading();
    if (db == nullptr)
        return make_error_code(errc::fatal);
    rocksdb::PinnableSlice stored;
    const auto status = db->Get(read_options(tier), db->DefaultColumnFamily(), stored_key, &stored);
    if (status.IsNotFound())
        return result<std::optional<entry>>(std::nullopt);
    if (status.IsIncomplete() && !may_wait)
        return std::nullopt;
    if (!status.ok()) {
        log::write(log::level::error, "index read failed", {{"status", status.ToString()}});
        return make_error_code(read_errc(status));
    }
    const auto decoded = decode_value({stored.data(), stored.size()});
    if (!decoded)
        return decoded.error();
    return std::optional<entry>(entry{std::string(decoded->value), decoded->rev});
}

awaitable<result<page>> local_store::scan(partition_id partition, scan_request request) {
    LABSTORE_ASSERT(request.limit <= page_rows_max);
    const auto read = [this, partition, &request] {
        return read_page(partition, request);
    };
    auto found = co_await pool_.run(read);
    co_return found;
}

result<page> local_store::read_page(partition_id partition, const scan_request& request) {
    const auto lock = database_->lock_for_reading();
    auto* db = database_->reading();
    if (db == nullptr)
        return errc::fatal;
    const auto first = encode_key(partition, request.prefix);
    const auto end = end_of_prefix(first);
    const rocksdb::Slice bound = end;
    auto how = read_options(rocksdb::kReadAllTier);
    how.total_order_seek = true;
    if (!end.empty())
        how.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(how));
    const auto after = encode_key(partition, request.after);
    at->Seek(std::max(first, after));
    if (!request.after.empty() && at->Valid() && at->key() == rocksdb::Slice(after))
        at->Next();
    page found;
    std::size_t size_bytes = 0;
    while (at->Valid() && found.rows.size() < request.limit && size_bytes < page_bytes_max) {
        const auto key = decode_key(at->key().ToStringView());
        const auto value = decode_value(at->value().ToStringView());
        if (!key || !value)
            return errc::corrupt;
        const auto shown = request.keys_only ? std::string_view() : value->value;
        size_bytes += key->key.size() + shown.size();
        found.add(key->key, shown, value->rev);
        const auto next = request.skip_to ? request.skip_to(found.rows.back().key) : std::string();
        if (next.empty())
            at->Next();
        else
            at->Seek(encode_key(partition, next));
    }
    found.more = at->Valid();
    if (at->status().ok())
        return found;
    log::write(log::level::error, "index scan failed", {{"status", at->status().ToString()}});
    return read_errc(at->status());
}

awaitable<result<revision>> local_store::apply(partition_id partition, batch changes, sync mode) {
    if (is_too_large(changes))
        co_return errc::too_large;
    const auto submit = [&](runtime::resumer<result<revision>> wake) {
        committer_.submit(partition, std::move(changes), mode, std::move(wake));
    };
    auto outcome = co_await runtime::suspend<result<revision>>(submit);
    co_return outcome;
}

bool local_store::is_too_large(const batch& changes) const noexcept {
    std::uint64_t size_bytes = 0;
    for (const auto& condition : changes.preconditions)
        size_bytes += condition.key.size() + condition.value.size();
    for (const auto& change : changes.mutations)
        size_bytes += change.key.size() + (change.value ? change.value->size() : 0);
    return changes.preconditions.size() + changes.mutations.size() > settings_.batch_rows_max ||
           size_bytes > settings_.batch_bytes_max;
}

bool local_store::writable() const noexcept {
    return database_->current() != database::condition::fatal;
}

stats local_store::statistics() const {
    auto now = committer_.statistics();
    now.lookups_cached = lookups_cached_.value();
    now.lookups_from_device = lookups_from_device_.value();
    now.engine = database_->statistics();
    return now;
}

result<void> local_store::close() {
    if (closed_)
        return {};
    closed_ = true;
    committer_.stop();
    stop_threads();
    return database_->close();
}

void local_store::maintain_loop() {
    const bool syncs = settings_.mode == durability::interval;
    const auto period = syncs ? std::min(settings_.interval, maintenance_interval) : maintenance_interval;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, period, [this] { return stopping_; })) {
        lock.unlock();
        if (syncs)
            database_->sync_log();
        committer_.retry_recovery();
        database_->restore_ballast();
        lock.lock();
    }
}

void local_store::stop_threads() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (maintenance_.joinable())
        maintenance_.join();
}

result<std::unique_ptr<store>> open_local(options settings, runtime::blocking_pool& pool) {
    return local_store::open(std::move(settings), pool, *rocksdb::Env::Default());
}

}  // namespace labstore::meta
