#include "labstore/profiling/profile.hpp"
#include "profiling/gzip.hpp"

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

    void add(std::uint32_t field, const message& inner) { add(field, std::string_view(inner.text_)); }

    void add_packed(std::uint32_t field, const std::vector<std::uint64_t>& values) {
        message packed;
        for (const std::uint64_t value : values)
            packed.varint(value);
        add(field, packed);
    }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

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
enum profile_fields : std::uint32_t {
    sample_type = 1,
    samples = 2,
    mapping = 3,
    locations = 4,
    functions = 5,
    strings = 6,
    time_nanos = 9,
    duration_nanos = 10,
    period_type = 11,
    period = 12,
    comment = 13,
    default_sample_type = 14
};

enum value_type_fields : std::uint32_t { type = 1, unit = 2 };

enum sample_fields : std::uint32_t { sample_locations = 1, sample_values = 2, sample_label = 3 };

enum label_fields : std::uint32_t { label_key = 1, label_text = 2 };

enum mapping_fields : std::uint32_t {
    mapping_id = 1,
    mapping_start = 2,
    mapping_limit = 3,
    mapping_offset = 4,
    mapping_file = 5,
    mapping_build_id = 6,
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
    explicit encoder(const profile& from) : from_(from) { static_cast<void>(string_index("")); }

    std::string run() {
        for (const value_type& one : from_.types)
            out_.add(field::sample_type, encoded(one));
        for (const sample& one : from_.samples)
            out_.add(field::samples, encoded(one));
        add_mappings();
        add_locations();
        add_functions();
        out_.add(field::time_nanos, nanoseconds(from_.time.time_since_epoch()));
        out_.add(field::duration_nanos, nanoseconds(from_.duration));
        out_.add(field::period_type, encoded(from_.period_type));
        out_.add(field::period, static_cast<std::uint64_t>(from_.period));
        for (const std::string& comment : from_.comments)
            out_.add(field::comment, string_index(comment));
        out_.add(field::default_sample_type, string_index(from_.default_type));
        for (const std::string& text : strings_)
            out_.add(field::strings, std::string_view(text));
        return out_.text();
    }

  private:
    template <typename Duration>
    static std::uint64_t nanoseconds(Duration duration) {
        return static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count()
        );
    }

    std::uint64_t string_index(const std::string& text) {
        const auto [place, added] = string_indexes_.try_emplace(text, strings_.size());
        if (added)
            strings_.push_back(text);
        return place->second;
    }

    message encoded(const value_type& one) {
        message made;
        made.add(field::type, string_index(one.type));
        made.add(field::unit, string_index(one.unit));
        return made;
    }

    message encoded(const sample& one) {
        message made;
        std::vector<std::uint64_t> ids;
        for (const std::uint32_t place : one.locations)
            ids.push_back(std::uint64_t{place} + 1);
        made.add_packed(field::sample_locations, ids);
        made.add_packed(field::sample_values, {one.values.begin(), one.values.end()});
        add_label(made, "operation", one.operation);
        add_label(made, "bucket", one.bucket);
        add_label(made, "station", one.station);
        return made;
    }

    void add_label(message& made, const std::string& key, const std::string& text) {
        if (text.empty())
            return;
        message label;
        label.add(field::label_key, string_index(key));
        label.add(field::label_text, string_index(text));
        made.add(field::sample_label, label);
    }

    void add_mappings() {
        for (std::size_t i = 0; i < from_.mappings.size(); ++i) {
            const code_mapping& mapping = from_.mappings[i];
            message made;
            made.add(field::mapping_id, i + 1);
            made.add(field::mapping_start, mapping.begin);
            made.add(field::mapping_limit, mapping.end);
            made.add(field::mapping_offset, mapping.offset);
            made.add(field::mapping_file, string_index(mapping.file));
            made.add(field::mapping_build_id, string_index(mapping.build_id));
            made.add(field::mapping_has_functions, std::uint64_t{1});
            out_.add(field::mapping, made);
        }
    }

    void add_locations() {
        for (std::size_t i = 0; i < from_.locations.size(); ++i) {
            const location& one = from_.locations[i];
            message made;
            made.add(field::location_id, i + 1);
            if (one.mapping != no_index)
                made.add(field::location_mapping, std::uint64_t{one.mapping} + 1);
            made.add(field::location_address, one.address);
            if (one.function != no_index) {
                message line;
                line.add(field::line_function, std::uint64_t{one.function} + 1);
                made.add(field::location_line, line);
            }
            out_.add(field::locations, made);
        }
    }

    void add_functions() {
        for (std::size_t i = 0; i < from_.functions.size(); ++i) {
            message made;
            made.add(field::function_id, i + 1);
            made.add(field::function_name, string_index(from_.functions[i].name));
            made.add(field::function_system_name, string_index(from_.functions[i].system_name));
            out_.add(field::functions, made);
        }
    }

    const profile& from_;
    message out_;
    std::unordered_map<std::string, std::uint64_t> string_indexes_;
    std::vector<std::string> strings_;
};

}  // namespace

std::string encode_pprof(const profile& named) {
    return gzip(encoder(named).run());
}

}  // namespace labstore::profiling
