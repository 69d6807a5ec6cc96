#include "profiling/sample_log.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace labstore::profiling {
namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t head_words_after_length = 3;
constexpr std::uint64_t depth_max = 1024;

/// Takes whole words off the front of a text.
class word_reader {
  public:
    explicit word_reader(std::string_view bytes) : rest_(bytes) {}

    [[nodiscard]] bool take(std::uint64_t& word) noexcept {
        if (rest_.size() < word_bytes)
            return false;
        std::memcpy(&word, rest_.data(), word_bytes);
        rest_.remove_prefix(word_bytes);
        return true;
    }

    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  private:
    std::string_view rest_;
};

bool take_hex(std::string_view& text, char end, std::uint64_t& value) {
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (failure != std::errc() || stop == text.data() + text.size() || *stop != end)
        return false;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
    return true;
}

/// "55d0-55e0 r-xp 00001000 fe:00 1234   /usr/bin/x": only what can be executed and has a file.
bool parse_mapping(std::string_view line, code_mapping& mapping) {
    if (!take_hex(line, '-', mapping.begin) || !take_hex(line, ' ', mapping.end))
        return false;
    const bool executable = line.size() > 5 && line[2] == 'x';
    line.remove_prefix(std::min<std::size_t>(line.size(), 5));
    if (!executable || !take_hex(line, ' ', mapping.offset))
        return false;
    const std::size_t file = line.find('/');
    if (file == std::string_view::npos)
        return false;
    mapping.file = line.substr(file);
    return true;
}

std::vector<code_mapping> parse_mappings(std::string_view text) {
    std::vector<code_mapping> mappings;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        code_mapping mapping;
        if (parse_mapping(text.substr(0, end), mapping))
            mappings.push_back(std::move(mapping));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return mappings;
}

}  // namespace

result<sample_log> parse_sample_log(std::string_view bytes) {
    const auto corrupt = make_error_code(errc::corrupt);
    word_reader words(bytes);
    std::uint64_t zero = 0;
    std::uint64_t length = 0;
    std::uint64_t version = 0;
    std::uint64_t padding = 0;
    sample_log log;
    if (!words.take(zero) || !words.take(length) || !words.take(version) ||
        !words.take(log.period_microseconds) || !words.take(padding))
        return corrupt;
    if (zero != 0 || length != head_words_after_length || version != 0 || log.period_microseconds == 0)
        return corrupt;
    for (;;) {
        stack_sample sample;
        std::uint64_t depth = 0;
        if (!words.take(sample.count) || !words.take(depth) || depth == 0 || depth > depth_max)
            return corrupt;
        sample.addresses.resize(depth);
        for (std::uint64_t& address : sample.addresses)
            if (!words.take(address))
                return corrupt;
        if (sample.count == 0)
            break;  // the end record
        log.samples.push_back(std::move(sample));
    }
    log.mappings = parse_mappings(words.rest());
    return log;
}

}  // namespace labstore::profiling
