#include "labstore/profiling/profile.hpp"

#include <map>
#include <unordered_map>

namespace labstore::profiling {
namespace {

/// A JSON string that may stand inside a script of a page.
std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (byte < 0x20 || c == '<' || c == '&' || byte == 0x7F) {
            constexpr std::string_view digits = "0123456789abcdef";
            out += "\\u00";
            out.push_back(digits[byte >> 4]);
            out.push_back(digits[byte & 0xF]);
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

class name_list {
  public:
    std::size_t place_of(const std::string& name) {
        const auto [found, added] = places_.try_emplace(name, names_.size());
        if (added)
            names_.push_back(&found->first);
        return found->second;
    }

    [[nodiscard]] std::string text() const {
        std::string out;
        for (const std::string* name : names_)
            out += (out.empty() ? "" : ",") + quoted(*name);
        return out;
    }

  private:
    std::unordered_map<std::string, std::size_t> places_;
    std::vector<const std::string*> names_;
};

}  // namespace

std::string encode_flames(const profile& named) {
    name_list names;
    std::map<std::vector<std::size_t>, std::int64_t> stacks;  // operation, station, frames from the root
    const std::size_t index = named.default_index();
    for (const sample& one : named.samples) {
        std::vector<std::size_t> path{names.place_of(one.operation), names.place_of(one.station)};
        for (std::size_t at = one.locations.size(); at-- > 0;)
            path.push_back(names.place_of(named.name_of(one.locations[at])));
        stacks[std::move(path)] += one.values[index];
    }
    std::string samples;
    for (const auto& [path, value] : stacks) {
        samples += samples.empty() ? "[" : ",\n[";
        samples +=
            std::to_string(value) + "," + std::to_string(path[0]) + "," + std::to_string(path[1]) + ",[";
        for (std::size_t at = 2; at < path.size(); ++at)
            samples += (at == 2 ? "" : ",") + std::to_string(path[at]);
        samples += "]]";
    }
    const std::string unit = named.types.empty() ? std::string() : named.types[index].unit;
    const double seconds = std::chrono::duration<double>(named.duration).count();
    return "{\"kind\":" + quoted(named.kind) + ",\"type\":" + quoted(named.default_type) +
           ",\"unit\":" + quoted(unit) + ",\"seconds\":" + std::to_string(seconds) +
           ",\"total\":" + std::to_string(named.total()) + ",\n\"names\":[" + names.text() +
           "],\n\"samples\":[" + samples + "]}";
}

}  // namespace labstore::profiling
