#include "unit/auth/gate_fixture.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

namespace labstore::auth::testing {
namespace {

using presigned_test = gate_fixture;

TEST_F(presigned_test, is_accepted_from_its_time_to_its_end) {
    const auto request = make_presigned("/bucket/key", "60");
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_TRUE(verified->presigned);
    EXPECT_EQ(verified->mode, body_mode::unsigned_payload);
    time_.set(at(now) + std::chrono::seconds(60));
    EXPECT_EQ(error_of(request), errc::ok);
    time_.set(at(now) + std::chrono::seconds(61));
    EXPECT_EQ(error_of(request), errc::request_expired);
    EXPECT_EQ(element("X-Amz-Expires"), "60");
    EXPECT_EQ(element("Expires"), "2026-08-02T12:01:00Z");
    EXPECT_EQ(element("ServerTime"), "2026-08-02T12:01:01Z");
    time_.set(at(now) - std::chrono::minutes(15));
    EXPECT_EQ(error_of(request), errc::ok);
    time_.set(at(now) - std::chrono::minutes(15) - std::chrono::seconds(1));
    EXPECT_EQ(error_of(request), errc::access_denied);
    EXPECT_EQ(why_.message(), "Request is not yet valid");
    EXPECT_EQ(element("RequestTime"), "2026-08-02T12:00:00Z");
    EXPECT_EQ(element("ServerTime"), "2026-08-02T11:44:59Z");
}

TEST_F(presigned_test, life_is_one_second_to_a_week) {
    for (const std::string_view good : {"1", "604800"})
        EXPECT_EQ(error_of(make_presigned("/bucket/key", good)), errc::ok) << good;
    const std::vector<std::pair<std::string_view, std::string_view>> bad{
        {"0", "at least one second"},
        {"-1", "must be non-negative"},
        {"604801", "must be less than 604800 seconds"},
        {"99999999999999999999", "must be less than 604800 seconds"},
        {"1e3", "should be a number"},
        {"", "requires the X-Amz-Algorithm, "},
    };
    for (const auto& [expires, what] : bad) {
        EXPECT_EQ(
            error_of(make_presigned("/bucket/key", expires)), errc::authorization_query_parameters_error
        ) << expires;
        EXPECT_NE(why_.message().find(what), std::string::npos) << expires << ": " << why_.message();
    }
}

TEST_F(presigned_test, each_parameter_is_there_once) {
    const auto good = make_presigned();
    for (const std::string_view name :
         {"X-Amz-Algorithm",
          "X-Amz-Credential",
          "X-Amz-Date",
          "X-Amz-Expires",
          "X-Amz-SignedHeaders",
          "X-Amz-Signature"}) {
        auto request = good;
        const auto from = request.target.find(std::string(name) + "=");
        const auto end = std::min(request.target.find('&', from), request.target.size());
        const auto piece = request.target.substr(from, end - from);
        request.target.erase(from, end - from);
        EXPECT_EQ(error_of(request), errc::authorization_query_parameters_error) << name << " missing";
        request = good;
        request.target += "&" + piece;
        EXPECT_EQ(error_of(request), errc::authorization_query_parameters_error) << name << " twice";
        request = good;
        request.target.replace(from, end - from, std::string(name) + "=%00");
        EXPECT_NE(error_of(request), errc::ok) << name << " nonsense";
    }
}

TEST_F(presigned_test, names_and_scope_are_judged) {
    const auto with = [&](std::string_view from, std::string_view to) {
        auto request = make_presigned();
        request.target.replace(request.target.find(from), from.size(), to);
        return error_of(request);
    };
    EXPECT_EQ(with("us-east-1", "us-west-1"), errc::authorization_query_parameters_error);
    EXPECT_EQ(
        why_.message(),
        "Error parsing the X-Amz-Credential parameter; the region 'us-west-1' is wrong; expecting 'us-east-1'"
    );
    EXPECT_EQ(element("Region"), "us-east-1");
    EXPECT_EQ(with("%2Fs3%2F", "%2Fsts%2F"), errc::authorization_query_parameters_error);
    EXPECT_EQ(with("Y%2F20260802", "Y%2F20260801"), errc::authorization_query_parameters_error);
    EXPECT_EQ(with("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), errc::authorization_query_parameters_error);
    EXPECT_EQ(with("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), errc::unsupported_signature);
    EXPECT_EQ(with("Date=2026", "Date=1613"), errc::authorization_query_parameters_error);
    EXPECT_TRUE(why_.message().starts_with("X-Amz-Date must be in the ISO8601 Long Format"));
    EXPECT_EQ(with("SignedHeaders=host", "SignedHeaders=range"), errc::authorization_query_parameters_error);
    EXPECT_TRUE(why_.message().starts_with("X-Amz-SignedHeaders must be names in lower case"));
    EXPECT_EQ(with("aws4_request", "aws5_request"), errc::authorization_query_parameters_error);
    EXPECT_TRUE(why_.message().starts_with("Error parsing the X-Amz-Credential parameter; the Credential is")
    );
    EXPECT_EQ(with("LABSTOREVECTORKEY", "NOBODY"), errc::invalid_access_key_id);
    EXPECT_EQ(with("/bucket/key", "/bucket/kex"), errc::signature_does_not_match);
    EXPECT_EQ(element("AWSAccessKeyId"), test_access_key);
    EXPECT_TRUE(element("CanonicalRequest").starts_with("GET\n/bucket/kex\nX-Amz-Algorithm=AWS4-HMAC-SHA256&")
    );
    EXPECT_EQ(element("CanonicalRequest").find("X-Amz-Signature"), std::string::npos);
}

TEST_F(presigned_test, a_foreign_region_may_ask_for_the_location_only) {
    settings_.region = "eu-central-1";
    EXPECT_EQ(error_of(make_presigned("/bucket?location")), errc::ok);
    EXPECT_EQ(error_of(make_presigned("/bucket?acl")), errc::authorization_query_parameters_error);
}

TEST_F(presigned_test, method_is_signed) {
    auto request = make_presigned();
    request.method = "DELETE";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(presigned_test, unsigned_amz_headers_are_refused_but_for_content_sha256) {
    auto request = make_presigned();
    request.set("x-amz-copy-source", "/other/secret");
    EXPECT_EQ(error_of(request), errc::unsigned_header);
    request = make_presigned();
    request.set("Content-Type", "text/html");
    EXPECT_EQ(error_of(request), errc::ok);
    request.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    EXPECT_EQ(error_of(request), errc::ok);
    request.set("x-amz-content-sha256", std::string(empty_sha256));
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::hashed);
    EXPECT_EQ(to_hex(*verified->payload_hash), empty_sha256);
}

TEST_F(presigned_test, signed_headers_hold) {
    owned_request request = make("PUT");
    request.remove("x-amz-content-sha256");
    request.set("x-amz-acl", "private");
    presign(request, now, "60", "host;x-amz-acl");
    EXPECT_EQ(error_of(request), errc::ok);
    auto altered = request;
    altered.set("x-amz-acl", "public-read");
    EXPECT_EQ(error_of(altered), errc::signature_does_not_match);
    altered = request;
    altered.remove("x-amz-acl");
    EXPECT_EQ(error_of(altered), errc::signature_does_not_match);
}

TEST_F(presigned_test, a_digest_may_be_signed_in_query_or_header) {
    auto request = make("PUT", "/bucket/key?X-Amz-Content-Sha256=" + std::string(empty_sha256));
    request.remove("x-amz-content-sha256");
    presign(request, now, "60", "host", empty_sha256);
    auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::hashed);
    request.set("x-amz-content-sha256", std::string(64, '0'));
    EXPECT_EQ(error_of(request), errc::invalid_content_sha256);

    request = make("PUT");
    presign(request, now, "60", "host;x-amz-content-sha256", empty_sha256);
    verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::hashed);
    request.set("x-amz-content-sha256", std::string(64, '0'));
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(presigned_test, streaming_modes_are_refused) {
    for (const std::string_view mode :
         {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
          "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}) {
        auto request = make("PUT");
        request.remove("x-amz-content-sha256");
        request.set("x-amz-decoded-content-length", "1");
        presign(request, now, "60", "host;x-amz-decoded-content-length");
        request.set("x-amz-content-sha256", std::string(mode));
        EXPECT_EQ(error_of(request), errc::invalid_content_sha256) << mode;
    }
}

TEST_F(presigned_test, tokens_are_refused_once_the_signature_holds) {
    EXPECT_EQ(error_of(make_presigned("/bucket/key?X-Amz-Security-Token=t")), errc::invalid_token);
    auto request = make_presigned();
    request.target += "&X-Amz-Security-Token=t";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

}  // namespace
}  // namespace labstore::auth::testing
