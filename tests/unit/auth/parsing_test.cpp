#include "auth/authorization.hpp"
#include "auth/canonical.hpp"
#include "auth/head_lookup.hpp"
#include "auth/signing_keys.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace labstore::auth {
namespace {

std::string canonical_query(std::string_view raw) {
    auto query = parse_query(raw).value();
    sort_query(query);
    std::string out;
    append_canonical_query(out, query);
    return out;
}

TEST(canonical, query_is_decoded_once_encoded_once_and_sorted) {
    EXPECT_EQ(canonical_query(""), "");
    EXPECT_EQ(canonical_query("b=2&a=2&a=1"), "a=1&a=2&b=2");
    EXPECT_EQ(canonical_query("uploads&x="), "uploads=&x=");
    EXPECT_EQ(canonical_query("a=b=c"), "a=b%3Dc");
    EXPECT_EQ(canonical_query("a=+%20%2b%7e"), "a=%20%20%2B~");
    EXPECT_EQ(canonical_query("&&a=1&"), "a=1");
    EXPECT_EQ(canonical_query("a=%2541"), "a=%2541");
    EXPECT_EQ(canonical_query("a-b=1&a=1&A=1"), "A=1&a=1&a-b=1");
    EXPECT_EQ(canonical_query("z=1&X-Amz-Signature=s&X%2dAmz-Signature=t"), "z=1");
    EXPECT_EQ(canonical_query("=v"), "=v");
}

TEST(canonical, broken_escapes_are_refused) {
    for (const std::string_view bad : {"%", "a=%1", "%g0=1", "a=%0g"})
        EXPECT_EQ(parse_query(bad).error(), errc::invalid_uri) << bad;
}

TEST(canonical, path_keeps_slashes_and_dots) {
    std::string out;
    EXPECT_TRUE(append_canonical(out, "/b//./../%2e%2F a+\xc3\xa4", plus_sign::keep, keep_slash::yes));
    EXPECT_EQ(out, "/b//./.././%20a%2B%C3%A4");
}

TEST(canonical, white_space_collapses) {
    const auto collapsed = [](std::string_view value) {
        std::string out;
        append_collapsed(out, value);
        return out;
    };
    EXPECT_EQ(collapsed(""), "");
    EXPECT_EQ(collapsed("  "), "");
    EXPECT_EQ(collapsed(" a \t  b "), "a b");
    EXPECT_EQ(collapsed("\"a  b\""), "\"a b\"");
}

TEST(authorization, credential_is_read_from_the_right) {
    const auto scope = parse_credential("A/B/20260802/us-east-1/s3/aws4_request");
    ASSERT_TRUE(scope);
    EXPECT_EQ(scope->access_key, "A/B");
    EXPECT_EQ(scope->date, "20260802");
    EXPECT_EQ(scope->region, "us-east-1");
    EXPECT_EQ(scope->service, "s3");
    EXPECT_EQ(scope->text, "20260802/us-east-1/s3/aws4_request");
    for (const std::string_view bad : {
             "",
             "A",
             "/20260802/us-east-1/s3/aws4_request",
             "20260802/us-east-1/s3/aws4_request",
             "A/2026080/us-east-1/s3/aws4_request",
             "A/2026080x/us-east-1/s3/aws4_request",
             "A/20260802//s3/aws4_request",
             "A/20260802/us-east-1//aws4_request",
             "A/20260802/us-east-1/s3/aws4_request/",
             "A B/20260802/us-east-1/s3/aws4_request",
         })
        EXPECT_FALSE(parse_credential(bad)) << bad;
}

TEST(authorization, signed_headers_are_lower_case_tokens_with_host) {
    const auto names = parse_signed_headers("x-amz-date;host");
    ASSERT_TRUE(names);
    EXPECT_EQ(*names, (std::vector<std::string_view>{"host", "x-amz-date"}));
    for (const std::string_view bad :
         {"", "host;", ";host", "host;;a", "Host", "host;host", "range", "host; a", "host\n"})
        EXPECT_FALSE(parse_signed_headers(bad)) << bad;
    std::string many = "host";
    for (std::size_t i = 1; i < signed_headers_max; ++i)
        many += ";h" + std::to_string(i);
    EXPECT_TRUE(parse_signed_headers(many));
    EXPECT_FALSE(parse_signed_headers(many + ";z"));
}

TEST(head_lookup, dates_of_both_kinds) {
    const auto expected = parse_amz_date("20260802T120000Z");
    ASSERT_TRUE(expected);
    for (const std::string_view text :
         {"20260802T120000Z",
          "Sun, 02 Aug 2026 12:00:00 GMT",
          "Sun, 02 Aug 2026 12:00:00 +0000",
          "Sun, 02 Aug 2026 12:00:00 -0000",
          "Sunday, 02-Aug-26 12:00:00 GMT",
          "Sun Aug  2 12:00:00 2026"}) {
        const auto parsed = parse_signing_time(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->time, *expected) << text;
        EXPECT_EQ(as_text(parsed->amz_date), "20260802T120000Z") << text;
    }
    for (const std::string_view text :
         {"",
          "-0000",
          "Sun, 02 Aug 2026 12:00:00 +0200",
          "1785672000",
          "16130329T000000Z",
          "19691231T235959Z",
          "Mon, 29 Mar 1613 00:00:00 GMT",
          "Mon Mar 29 00:00:00 1613"})
        EXPECT_FALSE(parse_signing_time(text)) << text;
}

crypto::sha256_digest signed_with(const crypto::hmac_sha256_key& key) {
    return key.sign(as_bytes("some text"));
}

TEST(signing_keys, same_key_cached_or_not) {
    signing_keys keys("us-east-1", "s3", 1024);
    const crypto::secret secret("one");
    const auto derived = signed_with(derive_signing_key(secret, "20260802", "us-east-1", "s3"));
    EXPECT_EQ(signed_with(keys.get("a", secret, "20260802")), derived);
    EXPECT_EQ(signed_with(keys.get("a", secret, "20260802")), derived);
    EXPECT_EQ(keys.size(), 1U);
    EXPECT_NE(signed_with(keys.get("a", secret, "20260803")), derived);
    EXPECT_NE(signed_with(keys.get("a", crypto::secret("two"), "20260802")), derived);
    EXPECT_EQ(signed_with(keys.get("a", secret, "20260802")), derived);
    EXPECT_EQ(keys.size(), 2U);
}

TEST(signing_keys, stays_within_its_limit) {
    signing_keys keys("us-east-1", "s3", 64);
    const crypto::secret secret("one");
    for (int i = 0; i < 1000; ++i)
        static_cast<void>(keys.get(std::to_string(i), secret, "20260802"));
    EXPECT_LE(keys.size(), 64U);
    EXPECT_GE(keys.size(), 32U);
}

TEST(signing_keys, threads_share_it) {
    signing_keys keys("us-east-1", "s3", 32);
    std::vector<std::thread> threads;
    std::atomic<int> wrong = 0;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 500; ++i) {
                const crypto::secret secret("secret " + std::to_string((i + t) % 2));
                const auto name = std::to_string(i % 50);
                const auto key = keys.get(name, secret, "20260802");
                const auto derived = derive_signing_key(secret, "20260802", "us-east-1", "s3");
                if (signed_with(key) != signed_with(derived))
                    ++wrong;
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace labstore::auth
