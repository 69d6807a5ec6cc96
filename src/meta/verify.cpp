#include "labstore/meta.hpp"

#include "labstore/observability.hpp"

#include "meta/rocks.hpp"
#include "meta/row_codec.hpp"

#include <rocksdb/db.h>

#include <memory>

namespace labstore::meta {

result<std::uint64_t> verify_local(const std::string& path, const row_visitor& on_row) {
    options settings;
    settings.path = path;
    auto opening = rocks_options(settings, nullptr, nullptr, *rocksdb::Env::Default());
    opening.create_if_missing = false;
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::OpenForReadOnly(opening, path, &opened);
    const std::unique_ptr<rocksdb::DB> db(opened);
    auto reading = read_options(rocksdb::kReadAllTier);
    reading.fill_cache = false;
    if (status.ok())
        status = db->VerifyChecksum(reading);
    std::uint64_t count = 0;
    if (status.ok()) {
        const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator(reading));
        for (at->SeekToFirst(); at->Valid(); at->Next(), ++count) {
            const auto key = decode_key(at->key().ToStringView());
            const auto value = decode_value(at->value().ToStringView());
            if (!key || !value)
                return errc::corrupt;
            on_row(key->partition, key->key, value->value);
        }
        status = at->status();
    }
    if (status.ok())
        return count;
    log::write(log::level::error, "index verification failed", {{"status", status.ToString()}});
    return status.IsCorruption() ? errc::corrupt : errc::io_error;
}

}  // namespace labstore::meta
