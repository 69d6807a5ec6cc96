#include "blob/large_store.hpp"
#include "blob/segment_walk.hpp"

#include <array>
#include <limits>

namespace labstore::blob {
namespace {

class verifier {
  public:
    verifier(
        const std::string& path,
        file_system& files,
        const blob_visitor& on_blob,
        const damage_visitor& on_damage
    )
        : paths_{path}, files_(files), on_blob_(on_blob), on_damage_(on_damage) {}

    result<void> segments() {
        const auto names = files_.list(paths_.segments());
        if (!names)
            return names.error();
        for (const auto& name : *names)
            if (const auto number = parse_segment_name(name))
                LABSTORE_TRY(segment_file(*number));
        return {};
    }

    result<void> blobs() {
        const auto parents = files_.list(paths_.blobs());
        if (!parents)
            return parents.error();
        for (const auto& parent : *parents) {
            const auto directories = files_.list(paths_.blobs() + "/" + parent);
            if (!directories)
                return directories.error();
            for (const auto& directory : *directories) {
                const auto path = paths_.blobs() + "/" + parent + "/" + directory;
                const auto names = files_.list(path);
                if (!names)
                    return names.error();
                for (const auto& name : *names)
                    if (const auto id = parse_blob_name(name))
                        LABSTORE_TRY(blob_file(*id));
            }
        }
        return {};
    }

  private:
    result<void> segment_file(std::uint64_t number);
    result<void> blob_file(const blob_id& id);
    result<owner> owner_of(const blob_id& name, const blob_footer& footer);

    const layout paths_;
    file_system& files_;
    const blob_visitor& on_blob_;
    const damage_visitor& on_damage_;
};

result<void> check_blocks(file& data, const blob_footer& footer) {
    std::vector<std::byte> block(blob_block_size);
    for (std::size_t i = 0; i < footer.block_crcs.size(); ++i) {
        const auto at = std::uint64_t{i} * blob_block_size;
        const auto size = std::min<std::uint64_t>(blob_block_size, footer.payload_size - at);
        const auto into = mutable_byte_span(block).first(size);
        const auto got = data.read(at, into);
        if (!got)
            return got.error();
        if (*got != size || crypto::crc32c(0, into) != footer.block_crcs[i])
            return errc::corrupt;
    }
    return {};
}

result<void> verifier::segment_file(std::uint64_t number) {
    const auto path = paths_.segment(number);
    const auto opened = files_.open(path, open_mode::read);
    if (!opened)
        return opened.error();
    auto& data = **opened;
    std::string front(segment_header_size, '\0');
    const auto got = data.read(0, std::as_writable_bytes(std::span(front)));
    if (!got)
        return got.error();
    const auto header = decode_segment_header(as_bytes(front));
    if (!header && header.error() == errc::newer_format)
        return header.error();
    const auto size = data.size_bytes();
    if (!size)
        return size.error();
    if (!header || header->number != number || header->size_bytes != *size)
        on_damage_(path + ": the segment header is not whole");
    const auto end = std::min<std::uint64_t>(*size, std::numeric_limits<std::uint32_t>::max());
    segment_walk walk(data, header ? header->incarnation : 0, static_cast<std::uint32_t>(end));
    std::vector<std::uint32_t> unreadable;
    std::vector<std::byte> payload;
    while (true) {
        const auto record = walk.next();
        if (!record)
            return record.error();
        if (!*record)
            break;
        const auto& found = **record;
        payload.resize(found.payload_size);
        const auto read = read_payload(data, found, payload);
        if (!read && read.error() != errc::corrupt)
            return read.error();
        if (!read) {
            unreadable.push_back(found.offset);
            continue;
        }
        const packed_locator where{
            .segment = number,
            .incarnation = walk.incarnation(),
            .offset = found.offset,
            .header_size = found.header_size,
            .id = found.id};
        on_blob_(found.whose, {.locator = encode_locator(where), .size_bytes = found.payload_size});
    }
    // Behind the last synced end lies only what nobody was told of.
    for (const auto& [from, to] : walk.gaps())
        if (from < walk.synced_end())
            on_damage_(
                path + ": no whole record between " + std::to_string(from) + " and " + std::to_string(to)
            );
    for (const auto offset : unreadable)
        if (offset < walk.synced_end())
            on_damage_(path + ": the payload of the record at " + std::to_string(offset) + " is damaged");
    return {};
}

result<owner> verifier::owner_of(const blob_id& name, const blob_footer& footer) {
    if (name == footer.id)
        return footer.whose;
    const auto content = read_small_file(files_, paths_.blob_sidecar(name), owner_size_max + 4 * KiB);
    if (!content)
        return content.error();
    auto clone = decode_clone_owner(as_bytes(*content));
    if (!clone)
        return clone.error();
    if (clone->id != name || clone->footer_id != footer.id)
        return errc::corrupt;
    return std::move(clone->whose);
}

result<void> verifier::blob_file(const blob_id& id) {
    const auto path = paths_.blob_file(id);
    const auto opened = files_.open(path, open_mode::read);
    if (!opened)
        return opened.error();
    const auto footer = read_blob_footer(**opened);
    if (!footer && footer.error() != errc::corrupt)
        return footer.error();
    const auto checked = footer ? check_blocks(**opened, *footer) : result<void>(footer.error());
    if (!checked && checked.error() != errc::corrupt)
        return checked.error();
    if (!checked) {
        on_damage_(path + (footer ? ": a payload block is damaged" : ": the footer is not whole"));
        return {};
    }
    const auto whose = owner_of(id, *footer);
    if (!whose && whose.error() == errc::no_such_key)
        return {};  // a link that a crash cut short: the next start sweeps it
    if (!whose && whose.error() != errc::corrupt)
        return whose.error();
    if (!whose) {
        on_damage_(path + ".owner: not whole");
        return {};
    }
    const large_locator where{.name = id, .footer_id = footer->id};
    on_blob_(*whose, {.locator = encode_locator(where), .size_bytes = footer->payload_size});
    return {};
}

result<void> verify_packed(
    const layout& paths, file_system& files, const packed_locator& where, std::uint64_t size
) {
    const auto opened = files.open(paths.segment(where.segment), open_mode::read);
    if (!opened)
        return opened.error();
    const auto file_size = (*opened)->size_bytes();
    if (!file_size)
        return file_size.error();
    if (std::uint64_t{where.offset} + where.header_size + size > *file_size)
        return errc::corrupt;
    std::vector<std::byte> bytes(where.header_size);
    const auto got = (*opened)->read(where.offset, bytes);
    if (!got)
        return got.error();
    const auto view = decode_record(bytes);
    if (!view)
        return view.error();
    const bool same = view->id == where.id && view->incarnation == where.incarnation &&
                      view->payload_size == size && view->header_size == where.header_size &&
                      view->kind == record_kind::blob;
    if (!same)
        return errc::corrupt;
    walked_record record{
        .offset = where.offset,
        .header_size = where.header_size,
        .payload_size = view->payload_size,
        .synced_end = view->synced_end,
        .id = view->id,
        .whose = {},
        .block_crcs = {}};
    for (std::size_t i = 0; i < block_count(size, record_block_size); ++i)
        record.block_crcs.push_back(view->block_crc(i));
    std::vector<std::byte> payload(size);
    return read_payload(**opened, record, payload);
}

}  // namespace

result<void> verify_local(
    const std::string& path, file_system& files, const blob_visitor& on_blob, const damage_visitor& on_damage
) {
    verifier check(path, files, on_blob, on_damage);
    LABSTORE_TRY(check.segments());
    return check.blobs();
}

result<void> verify_ref(const std::string& path, file_system& files, const ref& which) {
    const layout paths{path};
    if (const auto packed = decode_packed_locator(which.locator))
        return verify_packed(paths, files, *packed, which.size_bytes);
    const auto large = decode_large_locator(which.locator);
    if (!large)
        return errc::corrupt;
    const auto opened = files.open(paths.blob_file(large->name), open_mode::read);
    if (!opened)
        return opened.error();
    const auto footer = read_blob_footer(**opened);
    if (!footer)
        return footer.error();
    if (footer->id != large->footer_id || footer->payload_size != which.size_bytes)
        return errc::corrupt;
    return check_blocks(**opened, *footer);
}

}  // namespace labstore::blob
