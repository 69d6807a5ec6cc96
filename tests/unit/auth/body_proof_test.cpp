#include "unit/auth/gate_fixture.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

namespace labstore::auth::testing {
namespace {

using body_proof_test = gate_fixture;

TEST_F(body_proof_test, content_sha256_is_a_closed_set) {
    auto request = make("PUT");
    const auto with = [&](std::string value) {
        request.set("x-amz-content-sha256", std::move(value));
        sign_header(request, now);
        return error_of(request);
    };
    EXPECT_EQ(with("UNSIGNED-PAYLOAD"), errc::ok);
    const std::string digest(empty_sha256);
    for (const auto& bad :
         {std::string(),
          std::string("unsigned-payload"),
          digest.substr(1),
          digest + "0",
          "E" + digest.substr(1),
          std::string("STREAMING-NEW-MODE"),
          digest + ", " + digest}) {
        EXPECT_EQ(with(bad), errc::invalid_content_sha256) << bad;
        EXPECT_EQ(element("ArgumentName"), "x-amz-content-sha256");
        EXPECT_EQ(element("ArgumentValue"), bad);
    }
    EXPECT_EQ(with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), errc::unsupported_signature);
    EXPECT_EQ(with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"), errc::unsupported_signature);
    request.remove("x-amz-content-sha256");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::invalid_request);
    EXPECT_EQ(why_.message(), "Missing required header for this request: x-amz-content-sha256");
}

TEST_F(body_proof_test, repeated_content_sha256_is_refused) {
    auto request = make();
    request.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::invalid_content_sha256);
}

TEST_F(body_proof_test, streaming_modes_need_the_decoded_length) {
    auto request = make("PUT");
    request.set("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::missing_content_length);
    for (const std::string_view bad : {"", "-1", "+1", "1 2", "0x10", "18446744073709551616"}) {
        request.set("x-amz-decoded-content-length", std::string(bad));
        sign_header(request, now);
        EXPECT_EQ(error_of(request), errc::missing_content_length) << bad;
        EXPECT_EQ(element("ArgumentName"), "x-amz-decoded-content-length");
        EXPECT_EQ(element("ArgumentValue"), bad);
    }
    request.set("x-amz-decoded-content-length", "1048576");
    sign_header(request, now);
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::streaming_signed);
    EXPECT_EQ(verified->decoded_size_bytes, 1048576U);
    ASSERT_TRUE(verified->chunks);
    EXPECT_EQ(verified->chunks->scope, "20260802/us-east-1/s3/aws4_request");
    EXPECT_EQ(verified->chunks->amz_date, now);
    EXPECT_TRUE(request.find("Authorization")->ends_with(as_text(verified->chunks->seed_signature)));
    const auto derived =
        derive_signing_key(crypto::secret(std::string(test_secret_key)), "20260802", "us-east-1", "s3");
    EXPECT_EQ(verified->chunks->signing_key.sign(as_bytes("text")), derived.sign(as_bytes("text")));
}

TEST_F(body_proof_test, trailers_are_declared_checksums) {
    auto request = make("PUT");
    request.set("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    request.set("x-amz-decoded-content-length", "5");
    request.set("x-amz-trailer", "x-amz-checksum-crc32 ,X-Amz-Checksum-SHA256");
    sign_header(request, now);
    const auto verified = verify(request);
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->mode, body_mode::streaming_unsigned_trailer);
    EXPECT_EQ(
        verified->trailer_names, (std::vector<std::string>{"x-amz-checksum-crc32", "x-amz-checksum-sha256"})
    );
    EXPECT_FALSE(verified->chunks);
    for (const std::string_view bad :
         {"",
          "x-amz-meta-a",
          "x-amz-checksum-md4",
          "x-amz-checksum-crc32,",
          "x-amz-checksum-crc32,x-amz-checksum-crc32",
          "x-amz-acl"}) {
        request.set("x-amz-trailer", std::string(bad));
        sign_header(request, now);
        EXPECT_EQ(error_of(request), errc::invalid_request) << bad;
        EXPECT_EQ(why_.message(), "The value specified in the x-amz-trailer header is not supported");
    }
    request.set("x-amz-trailer", "x-amz-checksum-crc32");
    request.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    sign_header(request, now);
    EXPECT_EQ(error_of(request), errc::invalid_request);
    EXPECT_EQ(why_.message(), "x-amz-trailer needs an x-amz-content-sha256 that announces a trailer");
}

}  // namespace
}  // namespace labstore::auth::testing
