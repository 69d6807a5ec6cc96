#include "blob/local_reader.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

/// Offered at a time to be sent from the file: what can be asked about in one call, whatever the buffers are.
constexpr std::uint64_t offered_bytes_max = 1 * MiB;

/// `buffer_` with room for `size_bytes`.
result<void> make_room(engine& host, buffer& room, std::size_t size_bytes) {
    if (room.capacity() >= size_bytes && room.capacity() > 0)
        return {};
    room.release();
    auto taken = host.buffers.take(size_bytes);
    if (!taken)
        return taken.error();
    room = std::move(*taken);
    return {};
}

}  // namespace

block_range blocks_around(
    std::uint64_t offset,
    std::uint64_t size_bytes,
    std::uint64_t total_bytes,
    std::size_t block,
    std::uint64_t chunk
) noexcept {
    const auto from = offset / block * block;
    const auto wanted = align_up(offset + size_bytes, block);
    return {.from = from, .to = std::min({wanted, total_bytes, from + chunk})};
}

packed_reader::packed_reader(
    engine& host,
    segment_table::pin pinned,
    std::shared_ptr<segment_file> data,
    const packed_locator& where,
    std::uint64_t size_bytes
)
    : host_(host),
      pinned_(std::move(pinned)),
      data_(std::move(data)),
      where_(where),
      size_bytes_(size_bytes) {}

awaitable<result<byte_span>> packed_reader::read(std::uint64_t offset, std::uint64_t size_bytes) {
    LABSTORE_ASSERT(offset <= size_bytes_ && size_bytes <= size_bytes_ - offset);
    auto bytes = co_await read_checked(offset, size_bytes);
    if (!bytes)
        co_return host_.note_read_error(
            bytes.error(), host_.paths.segment(where_.segment) + " at " + std::to_string(where_.offset)
        );
    co_return bytes;
}

// A segment whose header cannot be read may hold records of several lives, each to be proved by its own header.
bool packed_reader::is_remembered() const noexcept {
    return size_bytes_ >= segment_file::sendable_bytes_min &&
           host_.settings.verify == verify_reads::when_cold && pinned_.what().incarnation != 0;
}

std::optional<file_range> packed_reader::checked_in_memory(
    std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    LABSTORE_ASSERT(offset <= size_bytes_ && size_bytes <= size_bytes_ - offset);
    if (!is_remembered() || !data_->checked.test(where_.offset / segment_file::page_bytes))
        return std::nullopt;
    const file_range range{
        .descriptor = data_->data->descriptor(),
        .offset = where_.offset + where_.header_size + offset,
        .size_bytes = std::min(size_bytes, offered_bytes_max)};
    if (range.descriptor < 0 || !data_->data->in_memory(range.offset, range.size_bytes))
        return std::nullopt;
    host_.counts.reads_cached.add();
    return range;
}

awaitable<result<byte_span>> packed_reader::read_checked(std::uint64_t offset, std::uint64_t size_bytes) {
    const auto chunk = host_.settings.chunk_bytes;
    const auto range = blocks_around(offset, size_bytes, size_bytes_, record_block_size, chunk);
    if (!header_known_) {
        // One read for both, unless that would read much that nobody asked for.
        const auto together = range.to <= chunk ? range.to : 0;
        const auto got = co_await read_header_and(together);
        LABSTORE_CO_TRY(got);
        if (together > 0) {
            const auto payload = byte_span(buffer_.data() + where_.header_size, together);
            LABSTORE_CO_TRY(check_blocks(range.from, payload.subspan(range.from)));
            if (range.from == 0 && together == size_bytes_ && is_remembered())
                data_->checked.set(where_.offset / segment_file::page_bytes);
            co_return payload.subspan(offset, std::min(size_bytes, range.to - offset));
        }
    }
    const auto length = range.to - range.from;
    LABSTORE_CO_TRY(make_room(host_, buffer_, length));
    const auto into = buffer_.bytes().first(length);
    const auto got =
        co_await fetch(host_, *data_->data, where_.offset + where_.header_size + range.from, into);
    LABSTORE_CO_TRY(got);
    LABSTORE_CO_TRY(check_blocks(range.from, into));
    co_return byte_span(into).subspan(offset - range.from, std::min(size_bytes, range.to - offset));
}

awaitable<result<void>> packed_reader::read_header_and(std::uint64_t payload_end) {
    const auto length = where_.header_size + payload_end;
    LABSTORE_CO_TRY(make_room(host_, buffer_, length));
    const auto into = buffer_.bytes().first(length);
    const auto got = co_await fetch(host_, *data_->data, where_.offset, into);
    LABSTORE_CO_TRY(got);
    co_return take_header(into.first(where_.header_size));
}

result<void> packed_reader::take_header(byte_span header) {
    const auto view = decode_record(header);
    if (!view)
        return view.error();
    if (view->id != where_.id || view->incarnation != where_.incarnation || view->kind != record_kind::blob)
        return errc::no_such_key;
    if (view->header_size != where_.header_size || view->payload_size != size_bytes_)
        return errc::corrupt;
    const auto blocks = block_count(size_bytes_, record_block_size);
    block_crcs_.reserve(blocks);
    for (std::size_t i = 0; i < blocks; ++i)
        block_crcs_.push_back(view->block_crc(i));
    header_known_ = true;
    return {};
}

result<void> packed_reader::check_blocks(std::uint64_t from, byte_span payload) const {
    for (auto index = from / record_block_size; !payload.empty(); ++index) {
        const auto block = payload.first(std::min(payload.size(), record_block_size));
        if (crypto::crc32c(0, block) != block_crcs_[index])
            return errc::corrupt;
        payload = payload.subspan(block.size());
    }
    return {};
}

large_reader::large_reader(engine& host, std::shared_ptr<large_file> from, const large_locator& where)
    : host_(host), from_(std::move(from)), where_(where) {}

awaitable<result<byte_span>> large_reader::read(std::uint64_t offset, std::uint64_t size_bytes) {
    const auto total = from_->footer.payload_size;
    LABSTORE_ASSERT(offset <= total && size_bytes <= total - offset);
    auto bytes = co_await read_checked(offset, size_bytes);
    if (!bytes)
        co_return host_.note_read_error(
            bytes.error(), host_.paths.blob_file(where_.name) + " at " + std::to_string(offset)
        );
    co_return bytes;
}

std::optional<file_range> large_reader::checked_in_memory(
    std::uint64_t offset, std::uint64_t size_bytes
) noexcept {
    if (host_.settings.verify == verify_reads::always || from_->data->descriptor() < 0)
        return std::nullopt;
    const auto wanted_end = offset + std::min(size_bytes, offered_bytes_max);
    auto end = offset;
    while (end < wanted_end && from_->checked.test(end / blob_block_size))
        end = std::min(wanted_end, (end / blob_block_size + 1) * blob_block_size);
    if (end == offset || !from_->data->in_memory(offset, end - offset))
        return std::nullopt;
    host_.counts.reads_cached.add();
    return file_range{.descriptor = from_->data->descriptor(), .offset = offset, .size_bytes = end - offset};
}

awaitable<result<byte_span>> large_reader::read_checked(std::uint64_t offset, std::uint64_t size_bytes) {
    const auto range = blocks_around(
        offset, size_bytes, from_->footer.payload_size, blob_block_size, host_.settings.chunk_bytes
    );
    const auto length = range.to - range.from;
    LABSTORE_CO_TRY(make_room(host_, buffer_, length));
    const auto into = buffer_.bytes().first(length);
    const auto got = co_await fetch(host_, *from_->data, range.from, into);
    LABSTORE_CO_TRY(got);
    auto rest = byte_span(into);
    for (auto index = range.from / blob_block_size; !rest.empty(); ++index) {
        const auto block = rest.first(std::min(rest.size(), blob_block_size));
        if (crypto::crc32c(0, block) != from_->footer.block_crcs[index])
            co_return errc::corrupt;
        from_->checked.set(index);
        rest = rest.subspan(block.size());
    }
    co_return byte_span(into).subspan(offset - range.from, std::min(size_bytes, range.to - offset));
}

}  // namespace labstore::blob
