#include "storage/row_keys.hpp"

#include "storage/record_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace labstore::storage {
namespace {

using namespace std::string_literals;

std::string hex(std::string_view bytes) {
    return to_hex(as_bytes(bytes));
}

// What is on disk stays readable: these bytes are the format.
TEST(row_keys, are_written_as_documented) {
    const auto token = "0123456789abcdef"s;
    EXPECT_EQ(row_keys::bucket("photos"), "bphotos");
    EXPECT_EQ(hex(row_keys::dead_partition(258)), "640000000000000102");
    EXPECT_EQ(row_keys::state(), "s");
    EXPECT_EQ(hex(row_keys::object("a\0b"s)), "6f6100ff620001");
    EXPECT_EQ(hex(row_keys::version("a", 1)), "76610001fffffffffffffffe");
    EXPECT_EQ(hex(row_keys::manifest(token, 3)), "6d3031323334353637383961626364656600000003");
    EXPECT_EQ(hex(row_keys::upload("a", token)), "7561000130313233343536373839616263646566");
    EXPECT_EQ(hex(row_keys::part(token, 10'000)), "773031323334353637383961626364656600002710");
    const auto clean_up = row_keys::clean_up(wall_time(std::chrono::nanoseconds(0x0102030405060708)));
    EXPECT_EQ(hex(clean_up).substr(0, 18), "670102030405060708");
    EXPECT_EQ(clean_up.size(), 17U);
    EXPECT_EQ(row_keys::clean_up_time(clean_up)->time_since_epoch().count(), 0x0102030405060708);
}

TEST(row_keys, keys_come_back_from_their_rows) {
    for (const auto& key : {"a"s, "a/b"s, "\0"s, "a\0"s, "\0\0b"s, "\xf4\x8f\xbf\xbf"s, "a\x01"s}) {
        const auto parsed = row_keys::parse(row_keys::object(key));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->key, key);
        EXPECT_TRUE(parsed->rest.empty());
        const auto row = row_keys::upload(key, "0123456789abcdef");
        const auto upload = row_keys::parse(row);
        ASSERT_TRUE(upload);
        EXPECT_EQ(upload->key, key);
        EXPECT_EQ(upload->rest, "0123456789abcdef");
    }
}

TEST(row_keys, a_key_without_escapes_is_read_where_it_lies) {
    for (const auto& row : {row_keys::object("abc"), row_keys::version("abc", 7)}) {
        const auto key = row_keys::plain_key(row);
        ASSERT_TRUE(key);
        EXPECT_EQ(*key, "abc");
        EXPECT_EQ(key->data(), row.data() + 1);
    }
    EXPECT_FALSE(row_keys::plain_key(row_keys::object("a\0c"s)));
}

TEST(row_keys, broken_rows_are_refused) {
    for (const auto& broken : {""s, "o"s, "oabc"s, "oabc\0"s, "oabc\0\x02"s})
        EXPECT_FALSE(row_keys::plain_key(broken));
    EXPECT_FALSE(row_keys::parse(""));
    EXPECT_FALSE(row_keys::parse("o"));
    EXPECT_FALSE(row_keys::parse("oabc"));
    EXPECT_FALSE(row_keys::parse("oabc\0"s));
    EXPECT_FALSE(row_keys::parse("oabc\0\x02"s));
    EXPECT_FALSE(row_keys::clean_up_time("g"));
    EXPECT_FALSE(row_keys::clean_up_time(row_keys::object("0123456789abcde")));
}

std::vector<std::string> awkward_keys() {
    // Few letters, many neighbours: NULs, the bytes of the escapes, the ends of UTF-8's range.
    const std::vector<std::string> letters{
        "\0"s, "\x01"s, "\x02"s, "/"s, "0"s, "a"s, "\x7f"s, "\xc2\x80"s, "\xf4\x8f\xbf\xbf"s};
    std::vector<std::string> keys;
    for (const auto& first : letters) {
        keys.push_back(first);
        for (const auto& second : letters) {
            keys.push_back(first + second);
            for (const auto& third : letters)
                keys.push_back(first + second + third);
        }
    }
    return keys;
}

TEST(row_keys, byte_order_of_rows_is_byte_order_of_keys) {
    auto keys = awkward_keys();
    std::sort(keys.begin(), keys.end());
    for (std::size_t i = 1; i < keys.size(); ++i) {
        EXPECT_LT(row_keys::object(keys[i - 1]), row_keys::object(keys[i]));
        EXPECT_LT(
            row_keys::upload(keys[i - 1], std::string(16, '\xff')),
            row_keys::upload(keys[i], std::string(16, '\0'))
        );
        EXPECT_LT(
            row_keys::upload(keys[i - 1], std::string(16, '\xff')), row_keys::past_key('u', keys[i - 1])
        );
        EXPECT_LT(row_keys::past_key('u', keys[i - 1]), row_keys::upload(keys[i], std::string(16, '\0')));
    }
}

TEST(row_keys, past_prefix_separates_what_begins_with_it_from_what_follows) {
    const auto keys = awkward_keys();
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        const auto& prefix = keys[random() % keys.size()];
        const auto& key = keys[random() % keys.size()];
        const auto row = row_keys::object(key);
        const auto past = row_keys::past_prefix('o', prefix);
        const bool below = key.starts_with(prefix) || key < prefix;
        EXPECT_EQ(row < past, below) << hex(prefix) << " " << hex(key);
        EXPECT_EQ(row.starts_with("o" + row_keys::escape(prefix)), key.starts_with(prefix));
    }
}

TEST(row_keys, newer_versions_come_first) {
    EXPECT_LT(row_keys::version("a", 2), row_keys::version("a", 1));
    EXPECT_TRUE(row_keys::version("a", 7).starts_with(row_keys::versions_of("a")));
    EXPECT_FALSE(row_keys::version("ab", 7).starts_with(row_keys::versions_of("a")));
}

TEST(row_keys, upload_ids_order_by_their_time) {
    const auto early = row_keys::new_upload_id(wall_time(std::chrono::nanoseconds(1'000)));
    const auto late = row_keys::new_upload_id(wall_time(std::chrono::nanoseconds(1'001)));
    EXPECT_EQ(early.size(), 16U);
    EXPECT_LT(early, late);
}

TEST(records, an_object_is_written_as_documented) {
    records::object record;
    record.set_sequence(0x0102030405060708);
    record.set_token("0123456789abcdef");
    record.set_null_version(true);
    record.set_size_bytes(5);
    record.set_etag_md5("fedcba9876543210");
    record.set_modified_ns(1000);
    record.mutable_attributes()->set_content_type("a/b");
    set_ref(*record.mutable_blob(), {"loc", 5});
    const auto bytes = encode(record);
    EXPECT_EQ(
        hex(bytes),
        "090807060504030201"                    // 1: sequence
        "121030313233343536373839616263646566"  // 2: token
        "2001"                                  // 4: null version
        "3005"                                  // 6: size
        "3a1066656463626139383736353433323130"  // 7: MD5
        "48e807"                                // 9: modified
        "5a050a03612f62"                        // 11: attributes, 1: content type
        "6a070a036c6f631005"                    // 13: blob
    );
    const auto back = decode<records::object>(bytes);
    ASSERT_TRUE(back);
    EXPECT_EQ(encode(*back), bytes);
    EXPECT_EQ(decode<records::object>("").error(), errc::corrupt);
    EXPECT_EQ(decode<records::object>("\xff\xff").error(), errc::corrupt);
}

std::string text_of(const std::string& path) {
    std::ifstream file(std::string(LABSTORE_SOURCE_DIR) + "/" + path);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(records, stand_in_the_documentation_as_they_are) {
    const auto proto = text_of("src/storage/records/records.proto");
    const auto messages = proto.substr(proto.find("message account"));
    EXPECT_NE(text_of("docs/data-on-disk.md").find(messages), std::string::npos)
        << "docs/data-on-disk.md quotes records.proto: copy the messages over";
}

}  // namespace
}  // namespace labstore::storage
