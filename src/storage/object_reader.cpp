#include "storage/object_reader.hpp"

#include "storage/row_keys.hpp"
#include "storage/version_look_up.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

/// Each try lost a race against an overwrite or a compaction of this very object.
constexpr int open_tries_max = 100;
constexpr int move_tries_max = 10;

result<std::unique_ptr<stored_object_reader>> make_reader(
    services& all, const found_row& found, const std::string& key
) {
    const auto record = read_object(found.value);
    if (!record)
        return record.error();
    return std::make_unique<stored_object_reader>(all, *found.bucket, key, *record);
}

}  // namespace

runtime::awaitable<result<found_row>> find_row(services& all, const object_name& name) {
    found_row out;
    out.bucket = all.buckets.find(name.bucket);
    if (!out.bucket)
        co_return errc::no_such_bucket;
    if (const auto valid = object_key_tag::validate(name.key); !valid)
        co_return valid.error();
    if (!name.version_id.empty()) {
        auto version = co_await find_version(all, std::move(out.bucket), name);
        LABSTORE_CO_TRY(version);
        if (is_delete_marker(version->value))
            co_return errc::method_not_allowed;
        co_return std::move(*version);
    }
    auto row_key = row_keys::object(name.key);
    auto row = co_await all.index.get(partition_of(*out.bucket), std::move(row_key));
    LABSTORE_CO_TRY(row);
    if (!row->has_value())
        co_return errc::no_such_key;
    out.value = std::move((*row)->value);
    out.rev = (*row)->rev;
    co_return std::move(out);
}

result<object_info> describe_row(std::string key, const found_row& found) {
    const auto record = read_object(found.value);
    if (!record)
        return record.error();
    return describe(std::move(key), *record, *found.bucket);
}

runtime::awaitable<result<found_object>> find_object(services& all, object_name name) {
    auto row = co_await find_row(all, name);
    LABSTORE_CO_TRY(row);
    auto record = decode<records::object>(row->value);
    LABSTORE_CO_TRY(record);
    if (record->token().size() != row_keys::token_size_bytes)
        co_return errc::corrupt;
    found_object out;
    out.bucket = std::move(row->bucket);
    out.key = std::move(name.key);
    out.record = std::move(*record);
    out.rev = row->rev;
    out.noncurrent = row->noncurrent;
    co_return std::move(out);
}

runtime::awaitable<result<records::manifest>> read_manifest(
    services& all, meta::partition_id partition, std::string token, std::uint32_t chunk
) {
    auto row_key = row_keys::manifest(token, chunk);
    auto row = co_await read_row<records::manifest>(all.index, partition, std::move(row_key));
    LABSTORE_CO_TRY(row);
    if (!row->has_value())
        co_return errc::no_such_key;
    co_return std::move((*row)->record);
}

std::uint32_t chunk_of_part(const records::object& record, std::uint32_t number) {
    std::uint32_t chunk = 0;
    for (int i = 1; i < record.manifest_size() && record.manifest(i).first_part_number() <= number; ++i)
        chunk = static_cast<std::uint32_t>(i);
    return chunk;
}

stored_object_reader::stored_object_reader(
    services& all, const bucket_info& bucket, std::string key, const object_view& record
)
    : all_(all),
      partition_(partition_of(bucket)),
      info_(describe(std::move(key), record, bucket)),
      token_(record.token),
      hold_(all.tokens.take(token_)),
      manifest_(record.manifest) {
    if (record.blob)
        blob_.emplace(blob::ref{std::string(record.blob->locator), record.blob->size_bytes});
}

runtime::awaitable<result<void>> stored_object_reader::open() {
    if (info_.size_bytes == 0)
        co_return result<void>();
    if (!manifest_.empty()) {
        auto opened = co_await open_at(0);
        co_return opened;
    }
    if (!blob_)
        co_return errc::corrupt;
    auto ref = *blob_;
    auto opened = co_await all_.blobs.open(std::move(ref));
    LABSTORE_CO_TRY(opened);
    current_ = std::move(*opened);
    co_return result<void>();
}

runtime::awaitable<result<byte_span>> stored_object_reader::read(
    std::uint64_t offset, std::uint64_t size_bytes
) {
    LABSTORE_ASSERT(size_bytes > 0 && offset < info_.size_bytes && size_bytes <= info_.size_bytes - offset);
    if (!is_open_at(offset)) {
        auto opened = co_await open_at(offset);
        LABSTORE_CO_TRY(opened);
    }
    const auto start = offset - current_offset_;
    const auto size = std::min(size_bytes, current_->size_bytes() - start);
    auto bytes = co_await current_->read(start, size);
    co_return bytes;
}

std::optional<blob::file_range> stored_object_reader::checked_in_memory(
    std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    if (!is_open_at(offset))
        return std::nullopt;
    const auto start = offset - current_offset_;
    return current_->checked_in_memory(start, std::min(size_bytes, current_->size_bytes() - start));
}

runtime::awaitable<result<void>> stored_object_reader::open_at(std::uint64_t offset) {
    LABSTORE_ASSERT(!manifest_.empty());
    const auto chunk = chunk_at(offset);
    if (chunk_ != chunk) {
        auto loaded = co_await load_chunk(chunk);
        LABSTORE_CO_TRY(loaded);
    }
    for (int tries = 0; tries < move_tries_max; ++tries) {
        const auto place = place_at(offset);
        auto ref = place.ref;
        auto opened = co_await all_.blobs.open(std::move(ref));
        if (opened) {
            current_ = std::move(*opened);
            current_offset_ = place.offset;
            co_return result<void>();
        }
        if (opened.error() != errc::no_such_key)
            co_return opened.error();
        auto loaded = co_await load_chunk(chunk);
        LABSTORE_CO_TRY(loaded);
        // Neither moved nor removed, and yet not there: the bytes are lost.
        if (place_at(offset).ref == place.ref)
            co_return errc::corrupt;
    }
    co_return errc::busy;
}

runtime::awaitable<result<void>> stored_object_reader::load_chunk(std::uint32_t chunk) {
    auto token = token_;
    auto manifest = co_await read_manifest(all_, partition_, std::move(token), chunk);
    LABSTORE_CO_TRY(manifest);
    places_.clear();
    const auto start = manifest_[chunk].offset_bytes;
    auto offset = start;
    for (const auto& part : manifest->parts()) {
        if (part.size_bytes() != 0)
            places_.push_back({offset, to_ref(part.blob())});
        offset += part.size_bytes();
    }
    if (places_.empty() || places_.front().offset != start)
        co_return errc::corrupt;
    chunk_ = chunk;
    co_return result<void>();
}

std::uint32_t stored_object_reader::chunk_at(std::uint64_t offset) const noexcept {
    std::uint32_t chunk = 0;
    for (std::uint32_t i = 1; i < manifest_.size() && manifest_[i].offset_bytes <= offset; ++i)
        chunk = i;
    return chunk;
}

const stored_object_reader::part_place& stored_object_reader::place_at(std::uint64_t offset) const {
    const auto after = std::upper_bound(
        places_.begin(),
        places_.end(),
        offset,
        [](std::uint64_t wanted, const part_place& place) { return wanted < place.offset; }
    );
    LABSTORE_ASSERT(after != places_.begin());
    return *(after - 1);
}

runtime::awaitable<result<opened_object>> open_current(services& all, const object_name& name) {
    meta::revision missed = 0;
    for (int tries = 0; tries < open_tries_max; ++tries) {
        auto found = co_await find_row(all, name);
        LABSTORE_CO_TRY(found);
        auto reader = make_reader(all, *found, name.key);
        LABSTORE_CO_TRY(reader);
        auto opened = co_await (*reader)->open();
        if (opened)
            co_return opened_object{std::move(*found), std::move(*reader)};
        if (opened.error() != errc::no_such_key)
            co_return opened.error();
        // The row still says the same: the bytes did not move, they are lost.
        if (found->rev == missed)
            co_return errc::corrupt;
        missed = found->rev;
    }
    co_return errc::busy;
}

}  // namespace labstore::storage
