#include "storage/lifecycle_judge.hpp"

#include "storage/commit.hpp"
#include "storage/row_keys.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace labstore::storage {
namespace {

using runtime::awaitable;

constexpr std::size_t key_page_rows = 500;

version_facts facts_of(const version_place& place) {
    version_facts out;
    out.latest = place.latest;
    out.alone = place.alone;
    out.noncurrent_since = place.noncurrent_since;
    out.newer_noncurrent = place.newer_noncurrent;
    return out;
}

version_facts facts_of(std::string_view key, const records::object& version, const version_place& place) {
    auto out = facts_of(place);
    out.key = key;
    out.size_bytes = version.size_bytes();
    for (const auto& tag : version.attributes().tags())
        out.tags.emplace_back(tag.name(), tag.value());
    out.modified = time_of(version.modified_ns());
    out.delete_marker = version.delete_marker();
    return out;
}

version_facts facts_of(const object_info& object, const version_place& place) {
    auto out = facts_of(place);
    out.key = object.key;
    out.size_bytes = object.size_bytes;
    for (const auto& [name, value] : object.attributes.tags)
        out.tags.emplace_back(name, value);
    out.modified = object.modified;
    out.delete_marker = object.delete_marker;
    return out;
}

/// Rows of one key in one state of the index: 'o', 'x', and rows 'v' from two places on.
struct key_rows {
    std::optional<records::object> current;
    meta::revision key_revision = 0;
    std::vector<records::object> newest;
    bool more_newest = false;
    std::vector<records::object> from;
};

struct key_request {
    std::string after_newest;      // rows 'v' behind it; empty: from the first
    std::size_t newest_limit = 1;  // rows
    std::string from;              // rows 'v' behind it as well; empty: none
    std::size_t from_limit = 1;
};

result<std::vector<records::object>> decode_all(const meta::page& page) {
    std::vector<records::object> out;
    out.reserve(page.rows.size());
    for (const auto& row : page.rows) {
        auto record = decode<records::object>(row.value);
        LABSTORE_TRY(record);
        out.push_back(std::move(*record));
    }
    return out;
}

meta::scan_request scan_of(std::string prefix, std::string after, std::size_t limit) {
    meta::scan_request out;
    out.prefix = std::move(prefix);
    out.after = std::move(after);
    out.limit = std::min(limit, meta::page_rows_max);
    return out;
}

awaitable<result<key_rows>> read_key(
    services& all, const bucket_info& bucket, const std::string& key, key_request request
) {
    std::vector<meta::scan_request> scans;
    scans.push_back(scan_of(row_keys::object(key), {}, 1));
    scans.push_back(scan_of(row_keys::key_state(key), {}, 1));
    scans.push_back(scan_of(row_keys::versions_of(key), std::move(request.after_newest), request.newest_limit)
    );
    if (!request.from.empty())
        scans.push_back(scan_of(row_keys::versions_of(key), std::move(request.from), request.from_limit));
    auto pages = co_await all.index.scan_together(partition_of(bucket), std::move(scans));
    LABSTORE_CO_TRY(pages);
    key_rows out;
    auto current = decode_all((*pages)[0]);
    LABSTORE_CO_TRY(current);
    if (!current->empty())
        out.current = std::move(current->front());
    if (!(*pages)[1].rows.empty())
        out.key_revision = (*pages)[1].rows.front().rev;
    auto newest = decode_all((*pages)[2]);
    LABSTORE_CO_TRY(newest);
    out.newest = std::move(*newest);
    out.more_newest = (*pages)[2].more;
    if (pages->size() > 3) {
        auto from = decode_all((*pages)[3]);
        LABSTORE_CO_TRY(from);
        out.from = std::move(*from);
    }
    co_return std::move(out);
}

/// Noncurrent versions newer than this one; as many as the newest rows show.
std::uint32_t count_newer(const key_rows& rows, std::uint64_t sequence) {
    std::uint32_t newer = 0;
    // Without a row 'o' the first of them is not a noncurrent version but the newest.
    for (std::size_t i = rows.current ? 0 : 1; i < rows.newest.size(); ++i)
        newer += rows.newest[i].sequence() > sequence ? 1 : 0;
    return newer;
}

std::size_t kept_by(const lifecycle_configuration& config) {
    std::size_t most = 0;
    for (const auto& rule : config.rules)
        if (rule.enabled)
            most = std::max<std::size_t>(most, rule.newer_noncurrent_versions.value_or(0));
    return most;
}

}  // namespace

lifecycle_judge::lifecycle_judge(
    services& all, bucket_ptr bucket, std::shared_ptr<const bucket_config> config, wall_time until
)
    : all_(all),
      bucket_(std::move(bucket)),
      config_(std::move(config)),
      until_(until),
      kept_max_(kept_by(config_->lifecycle)) {}

void lifecycle_judge::visit_record(
    const std::string& key,
    const records::object& version,
    const version_place& place,
    std::optional<meta::revision> key_revision
) {
    const auto facts = facts_of(key, version, place);
    const auto verdict = judge_version(config_->lifecycle, facts, all_.settings.lifecycle_day);
    if (!verdict || verdict->due > until_)
        return;
    auto& found = findings_.emplace_back();
    found.key = key;
    if (is_versioned(*bucket_))
        found.version_id =
            version.version_id().empty() ? std::string("null") : to_hex(as_bytes(version.version_id()));
    found.size_bytes = version.size_bytes();
    found.action = verdict->action;
    found.due = verdict->due;
    found.rule_id = verdict->rule->id;
    found.place = place;
    found.key_revision = key_revision;
}

awaitable<result<bool>> lifecycle_judge::visit_unversioned(std::string key, std::uint64_t sequence) {
    auto row = co_await read_object_row(all_, bucket_, key);
    if (!row)
        co_return to_errc(row.error());
    if (!row->has_value() || (*row)->record.sequence() != sequence)
        co_return false;
    visit_record(key, (*row)->record, {true, true, {}, 0}, std::nullopt);
    co_return true;
}

awaitable<result<bool>> lifecycle_judge::visit_version(std::string key, std::uint64_t sequence) {
    if (!is_versioned(*bucket_)) {
        auto visited = co_await visit_unversioned(std::move(key), sequence);
        co_return visited;
    }
    key_request request;
    request.newest_limit = kept_max_ + 2;
    // The version itself where it stands in a row 'v', then those that are older.
    request.from = row_keys::version(key, sequence + 1);
    request.from_limit = kept_max_ + 2;
    auto rows = co_await read_key(all_, *bucket_, key, std::move(request));
    if (!rows)
        co_return to_errc(rows.error());
    const bool is_current = rows->current && rows->current->sequence() == sequence;
    const bool is_older = !rows->from.empty() && rows->from.front().sequence() == sequence;
    if (!is_current && !is_older)
        co_return false;
    auto successor =
        is_current ? time_of(rows->current->modified_ns()) : time_of(rows->from.front().modified_ns());
    if (is_current) {
        visit_record(key, *rows->current, {true, rows->newest.empty(), {}, 0}, rows->key_revision);
    } else if (!rows->current && rows->newest.front().sequence() == sequence) {
        const bool alone = rows->newest.size() == 1 && !rows->more_newest;
        visit_record(key, rows->from.front(), {true, alone, {}, 0}, rows->key_revision);
    }
    for (std::size_t i = is_older ? 1 : 0; i < rows->from.size(); ++i) {
        const auto& older = rows->from[i];
        visit_record(
            key, older, {false, false, successor, count_newer(*rows, older.sequence())}, rows->key_revision
        );
        successor = time_of(older.modified_ns());
    }
    co_return true;
}

awaitable<result<bool>> lifecycle_judge::visit_key(std::string key, std::size_t findings_max) {
    auto whole = co_await visit_all(std::move(key), findings_max, true);
    co_return whole;
}

awaitable<result<void>> lifecycle_judge::visit_older(std::string key) {
    auto whole = co_await visit_all(std::move(key), std::numeric_limits<std::size_t>::max(), false);
    LABSTORE_CO_TRY(whole);
    co_return result<void>();
}

awaitable<result<bool>> lifecycle_judge::visit_all(
    std::string key, std::size_t findings_max, bool with_current
) {
    key_request request;
    request.newest_limit = key_page_rows;
    std::optional<wall_time> successor;  // of the next row 'v'; none: it is the newest of all
    std::optional<meta::revision> revision;
    std::uint32_t newer = 0;
    for (bool first = true;; first = false) {
        auto wanted = request;
        auto rows = co_await read_key(all_, *bucket_, key, std::move(wanted));
        if (!rows)
            co_return to_errc(rows.error());
        if (first) {
            revision = is_versioned(*bucket_) ? std::optional(rows->key_revision) : std::nullopt;
            if (rows->current) {
                if (with_current)
                    visit_record(key, *rows->current, {true, rows->newest.empty(), {}, 0}, revision);
                successor = time_of(rows->current->modified_ns());
            }
        }
        for (const auto& older : rows->newest) {
            if (findings_.size() >= findings_max)
                co_return false;
            if (successor) {
                visit_record(key, older, {false, false, *successor, newer}, revision);
                ++newer;
            } else {
                const bool alone = rows->newest.size() == 1 && !rows->more_newest;
                visit_record(key, older, {true, alone, {}, 0}, revision);
            }
            successor = time_of(older.modified_ns());
            request.after_newest = row_keys::version(key, older.sequence());
        }
        if (!rows->more_newest)
            co_return true;
    }
}

bool is_still_due(
    services& all, const bucket_info& bucket, const lifecycle_finding& found, const object_info& object
) {
    const auto now = all.buckets.find(bucket.name);
    if (!now || now->id != bucket.id || !now->config)
        return false;
    const auto verdict =
        judge_version(now->config->lifecycle, facts_of(object, found.place), all.settings.lifecycle_day);
    return verdict && verdict->action == found.action && verdict->due <= all.time.now();
}

}  // namespace labstore::storage
