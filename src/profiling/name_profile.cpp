#include "labstore/profiling/profile.hpp"
#include "profiling/function_names.hpp"
#include "profiling/memory_map.hpp"
#include "profiling/readable_name.hpp"
#include "profiling/station.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>

namespace labstore::profiling {
namespace {

/// What stands between an allocation and our own code. In the profiles that count memory it is left out.
constexpr auto allocator_words = std::to_array<std::string_view>(
    {"tc_",
     "tcmalloc::",
     "do_malloc",
     "MallocHook",
     "profiling::",
     "operator new",
     "__gnu_cxx::new_allocator",
     "std::__new_allocator",
     "std::allocator_traits"}
);

bool is_allocator(std::string_view name) {
    return std::ranges::any_of(allocator_words, [name](std::string_view words) {
        return name.starts_with(words);
    });
}

/// A return address lies behind its call, and may already belong to the next function.
std::uint64_t address_inside(const raw_sample& from, std::size_t at) noexcept {
    const std::uint64_t address = from.addresses[at];
    return at == 0 || address == 0 ? address : address - 1;
}

class namer {
  public:
    explicit namer(const raw_profile& raw) : raw_(raw) {}

    profile run() {
        describe();
        collect_locations();
        name_locations();
        for (const raw_sample& one : raw_.samples)
            add_sample(one);
        return std::move(out_);
    }

  private:
    void describe() {
        out_.kind = raw_.kind;
        out_.types = raw_.types;
        out_.default_type = raw_.types.empty() ? std::string() : raw_.types.back().type;
        out_.period_type = raw_.period_type;
        out_.period = raw_.period;
        out_.time = raw_.time;
        out_.duration = raw_.duration;
        out_.mappings = read_memory_map();
        out_.comments = {"LabStore " LABSTORE_VERSION, "profile: " + raw_.kind};
        if (raw_.lost != 0)
            out_.comments.push_back("samples without room: " + std::to_string(raw_.lost));
    }

    void collect_locations() {
        for (const raw_sample& one : raw_.samples) {
            for (std::size_t at = 0; at < one.addresses.size(); ++at) {
                const std::uint64_t address = address_inside(one, at);
                const auto place = static_cast<std::uint32_t>(out_.locations.size());
                if (places_.try_emplace(address, place).second)
                    out_.locations.push_back({address, mapping_of(address), no_index});
            }
        }
    }

    [[nodiscard]] std::uint32_t mapping_of(std::uint64_t address) const {
        const auto found = std::ranges::find_if(out_.mappings, [address](const code_mapping& one) {
            return address >= one.begin && address < one.end;
        });
        return found == out_.mappings.end() ? no_index
                                            : static_cast<std::uint32_t>(found - out_.mappings.begin());
    }

    void name_locations() {
        std::vector<std::uint64_t> addresses;
        addresses.reserve(out_.locations.size());
        for (const location& one : out_.locations)
            addresses.push_back(one.address);
        const auto names = linker_names(addresses);
        std::unordered_map<std::string, std::uint32_t> known;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i].empty())
                continue;
            const auto [place, added] =
                known.try_emplace(names[i], static_cast<std::uint32_t>(out_.functions.size()));
            if (added)
                out_.functions.push_back({readable_name(demangled(names[i])), names[i]});
            out_.locations[i].function = place->second;
        }
    }

    void add_sample(const raw_sample& from) {
        sample made;
        made.values = from.values;
        made.operation = from.operation;
        made.bucket = from.bucket;
        std::vector<std::string_view> names;
        for (std::size_t at = 0; at < from.addresses.size(); ++at) {
            const std::uint32_t place = places_.at(address_inside(from, at));
            const std::uint32_t function = out_.locations[place].function;
            const std::string_view name =
                function == no_index ? std::string_view() : std::string_view(out_.functions[function].name);
            if (raw_.kind != "cpu" && names.empty() && at + 1 < from.addresses.size() && is_allocator(name))
                continue;
            made.locations.push_back(place);
            names.push_back(name);
        }
        made.station = station_of(names);
        if (made.station == "s3" && !made.operation.empty())
            made.station += ":" + made.operation;
        out_.samples.push_back(std::move(made));
    }

    const raw_profile& raw_;
    profile out_;
    std::unordered_map<std::uint64_t, std::uint32_t> places_;  // of addresses in out_.locations
};

}  // namespace

std::string profile::name_of(std::uint32_t place) const {
    const location& one = locations[place];
    if (one.function != no_index)
        return functions[one.function].name;
    if (one.mapping != no_index) {
        // A function that its library does not export: the library is worth more than a number.
        const std::string& file = mappings[one.mapping].file;
        return "[" + file.substr(file.rfind('/') + 1) + "]";
    }
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), one.address, 16).ptr;
    return "0x" + std::string(digits.data(), end);
}

std::size_t profile::default_index() const noexcept {
    const auto found = std::ranges::find(types, default_type, &value_type::type);
    return found == types.end() ? 0 : static_cast<std::size_t>(found - types.begin());
}

std::int64_t profile::total() const {
    const std::size_t index = default_index();
    std::int64_t sum = 0;
    for (const sample& one : samples)
        sum += one.values[index];
    return sum;
}

profile name_profile(const raw_profile& raw) {
    return namer(raw).run();
}

}  // namespace labstore::profiling
