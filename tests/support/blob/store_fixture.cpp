#include "support/blob/store_fixture.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::blob::testing {

awaitable<result<ref>> put(
    store& where,
    owner whose,
    std::string content,
    std::optional<std::uint64_t> size_hint,
    std::size_t piece_size
) {
    auto metadata = whose.metadata;
    auto made = co_await where.create(std::move(whose), size_hint);
    LABSTORE_CO_TRY(made);
    std::string_view rest = content;
    byte_span in_place;  // since a room was last filled to its end
    while (!rest.empty()) {
        const auto room = co_await (*made)->prepare();
        LABSTORE_CO_TRY(room);
        LABSTORE_ASSERT(!room->empty());
        LABSTORE_ASSERT(in_place.empty() || room->data() == in_place.data() + in_place.size());
        const auto written = content.size() - rest.size();
        LABSTORE_ASSERT(content.substr(written - in_place.size(), in_place.size()) == as_text(in_place));
        const auto piece = rest.substr(0, std::min(piece_size, room->size()));
        std::ranges::copy(as_bytes(piece), room->begin());
        (*made)->advance(piece.size());
        in_place =
            byte_span(in_place.empty() ? room->data() : in_place.data(), in_place.size() + piece.size());
        if (piece.size() == room->size())
            in_place = {};
        rest.remove_prefix(piece.size());
    }
    LABSTORE_ASSERT((*made)->written_bytes() == content.size());
    auto done = co_await (*made)->finish(std::move(metadata));
    co_return done;
}

awaitable<result<std::string>> get(store& where, ref which, std::uint64_t offset, std::uint64_t size_bytes) {
    auto opened = co_await where.open(std::move(which));
    LABSTORE_CO_TRY(opened);
    std::string out;
    while (out.size() < size_bytes) {
        const auto piece = co_await (*opened)->read(offset + out.size(), size_bytes - out.size());
        LABSTORE_CO_TRY(piece);
        LABSTORE_ASSERT(!piece->empty());
        out += as_text(*piece);
    }
    co_return std::move(out);
}

result<ref> put_now(store& where, const owner& whose, const std::string& content) {
    return run(put(where, whose, content, content.size(), content.size()));
}

result<std::string> get_now(store& where, const ref& which) {
    return run(get(where, which, 0, which.size_bytes));
}

std::string pattern(std::uint64_t seed, std::size_t size) {
    std::string out(size + 8, '\0');
    std::uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;
    for (std::size_t at = 0; at < size; at += sizeof state) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        std::memcpy(out.data() + at, &state, sizeof state);
    }
    out.resize(size);
    return out;
}

owner owner_of(const std::string& key) {
    return {
        .partition = 7,
        .key = key,
        .token = "0123456789abcdef",
        .part_number = 0,
        .metadata = "metadata of " + key};
}

awaitable<result<bool>> test_index::is_live(const owner& whose, const ref& which) {
    const auto known = find(whose.key);
    co_return known.has_value() && *known == which;
}

awaitable<result<bool>> test_index::relocate(const owner& whose, const ref& from, const ref& to) {
    const std::lock_guard lock(mutex_);
    const auto known = refs_.find(whose.key);
    const bool named = known != refs_.end() && known->second == from;
    if (named)
        known->second = to;
    co_return named;
}

void test_index::set(const std::string& key, const ref& which) {
    const std::lock_guard lock(mutex_);
    refs_[key] = which;
}

std::optional<ref> test_index::erase(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto known = refs_.find(key);
    if (known == refs_.end())
        return std::nullopt;
    auto out = known->second;
    refs_.erase(known);
    return out;
}

std::optional<ref> test_index::find(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto known = refs_.find(key);
    return known == refs_.end() ? std::nullopt : std::optional(known->second);
}

std::map<std::string, ref> test_index::all() const {
    const std::lock_guard lock(mutex_);
    return refs_;
}

result<maintenance_report> maintain_all(store& where, referee& judge, int steps_max) {
    maintenance_report sum;
    for (int step = 0; step < steps_max; ++step) {
        const auto done = run(where.maintain(judge));
        if (!done)
            return done.error();
        sum.segments_compacted += done->segments_compacted;
        sum.segments_recycled += done->segments_recycled;
        sum.bytes_moved += done->bytes_moved;
        sum.orphans_removed += done->orphans_removed;
        if (!done->more)
            break;
    }
    return sum;
}

}  // namespace labstore::blob::testing
