#include "storage/version_look_up.hpp"

#include "storage/bucket_state.hpp"
#include "storage/row_keys.hpp"
#include "storage/versioned_key.hpp"

#include <utility>

namespace labstore::storage {
namespace {

/// Each try lost a race against a change of this very key.
constexpr int tries_max = 1'000;

using version_row = std::optional<meta::entry>;

bool names_version(std::string_view version_id, const object_view& record) {
    if (version_id == "null")
        return record.null_version;
    return !record.version_id.empty() && version_id == to_hex(as_bytes(record.version_id));
}

/// In a function of its own, so that the view's lists do not lie in the frame of a coroutine.
result<bool> row_is_named(std::string_view version_id, std::string_view value) {
    const auto record = read_object(value);
    if (!record)
        return to_errc(record.error());
    return names_version(version_id, *record);
}

/// One look for one version, row by row.
class version_look_up {
  public:
    version_look_up(services& all, bucket_ptr bucket, const object_name& name)
        : all_(all), bucket_(std::move(bucket)), name_(name), is_null_(name.version_id == "null") {}

    runtime::awaitable<result<found_row>> run() {
        if (!is_null_) {
            auto id = from_hex(name_.version_id);
            if (!id || id->size() != row_keys::token_size_bytes)
                co_return errc::no_such_version;
            sequence_ = sequence_of(*id);
        }
        for (int tries = 0; tries < tries_max; ++tries) {
            auto current = co_await read_if_named(row_keys::object(name_.key));
            LABSTORE_CO_TRY(current);
            if (current->has_value())
                co_return found(std::move(**current), false);
            if (!is_versioned(*bucket_))
                co_return errc::no_such_version;
            auto older = co_await find_older();
            LABSTORE_CO_TRY(older);
            if (older->has_value())
                co_return found(std::move(**older), true);
            auto settled = co_await nothing_moved();
            LABSTORE_CO_TRY(settled);
            if (*settled)
                co_return errc::no_such_version;
        }
        co_return errc::busy;
    }

  private:
    runtime::awaitable<result<version_row>> read_if_named(std::string row_key) {
        auto row = co_await all_.index.get(partition_of(*bucket_), std::move(row_key));
        LABSTORE_CO_TRY(row);
        if (!row->has_value())
            co_return version_row();
        const auto named = row_is_named(name_.version_id, (*row)->value);
        LABSTORE_CO_TRY(named);
        if (!*named)
            row->reset();
        co_return row;
    }

    runtime::awaitable<result<version_row>> find_older() {
        if (is_null_) {
            auto state = co_await read_state();
            LABSTORE_CO_TRY(state);
            sequence_ = state->has_value() ? (*state)->record.null_sequence() : 0;
            if (sequence_ == 0)
                co_return version_row();
        }
        auto row = co_await read_if_named(row_keys::version(name_.key, sequence_));
        co_return row;
    }

    /// Since the look before this one.
    runtime::awaitable<result<bool>> nothing_moved() {
        auto state = co_await read_state();
        if (!state)
            co_return to_errc(state.error());
        // Without row 'x' the key has no version, or one from before the bucket was versioned, which has not moved.
        const auto rev = state->has_value() ? (*state)->rev : 0;
        co_return rev == 0 || std::exchange(seen_, rev) == rev;
    }

    runtime::awaitable<result<std::optional<stored<records::key_state>>>> read_state() {
        auto row_key = row_keys::key_state(name_.key);
        auto row =
            co_await read_row<records::key_state>(all_.index, partition_of(*bucket_), std::move(row_key));
        co_return row;
    }

    found_row found(meta::entry row, bool noncurrent) {
        return {bucket_, std::move(row.value), row.rev, noncurrent};
    }

    services& all_;
    bucket_ptr bucket_;
    const object_name& name_;
    bool is_null_;
    std::uint64_t sequence_ = 0;
    meta::revision seen_ = 0;
};

}  // namespace

runtime::awaitable<result<found_row>> find_version(
    services& all, bucket_ptr bucket, const object_name& name
) {
    version_look_up look(all, std::move(bucket), name);
    auto found = co_await look.run();
    co_return found;
}

bool is_delete_marker(std::string_view value) {
    const auto record = read_object(value);
    return record && record->delete_marker;
}

runtime::awaitable<result<found_row>> find_newest_marker(
    services& all, bucket_ptr bucket, const std::string& key
) {
    meta::scan_request scan;
    scan.prefix = row_keys::versions_of(key);
    scan.limit = 1;
    auto page = co_await all.index.scan(partition_of(*bucket), std::move(scan));
    LABSTORE_CO_TRY(page);
    if (page->rows.empty())
        co_return errc::no_such_key;
    const auto& newest = page->rows.front();
    if (!is_delete_marker(newest.value))
        co_return errc::no_such_key;
    co_return found_row{std::move(bucket), std::string(newest.value), newest.rev, true};
}

}  // namespace labstore::storage
