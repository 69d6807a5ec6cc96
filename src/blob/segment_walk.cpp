#include "blob/segment_walk.hpp"

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::size_t window_size = 64 * KiB;

walked_record to_record(std::uint32_t offset, const record_view& view) {
    walked_record out{
        .offset = offset,
        .header_size = view.header_size,
        .payload_size = view.payload_size,
        .synced_end = view.synced_end,
        .id = view.id,
        .whose = view.to_owner(),
        .block_crcs = {}};
    const auto blocks = block_count(view.payload_size, record_block_size);
    out.block_crcs.reserve(blocks);
    for (std::size_t i = 0; i < blocks; ++i)
        out.block_crcs.push_back(view.block_crc(i));
    return out;
}

}  // namespace

result<byte_span> segment_walk::window(std::uint32_t offset, std::size_t size) {
    if (offset >= end_)
        return byte_span();
    size = std::min<std::size_t>(size, end_ - offset);
    const bool have = offset >= buffer_at_ && offset + size <= buffer_at_ + buffer_size_;
    if (!have) {
        const auto wanted = std::min<std::size_t>(std::max(size, window_size), end_ - offset);
        buffer_.resize(std::max(buffer_.size(), wanted));
        const auto got = data_.read(offset, std::span(buffer_).first(wanted));
        if (!got)
            return got.error();
        buffer_at_ = offset;
        buffer_size_ = *got;
        size = std::min(size, *got);
    }
    return byte_span(buffer_).subspan(offset - buffer_at_, size);
}

result<std::optional<record_view>> segment_walk::try_at(std::uint32_t offset) {
    const std::optional<record_view> none;
    const auto fixed = window(offset, record_fixed_size);
    if (!fixed)
        return fixed.error();
    const auto header_size = peek_record(*fixed, incarnation_);
    if (!header_size || *header_size > end_ - offset)
        return none;
    const auto header = window(offset, *header_size);
    if (!header)
        return header.error();
    const auto view = decode_record(*header);
    if (!view || record_size(view->header_size, view->payload_size) > end_ - offset)
        return none;
    return std::optional<record_view>(*view);
}

result<std::uint32_t> segment_walk::search(std::uint32_t offset) {
    while (offset + record_fixed_size <= end_) {
        // One look at a window, in which only the few candidates are decoded.
        const auto bytes = window(offset, window_size);
        if (!bytes)
            return bytes.error();
        if (bytes->size() < record_fixed_size)
            break;
        const auto last = bytes->size() - record_fixed_size;
        std::optional<std::uint32_t> candidate;
        std::size_t at = 0;
        for (; at <= last && !candidate; at += record_alignment)
            if (peek_record(bytes->subspan(at, record_fixed_size), incarnation_))
                candidate = offset + static_cast<std::uint32_t>(at);
        if (candidate) {
            const auto found = try_at(*candidate);
            if (!found)
                return found.error();
            if (*found)
                return *candidate;
            offset = *candidate + record_alignment;
        } else {
            offset += static_cast<std::uint32_t>(at);
        }
    }
    return end_;
}

result<std::optional<walked_record>> segment_walk::next() {
    while (true) {
        auto found = try_at(offset_);
        if (!found)
            return found.error();
        if (!*found) {
            const auto place = search(offset_ + record_alignment);
            if (!place)
                return place.error();
            if (*place >= end_)
                return std::optional<walked_record>();
            gaps_.emplace_back(offset_, *place);
            offset_ = *place;
            continue;
        }
        const auto& view = **found;
        if (incarnation_ == 0)
            incarnation_ = view.incarnation;
        const auto here = offset_;
        offset_ += static_cast<std::uint32_t>(record_size(view.header_size, view.payload_size));
        synced_end_ = std::max(synced_end_, view.synced_end);
        if (view.kind == record_kind::blob)
            return std::optional<walked_record>(to_record(here, view));
    }
}

bool segment_walk::damaged() const noexcept {
    return std::ranges::any_of(gaps_, [this](const auto& gap) { return gap.first < synced_end_; });
}

result<void> read_payload(file& data, const walked_record& record, mutable_byte_span into) {
    LABSTORE_ASSERT(into.size() == record.payload_size);
    const auto got = data.read(std::uint64_t{record.offset} + record.header_size, into);
    if (!got)
        return got.error();
    if (*got != into.size())
        return errc::corrupt;
    block_checksums checked(record_block_size);
    checked.update(into);
    if (checked.finish() != record.block_crcs)
        return errc::corrupt;
    return {};
}

}  // namespace labstore::blob
