#include "labstore/observability.hpp"

#include <gtest/gtest.h>

namespace labstore::observability {
namespace {

TEST(MaskedHeader, AuthorizationKeepsWhoAndHidesTheProof) {
    EXPECT_EQ(
        masked_header_value(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=deadbeef"
        ),
        "AWS4-HMAC-SHA256 Credential=AKID/20261122/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, "
        "Signature=***"
    );
    EXPECT_EQ(
        masked_header_value(
            "authorization", "AWS4-HMAC-SHA256 Credential=AKID/x,SignedHeaders=host,Signature=beef"
        ),
        "AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=***"
    );
    EXPECT_EQ(masked_header_value("AUTHORIZATION", "AWS AKID:c2lnbmF0dXJl="), "AWS AKID:***");
    EXPECT_EQ(masked_header_value("authorization", "AWS nocolon"), "AWS ***");
    EXPECT_EQ(masked_header_value("authorization", "Bearer token"), "Bearer ***");
    EXPECT_EQ(masked_header_value("authorization", "justasecret"), "***");
    EXPECT_EQ(
        masked_header_value("authorization", "AWS4-HMAC-SHA256 Signature=beef, Credential=AKID/x"),
        "AWS4-HMAC-SHA256 Credential=AKID/x, Signature=***"
    );
}

TEST(MaskedHeader, SecretHeadersAreHiddenWhole) {
    for (const auto* name :
         {"X-Amz-Security-Token",
          "cookie",
          "Set-Cookie",
          "x-amz-server-side-encryption-customer-key",
          "x-amz-server-side-encryption-customer-key-MD5",
          "x-amz-copy-source-server-side-encryption-customer-key"})
        EXPECT_EQ(masked_header_value(name, "secret?secret"), "***") << name;
}

TEST(MaskedHeader, OthersStayButForSignedUrls) {
    EXPECT_EQ(masked_header_value("Content-Type", "text/plain"), "text/plain");
    EXPECT_EQ(
        masked_header_value("Referer", "https://h/b/k?a=1&X-Amz-Signature=beef"),
        "https://h/b/k?a=1&X-Amz-Signature=***"
    );
}

TEST(MaskedTarget, HidesSignaturesAndTokensKeepsKeyIds) {
    EXPECT_EQ(
        masked_target(
            "/b/k?X-Amz-Credential=AKID%2F20261122&X-Amz-Signature=beef&X-Amz-Security-Token=tok&x=1"
        ),
        "/b/k?X-Amz-Credential=AKID%2F20261122&X-Amz-Signature=***&X-Amz-Security-Token=***&x=1"
    );
    EXPECT_EQ(
        masked_target("/b/k?AWSAccessKeyId=AKID&Signature=abc%3D&Expires=1"),
        "/b/k?AWSAccessKeyId=AKID&Signature=***&Expires=1"
    );
    EXPECT_EQ(
        masked_target("/b?x-amz-server-side-encryption-customer-key=k"),
        "/b?x-amz-server-side-encryption-customer-key=***"
    );
}

TEST(MaskedTarget, HoweverTheNameIsWritten) {
    EXPECT_EQ(masked_target("/b?x-amz-SIGNATURE=beef"), "/b?x-amz-SIGNATURE=***");
    EXPECT_EQ(masked_target("/b?X%2DAmz%2dSignature=beef"), "/b?X%2DAmz%2dSignature=***");
    EXPECT_EQ(masked_target("/b?+Signature=beef"), "/b?+Signature=***");
    EXPECT_EQ(masked_target("/b?%zz=beef"), "/b?%zz=***");
    EXPECT_EQ(masked_target("/b?Signature=a=b?c"), "/b?Signature=***");
}

TEST(MaskedTarget, LeavesTheRestAlone) {
    EXPECT_EQ(masked_target("/b/Signature=x"), "/b/Signature=x");
    EXPECT_EQ(masked_target("/b?uploads"), "/b?uploads");
    EXPECT_EQ(masked_target("/b?&&list-type=2&"), "/b?&&list-type=2&");
    EXPECT_EQ(masked_target("/b?continuation-token=abc"), "/b?continuation-token=abc");
    EXPECT_EQ(masked_target(""), "");
}

}  // namespace
}  // namespace labstore::observability
