#include "labstore/profiling/profile.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

namespace labstore::profiling {
namespace {

void add_word(std::string& out, std::uint64_t word) {
    char bytes[sizeof(word)];
    std::memcpy(bytes, &word, sizeof(word));
    out.append(bytes, sizeof(word));
}

/// Readers of the old forms take one off every address but the leaf's, as they were return addresses.
std::uint64_t return_address(const profile& from, const sample& one, std::size_t at) {
    return from.locations[one.locations[at]].address + (at == 0 ? 0 : 1);
}

std::string memory_map() {
    std::ifstream file("/proc/self/maps");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Machine words: 0, 3, 0, period in microseconds, 0; count, depth, addresses of each stack; 0, 1, 0; the map.
std::string encode_cpu(const profile& from) {
    std::string out;
    for (const std::uint64_t word : {0L, 3L, 0L, static_cast<long>(from.period / 1000), 0L})
        add_word(out, static_cast<std::uint64_t>(word));
    for (const sample& one : from.samples) {
        add_word(out, static_cast<std::uint64_t>(one.values[0]));
        add_word(out, one.locations.size());
        for (std::size_t at = 0; at < one.locations.size(); ++at)
            add_word(out, return_address(from, one, at));
    }
    for (const std::uint64_t word : {0U, 1U, 0U})
        add_word(out, word);
    return out + memory_map();
}

std::string hex_stack(const profile& from, const sample& one) {
    std::string out = " @";
    char digits[24];
    for (std::size_t at = 0; at < one.locations.size(); ++at) {
        const auto address = static_cast<unsigned long>(return_address(from, one, at));
        out.append(
            digits, static_cast<std::size_t>(std::snprintf(digits, sizeof(digits), " 0x%lx", address))
        );
    }
    return out + "\n";
}

std::string counts(std::int64_t objects, std::int64_t bytes) {
    const std::string pair = std::to_string(objects) + ": " + std::to_string(bytes);
    return pair + " [" + pair + "]";
}

/// Already scaled, so the period is said to be one byte.
std::string encode_memory(const profile& from) {
    std::int64_t objects = 0;
    std::int64_t bytes = 0;
    for (const sample& one : from.samples) {
        objects += one.values[0];
        bytes += one.values[1];
    }
    std::string out = "heap profile: " + counts(objects, bytes);
    out += from.kind == "growth" ? " @ growth\n" : " @ heap_v2/1\n";
    for (const sample& one : from.samples)
        out += counts(one.values[0], one.values[1]) + hex_stack(from, one);
    return out + "\nMAPPED_LIBRARIES:\n" + memory_map();
}

std::string encode_contention(const profile& from) {
    std::string out = "--- contentionz 1 ---\ncycles/second = 1000000000\nsampling period = 1\n";
    for (const sample& one : from.samples)
        out += std::to_string(one.values[1]) + " " + std::to_string(one.values[0]) + hex_stack(from, one);
    return out + "\nMAPPED_LIBRARIES:\n" + memory_map();
}

}  // namespace

std::string encode_legacy(const profile& named) {
    if (named.kind == "cpu")
        return encode_cpu(named);
    return named.kind == "contention" ? encode_contention(named) : encode_memory(named);
}

}  // namespace labstore::profiling
