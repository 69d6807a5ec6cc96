// Everything the blob engine decodes from disk, fed with arbitrary bytes. The first byte chooses the decoder. Where a
// checksum would stop nearly all inputs at the door it is made right first, so that the checks behind it are reached.
#include "blob/blob_file_format.hpp"
#include "blob/segment_format.hpp"
#include "blob/segment_walk.hpp"
#include "blob/usage_format.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace labstore;
using namespace labstore::blob;

/// A file of given bytes.
class fixed_file final : public file {
  public:
    explicit fixed_file(byte_span content) : content_(content) {}

    result<std::size_t> read(std::uint64_t offset, mutable_byte_span into) override {
        return read_cached(offset, into);
    }

    bool in_memory(std::uint64_t, std::uint64_t) noexcept override { return false; }

    [[nodiscard]] int descriptor() const noexcept override { return -1; }

    std::size_t read_cached(std::uint64_t offset, mutable_byte_span into) noexcept override {
        if (offset >= content_.size())
            return 0;
        const auto piece =
            content_.subspan(offset, std::min<std::size_t>(into.size(), content_.size() - offset));
        std::ranges::copy(piece, into.begin());
        return piece.size();
    }

    result<void> write(std::uint64_t, std::span<const byte_span>) override { return errc::io_error; }

    result<void> sync_data() override { return errc::io_error; }

    void start_write_back(std::uint64_t, std::uint64_t) noexcept override {}

    result<void> allocate(std::uint64_t) override { return errc::io_error; }

    result<void> write_zeros(std::uint64_t, std::uint64_t) override { return errc::io_error; }

    result<std::uint64_t> size_bytes() override { return content_.size(); }

  private:
    byte_span content_;
};

void fix_record_crc(std::vector<std::byte>& bytes, std::size_t at) {
    const auto header = mutable_byte_span(bytes).subspan(at);
    const auto size = peek_record(header, 0);
    if (!size || *size > header.size())
        return;
    const auto front = crypto::crc32c(0, header.first(60));
    store_little_endian(header.data() + 60, crypto::crc32c(front, header.subspan(64, *size - 64)));
}

void check_record(byte_span bytes) {
    const auto view = decode_record(bytes);
    if (!view)
        return;
    LABSTORE_ASSERT(view->header_size <= bytes.size());
    LABSTORE_ASSERT(view->crc_table.size() == 4 * block_count(view->payload_size, record_block_size));
    const auto whose = view->to_owner();
    LABSTORE_ASSERT(record_header_size(whose, view->payload_size) == view->header_size);
    std::vector<std::uint32_t> crcs;
    for (std::size_t i = 0; i < view->crc_table.size() / 4; ++i)
        crcs.push_back(view->block_crc(i));
    const auto again = encode_record_header(
        {.kind = view->kind,
         .incarnation = view->incarnation,
         .synced_end = view->synced_end,
         .id = view->id,
         .payload_size = view->payload_size,
         .block_crcs = crcs},
        whose
    );
    LABSTORE_ASSERT(again.size() == view->header_size);
}

void walk_segment(std::vector<std::byte>& bytes) {
    for (std::size_t at = segment_header_size; at + record_fixed_size <= bytes.size(); at += record_alignment)
        fix_record_crc(bytes, at);
    fixed_file data(bytes);
    segment_walk walk(data, 0, static_cast<std::uint32_t>(bytes.size()));
    std::uint32_t end = segment_header_size;
    while (true) {
        const auto record = walk.next();
        LABSTORE_ASSERT(record.has_value());
        if (!*record)
            break;
        LABSTORE_ASSERT((*record)->offset >= end);
        end = (*record)->offset + (*record)->size();
        LABSTORE_ASSERT(end <= bytes.size());
        std::vector<std::byte> payload((*record)->payload_size);
        (void)read_payload(data, **record, payload);
    }
    (void)walk.damaged();
}

void check_blob_tail(std::vector<std::byte>& bytes) {
    if (bytes.size() >= blob_footer_size) {
        const auto crc_at = bytes.size() - 4;
        store_little_endian(bytes.data() + crc_at, crypto::crc32c(0, byte_span(bytes).first(crc_at)));
        (void)peek_blob_tail(byte_span(bytes).last(blob_footer_size), bytes.size());
    }
    const auto footer = decode_blob_tail(bytes);
    if (footer)
        LABSTORE_ASSERT(encode_blob_tail(*footer).size() == bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    std::vector<std::byte> bytes(size - 1);
    std::transform(data + 1, data + size, bytes.begin(), [](std::uint8_t byte) { return std::byte{byte}; });
    switch (data[0] % 6) {
        case 0:
            fix_record_crc(bytes, 0);
            check_record(bytes);
            break;
        case 1:
            bytes.insert(bytes.begin(), segment_header_size, std::byte{0});
            walk_segment(bytes);
            break;
        case 2:
            check_blob_tail(bytes);
            break;
        case 3:
            (void)decode_clone_owner(bytes);
            break;
        case 4:
            (void)decode_usage(bytes);
            (void)decode_segment_header(bytes);
            break;
        default:
            (void)decode_packed_locator(as_text(bytes));
            (void)decode_large_locator(as_text(bytes));
            (void)parse_segment_name(as_text(bytes));
            (void)parse_blob_name(as_text(bytes));
            break;
    }
    return 0;
}
