#include "storage/index_check.hpp"

#include "storage/bucket_state.hpp"
#include "storage/row_keys.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

constexpr std::size_t md5_size_bytes = 16;

std::uint64_t hash_of(const blob::ref& which) {
    const auto hash = std::hash<std::string_view>{}(which.locator);
    return hash ^ (which.size_bytes * 0x9e3779b97f4a7c15U);
}

}  // namespace

void blob_census::add(const blob::ref& which) {
    hashes_.push_back(hash_of(which));
}

void blob_census::close() {
    std::sort(hashes_.begin(), hashes_.end());
    named_.assign(hashes_.size(), false);
}

bool blob_census::name(const blob::ref& which) {
    const auto hash = hash_of(which);
    const auto found = std::lower_bound(hashes_.begin(), hashes_.end(), hash);
    if (found == hashes_.end() || *found != hash)
        return false;
    named_[static_cast<std::size_t>(found - hashes_.begin())] = true;
    return true;
}

std::uint64_t blob_census::unnamed() const {
    return static_cast<std::uint64_t>(std::count(named_.begin(), named_.end(), false));
}

index_check::index_check(check_report& report, blob_census& census, whole_blob is_whole, damage_sink damage)
    : report_(report),
      census_(census),
      is_whole_(std::move(is_whole)),
      damage_(std::move(damage)),
      versions_([this](const std::string& where, std::string_view what) { this->report(where, what); }),
      times_([this](std::string_view what) { this->report("bucket " + bucket_, what); }) {}

void index_check::row(meta::partition_id partition, std::string_view key, std::string_view value) {
    const auto id = static_cast<std::uint64_t>(partition);
    if (id == 0) {
        system_row(key, value);
        return;
    }
    if (id != partition_) {
        end_partition();
        begin_partition(id);
    }
    bucket_row(key, value);
}

void index_check::close() {
    end_partition();
    for (const auto& [id, name] : buckets_)
        report("bucket " + name, "its partition is missing");
}

void index_check::system_row(std::string_view key, std::string_view value) {
    const auto kind = key.empty() ? '\0' : key.front();
    if (kind == row_keys::bucket_kind) {
        const auto record = decode<records::bucket>(value);
        const std::string name(key.substr(1));
        if (!record || record->id() == 0) {
            report("bucket " + name, "its row does not decode");
            return;
        }
        if (!buckets_.emplace(record->id(), name).second)
            report("bucket " + name, "another bucket has the same partition");
        ++report_.buckets;
    } else if (kind == row_keys::dead_partition_kind && key.size() == 9) {
        dead_.insert(read_big_endian<std::uint64_t>(key.substr(1)));
    } else {
        report("system partition", "a row of no known kind: " + to_hex(as_bytes(key)));
    }
}

void index_check::begin_partition(std::uint64_t partition) {
    partition_ = partition;
    const auto found = buckets_.find(partition);
    known_ = found != buckets_.end() || dead_.contains(partition);
    bucket_ = "partition " + std::to_string(partition);
    if (found != buckets_.end()) {
        bucket_ = found->second;
        live_ = true;
        buckets_.erase(found);
    } else {
        // A removed bucket's partition needs no state.
        has_state_ = true;
    }
}

void index_check::end_partition() {
    if (partition_ == 0)
        return;
    if (!has_state_)
        report("bucket " + bucket_, "its state is missing");
    // A creation cut short leaves a state row and nothing else.
    if (!known_ && has_rows_)
        report(bucket_, "it belongs to no bucket");
    for (const auto& [token, facts] : manifests_)
        if (!facts.used && !purged_manifests_.contains(token))
            report("bucket " + bucket_, "parts that no object names: " + to_hex(as_bytes(token)));
    versions_.close();
    times_.close(timed_, live_);
    versioned_ = false;
    timed_ = false;
    live_ = false;
    partition_ = 0;
    has_state_ = false;
    has_rows_ = false;
    manifests_.clear();
    purged_manifests_.clear();
    purged_uploads_.clear();
    uploads_.clear();
}

void index_check::bucket_row(std::string_view key, std::string_view value) {
    const auto kind = key.empty() ? '\0' : key.front();
    has_rows_ = has_rows_ || kind != row_keys::state_kind;
    switch (kind) {
        case row_keys::state_kind:
            has_state_ = true;
            state_row(key, value);
            break;
        case row_keys::clean_up_kind:
            clean_up_row(key, value);
            break;
        case row_keys::manifest_kind:
            manifest_row(key, value);
            break;
        case row_keys::object_kind:
        case row_keys::version_kind:
            version_row(key, value);
            break;
        case row_keys::key_state_kind:
            key_state_row(key, value);
            break;
        case row_keys::upload_kind:
            upload_row(key, value);
            break;
        case row_keys::part_kind:
            part_row(key, value);
            break;
        case row_keys::time_kind:
        case row_keys::lifecycle_kind:
            times_.row(key, value);
            break;
        default:
            report("bucket " + bucket_, "a row of no known kind: " + to_hex(as_bytes(key)));
    }
}

void index_check::state_row(std::string_view key, std::string_view value) {
    const auto state = parse_state(value);
    if (key.size() != 1 || !state) {
        report("bucket " + bucket_, "its state is not one");
        return;
    }
    versioned_ = state->versioning != versioning_state::unversioned;
    timed_ = state->timed;
}

void index_check::clean_up_row(std::string_view key, std::string_view value) {
    const auto record = decode<records::clean_up>(value);
    if (!record || !row_keys::clean_up_time(key)) {
        report("bucket " + bucket_, "a clean-up row does not decode");
        return;
    }
    for (const auto& leftover : record->leftovers()) {
        if (leftover.manifest())
            purged_manifests_.insert(leftover.token());
        if (!leftover.upload_id().empty())
            purged_uploads_.insert(leftover.upload_id());
    }
}

void index_check::manifest_row(std::string_view key, std::string_view value) {
    const auto record = decode<records::manifest>(value);
    if (!record || key.size() != 1 + row_keys::token_size_bytes + 4 || record->parts_size() == 0) {
        report("bucket " + bucket_, "a manifest row does not decode");
        return;
    }
    const std::string token(key.substr(1, row_keys::token_size_bytes));
    auto& facts = manifests_[token];
    const auto chunk = read_big_endian<std::uint32_t>(key.substr(1 + row_keys::token_size_bytes));
    const auto where = "bucket " + bucket_ + ": parts of " + to_hex(as_bytes(token));
    // A half-purged manifest lacks its beginning.
    if (chunk != facts.chunks.size() && !purged_manifests_.contains(token))
        report(where, "a manifest row is missing");
    chunk_facts now;
    now.first_part_number = record->parts(0).number();
    for (const auto& part : record->parts()) {
        if (part.number() <= now.last_part_number || part.etag_md5().size() != md5_size_bytes)
            report(where, "part " + std::to_string(part.number()) + " is out of order or has no ETag");
        now.last_part_number = part.number();
        now.size_bytes += part.size_bytes();
        ++now.parts;
        if (purged_manifests_.contains(token))
            continue;
        if (part.has_blob() != (part.size_bytes() != 0))
            report(
                where, "part " + std::to_string(part.number()) + " has a size and no bytes, or the reverse"
            );
        else if (part.has_blob())
            check_blob(
                to_ref(part.blob()), part.size_bytes(), where + ", part " + std::to_string(part.number())
            );
    }
    facts.chunks.push_back(now);
}

void index_check::version_row(std::string_view key, std::string_view value) {
    const bool current = key.front() == row_keys::object_kind;
    const auto parsed = row_keys::parse(key);
    if (!parsed || parsed->rest.size() != (current ? 0U : 8U) || !object_key::parse(parsed->key)) {
        report("bucket " + bucket_, "an object's row key does not decode: " + to_hex(as_bytes(key)));
        return;
    }
    const auto where = place(parsed->key);
    const auto record = decode<records::object>(value);
    if (!record) {
        report(where, "its record does not decode");
        return;
    }
    const auto sequence = current ? record->sequence() : *row_keys::version_sequence(parsed->rest);
    versions_.add(where, parsed->key, *record, sequence, current);
    times_.version(time_of(record->modified_ns()), parsed->key, sequence);
    if (!current && !versioned_)
        report(where, "it has versions in a bucket that never was versioned");
    if (record->delete_marker()) {
        if (current)
            report(where, "a delete marker stands as the current object");
        return;
    }
    ++report_.objects;
    if (record->token().size() != row_keys::token_size_bytes || record->etag_md5().size() != md5_size_bytes)
        report(where, "its token or ETag has the wrong length");
    if (record->manifest_size() != 0)
        check_manifest(*record, where);
    else
        check_bytes(*record, where);
}

void index_check::key_state_row(std::string_view key, std::string_view value) {
    const auto parsed = row_keys::parse(key);
    const auto record = decode<records::key_state>(value);
    if (!parsed || !parsed->rest.empty() || !record) {
        report("bucket " + bucket_, "the state of a key does not decode: " + to_hex(as_bytes(key)));
        return;
    }
    versions_.state(place(parsed->key), parsed->key, *record);
}

void index_check::check_bytes(const records::object& record, const std::string& where) {
    if (record.has_blob() != (record.size_bytes() != 0))
        report(where, "it has a size and no bytes, or the reverse");
    else if (record.has_blob())
        check_blob(to_ref(record.blob()), record.size_bytes(), where);
}

void index_check::check_manifest(const records::object& record, const std::string& where) {
    const auto found = manifests_.find(record.token());
    const auto chunks = static_cast<std::size_t>(record.manifest_size());
    if (record.has_blob() || found == manifests_.end() || found->second.chunks.size() != chunks) {
        report(where, "its parts are not all there");
        return;
    }
    found->second.used = true;
    std::uint64_t offset = 0;
    std::uint64_t parts = 0;
    std::uint32_t last_part_number = 0;
    for (std::size_t i = 0; i < chunks; ++i) {
        const auto& facts = found->second.chunks[i];
        const auto& position = record.manifest(static_cast<int>(i));
        const bool fits = position.offset_bytes() == offset &&
                          position.first_part_number() == facts.first_part_number &&
                          facts.first_part_number > last_part_number;
        if (!fits)
            report(where, "manifest row " + std::to_string(i) + " is not the one it names");
        last_part_number = facts.last_part_number;
        offset += facts.size_bytes;
        parts += facts.parts;
    }
    if (offset != record.size_bytes() || parts != record.parts_count())
        report(where, "its parts do not add up to it");
}

void index_check::upload_row(std::string_view key, std::string_view value) {
    const auto parsed = row_keys::parse(key);
    const auto record = decode<records::upload>(value);
    if (!parsed || parsed->rest.size() != row_keys::token_size_bytes || !record) {
        report("bucket " + bucket_, "an upload's row does not decode: " + to_hex(as_bytes(key)));
        return;
    }
    uploads_.emplace(parsed->rest);
    times_.upload(time_of(record->initiated_ns()), parsed->key, parsed->rest);
    ++report_.uploads;
}

void index_check::part_row(std::string_view key, std::string_view value) {
    const auto record = decode<records::part>(value);
    if (!record || key.size() != 1 + row_keys::token_size_bytes + 4) {
        report("bucket " + bucket_, "a part's row does not decode: " + to_hex(as_bytes(key)));
        return;
    }
    const auto upload_id = key.substr(1, row_keys::token_size_bytes);
    const auto where = "bucket " + bucket_ + ": part " + std::to_string(record->number()) + " of upload " +
                       to_hex(as_bytes(upload_id));
    if (purged_uploads_.contains(upload_id))
        return;
    if (!uploads_.contains(upload_id))
        report(where, "its upload does not exist");
    if (read_big_endian<std::uint32_t>(key.substr(1 + row_keys::token_size_bytes)) != record->number())
        report(where, "its number differs from its row's");
    if (record->has_blob() != (record->size_bytes() != 0))
        report(where, "it has a size and no bytes, or the reverse");
    else if (record->has_blob())
        check_blob(to_ref(record->blob()), record->size_bytes(), where);
}

void index_check::check_blob(const blob::ref& which, std::uint64_t size_bytes, const std::string& where) {
    report_.bytes += which.size_bytes;
    if (which.size_bytes != size_bytes)
        report(where, "its bytes have another size");
    if (!census_.name(which) && !is_whole_(which))
        report(where, "its bytes are missing or damaged");
}

void index_check::report(const std::string& where, std::string_view what) {
    damage_(where + ": " + std::string(what));
}

std::string index_check::place(std::string_view key) const {
    return "bucket " + bucket_ + ": object " + percent_encode(key, keep_slash::yes);
}

}  // namespace labstore::storage
