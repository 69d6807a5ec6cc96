#include "profiling/pprof_encoder.hpp"

#include <algorithm>
#include <unordered_map>

namespace labstore::profiling {
namespace {

/// Protobuf's wire form: varints, and byte strings with their length.
class message {
  public:
    void add(std::uint32_t field, std::uint64_t value) {
        varint(static_cast<std::uint64_t>(field) << 3);
        varint(value);
    }

    void add(std::uint32_t field, std::string_view bytes) {
        varint((static_cast<std::uint64_t>(field) << 3) | 2);
        varint(bytes.size());
        text_ += bytes;
    }

    void add(std::uint32_t field, const std::vector<std::uint64_t>& values) {
        message packed;
        for (const std::uint64_t value : values)
            packed.varint(value);
        add(field, packed.text());
    }

    [[nodiscard]] std::string_view text() const noexcept { return text_; }

  private:
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7)
            text_.push_back(static_cast<char>(value | 0x80));
        text_.push_back(static_cast<char>(value));
    }

    std::string text_;
};

/// The field numbers of profile.proto that are written.
namespace field {
enum profile : std::uint32_t {
    sample_type = 1,
    sample = 2,
    mapping = 3,
    location = 4,
    function = 5,
    strings = 6,
    period_type = 11,
    period = 12
};

enum value_type : std::uint32_t { type = 1, unit = 2 };

enum sample_fields : std::uint32_t { sample_locations = 1, sample_values = 2 };

enum mapping_fields : std::uint32_t {
    mapping_id = 1,
    mapping_start = 2,
    mapping_limit = 3,
    mapping_offset = 4,
    mapping_file = 5,
    mapping_has_functions = 7
};

enum location_fields : std::uint32_t {
    location_id = 1,
    location_mapping = 2,
    location_address = 3,
    location_line = 4
};

enum line_fields : std::uint32_t { line_function = 1 };

enum function_fields : std::uint32_t { function_id = 1, function_name = 2, function_system_name = 3 };
}  // namespace field

class encoder {
  public:
    explicit encoder(const sample_log& log) : log_(log) { static_cast<void>(string_index("")); }

    std::string run(const name_source& names) {
        collect_locations();
        add_types();
        add_samples();
        add_mappings();
        add_locations(names(addresses_));
        for (const std::string& text : strings_)
            out_.add(field::strings, text);
        return std::string(out_.text());
    }

  private:
    std::uint64_t string_index(const std::string& text) {
        const auto [place, added] = string_indexes_.try_emplace(text, strings_.size());
        if (added)
            strings_.push_back(text);
        return place->second;
    }

    /// The address to name: a return address lies behind its call.
    static std::uint64_t named_address(const stack_sample& sample, std::size_t at) {
        return at == 0 || sample.addresses[at] == 0 ? sample.addresses[at] : sample.addresses[at] - 1;
    }

    void collect_locations() {
        for (const stack_sample& sample : log_.samples) {
            for (std::size_t i = 0; i < sample.addresses.size(); ++i) {
                const std::uint64_t address = named_address(sample, i);
                if (locations_.try_emplace(address, locations_.size() + 1).second)
                    addresses_.push_back(address);
            }
        }
    }

    message value_type(const std::string& type, const std::string& unit) {
        message made;
        made.add(field::type, string_index(type));
        made.add(field::unit, string_index(unit));
        return made;
    }

    void add_types() {
        out_.add(field::sample_type, value_type("samples", "count").text());
        out_.add(field::sample_type, value_type("cpu", "nanoseconds").text());
        out_.add(field::period_type, value_type("cpu", "nanoseconds").text());
        out_.add(field::period, period_nanoseconds());
    }

    [[nodiscard]] std::uint64_t period_nanoseconds() const { return log_.period_microseconds * 1000; }

    void add_samples() {
        for (const stack_sample& sample : log_.samples) {
            std::vector<std::uint64_t> ids;
            for (std::size_t i = 0; i < sample.addresses.size(); ++i)
                ids.push_back(locations_.at(named_address(sample, i)));
            message made;
            made.add(field::sample_locations, ids);
            made.add(field::sample_values, {sample.count, sample.count * period_nanoseconds()});
            out_.add(field::sample, made.text());
        }
    }

    void add_mappings() {
        for (std::size_t i = 0; i < log_.mappings.size(); ++i) {
            const code_mapping& mapping = log_.mappings[i];
            message made;
            made.add(field::mapping_id, i + 1);
            made.add(field::mapping_start, mapping.begin);
            made.add(field::mapping_limit, mapping.end);
            made.add(field::mapping_offset, mapping.offset);
            made.add(field::mapping_file, string_index(mapping.file));
            made.add(field::mapping_has_functions, 1);
            out_.add(field::mapping, made.text());
        }
    }

    [[nodiscard]] std::uint64_t mapping_of(std::uint64_t address) const {
        const auto found = std::ranges::find_if(log_.mappings, [address](const code_mapping& one) {
            return address >= one.begin && address < one.end;
        });
        return found == log_.mappings.end() ? 0
                                            : static_cast<std::uint64_t>(found - log_.mappings.begin()) + 1;
    }

    void add_locations(const std::vector<std::string>& names) {
        for (std::size_t i = 0; i < addresses_.size(); ++i) {
            message made;
            made.add(field::location_id, i + 1);
            if (const std::uint64_t mapping = mapping_of(addresses_[i]); mapping != 0)
                made.add(field::location_mapping, mapping);
            made.add(field::location_address, addresses_[i]);
            if (i < names.size() && !names[i].empty()) {
                message line;
                line.add(field::line_function, function_id(names[i]));
                made.add(field::location_line, line.text());
            }
            out_.add(field::location, made.text());
        }
    }

    std::uint64_t function_id(const std::string& name) {
        const auto [place, added] = functions_.try_emplace(name, functions_.size() + 1);
        if (added) {
            message made;
            made.add(field::function_id, place->second);
            made.add(field::function_name, string_index(name));
            made.add(field::function_system_name, string_index(name));
            out_.add(field::function, made.text());
        }
        return place->second;
    }

    const sample_log& log_;
    message out_;
    std::vector<std::uint64_t> addresses_;                        // location id is the place plus one
    std::unordered_map<std::uint64_t, std::uint64_t> locations_;  // address to location id
    std::unordered_map<std::string, std::uint64_t> functions_;
    std::unordered_map<std::string, std::uint64_t> string_indexes_;
    std::vector<std::string> strings_;
};

}  // namespace

std::string encode_pprof(const sample_log& log, const name_source& names) {
    return encoder(log).run(names);
}

}  // namespace labstore::profiling
