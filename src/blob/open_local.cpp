#include "blob/local_store.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace labstore::blob {
namespace {

constexpr std::uint64_t segments_per_file_system_min = 32;
constexpr std::uint64_t segment_size_floor = 4 * MiB;
constexpr std::uint64_t segment_size_least = 64 * KiB;
constexpr std::uint64_t segment_size_most = 1 * GiB;
constexpr std::uint64_t usage_size_max = 64 * MiB;

using usage_by_number = std::map<std::uint64_t, segment_usage>;

void fit_to_device(options& settings, std::uint64_t total_bytes) {
    auto& size = settings.segment_size_bytes;
    size = std::clamp(size, segment_size_least, segment_size_most);
    while (size > segment_size_floor && size * segments_per_file_system_min > total_bytes)
        size = std::max(size / 2, segment_size_floor);
    size = align_up(size, segment_header_size);
    // A record has to fit into a segment many times, or the ends of segments are wasted.
    settings.packed_size_bytes_max = std::min(settings.packed_size_bytes_max, size / 4);
    settings.chunk_bytes = align_up(std::max<std::uint64_t>(settings.chunk_bytes, 1), blob_block_size);
    settings.segments_active = std::max(settings.segments_active, 1U);
    settings.segments_spare = std::max(settings.segments_spare, 1U);
    settings.queue_size_max = std::max<std::size_t>(settings.queue_size_max, 1);
}

std::string parent_of(const std::string& path) {
    const auto last = path.find_last_not_of('/');
    const auto slash = path.rfind('/', last);
    if (slash == std::string::npos)
        return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

result<void> make_tree(file_system& files, const layout& paths) {
    if (const auto there = files.list(paths.root); !there) {
        LABSTORE_TRY(files.make_directory(paths.root));
        LABSTORE_TRY(files.sync_directory(parent_of(paths.root)));
    }
    for (const auto& path : {paths.segments(), paths.blobs(), paths.tmp()})
        LABSTORE_TRY(files.make_directory(path));
    LABSTORE_TRY(files.sync_directory(paths.root));
    const auto leftovers = files.list(paths.tmp());
    if (!leftovers)
        return leftovers.error();
    for (const auto& name : *leftovers)
        LABSTORE_TRY(files.unlink(paths.tmp() + "/" + name));
    return {};
}

/// What a clean stop left; the mark is gone, durably, when this returns. nullopt after an unclean stop.
result<std::optional<usage_by_number>> take_usage(engine& host) {
    std::optional<usage_by_number> usage;
    const auto content = read_small_file(host.files, host.paths.usage(), usage_size_max);
    if (!content && content.error() == errc::no_such_key)
        return usage;
    if (!content && content.error() != errc::corrupt)
        return content.error();
    const auto entries =
        content ? decode_usage(as_bytes(*content)) : result<std::vector<segment_usage>>(errc::corrupt);
    if (entries) {
        usage.emplace();
        for (const auto& entry : *entries)
            usage->emplace(entry.number, entry);
    } else {
        host.report("corrupt", host.paths.usage());
    }
    LABSTORE_TRY(host.files.unlink(host.paths.usage()));
    LABSTORE_TRY(host.files.sync_directory(host.paths.segments()));
    return usage;
}

std::shared_ptr<segment> segment_from_usage(const segment_usage& saved) {
    auto what = std::make_shared<segment>(saved.number, saved.size);
    what->incarnation = saved.incarnation;
    what->used = saved.used;
    what->live = saved.live;
    if (saved.state == saved_state::free)
        what->state = segment_state::free;
    else if (saved.state == saved_state::damaged)
        what->state = segment_state::damaged;
    else
        what->state = segment_state::sealed;
    return what;
}

/// A segment nothing is known of: one read tells whose life it is in and whether it looks empty.
result<std::shared_ptr<segment>> segment_from_file(engine& host, std::uint64_t number) {
    const auto path = host.paths.segment(number);
    const auto opened = host.files.open(path, open_mode::read);
    if (!opened)
        return opened.error();
    const auto size = (*opened)->size_bytes();
    if (!size)
        return size.error();
    std::array<std::byte, segment_header_size + record_fixed_size> front{};
    const auto got = (*opened)->read(0, front);
    if (!got)
        return got.error();
    const auto size_bytes = static_cast<std::uint32_t>(std::min(*size, segment_size_most));
    auto what = std::make_shared<segment>(number, size_bytes);
    what->used = what->size;
    const auto header = decode_segment_header(byte_span(front).first(segment_header_size));
    if (!header && header.error() == errc::newer_format)
        return header.error();
    if (!header || header->number != number || header->size_bytes != *size) {
        host.report("segment_damaged", path + ": header");
        what->state = segment_state::damaged;
        return what;
    }
    what->incarnation = header->incarnation;
    const auto first = peek_record(byte_span(front).subspan(segment_header_size), header->incarnation);
    what->state = first ? segment_state::sealed : segment_state::unchecked;
    what->counted = !first;
    return what;
}

result<void> load_segments(engine& host, const std::optional<usage_by_number>& usage) {
    const auto names = host.files.list(host.paths.segments());
    if (!names)
        return names.error();
    for (const auto& name : *names) {
        const auto number = parse_segment_name(name);
        if (!number)
            continue;
        const auto saved = usage ? usage->find(*number) : usage_by_number::const_iterator();
        if (usage && saved != usage->end()) {
            host.table.add(segment_from_usage(saved->second));
            continue;
        }
        auto found = segment_from_file(host, *number);
        if (!found)
            return found.error();
        host.table.add(std::move(*found));
    }
    return {};
}

}  // namespace

result<std::unique_ptr<store>> open_local(
    options settings, runtime::blocking_pool& pool, file_system& files
) {
    LABSTORE_TRY(make_tree(files, layout{settings.path}));
    const auto room = files.free_space(settings.path);
    if (!room)
        return room.error();
    fit_to_device(settings, room->total_bytes);
    const auto reserve_bytes = std::min(settings.reserve_bytes, room->total_bytes / 16);
    auto host = std::make_unique<engine>(std::move(settings), reserve_bytes, pool, files);
    const auto usage = take_usage(*host);
    if (!usage)
        return usage.error();
    LABSTORE_TRY(load_segments(*host, *usage));
    std::unique_ptr<store> opened = std::make_unique<local_store>(std::move(host), !usage->has_value());
    return opened;
}

}  // namespace labstore::blob
