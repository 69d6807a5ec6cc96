#include "auth/sigv2.hpp"

#include "unit/auth/gate_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::auth::testing {
namespace {

class sigv2_test : public gate_fixture {
  protected:
    static constexpr std::string_view date = "Sun, 02 Aug 2026 12:00:00 GMT";

    static std::string signature(
        const owned_request& request, std::string_view date_line, std::string_view bucket = {}
    ) {
        std::vector<http::header> room;
        const auto head = request.head(room);
        const auto query = parse_query(head.query).value();
        const auto text = sigv2_string_to_sign({head, query, date_line, bucket, {}}).value();
        return sign_sigv2(crypto::secret(std::string(test_secret_key)), text);
    }

    static void sign(owned_request& request, std::string_view bucket = {}) {
        const bool amz = request.find("x-amz-date") != nullptr;
        if (!amz)
            request.set("Date", std::string(date));
        request.set(
            "Authorization",
            "AWS LABSTOREVECTORKEY:" + signature(request, amz ? std::string_view() : date, bucket)
        );
    }

    static owned_request make_sigv2(std::string target = "/bucket/key") {
        owned_request request;
        request.target = std::move(target);
        request.headers = {{"Host", "s3.example.com:6789"}};
        return request;
    }

    static owned_request make_signed_sigv2(std::string target = "/bucket/key") {
        auto request = make_sigv2(std::move(target));
        sign(request);
        return request;
    }

    /// Expires at `expires`, in seconds since 1970.
    static owned_request make_presigned_sigv2(std::string_view expires, std::string target = "/bucket/key") {
        auto request = make_sigv2(std::move(target));
        const auto made = signature(request, expires);
        request.target += request.target.find('?') == std::string::npos ? "?" : "&";
        request.target.append("AWSAccessKeyId=LABSTOREVECTORKEY&Expires=").append(expires);
        request.target += "&Signature=" + percent_encode(made, keep_slash::no);
        return request;
    }
};

TEST_F(sigv2_test, documented_upload) {
    owned_request request;
    request.method = "PUT";
    request.target = "/db-backup.dat.gz";
    request.headers = {
        {"Host", "static.johnsmith.net:8080"},
        {"Date", "Tue, 27 Mar 2007 21:06:08 +0000"},
        {"x-amz-acl", "public-read"},
        {"content-type", "application/x-download"},
        {"Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="},
        {"X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"},
        {"X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"},
        {"X-Amz-Meta-FileChecksum", "0x02661779"},
        {"X-Amz-Meta-ChecksumAlgorithm", "crc32"},
    };
    std::vector<http::header> room;
    const auto head = request.head(room);
    const auto text =
        sigv2_string_to_sign({head, {}, "Tue, 27 Mar 2007 21:06:08 +0000", "static.johnsmith.net", {}});
    ASSERT_TRUE(text);
    const crypto::secret secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    EXPECT_EQ(sign_sigv2(secret, *text), "ilyl83RwaSoYIEdixDQcA4OnAnc=");
}

TEST_F(sigv2_test, header_form) {
    const auto verified = verify(make_signed_sigv2());
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->who->access_key, test_access_key);
    EXPECT_EQ(verified->mode, body_mode::unsigned_payload);
    EXPECT_FALSE(verified->presigned);
    time_.set(at(now) + std::chrono::minutes(16));
    EXPECT_EQ(error_of(make_signed_sigv2()), errc::request_time_too_skewed);
    time_.set(at(now) - std::chrono::minutes(16));
    EXPECT_EQ(error_of(make_signed_sigv2()), errc::request_time_too_skewed);
}

TEST_F(sigv2_test, can_be_switched_off) {
    settings_.allow_sigv2 = false;
    EXPECT_EQ(error_of(make_signed_sigv2()), errc::unsupported_signature);
    EXPECT_EQ(error_of(make_presigned_sigv2("1785675600")), errc::unsupported_signature);
}

TEST_F(sigv2_test, amz_date_replaces_date) {
    auto request = make_sigv2();
    request.set("x-amz-date", std::string(date));
    request.set("Date", "Thu, 01 Jan 1970 00:00:00 GMT");
    sign(request);
    EXPECT_EQ(error_of(request), errc::ok);
    request.set("x-amz-date", "Sun, 02 Aug 2026 12:00:01 GMT");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    request.remove("x-amz-date");
    request.remove("date");
    EXPECT_EQ(error_of(request), errc::missing_security_header);
}

TEST_F(sigv2_test, amz_headers_are_signed) {
    auto request = make_sigv2();
    request.set("x-amz-meta-a", "1");
    sign(request);
    EXPECT_EQ(error_of(request), errc::ok);
    auto altered = request;
    altered.set("x-amz-meta-b", "2");
    EXPECT_EQ(error_of(altered), errc::signature_does_not_match);
    EXPECT_EQ(element("AWSAccessKeyId"), test_access_key);
    EXPECT_EQ(
        element("StringToSign"),
        "GET\n\n\n" + std::string(date) + "\nx-amz-meta-a:1\nx-amz-meta-b:2\n/bucket/key"
    );
    EXPECT_EQ("AWS LABSTOREVECTORKEY:" + element("SignatureProvided"), *altered.find("authorization"));
    altered = request;
    altered.remove("x-amz-meta-a");
    EXPECT_EQ(error_of(altered), errc::signature_does_not_match);
}

TEST_F(sigv2_test, operations_outside_the_signature_are_refused) {
    auto request = make_signed_sigv2("/bucket/key?acl");
    EXPECT_EQ(error_of(request), errc::ok);
    request.target = "/bucket/key";
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    request = make_signed_sigv2("/bucket/key");
    for (const std::string_view extra :
         {"?acl", "?tagging", "?versionId=1", "?retention", "?response-expires=x"}) {
        request.target = "/bucket/key" + std::string(extra);
        EXPECT_EQ(error_of(request), errc::signature_does_not_match) << extra;
    }
    for (const std::string_view extra : {"?attributes", "?anything=1", "?x-amz-acl=public-read", "?Acl"}) {
        request.target = "/bucket/key" + std::string(extra);
        EXPECT_EQ(error_of(request), errc::unsigned_header) << extra;
    }
    EXPECT_EQ(
        why_.message(),
        "Signature Version 2 does not sign the query parameter Acl. Please use AWS4-HMAC-SHA256."
    );
}

TEST_F(sigv2_test, presigned_form) {
    const auto request = make_presigned_sigv2("1785675600");
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_TRUE(verified->presigned);
    time_.set(wall_time(std::chrono::seconds(1785675600)));
    EXPECT_EQ(error_of(request), errc::ok);
    time_.set(wall_time(std::chrono::seconds(1785675601)));
    EXPECT_EQ(error_of(request), errc::request_expired);
    EXPECT_EQ(element("Expires"), "2026-08-02T13:00:00Z");
    EXPECT_EQ(element("ServerTime"), "2026-08-02T13:00:01Z");
}

TEST_F(sigv2_test, presigned_parameters_are_strict) {
    for (const std::string_view bad : {"", "soon", "-1", "1e9", "99999999999999999999"})
        EXPECT_EQ(error_of(make_presigned_sigv2(bad)), errc::access_denied) << bad;
    EXPECT_EQ(why_.message(), "Invalid date (should be seconds since epoch): 99999999999999999999");
    EXPECT_EQ(error_of(make_presigned_sigv2("")), errc::access_denied);
    EXPECT_EQ(
        why_.message(),
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    );
    for (const std::string_view twice : {"&Expires=1785675600", "&Signature=a", "&AWSAccessKeyId=b"}) {
        auto request = make_presigned_sigv2("1785675600");
        request.target += twice;
        EXPECT_EQ(error_of(request), errc::access_denied) << twice;
    }
    auto request = make_presigned_sigv2("1785675600");
    request.target.replace(request.target.find("Expires=1785675600"), 18, "Expires=1785675601");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
    request = make_presigned_sigv2("1785675600");
    request.set("x-amz-copy-source", "/other/secret");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(sigv2_test, a_signature_of_one_form_is_none_in_the_other) {
    auto request = make_sigv2();
    const auto made = signature(request, "1785675600");
    request.set("Date", "1785675600");
    request.set("Authorization", "AWS LABSTOREVECTORKEY:" + made);
    EXPECT_EQ(error_of(request), errc::missing_security_header);
}

TEST_F(sigv2_test, virtual_host_bucket_is_part_of_the_resource) {
    settings_.domains = {"s3.example.com"};
    auto request = make_sigv2("/key");
    request.set("Host", "Bucket.S3.example.com:6789");
    sign(request, "bucket");
    EXPECT_EQ(error_of(request), errc::ok);
    request.set("Host", "other.s3.example.com:6789");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST_F(sigv2_test, chunk_signatures_have_no_seed) {
    auto request = make_sigv2();
    request.set("x-amz-decoded-content-length", "1");
    for (const std::string_view mode :
         {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "other"}) {
        request.set("x-amz-content-sha256", std::string(mode));
        sign(request);
        EXPECT_EQ(error_of(request), errc::invalid_content_sha256) << mode;
    }
    request.set("x-amz-content-sha256", std::string(empty_sha256));
    sign(request);
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::hashed);
}

TEST_F(sigv2_test, repeated_standard_headers_are_refused) {
    auto request = make_signed_sigv2();
    request.headers.emplace_back("Content-Type", "a/b");
    request.headers.emplace_back("content-type", "c/d");
    EXPECT_EQ(error_of(request), errc::signature_does_not_match);
}

TEST(virtual_host, bucket_stands_before_the_longest_domain) {
    const std::vector<std::string> domains{"example.com", "S3.Example.com"};
    EXPECT_EQ(virtual_host_bucket("bucket.s3.example.com", domains), "bucket");
    EXPECT_EQ(virtual_host_bucket("My.Bucket.s3.example.com:6789", domains), "my.bucket");
    EXPECT_EQ(virtual_host_bucket("bucket.example.com", domains), "bucket");
    EXPECT_EQ(virtual_host_bucket("s3.example.com:80", domains), "");
    EXPECT_EQ(virtual_host_bucket("example.com", domains), "");
    EXPECT_EQ(virtual_host_bucket("badexample.com", domains), "");
    EXPECT_EQ(virtual_host_bucket(".example.com", domains), "");
    EXPECT_EQ(virtual_host_bucket("127.0.0.1:6789", domains), "");
    EXPECT_EQ(virtual_host_bucket("[::1]:6789", domains), "");
    EXPECT_EQ(virtual_host_bucket("bucket.s3.example.com", {}), "");
    EXPECT_EQ(virtual_host_bucket("bucket.example.com:", domains), "bucket");
    EXPECT_EQ(virtual_host_bucket("S3.EXAMPLE.COM:", domains), "");
    EXPECT_EQ(virtual_host_bucket("bucket.example.com:x", domains), "");
    EXPECT_EQ(virtual_host_bucket("bucket.", std::vector<std::string>{""}), "");
}

}  // namespace
}  // namespace labstore::auth::testing
