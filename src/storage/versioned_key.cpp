#include "storage/versioned_key.hpp"

#include "storage/row_keys.hpp"
#include "storage/time_index.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {

std::string new_version_id(std::uint64_t sequence) {
    std::string out;
    out.reserve(version_id_size_bytes);
    append_big_endian(out, sequence);
    out.append(row_keys::random_bytes(version_id_size_bytes - sizeof(sequence)));
    return out;
}

std::uint64_t sequence_of(std::string_view version_id) {
    LABSTORE_ASSERT(version_id.size() == version_id_size_bytes);
    return read_big_endian<std::uint64_t>(version_id);
}

versioned_key::versioned_key(services& all, bucket_ptr bucket, std::string key)
    : all_(all), bucket_(std::move(bucket)), key_(std::move(key)) {}

runtime::awaitable<result<void>> versioned_key::load() {
    auto state_key = row_keys::key_state(key_);
    auto state =
        co_await read_row<records::key_state>(all_.index, partition_of(*bucket_), std::move(state_key));
    LABSTORE_CO_TRY(state);
    auto current = co_await read_object_row(all_, bucket_, key_);
    LABSTORE_CO_TRY(current);
    if (state->has_value()) {
        state_rev_ = (*state)->rev;
        state_ = std::move((*state)->record);
    }
    if (current->has_value()) {
        current_rev_ = (*current)->rev;
        current_ = std::move((*current)->record);
    }
    co_return result<void>();
}

runtime::awaitable<result<std::optional<records::object>>> versioned_key::find(std::string version_id) {
    std::optional<records::object> none;
    const bool null_wanted = version_id == "null";
    if (null_wanted && current_ && current_->null_version())
        co_return current_;
    std::uint64_t sequence = 0;
    std::string id;
    if (null_wanted) {
        sequence = state_ ? state_->null_sequence() : 0;
        if (sequence == 0)
            co_return none;
    } else {
        auto bytes = from_hex(version_id);
        if (!bytes || bytes->size() != version_id_size_bytes)
            co_return none;
        id = std::move(*bytes);
        if (current_ && current_->version_id() == id)
            co_return current_;
        sequence = sequence_of(id);
    }
    auto row = co_await read(sequence);
    LABSTORE_CO_TRY(row);
    const auto& there = (*row)->second.now;
    if (!there)
        co_return none;
    if (null_wanted ? !there->null_version() : there->version_id() != id)
        co_return none;
    co_return there;
}

runtime::awaitable<result<void>> versioned_key::add(records::object& record) {
    const auto now = nanoseconds_of(all_.time.now());
    auto sequence = static_cast<std::uint64_t>(now);
    if (state_)
        sequence = std::max(sequence, state_->sequence() + 1);
    if (current_)
        sequence = std::max(sequence, current_->sequence() + 1);
    record.set_sequence(sequence);
    record.set_modified_ns(now);
    const bool keeps_all = bucket_->versioning == versioning_state::enabled;
    record.set_null_version(!keeps_all);
    if (keeps_all) {
        record.set_version_id(new_version_id(sequence));
    } else {
        record.clear_version_id();
        auto removed = co_await remove_null();
        LABSTORE_CO_TRY(removed);
    }
    if (!state_)
        state_.emplace();
    if (current_)
        put_version(*std::exchange(current_, std::nullopt));
    state_->set_sequence(sequence);
    if (record.delete_marker())
        put_version(record);
    else
        current_ = record;
    current_changed_ = true;
    changed_ = true;
    co_return result<void>();
}

runtime::awaitable<result<void>> versioned_key::remove(records::object record) {
    changed_ = true;
    removed_ = true;
    if (!state_) {
        state_.emplace();
        state_->set_sequence(record.sequence());
    }
    if (current_ && current_->sequence() == record.sequence()) {
        leave(*current_);
        current_.reset();
        current_changed_ = true;
    } else {
        auto row = co_await read(record.sequence());
        LABSTORE_CO_TRY(row);
        LABSTORE_ASSERT((*row)->second.now.has_value());
        leave(*(*row)->second.now);
        take_version(*row);
    }
    if (current_)
        co_return result<void>();
    auto promoted = co_await promote();
    co_return promoted;
}

runtime::awaitable<result<bool>> versioned_key::holds(const records::object& record) {
    if (current_ && current_->sequence() == record.sequence())
        co_return current_->token() == record.token();
    auto row = co_await read(record.sequence());
    if (!row)
        co_return to_errc(row.error());
    co_return (*row)->second.now && (*row)->second.now->token() == record.token();
}

runtime::awaitable<result<bool>> versioned_key::is_settled() {
    auto state_key = row_keys::key_state(key_);
    auto state = co_await all_.index.get(partition_of(*bucket_), std::move(state_key));
    if (!state)
        co_return to_errc(state.error());
    co_return (state->has_value() ? (*state)->rev : 0) == state_rev_;
}

void versioned_key::move_to(meta::batch& batch, std::vector<records::leftover>& leftovers) {
    const auto hold = [&batch](const std::string& row_key, meta::revision rev) {
        batch.preconditions.push_back(rev != 0 ? meta::at_revision(row_key, rev) : meta::absent(row_key));
    };
    auto state_key = row_keys::key_state(key_);
    auto current_key = row_keys::object(key_);
    hold(state_key, state_rev_);
    hold(current_key, current_rev_);
    if (current_ && current_changed_)
        batch.put(std::move(current_key), encode(*current_));
    else if (!current_ && current_rev_ != 0)
        batch.remove(std::move(current_key));
    if (state_)
        batch.put(std::move(state_key), encode(*state_));
    else if (state_rev_ != 0)
        batch.remove(std::move(state_key));
    for (auto& [row_key, row] : rows_) {
        if (row.rev != 0)
            hold(row_key, row.rev);
        if (!row.changed)
            continue;
        if (row.now)
            batch.put(row_key, encode(*row.now));
        else if (row.rev != 0)
            batch.remove(row_key);
    }
    if (bucket_->timed)
        move_times_to(batch);
    for (auto& leftover : leftovers_)
        leftovers.push_back(std::move(leftover));
}

/// Every version that the batch writes has its row in the index by time, for the scan that builds the index may have
/// missed it on its way from one place to another. What is left after a removal may be due by an earlier time than it was
/// last looked at.
void versioned_key::move_times_to(meta::batch& batch) const {
    for (const auto& record : gone_)
        remove_version_time(batch, *bucket_, key_, record);
    if (current_ && current_changed_)
        add_version_time(batch, *bucket_, key_, *current_);
    for (const auto& [row_key, row] : rows_)
        if (row.changed && row.now)
            add_version_time(batch, *bucket_, key_, *row.now);
    if (removed_ && state_)
        add_look(batch, *bucket_, key_);
}

runtime::awaitable<result<versioned_key::row_map::iterator>> versioned_key::read(std::uint64_t sequence) {
    auto row_key = row_keys::version(key_, sequence);
    if (const auto known = rows_.find(row_key); known != rows_.end())
        co_return known;
    auto wanted = row_key;
    auto got = co_await read_row<records::object>(all_.index, partition_of(*bucket_), std::move(wanted));
    LABSTORE_CO_TRY(got);
    version_row row;
    if (got->has_value()) {
        row.rev = (*got)->rev;
        row.now = std::move((*got)->record);
    }
    co_return rows_.insert_or_assign(std::move(row_key), std::move(row)).first;
}

runtime::awaitable<result<versioned_key::row_map::iterator>> versioned_key::newest() {
    meta::scan_request scan;
    scan.prefix = row_keys::versions_of(key_);
    for (;;) {
        scan.limit = std::min(rows_.size() + 1, meta::page_rows_max);
        auto wanted = scan;
        auto page = co_await all_.index.scan(partition_of(*bucket_), std::move(wanted));
        if (!page)
            co_return to_errc(page.error());
        for (const auto& row : page->rows) {
            scan.after = row.key;
            if (rows_.contains(scan.after))
                continue;
            auto record = decode<records::object>(row.value);
            if (!record)
                co_return errc::corrupt;
            rows_.emplace(scan.after, version_row{row.rev, std::move(*record), false});
        }
        // What was scanned is known now, and so is what comes first of it. Behind the last row there may be more.
        for (auto row = rows_.begin(); row != rows_.end(); ++row)
            if (row->second.now && (!page->more || row->first <= scan.after))
                co_return row;
        if (!page->more)
            co_return rows_.end();
    }
}

runtime::awaitable<result<void>> versioned_key::remove_null() {
    if (current_ && current_->null_version()) {
        leave(*current_);
        current_.reset();
        co_return result<void>();
    }
    if (!state_ || state_->null_sequence() == 0)
        co_return result<void>();
    auto row = co_await read(state_->null_sequence());
    LABSTORE_CO_TRY(row);
    if (!(*row)->second.now) {
        // It went since `load`, or was never there.
        auto settled = co_await is_settled();
        LABSTORE_CO_TRY(settled);
        co_return *settled ? errc::corrupt : errc::conflict;
    }
    leave(*(*row)->second.now);
    take_version(*row);
    co_return result<void>();
}

/// The current version is gone: the newest that is left takes its place, or the key has none any more.
runtime::awaitable<result<void>> versioned_key::promote() {
    auto row = co_await newest();
    LABSTORE_CO_TRY(row);
    if (*row == rows_.end()) {
        state_.reset();
        co_return result<void>();
    }
    if ((*row)->second.now->delete_marker())
        co_return result<void>();
    current_ = (*row)->second.now;
    current_changed_ = true;
    take_version(*row);
    co_return result<void>();
}

void versioned_key::put_version(records::object record) {
    if (record.null_version())
        state_->set_null_sequence(record.sequence());
    auto& row = rows_[row_keys::version(key_, record.sequence())];
    row.now = std::move(record);
    row.changed = true;
}

void versioned_key::take_version(row_map::iterator row) {
    if (row->second.now->null_version())
        state_->set_null_sequence(0);
    row->second.now.reset();
    row->second.changed = true;
}

void versioned_key::leave(const records::object& record) {
    if (bucket_->timed)
        gone_.push_back(record);
    if (auto leftover = leftover_of(record))
        leftovers_.push_back(std::move(*leftover));
}

}  // namespace labstore::storage
