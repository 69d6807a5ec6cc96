// The keys of index rows, read from whatever stands in an index, and written from whatever keys clients send. What
// parses encodes to the same bytes; what was encoded parses to the same key; rows stand in the order of their keys, and
// a prefix's rows lie before the place where a listing seeks past it.
#include "meta/row_codec.hpp"
#include "storage/row_keys.hpp"

#include <cstdlib>

namespace {

using namespace labstore;
namespace row_keys = labstore::storage::row_keys;

constexpr std::string_view keyed_kinds = "ovu";

void require(bool holds) {
    if (!holds)
        std::abort();
}

int sign(int value) {
    return (value > 0) - (value < 0);
}

void check_parse(std::string_view row_key) {
    const auto parsed = row_keys::parse(row_key);
    if (!parsed || keyed_kinds.find(row_key.front()) == std::string_view::npos)
        return;
    require(parsed->rest.size() < row_key.size());
    const auto plain = row_keys::plain_key(row_key);
    require(plain ? *plain == parsed->key : parsed->key.find('\0') != std::string::npos);
    auto again = row_keys::object(parsed->key);
    again.front() = row_key.front();
    again.append(parsed->rest);
    require(again == row_key);
}

void check_round_trip(std::string_view key, std::string_view rest) {
    const auto parsed = row_keys::parse(row_keys::object(key));
    require(parsed && parsed->key == key && parsed->rest.empty());
    const auto with_rest = row_keys::upload(key, rest);
    const auto upload = row_keys::parse(with_rest);
    require(upload && upload->key == key && upload->rest == rest);
    const auto noncurrent = row_keys::version(key, 1);
    require(noncurrent < row_keys::version(key, 0));
    require(noncurrent.starts_with(row_keys::versions_of(key)));
}

/// What LIST stands on; only for keys that storage lets in.
void check_order(std::string_view left, std::string_view right) {
    const auto left_row = row_keys::object(left);
    const auto right_row = row_keys::object(right);
    require(sign(left_row.compare(right_row)) == sign(left.compare(right)));
    const auto past_prefix = row_keys::past_prefix(row_keys::object_kind, left);
    const auto past_key = row_keys::past_key(row_keys::object_kind, left);
    require(left_row < past_key && past_key < past_prefix);
    require((right_row < past_prefix) == (right.starts_with(left) || right < left));
    require((right_row < past_key) == (right <= left));
}

void check_stored(std::string_view stored) {
    if (const auto row = meta::decode_value(stored))
        require(row->value.size() < stored.size());
    if (const auto written = row_keys::clean_up_time(stored)) {
        const auto again = row_keys::clean_up(*written);
        require(again.size() == stored.size() && again.substr(0, 9) == stored.substr(0, 9));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (size == 0)
        return 0;
    check_parse(text);
    check_stored(text);
    // The first byte says where the rest is cut in two.
    const auto both = text.substr(1);
    const auto cut = both.empty() ? 0 : data[0] % (both.size() + 1);
    const auto left = both.substr(0, cut);
    const auto right = both.substr(cut);
    check_round_trip(left, right);
    if (is_utf8(left) && is_utf8(right))
        check_order(left, right);
    return 0;
}
