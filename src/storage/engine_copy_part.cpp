#include "storage/body_stream.hpp"
#include "storage/byte_pump.hpp"
#include "storage/commit.hpp"
#include "storage/engine.hpp"
#include "storage/uploads.hpp"

#include <utility>

namespace labstore::storage {
namespace {

struct byte_range {
    std::uint64_t offset = 0;
    std::uint64_t size_bytes = 0;
};

result<byte_range> settle_range(const copy_part_request& request, std::uint64_t size_bytes) {
    if (!request.range)
        return byte_range{0, size_bytes};
    const auto [first, last] = *request.range;
    if (first > last || last >= size_bytes)
        return errc::invalid_range;
    return byte_range{first, last - first + 1};
}

std::optional<crypto::checksum_algorithm> algorithm_of(const records::upload& upload) {
    if (upload.checksum_algorithm() == 0)
        return std::nullopt;
    return static_cast<crypto::checksum_algorithm>(upload.checksum_algorithm());
}

/// All of an object that is one blob, whose MD5 (and checksum, where the upload wants one) is known already.
bool can_clone(const records::object& record, const byte_range& range, const records::upload& upload) {
    if (!record.has_blob() || range.size_bytes != record.size_bytes() || record.etag_parts() != 0)
        return false;
    if (upload.checksum_algorithm() == 0)
        return true;
    return record.has_checksum() && !record.checksum().composite() &&
           record.checksum().algorithm() == upload.checksum_algorithm();
}

/// One UploadPartCopy, once the upload is known.
class part_copy {
  public:
    part_copy(services& all, const found_upload& upload, const copy_part_request& request)
        : all_(all), upload_(upload), request_(request) {
        change_.bucket = upload.bucket;
        change_.key = upload.key;
        change_.upload_id = upload.id;
        change_.record.set_number(request.part_number);
    }

    awaitable<result<part_info>> run() {
        auto source = co_await open_current(all_, request_.source);
        LABSTORE_CO_TRY(source);
        const auto& info = source->reader->info();
        auto judged = judge(request_.source_conditions, info);
        if (!judged)
            co_return as_copy_failure(judged.error());
        auto range = settle_range(request_, info.size_bytes);
        LABSTORE_CO_TRY(range);
        if (range->size_bytes > all_.settings.put_size_bytes_max)
            co_return errc::invalid_request;
        change_.record.set_size_bytes(range->size_bytes);
        change_.record.set_modified_ns(nanoseconds_of(all_.time.now()));
        const auto record = decode<records::object>(source->found.value);
        LABSTORE_CO_TRY(record);
        if (can_clone(*record, *range, upload_.record)) {
            // The reader keeps the bytes where they are; only a compaction before it opened could differ.
            auto cloned = co_await clone(*record);
            if (cloned || cloned.error() != errc::no_such_key)
                co_return cloned;
        }
        auto copied = co_await copy_bytes(*source->reader, *range);
        co_return copied;
    }

  private:
    static error_code as_copy_failure(const error_code& judged) {
        return judged == errc::not_modified ? make_error_code(errc::precondition_failed) : judged;
    }

    awaitable<result<part_info>> clone(const records::object& source) {
        auto& record = change_.record;
        record.set_etag_md5(source.etag_md5());
        if (upload_.record.checksum_algorithm() != 0)
            *record.mutable_checksum() = source.checksum();
        const auto hold = all_.tokens.take(upload_.id);
        blob::owner owner;
        owner.partition = upload_.bucket->id;
        owner.key = upload_.key;
        owner.token = upload_.id;
        owner.part_number = record.number();
        owner.metadata = encode(record);
        auto ref = to_ref(source.blob());
        auto cloned = co_await all_.blobs.clone(std::move(ref), std::move(owner));
        LABSTORE_CO_TRY(cloned);
        set_ref(*record.mutable_blob(), *cloned);
        auto done = co_await commit_part(all_, change_);
        co_return done;
    }

    awaitable<result<part_info>> copy_bytes(object_reader& reader, byte_range range) {
        body_owner whose;
        whose.bucket = upload_.bucket;
        whose.key = upload_.key;
        whose.token = upload_.id;
        whose.part_number = request_.part_number;
        auto stream = co_await body_stream::begin(all_, std::move(whose), range.size_bytes);
        LABSTORE_CO_TRY(stream);
        pump_request wanted;
        wanted.from = &reader;
        wanted.to = stream->get();
        wanted.offset = range.offset;
        wanted.size_bytes = range.size_bytes;
        wanted.md5 = true;
        wanted.checksum = algorithm_of(upload_.record);
        auto pumped = co_await pump(all_, wanted);
        LABSTORE_CO_TRY(pumped);
        auto& record = change_.record;
        record.set_etag_md5(std::move(pumped->md5));
        if (wanted.checksum)
            set_checksum(
                *record.mutable_checksum(),
                checksum_value{*wanted.checksum, false, std::move(pumped->checksum)}
            );
        auto metadata = encode(record);
        auto ref = co_await (*stream)->finish(std::move(metadata));
        LABSTORE_CO_TRY(ref);
        if (ref->has_value())
            set_ref(*record.mutable_blob(), **ref);
        auto done = co_await commit_part(all_, change_);
        co_return done;
    }

    services& all_;
    const found_upload& upload_;
    const copy_part_request& request_;
    part_change change_;
};

}  // namespace

awaitable<result<part_info>> engine::copy_part(copy_part_request request) {
    if (request.part_number == 0 || request.part_number > all_.settings.parts_max)
        co_return errc::too_many_parts;
    auto upload = co_await find_open_upload(all_, request.bucket, request.key, request.upload_id);
    LABSTORE_CO_TRY(upload);
    part_copy copy(all_, *upload, request);
    auto done = co_await copy.run();
    co_return done;
}

}  // namespace labstore::storage
