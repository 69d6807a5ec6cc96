#include "blob/local_writer.hpp"

#include <cstring>

namespace labstore::blob {

result<void> check_owner_size(const owner& whose) noexcept {
    if (whose.key.size() > 0xFFFF || whose.token.size() > 0xFF ||
        whose.key.size() + whose.token.size() + whose.metadata.size() > owner_size_max)
        return errc::too_large;
    return {};
}

local_writer::local_writer(engine& host, segment_committer& committer, large_store& large, owner whose)
    : host_(host),
      committer_(committer),
      large_(large),
      whose_(std::move(whose)),
      checksums_(record_block_size) {}

local_writer::~local_writer() {
    if (upload_ != nullptr && !finished_)
        upload_->abandon();
}

awaitable<result<void>> local_writer::start(std::optional<std::uint64_t> size_hint) {
    const auto packed_max = host_.settings.packed_size_bytes_max;
    const bool large = size_hint && *size_hint > packed_max;
    // One byte more than announced: who asks for room again at the end must get some without a copy.
    const auto packed_room = std::min(size_hint.value_or(packed_max), packed_max) + 1;
    auto taken = host_.buffers.take(large ? host_.settings.chunk_bytes : packed_room);
    LABSTORE_CO_TRY(taken);
    buffer_ = std::move(*taken);
    capacity_ = large ? host_.settings.chunk_bytes : buffer_.capacity();
    if (!large)
        co_return result<void>();
    auto started = co_await start_upload();
    co_return started;
}

awaitable<result<std::span<std::byte>>> local_writer::prepare() {
    LABSTORE_ASSERT(!finished_);
    if (filled_ == capacity_) {
        if (upload_ == nullptr && capacity_ <= host_.settings.packed_size_bytes_max) {
            LABSTORE_CO_TRY(grow());
        } else {
            if (upload_ == nullptr) {
                const auto started = co_await start_upload();
                LABSTORE_CO_TRY(started);
            }
            auto next = co_await upload_->push(std::move(buffer_), filled_);
            LABSTORE_CO_TRY(next);
            buffer_ = std::move(*next);
            capacity_ = host_.settings.chunk_bytes;
            filled_ = 0;
        }
    }
    co_return buffer_.bytes().subspan(filled_, capacity_ - filled_);
}

void local_writer::advance(std::size_t size_bytes) {
    LABSTORE_ASSERT(size_bytes <= capacity_ - filled_);
    // Checksummed at once, while the bytes are in the processor's cache; an upload does it on the pool.
    if (upload_ == nullptr)
        checksums_.update(buffer_.bytes().subspan(filled_, size_bytes));
    filled_ += size_bytes;
    written_ += size_bytes;
}

result<void> local_writer::grow() {
    auto larger = host_.buffers.take(host_.settings.packed_size_bytes_max + 1);
    if (!larger)
        return larger.error();
    std::memcpy(larger->data(), buffer_.data(), filled_);
    buffer_ = std::move(*larger);
    capacity_ = buffer_.capacity();
    return {};
}

awaitable<result<void>> local_writer::start_upload() {
    auto upload = std::make_shared<large_upload>(host_, large_);
    const auto started = co_await upload->start();
    LABSTORE_CO_TRY(started);
    upload_ = std::move(upload);
    co_return result<void>();
}

awaitable<result<ref>> local_writer::finish(std::string metadata) {
    LABSTORE_ASSERT(!finished_);
    if (!metadata.empty())
        whose_.metadata = std::move(metadata);
    LABSTORE_CO_TRY(check_owner_size(whose_));
    if (upload_ == nullptr && filled_ <= host_.settings.packed_size_bytes_max) {
        auto packed = co_await finish_packed();
        co_return packed;
    }
    if (upload_ == nullptr) {
        const auto started = co_await start_upload();
        LABSTORE_CO_TRY(started);
    }
    auto made = co_await upload_->finish(whose_, byte_span(buffer_.data(), filled_));
    finished_ = made.has_value();
    buffer_.release();
    co_return made;
}

awaitable<result<ref>> local_writer::finish_packed() {
    finished_ = true;
    record_draft draft;
    draft.id = make_blob_id();
    draft.whose = &whose_;
    draft.payload = byte_span(buffer_.data(), filled_);
    draft.block_crcs = checksums_.finish();
    auto made = co_await committer_.commit(draft);
    buffer_.release();
    co_return made;
}

}  // namespace labstore::blob
