#include "storage/version_look_up.hpp"

#include "storage/bucket_state.hpp"
#include "storage/row_keys.hpp"
#include "storage/versioned_key.hpp"

#include <utility>

namespace labstore::storage {
namespace {

/// Each try lost a race against a change of this very key.
constexpr int tries_max = 1'000;

using version_row = std::optional<stored<records::object>>;

/// One look for one version, row by row.
class version_look_up {
  public:
    version_look_up(services& all, bucket_ptr bucket, object_name name)
        : all_(all),
          bucket_(std::move(bucket)),
          name_(std::move(name)),
          is_null_(name_.version_id == "null") {}

    runtime::awaitable<result<found_object>> run() {
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
                co_return found(std::move(**current));
            if (!is_versioned(*bucket_))
                co_return errc::no_such_version;
            auto older = co_await find_older();
            LABSTORE_CO_TRY(older);
            if (older->has_value())
                co_return found(std::move(**older));
            auto settled = co_await nothing_moved();
            LABSTORE_CO_TRY(settled);
            if (*settled)
                co_return errc::no_such_version;
        }
        co_return errc::busy;
    }

  private:
    runtime::awaitable<result<version_row>> read_if_named(std::string row_key) {
        auto row = co_await read_row<records::object>(all_.index, partition_of(*bucket_), std::move(row_key));
        if (row && row->has_value() && !names_version((*row)->record, name_.version_id))
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

    found_object found(stored<records::object> row) {
        return {bucket_, std::move(name_.key), std::move(row.record), row.rev};
    }

    services& all_;
    bucket_ptr bucket_;
    object_name name_;
    bool is_null_;
    std::uint64_t sequence_ = 0;
    meta::revision seen_ = 0;
};

}  // namespace

runtime::awaitable<result<found_object>> find_version(services& all, bucket_ptr bucket, object_name name) {
    version_look_up look(all, std::move(bucket), std::move(name));
    auto found = co_await look.run();
    co_return found;
}

runtime::awaitable<result<found_object>> find_newest_marker(
    services& all, bucket_ptr bucket, std::string key
) {
    meta::scan_request scan;
    scan.prefix = row_keys::versions_of(key);
    scan.limit = 1;
    auto page = co_await all.index.scan(partition_of(*bucket), std::move(scan));
    LABSTORE_CO_TRY(page);
    if (page->rows.empty())
        co_return errc::no_such_key;
    auto record = decode<records::object>(page->rows.front().value);
    LABSTORE_CO_TRY(record);
    if (!record->delete_marker())
        co_return errc::no_such_key;
    co_return found_object{std::move(bucket), std::move(key), std::move(*record), page->rows.front().rev};
}

}  // namespace labstore::storage
