#include "storage/body_stream.hpp"

#include <utility>

namespace labstore::storage {

runtime::awaitable<result<std::unique_ptr<body_stream>>> body_stream::begin(
    services& all, body_owner whose, std::optional<std::uint64_t> size_hint
) {
    if (size_hint && *size_hint > all.settings.put_size_bytes_max)
        co_return errc::entity_too_large;
    if (!all.index.writable())
        co_return errc::fatal;
    auto stream = std::make_unique<body_stream>(all, std::move(whose));
    if (size_hint != 0) {
        auto made = co_await stream->make_writer(size_hint);
        LABSTORE_CO_TRY(made);
    }
    co_return std::move(stream);
}

runtime::awaitable<result<std::span<std::byte>>> body_stream::prepare() {
    if (written_bytes_ > all_.settings.put_size_bytes_max)
        co_return errc::entity_too_large;
    if (!writer_) {
        auto made = co_await make_writer(std::nullopt);
        LABSTORE_CO_TRY(made);
    }
    auto room = co_await writer_->prepare();
    co_return room;
}

void body_stream::advance(std::size_t size_bytes) {
    LABSTORE_ASSERT(writer_ != nullptr);
    writer_->advance(size_bytes);
    written_bytes_ += size_bytes;
}

runtime::awaitable<result<std::optional<blob::ref>>> body_stream::finish(std::string metadata) {
    if (written_bytes_ > all_.settings.put_size_bytes_max)
        co_return errc::entity_too_large;
    auto writer = std::exchange(writer_, nullptr);
    if (written_bytes_ == 0)
        co_return std::optional<blob::ref>();
    hold_ = all_.tokens.take(whose_.token);
    auto ref = co_await writer->finish(std::move(metadata));
    LABSTORE_CO_TRY(ref);
    LABSTORE_ASSERT(ref->size_bytes == written_bytes_);
    co_return std::optional<blob::ref>(std::move(*ref));
}

runtime::awaitable<result<void>> body_stream::make_writer(std::optional<std::uint64_t> size_hint) {
    blob::owner owner;
    owner.partition = whose_.bucket->id;
    owner.key = whose_.key;
    owner.token = whose_.token;
    owner.part_number = whose_.part_number;
    auto writer = co_await all_.blobs.create(std::move(owner), size_hint);
    LABSTORE_CO_TRY(writer);
    writer_ = std::move(*writer);
    co_return result<void>();
}

}  // namespace labstore::storage
