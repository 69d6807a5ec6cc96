// The small languages of request heads: ranges, copy sources, tags, addresses and queries. A range that is
// granted lies within the object; what was decoded once and is encoded again means the same.
#include "s3/address.hpp"
#include "s3/query.hpp"
#include "s3/range.hpp"
#include "s3/tagging.hpp"

#include <cstdlib>

namespace {

using namespace labstore;
using namespace labstore::s3;

void require(bool holds) {
    if (!holds)
        std::abort();
}

void check_range(std::string_view header, std::uint64_t size_bytes) {
    const auto decided = decide_range(header, size_bytes);
    if (decided.verdict == range_verdict::part) {
        require(decided.bytes.size_bytes >= 1 && decided.bytes.first < size_bytes);
        require(decided.bytes.size_bytes <= size_bytes - decided.bytes.first);
    }
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (parse_copy_range(header, first, last))
        require(first <= last);
}

void check_address(std::string_view text) {
    static const std::vector<std::string> domains{"s3.test"};
    const auto split = text.find('\n');
    const auto host = text.substr(0, split);
    const auto path = split == std::string_view::npos ? std::string_view("/") : text.substr(split + 1);
    const auto named = parse_address(host, path, domains);
    if (!named)
        return;
    const auto again =
        parse_address("localhost", "/bucket/" + percent_encode(named->key, keep_slash::yes), {});
    require(again && again->key == named->key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (size == 0)
        return 0;
    // The first byte chooses the object's size, the rest is the text.
    constexpr std::uint64_t sizes[] = {0, 1, 10, 1'000'000, UINT64_MAX};
    const auto rest = text.substr(1);
    check_range(rest, sizes[data[0] % std::size(sizes)]);
    check_address(rest);
    if (const auto tags = parse_tagging(rest))
        require(tags->size() <= object_tags_max);
    if (const auto query = query_parameters::parse(rest))
        require(query->all().size() <= size);
    return 0;
}
