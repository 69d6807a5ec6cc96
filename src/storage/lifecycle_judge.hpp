#pragma once

#include "labstore/storage/lifecycle.hpp"
#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace labstore::storage {

/// Where a version stands among those of its key.
struct version_place {
    bool latest = false;
    bool alone = false;
    wall_time noncurrent_since;
    std::uint32_t newer_noncurrent = 0;
};

/// A version of which a rule says something.
struct lifecycle_finding {
    std::string key;
    std::string version_id;  // empty: the current version of a bucket that never was versioned
    std::uint64_t size_bytes = 0;
    lifecycle_action action = lifecycle_action::expire_current;
    wall_time due;
    std::string rule_id;
    version_place place;
    std::optional<meta::revision>
        key_revision;  // of row 'x' when it was looked at, where the bucket is versioned
};

/// Holds versions of one bucket against its rules. Reads whatever belongs together in one state of the index. Belongs to
/// one coroutine.
class lifecycle_judge {
  public:
    /// Finds what is due at `until` or before.
    lifecycle_judge(
        services& all, bucket_ptr bucket, std::shared_ptr<const bucket_config> config, wall_time until
    );

    /// The version that a row 't' names and those whose time may have come with it: what it made noncurrent, and what it
    /// made one too many. False when the version is gone, so that the row says nothing any more. Costs a few rows,
    /// whatever else the key has.
    runtime::awaitable<result<bool>> visit_version(std::string key, std::uint64_t sequence);

    /// Every version of the key, up to as many findings as `findings_max`; false when there were more.
    runtime::awaitable<result<bool>> visit_key(std::string key, std::size_t findings_max);

    /// Every version of the key but the one in row 'o'.
    runtime::awaitable<result<void>> visit_older(std::string key);

    /// One that was read already.
    void visit_record(
        const std::string& key,
        const records::object& version,
        const version_place& place,
        std::optional<meta::revision> key_revision
    );

    [[nodiscard]] std::vector<lifecycle_finding> take_findings() { return std::move(findings_); }

    [[nodiscard]] std::size_t findings() const noexcept { return findings_.size(); }

  private:
    runtime::awaitable<result<bool>> visit_unversioned(std::string key, std::uint64_t sequence);
    runtime::awaitable<result<bool>> visit_all(std::string key, std::size_t findings_max, bool with_current);

    services& all_;
    bucket_ptr bucket_;
    std::shared_ptr<const bucket_config> config_;
    wall_time until_;
    std::size_t kept_max_ = 0;  // noncurrent versions that a rule may keep
    std::vector<lifecycle_finding> findings_;
};

/// Is the version, as it is now and by the rules of now, still due for this?
[[nodiscard]] bool is_still_due(
    services& all, const bucket_info& bucket, const lifecycle_finding& found, const object_info& object
);

}  // namespace labstore::storage
