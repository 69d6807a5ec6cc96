#pragma once

#include "storage/commit.hpp"
#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// One key of a bucket that is or was versioned, about to change. It reads the rows it needs, shows what they would be
/// after the changes asked for so far, and gives all of them to one batch, which holds every row that was read. Row 'x'
/// is always among these and written with every change, so changes of one key follow one another, also where it has no
/// current version. Belongs to one coroutine; costs the rows it touches, whatever else the key has.
class versioned_key {
  public:
    versioned_key(services& all, bucket_ptr bucket, std::string key);

    /// First of all.
    runtime::awaitable<result<void>> load();

    /// nullptr where there is no version, or a delete marker is the newest.
    [[nodiscard]] const records::object* current() const { return current_ ? &*current_ : nullptr; }

    /// Has the key any version or delete marker?
    [[nodiscard]] bool exists() const { return current_.has_value() || state_.has_value(); }

    /// The version or delete marker of this id; "null": the null version. nullopt when there is none, which counts only if
    /// it `is_settled`.
    runtime::awaitable<result<std::optional<records::object>>> find(std::string version_id);

    /// Makes `record` the newest version or, with delete_marker set, the newest marker. Sets its sequence, its time and
    /// its id by the bucket's versioning. A null version before it goes.
    runtime::awaitable<result<void>> add(records::object& record);

    /// Removes what `find` found. The newest version left becomes the current one unless it is a delete marker.
    runtime::awaitable<result<void>> remove(records::object record);

    /// Is the version that `add` made there? For after an outcome that nobody knows. False counts only if it `is_settled`.
    runtime::awaitable<result<bool>> holds(const records::object& record);

    /// Nothing came, went or moved since `load`, so what was not found was not there. A batch from here holds the same.
    runtime::awaitable<result<bool>> is_settled();

    /// The revision of row 'x' as read; 0 when it was absent.
    [[nodiscard]] meta::revision state_revision() const { return state_rev_; }

    [[nodiscard]] bool changed() const { return changed_; }

    /// Hands over what is to be held and written.
    void move_to(meta::batch& batch, std::vector<records::leftover>& leftovers);

  private:
    struct version_row {
        meta::revision rev = 0;              // as read; 0: it was not read, or not there
        std::optional<records::object> now;  // absent: removed
        bool changed = false;
    };

    using row_map = std::map<std::string, version_row>;

    /// One row 'v', read unless it is known already; absent when there is none.
    runtime::awaitable<result<row_map::iterator>> read(std::uint64_t sequence);
    /// The newest row 'v' that is left; `rows_.end()` without one.
    runtime::awaitable<result<row_map::iterator>> newest();
    runtime::awaitable<result<void>> remove_null();
    runtime::awaitable<result<void>> promote();
    void put_version(records::object record);
    void take_version(row_map::iterator row);
    void leave(const records::object& record);
    void move_times_to(meta::batch& batch) const;

    services& all_;
    bucket_ptr bucket_;
    std::string key_;
    std::optional<records::object> current_;
    std::optional<records::key_state> state_;
    row_map rows_;  // rows 'v' that were read or written, newest first
    std::vector<records::leftover> leftovers_;
    std::vector<records::object> gone_;  // for good; kept where the bucket has an index by time
    meta::revision current_rev_ = 0;     // as read; 0: it was absent
    meta::revision state_rev_ = 0;
    bool current_changed_ = false;
    bool changed_ = false;
    bool removed_ = false;  // a version that was asked for
};

inline constexpr std::size_t version_id_size_bytes = 16;

/// 16 bytes: the sequence and random ones, so that the row of a version is found by its id.
[[nodiscard]] std::string new_version_id(std::uint64_t sequence);
/// The sequence in a version id of 16 bytes.
[[nodiscard]] std::uint64_t sequence_of(std::string_view version_id);

}  // namespace labstore::storage
