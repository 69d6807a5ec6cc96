// The signer of our own tools makes the signatures that AWS published, byte for byte, and the verifier takes them.
#include "unit/auth/vector_file.hpp"

#include "auth/authorization.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

namespace labstore::auth::testing {
namespace {

client_signer our_signer(std::string service = "s3") {
    return {
        std::string(test_access_key),
        crypto::secret(std::string(test_secret_key)),
        "us-east-1",
        std::move(service),
    };
}

errc verified(const owned_request& request, std::string_view now) {
    const known_credentials source;
    const stopped_clock time(at(now));
    const auto gate = make_verifier({}, source, time);
    std::vector<http::header> room;
    refusal why;
    const auto answer = gate->verify(request.head(room), why);
    return answer ? errc::ok : to_errc(answer.error());
}

TEST(client_signer, makes_the_signatures_of_the_aws_suite) {
    std::size_t compared = 0;
    for (const auto& vector : read_vectors("aws_sigv4.txt")) {
        SCOPED_TRACE(vector.name);
        std::vector<http::header> room;
        const auto head = vector.request.head(room);
        if (head.query.find("X-Amz-Signature") != std::string_view::npos)
            continue;
        const auto names = parse_signed_headers(vector.fields.at("signed-headers"));
        ASSERT_TRUE(names);
        client_signer signer(
            "AKIDEXAMPLE", crypto::secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), "us-east-1", "service"
        );
        std::string value;
        ASSERT_TRUE(signer.append_authorization(
            value, head, *names, vector.fields.at("payload-hash"), vector.fields.at("time")
        ));
        EXPECT_EQ(
            value,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/" + vector.fields.at("scope") + ", SignedHeaders=" +
                vector.fields.at("signed-headers") + ", Signature=" + vector.fields.at("signature")
        );
        ++compared;
    }
    EXPECT_GE(compared, 20U);
}

TEST(client_signer, makes_the_headers_that_botocore_made) {
    std::size_t compared = 0;
    for (auto& vector : read_vectors("botocore.txt")) {
        SCOPED_TRACE(vector.name);
        const auto* const expected = vector.request.find("authorization");
        if (expected == nullptr || !expected->starts_with(sigv4_algorithm))
            continue;
        refusal why;
        const auto parsed = parse_sigv4_authorization(*expected, why);
        ASSERT_TRUE(parsed);
        const auto* const hash = vector.request.find("x-amz-content-sha256");
        const auto* const date = vector.request.find("x-amz-date");
        if (parsed->scope.region != "us-east-1" || hash == nullptr || date == nullptr)
            continue;
        auto signer = our_signer();
        std::string value;
        std::vector<http::header> room;
        const auto head = vector.request.head(room);
        ASSERT_TRUE(signer.append_authorization(value, head, parsed->signed_headers, *hash, *date));
        EXPECT_EQ(value, *expected);
        ++compared;
    }
    EXPECT_GE(compared, 20U);
}

TEST(client_signer, signs_urls_that_the_verifier_takes_and_a_changed_one_it_does_not) {
    auto signer = our_signer();
    constexpr std::string_view now = "20260802T120000Z";
    const std::vector<std::string_view> names{"host"};
    for (const std::string before : {"", "list-type=2&prefix=a%2Fb", "uploads"}) {
        SCOPED_TRACE(before);
        owned_request request;
        request.target = "/bucket/some/key" + (before.empty() ? before : "?" + before);
        request.set("Host", "s3.example.com:6789");
        std::vector<http::header> room;
        std::string query;
        const auto head = request.head(room);
        ASSERT_TRUE(signer.append_presigned_query(query, head, names, now, std::chrono::seconds(60)));
        request.target = "/bucket/some/key?" + query;
        EXPECT_EQ(verified(request, now), errc::ok);
        EXPECT_EQ(verified(request, "20260802T120101Z"), errc::request_expired);
        request.target = "/bucket/other/key?" + query;
        EXPECT_EQ(verified(request, now), errc::signature_does_not_match);
    }
}

TEST(client_signer, takes_a_new_key_when_the_day_changes) {
    auto signer = our_signer();
    const std::vector<std::string_view> names{"host", "x-amz-content-sha256", "x-amz-date"};
    for (const std::string now : {"20260802T235959Z", "20260803T000001Z", "20260802T235959Z"}) {
        owned_request request;
        request.target = "/bucket/key";
        request.set("Host", "s3.example.com");
        request.set("x-amz-date", now);
        request.set("x-amz-content-sha256", std::string(empty_sha256));
        std::vector<http::header> room;
        std::string value;
        ASSERT_TRUE(signer.append_authorization(value, request.head(room), names, empty_sha256, now));
        request.set("Authorization", value);
        EXPECT_EQ(verified(request, now), errc::ok) << now;
    }
}

TEST(client_signer, refuses_what_cannot_be_signed) {
    auto signer = our_signer();
    owned_request request;
    request.target = "/bucket/broken%2";
    request.set("Host", "s3.example.com");
    std::vector<http::header> room;
    std::string value;
    const std::vector<std::string_view> host{"host"};
    const auto broken =
        signer.append_authorization(value, request.head(room), host, empty_sha256, "20260802T120000Z");
    ASSERT_FALSE(broken);
    EXPECT_EQ(to_errc(broken.error()), errc::invalid_uri);
    request.target = "/bucket/key";
    const std::vector<std::string_view> absent{"host", "x-amz-date"};
    const auto missing =
        signer.append_authorization(value, request.head(room), absent, empty_sha256, "20260802T120000Z");
    ASSERT_FALSE(missing);
    EXPECT_EQ(to_errc(missing.error()), errc::signature_does_not_match);
    EXPECT_TRUE(value.empty());
}

}  // namespace
}  // namespace labstore::auth::testing
