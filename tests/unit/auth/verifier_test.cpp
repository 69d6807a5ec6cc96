#include "unit/auth/gate_fixture.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

namespace labstore::auth::testing {
namespace {

using verifier_test = gate_fixture;

TEST_F(verifier_test, says_who_called_and_what_the_body_must_prove) {
    const auto verified = verify(make_signed());
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->who->access_key, test_access_key);
    EXPECT_EQ(verified->who->account_id, std::string(64, 'a'));
    EXPECT_EQ(verified->who->display_name, "name of LABSTOREVECTORKEY");
    EXPECT_EQ(verified->mode, body_mode::hashed);
    EXPECT_EQ(to_hex(*verified->payload_hash), empty_sha256);
    EXPECT_FALSE(verified->presigned);
    EXPECT_FALSE(verified->chunks);
}

TEST_F(verifier_test, no_credentials_is_anonymous) {
    EXPECT_EQ(error_of(make()), errc::anonymous_denied);
    auto request = make();
    request.set("Authorization", "");
    EXPECT_EQ(error_of(request), errc::anonymous_denied);
}

TEST_F(verifier_test, unreadable_authorization) {
    auto request = make_signed();
    const auto good = *request.find("Authorization");
    for (const std::string_view value :
         {"Basic YTpi", "Bearer x", "AWSfoo", "aws LABSTOREVECTORKEY:x", "AWS HAHAHA"}) {
        request.set("Authorization", std::string(value));
        EXPECT_EQ(error_of(request), errc::invalid_argument) << value;
        EXPECT_EQ(element("ArgumentName"), "Authorization") << value;
        const bool is_sigv2 = value.starts_with("AWS ");
        EXPECT_EQ(
            why_.message(),
            is_sigv2 ? "AWS authorization header is invalid. Expected AwsAccessKeyId:signature"
                     : "Unsupported Authorization Type"
        );
        EXPECT_EQ(element("ArgumentValue"), is_sigv2 ? "" : value.substr(0, value.find(' ')));
    }
    const std::vector<std::string> malformed{
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA512 Credential=a",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e",
        good + ",",
        good + ", Signature=00",
        good + ", Extra=1",
        good.substr(0, good.find(", Signature=")),
    };
    for (const auto& value : malformed) {
        request.set("Authorization", value);
        EXPECT_EQ(error_of(request), errc::authorization_header_malformed) << value;
    }
    EXPECT_EQ(
        why_.message(),
        "The authorization header is malformed; the authorization header requires three components: "
        "Credential, "
        "SignedHeaders, and Signature."
    );
    request.set("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=a/20260802/s3/aws4_request");
    EXPECT_EQ(error_of(request), errc::unsupported_signature);
    request.set("Authorization", good);
    EXPECT_EQ(error_of(request), errc::ok);
    request.headers.emplace_back("authorization", good);
    EXPECT_EQ(error_of(request), errc::auth_type_conflict);
}

TEST_F(verifier_test, white_space_after_commas_is_optional) {
    auto request = make_signed();
    auto& value = *request.find("Authorization");
    for (std::size_t at = value.find(", "); at != std::string::npos; at = value.find(", "))
        value.erase(at + 1, 1);
    EXPECT_EQ(error_of(request), errc::ok);
}

TEST_F(verifier_test, scope_must_be_ours) {
    const auto with = [&](std::string_view from, std::string_view to) {
        auto request = make_signed();
        auto& value = *request.find("Authorization");
        value.replace(value.find(from), from.size(), to);
        return error_of(request);
    };
    EXPECT_EQ(with("us-east-1", "eu-west-1"), errc::authorization_header_malformed);
    EXPECT_EQ(
        why_.message(),
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-east-1'"
    );
    EXPECT_EQ(element("Region"), "us-east-1");
    EXPECT_EQ(with("/s3/", "/iam/"), errc::authorization_header_malformed);
    EXPECT_EQ(
        why_.message(),
        "The authorization header is malformed; incorrect service \"iam\". This endpoint belongs to \"s3\"."
    );
    EXPECT_EQ(element("Region"), "");
    EXPECT_EQ(with("20260802", "20260803"), errc::authorization_header_malformed);
    EXPECT_EQ(
        why_.message(),
        "The authorization header is malformed; Invalid credential date \"20260803\". This date is not the "
        "same as "
        "X-Amz-Date: \"20260802\"."
    );
    EXPECT_EQ(with("aws4_request", "aws5_request"), errc::authorization_header_malformed);
    EXPECT_EQ(
        why_.message(),
        "The authorization header is malformed; the Credential is mal-formed; expecting "
        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
    );
    EXPECT_EQ(with("SignedHeaders=host", "SignedHeaders=Host"), errc::authorization_header_malformed);
    EXPECT_TRUE(why_.message().starts_with("The authorization header is malformed; SignedHeaders must be"));
    EXPECT_EQ(with("LABSTOREVECTORKEY", "NOBODY"), errc::invalid_access_key_id);
    EXPECT_EQ(element("AWSAccessKeyId"), "NOBODY");
    EXPECT_EQ(why_.elements().size(), 1U);
    EXPECT_EQ(with("LABSTOREVECTORKEY", "AKIDEXAMPLE"), errc::signature_does_not_match);
}

/// Clients ask where a bucket is before they can sign for it; nothing else may be asked so.
TEST_F(verifier_test, a_foreign_region_may_ask_for_the_location_only) {
    settings_.region = "eu-central-1";
    settings_.domains = {"s3.test"};
    const auto from = [&](std::string target, std::string host = "s3.test", std::string method = "GET") {
        auto request = make(std::move(method), std::move(target));
        request.set("Host", std::move(host));
        sign_header(request, now);
        return error_of(request);
    };
    EXPECT_EQ(from("/bucket?location"), errc::ok);
    EXPECT_EQ(from("/bucket/?location="), errc::ok);
    EXPECT_EQ(from("/bucket?x-id=GetBucketLocation&location"), errc::ok);
    EXPECT_EQ(from("/?location", "bucket.s3.test"), errc::ok);
    for (const std::string_view target :
         {"/bucket",
          "/?location",
          "//?location",
          "/bucket/key?location",
          "/bucket//?location",
          "/bucket?location&acl",
          "/bucket?acl&location",
          "/bucket?location&location"})
        EXPECT_EQ(from(std::string(target)), errc::authorization_header_malformed) << target;
    EXPECT_EQ(from("/bucket?location", "bucket.s3.test"), errc::authorization_header_malformed);
    EXPECT_EQ(from("/bucket?location", "s3.test", "PUT"), errc::authorization_header_malformed);
    EXPECT_EQ(element("Region"), "eu-central-1");
    // The signature is proved all the same.
    auto request = make("GET", "/bucket?location");
    sign_header(request, now);
    request.target = "/other?location";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(verifier_test, clock_skew_of_fifteen_minutes_both_ways) {
    const auto request = make_signed();
    for (const int minutes : {-15, 15}) {
        time_.set(at(now) + std::chrono::minutes(minutes));
        EXPECT_EQ(error_of(request), errc::ok);
        time_.set(at(now) + std::chrono::minutes(minutes) + std::chrono::seconds(minutes > 0 ? 1 : -1));
        EXPECT_EQ(error_of(request), errc::request_time_too_skewed);
        EXPECT_EQ(element("RequestTime"), now);
        EXPECT_EQ(element("ServerTime"), minutes > 0 ? "2026-08-02T12:15:01Z" : "2026-08-02T11:44:59Z");
        EXPECT_EQ(element("MaxAllowedSkewMilliseconds"), "900000");
    }
    // The time is shown as it was sent, so that the client finds it again.
    auto dated = request;
    dated.remove("x-amz-date");
    dated.set("Date", "Sun, 02 Aug 2020 12:00:00 GMT");
    EXPECT_EQ(error_of(dated), errc::authorization_header_malformed);
    auto& value = *dated.find("Authorization");
    value.replace(value.find("20260802"), 8, "20200802");
    EXPECT_EQ(error_of(dated), errc::request_time_too_skewed);
    EXPECT_EQ(element("RequestTime"), "Sun, 02 Aug 2020 12:00:00 GMT");
}

/// Enough to find the difference, and nothing that would help anybody to sign.
TEST_F(verifier_test, a_wrong_signature_is_shown_what_it_should_have_signed) {
    auto request = make_signed();
    ASSERT_EQ(error_of(request), errc::ok);
    EXPECT_TRUE(why_.elements().empty());
    const auto value = *request.find("Authorization");
    const auto right = value.substr(value.find("Signature=") + 10);
    const std::string wrong(64, '0');
    request.set("Authorization", value.substr(0, value.size() - right.size()) + wrong);
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    EXPECT_EQ(element("AWSAccessKeyId"), test_access_key);
    EXPECT_EQ(element("SignatureProvided"), wrong);
    const auto canonical = element("CanonicalRequest");
    EXPECT_EQ(
        canonical,
        "GET\n/bucket/key\n\nhost:s3.example.com\nx-amz-content-sha256:" + std::string(empty_sha256) +
            "\nx-amz-date:20260802T120000Z\n\nhost;x-amz-content-sha256;x-amz-date\n" +
            std::string(empty_sha256)
    );
    EXPECT_EQ(
        element("StringToSign"),
        "AWS4-HMAC-SHA256\n20260802T120000Z\n20260802/us-east-1/s3/aws4_request\n" +
            to_hex(crypto::sha256(as_bytes(canonical)))
    );
    for (const auto& [name, text] : why_.elements()) {
        EXPECT_EQ(text.find(right), std::string::npos) << name;
        EXPECT_EQ(text.find(test_secret_key), std::string::npos) << name;
    }
}

TEST_F(verifier_test, a_date_is_required) {
    auto request = make_signed();
    request.remove("x-amz-date");
    EXPECT_EQ(error_of(request), errc::missing_security_header);
    for (const std::string_view bad : {"", "yesterday", "20260802", "2026-08-02T12:00:00Z"}) {
        request.set("Date", std::string(bad));
        EXPECT_EQ(error_of(request), errc::missing_security_header) << bad;
    }
}

TEST_F(verifier_test, every_amz_header_and_host_must_be_signed) {
    auto request = make();
    request.set("x-amz-meta-color", "red");
    request.set("Range", "bytes=0-1");
    sign_header(request, now, "host;x-amz-content-sha256;x-amz-date");
    EXPECT_EQ(error_of(request), errc::unsigned_header);
    EXPECT_EQ(element("HeadersNotSigned"), "x-amz-meta-color");
    request.set("X-Amz-Meta-Size", "L");
    EXPECT_EQ(error_of(request), errc::unsigned_header);
    EXPECT_EQ(element("HeadersNotSigned"), "x-amz-meta-color, x-amz-meta-size");
    request.remove("x-amz-meta-size");
    sign_header(request, now, "host;x-amz-content-sha256;x-amz-date;x-amz-meta-color");
    EXPECT_EQ(error_of(request), errc::ok);
    sign_header(request, now, "x-amz-content-sha256;x-amz-date;x-amz-meta-color");
    EXPECT_EQ(error_of(request), errc::authorization_header_malformed);
    sign_header(request, now, "host;x-amz-date;x-amz-meta-color");
    EXPECT_EQ(error_of(request), errc::unsigned_header);
}

TEST_F(verifier_test, a_signed_header_must_be_there) {
    auto request = make();
    request.set("x-custom", "1");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::ok);
    request.remove("x-custom");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    request.set("x-custom", "");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(verifier_test, session_tokens_are_nobodys) {
    auto request = make();
    request.set("x-amz-security-token", "token");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::invalid_token);
    request.find("Authorization")->back() ^= 1;
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(verifier_test, plus_is_a_space_in_a_query_and_a_plus_in_a_path) {
    auto request = make_signed("GET", "/bucket/a%2Bb?prefix=c%20d");
    request.target = "/bucket/a+b?prefix=c+d";
    EXPECT_EQ(error_of(request), errc::ok);
    request.target = "/bucket/a%20b?prefix=c%20d";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    request.target = "/bucket/a+b?prefix=c%2Bd";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(verifier_test, broken_escapes_are_an_invalid_uri) {
    auto request = make_signed();
    for (const std::string_view target :
         {"/bucket/%", "/bucket/%4", "/bucket/%zz", "/bucket/k?a=%", "/bucket/k?%x1=1"}) {
        request.target = target;
        EXPECT_EQ(error_of(request), errc::invalid_uri) << target;
    }
}

TEST_F(verifier_test, credentials_in_two_places_are_a_conflict) {
    for (const std::string_view extra :
         {"X-Amz-Signature=0", "X-Amz-Algorithm=x", "AWSAccessKeyId=a", "Signature=b"})
        EXPECT_EQ(error_of(make_signed("GET", "/bucket/key?" + std::string(extra))), errc::auth_type_conflict)
            << extra;
    auto request = make_presigned();
    request.target += "&AWSAccessKeyId=a";
    EXPECT_EQ(error_of(request), errc::auth_type_conflict);
}

TEST_F(verifier_test, an_account_without_a_secret_signs_nothing) {
    source_.add("EMPTY", "");
    auto request = make();
    sign_header(request, now);
    auto& value = *request.find("Authorization");
    value.replace(value.find(test_access_key), test_access_key.size(), "EMPTY");
    EXPECT_EQ(error_of(request), errc::invalid_access_key_id);
}

TEST_F(verifier_test, a_changed_secret_takes_effect_at_once) {
    const auto gate = make_verifier(settings_, source_, time_);
    const auto request = make_signed();
    std::vector<http::header> room;
    ASSERT_TRUE(ask(*gate, request.head(room)));
    ASSERT_TRUE(ask(*gate, request.head(room)));
    source_.add(std::string(test_access_key), "changed");
    EXPECT_EQ(ask(*gate, request.head(room)).error(), errc::signature_does_not_match);
    source_.add(std::string(test_access_key), std::string(test_secret_key));
    EXPECT_TRUE(ask(*gate, request.head(room)));
}

TEST_F(verifier_test, host_of_the_head_is_what_counts) {
    auto request = make_signed();
    std::vector<http::header> room;
    auto head = request.head(room);
    head.host = "other.example.com";
    const auto gate = make_verifier(settings_, source_, time_);
    EXPECT_EQ(ask(*gate, head).error(), errc::signature_does_not_match);
}

}  // namespace
}  // namespace labstore::auth::testing
