#include "profiling/memory_map.hpp"

#include <link.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

namespace labstore::profiling {
namespace {

bool take_hex(std::string_view& text, char end, std::uint64_t& value) {
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    if (failure != std::errc() || stop == text.data() + text.size() || *stop != end)
        return false;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
    return true;
}

/// "55d0-55e0 r-xp 00001000 fe:00 1234   /usr/bin/x"
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

using build_ids = std::map<std::uint64_t, std::string>;  // by the address of an executable segment

std::string hex_of(const unsigned char* bytes, std::size_t size) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < size; ++i) {
        text.push_back(digits[bytes[i] >> 4]);
        text.push_back(digits[bytes[i] & 0xF]);
    }
    return text;
}

/// The GNU build id among the notes of a loaded segment.
std::string find_build_id(const unsigned char* notes, std::size_t size) {
    const auto padded = [](std::size_t length) {
        return (length + 3) & ~std::size_t{3};
    };
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        std::memcpy(&head, notes, sizeof(head));
        const std::size_t whole = sizeof(head) + padded(head.n_namesz) + padded(head.n_descsz);
        if (whole > size)
            break;
        const unsigned char* const name = notes + sizeof(head);
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
            return hex_of(name + 4, head.n_descsz);
        notes += whole;
        size -= whole;
    }
    return {};
}

int collect_build_ids(dl_phdr_info* object, std::size_t /*size*/, void* found) {
    std::string id;
    std::uint64_t code = 0;
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& part = object->dlpi_phdr[i];
        const std::uint64_t address = object->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_NOTE && id.empty())
            id = find_build_id(reinterpret_cast<const unsigned char*>(address), part.p_memsz);
        if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0)
            code = address;
    }
    if (!id.empty() && code != 0)
        (*static_cast<build_ids*>(found))[code] = id;
    return 0;
}

}  // namespace

std::vector<code_mapping> parse_memory_map(std::string_view text) {
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

std::vector<code_mapping> read_memory_map() {
    std::ifstream file("/proc/self/maps");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto mappings = parse_memory_map(text);
    build_ids ids;
    ::dl_iterate_phdr(&collect_build_ids, &ids);
    for (code_mapping& mapping : mappings)
        if (const auto found = ids.lower_bound(mapping.begin);
            found != ids.end() && found->first < mapping.end)
            mapping.build_id = found->second;
    return mappings;
}

}  // namespace labstore::profiling
