// The framing gate against an independent, deliberately simple reading of the same rules, and against Beast: what the
// gate takes, all three must read in one way, and how the bytes arrive must not matter.
#include "http/head_parser.hpp"
#include "labstore/base.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using labstore::http::head_scanner;
using labstore::http::parse_head;
using labstore::http::parsed_head;
using labstore::http::refusal;

struct naive_reading {
    std::vector<std::string> lengths;
    std::vector<std::string> encodings;
    std::vector<std::string> hosts;
    std::size_t headers = 0;
    bool sane = true;
};

naive_reading read_naively(std::string head) {
    naive_reading read;
    head.resize(head.size() - 2);  // the empty line
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
        const auto end = head.find("\r\n", at);
        auto line = head.substr(at, end - at);
        at = end + 2;
        const auto colon = line.find(':');
        read.sane = read.sane && colon != std::string::npos && colon > 0 &&
                    line.find_first_of("\r\n") == std::string::npos;
        const auto name = labstore::to_lower(line.substr(0, colon));
        read.sane = read.sane && name.find_first_of(" \t") == std::string::npos;
        const auto value =
            colon == std::string::npos ? std::string() : std::string(labstore::trim(line.substr(colon + 1)));
        ++read.headers;
        if (name == "content-length")
            read.lengths.push_back(value);
        if (name == "transfer-encoding")
            read.encodings.push_back(labstore::to_lower(value));
        if (name == "host")
            read.hosts.push_back(value);
    }
    return read;
}

void require(bool holds) {
    if (!holds)
        std::abort();
}

void check_accepted(std::string_view head, const parsed_head& parsed) {
    const auto read = read_naively(std::string(head));
    require(read.sane && read.headers == parsed.headers.size());
    require(read.hosts.size() == 1 && !read.hosts[0].empty() && read.hosts[0] == parsed.head.host);
    require(read.lengths.size() + read.encodings.size() <= 1);
    require(parsed.facts.chunked == (read.encodings == std::vector<std::string>{"chunked"}));
    require(parsed.facts.content_length.has_value() == !read.lengths.empty());
    if (!read.lengths.empty())
        require(labstore::parse_decimal(read.lengths[0]) == parsed.facts.content_length);
    require(parsed.head.target == "*" || parsed.head.target.front() == '/');
    for (const char c : head)
        require(c == '\r' || c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    head_scanner whole(16'384, 100);
    const auto found = whole.scan(bytes);
    head_scanner split(16'384, 100);
    head_scanner::outcome again;
    for (std::size_t end = std::min<std::size_t>(size, 1);
         again.why == refusal::none && again.head_size_bytes == 0;
         ++end) {
        again = split.scan(bytes.substr(0, end));
        if (end >= size)
            break;
    }
    require(again.why == found.why && again.head_size_bytes == found.head_size_bytes);
    if (found.head_size_bytes == 0)
        return 0;
    const auto head = bytes.substr(0, found.head_size_bytes);
    parsed_head parsed;
    const auto why = parse_head(head, parsed);
    if (why == refusal::none)
        check_accepted(head, parsed);
    return 0;
}
