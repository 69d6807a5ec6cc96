#include "storage/bucket_state.hpp"

#include <array>

namespace labstore::storage {
namespace {

constexpr std::string_view live = "live";
constexpr std::string_view deleting = "deleting:";
constexpr std::string_view locked = ":locked";
constexpr std::string_view timed = ":timed";
constexpr std::size_t mark_size = 16;
// In the order of the enum.
constexpr std::array<std::string_view, 3> endings{"", ":enabled", ":suspended"};

std::optional<versioning_state> parse_ending(std::string_view text) {
    for (std::size_t i = 0; i < endings.size(); ++i)
        if (endings[i] == text)
            return static_cast<versioning_state>(i);
    return std::nullopt;
}

}  // namespace

std::string encode_state(const bucket_state& state) {
    std::string out(state.mark.empty() ? live : deleting);
    out += state.mark;
    out += endings[static_cast<std::size_t>(state.versioning)];
    if (state.object_lock)
        out += locked;
    if (state.timed)
        out += timed;
    return out;
}

std::optional<bucket_state> parse_state(std::string_view value) {
    bucket_state out;
    if (value.ends_with(timed)) {
        out.timed = true;
        value.remove_suffix(timed.size());
    }
    if (value.starts_with(deleting)) {
        value.remove_prefix(deleting.size());
        out.mark = value.substr(0, mark_size);
        if (out.mark.size() != mark_size || !from_hex(out.mark))
            return std::nullopt;
        value.remove_prefix(mark_size);
    } else if (value.starts_with(live)) {
        value.remove_prefix(live.size());
    } else {
        return std::nullopt;
    }
    out.object_lock = value.ends_with(locked);
    if (out.object_lock)
        value.remove_suffix(locked.size());
    const auto versioning = parse_ending(value);
    if (!versioning || (out.object_lock && *versioning != versioning_state::enabled))
        return std::nullopt;
    out.versioning = *versioning;
    return out;
}

bucket_state state_of(const bucket_info& bucket) {
    return {bucket.versioning, {}, bucket.object_lock, bucket.timed};
}

}  // namespace labstore::storage
