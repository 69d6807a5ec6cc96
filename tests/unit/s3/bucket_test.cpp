#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

TEST(bucket, life) {
    s3_fixture s3;
    const auto created = s3.send("PUT /my-bucket");
    EXPECT_EQ(created->status(), 200U);
    EXPECT_EQ(created->header("Location"), "/my-bucket");
    const auto head = s3.send("HEAD /my-bucket");
    EXPECT_EQ(head->status(), 200U);
    EXPECT_EQ(head->header("x-amz-bucket-region"), "us-east-1");
    EXPECT_EQ(
        s3.send("GET /my-bucket?location")->body(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></LocationConstraint>"
    );
    ASSERT_EQ(s3.send("PUT /my-bucket/k", "x")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("DELETE /my-bucket")), "409 BucketNotEmpty");
    ASSERT_EQ(s3.send("DELETE /my-bucket/k")->status(), 204U);
    EXPECT_EQ(s3.send("DELETE /my-bucket")->status(), 204U);
    EXPECT_EQ(s3.send("HEAD /my-bucket")->status(), 404U);
    const auto gone = s3.send("DELETE /my-bucket");
    EXPECT_EQ(outcome(gone), "404 NoSuchBucket");
    EXPECT_EQ(element(gone->body(), "BucketName"), "my-bucket");
}

TEST(bucket, names) {
    s3_fixture s3;
    for (const auto bad : {"a", "aa", "Upper", "under_score", "1.2.3.4", "-a-", "a..b"})
        EXPECT_EQ(outcome(s3.send(std::string("PUT /") + bad)), "400 InvalidBucketName") << bad;
    EXPECT_EQ(s3.send("PUT /aaa.111")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /" + std::string(63, 'a'))->status(), 200U);
}

TEST(bucket, created_twice) {
    s3_fixture first_region;
    ASSERT_EQ(first_region.send("PUT /bbb")->status(), 200U);
    EXPECT_EQ(first_region.send("PUT /bbb")->status(), 200U);
    EXPECT_EQ(outcome(first_region.send("PUT /bbb\nx-test-stranger: 1")), "409 BucketAlreadyExists");
    options settings;
    settings.region = "eu-west-1";
    s3_fixture other_region(settings);
    ASSERT_EQ(other_region.send("PUT /bbb")->status(), 200U);
    EXPECT_EQ(outcome(other_region.send("PUT /bbb")), "409 BucketAlreadyOwnedByYou");
}

TEST(bucket, location) {
    options settings;
    settings.region = "eu-west-1";
    s3_fixture s3(settings);
    const auto create = [&](const std::string& location) {
        return s3.send(
            "PUT /bucket-" + to_lower(location),
            "<CreateBucketConfiguration "
            "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
                location + "</LocationConstraint></CreateBucketConfiguration>"
        );
    };
    EXPECT_EQ(create("eu-west-1")->status(), 200U);
    EXPECT_EQ(create("us-east-1")->status(), 200U);
    EXPECT_EQ(outcome(create("ap-south-1")), "400 IllegalLocationConstraintException");
    EXPECT_EQ(outcome(create("nowhere")), "400 InvalidLocationConstraint");
    EXPECT_EQ(outcome(s3.send("PUT /xyz", "<Create")), "400 MalformedXML");
    EXPECT_EQ(element(s3.send("GET /bucket-eu-west-1?location")->body().substr(38), "unused"), "");
    EXPECT_NE(s3.send("GET /bucket-eu-west-1?location")->body().find(">eu-west-1<"), std::string::npos);
}

TEST(bucket, unsupported_wishes) {
    s3_fixture s3;
    EXPECT_EQ(outcome(s3.send("PUT /bbb\nx-amz-object-ownership: ObjectWriter")), "501 NotImplemented");
    EXPECT_EQ(outcome(s3.send("PUT /bbb\nx-amz-object-ownership: Nonsense")), "400 InvalidArgument");
    EXPECT_EQ(
        outcome(s3.send("PUT /bbb\nx-amz-acl: public-read")), "400 InvalidBucketAclWithObjectOwnership"
    );
    EXPECT_EQ(s3.send("HEAD /bbb")->status(), 404U);
    EXPECT_EQ(s3.send("PUT /bbb\nx-amz-object-ownership: BucketOwnerEnforced")->status(), 200U);
}

TEST(bucket, acl_switch) {
    options settings;
    settings.accept_acl_headers = true;
    s3_fixture s3(settings);
    EXPECT_EQ(
        s3.send("PUT /bbb\nx-amz-acl: public-read\nx-amz-object-ownership: ObjectWriter")->status(), 200U
    );
    EXPECT_EQ(s3.send("PUT /bbb/k\nx-amz-acl: public-read", "x")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /bbb/k?acl\nx-amz-acl: public-read")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("PUT /bbb?acl\nx-amz-acl: public-ready")), "400 InvalidArgument");
    // Accepted is not granted.
    EXPECT_EQ(outcome(s3.send("GET /bbb/k\nx-test-anonymous: 1")), "403 AccessDenied");
}

TEST(bucket, list) {
    s3_fixture s3;
    for (const auto name : {"aaa1", "aaa2", "bbb1"})
        ASSERT_EQ(s3.send(std::string("PUT /") + name)->status(), 200U);
    ASSERT_EQ(s3.send("PUT /aaa0\nx-test-stranger: 1")->status(), 200U);
    const auto names = [](const s3_fixture::answer& answer) {
        return elements(answer->body(), "Name");
    };
    const auto all = s3.send("GET /");
    EXPECT_EQ(names(all), (std::vector<std::string>{"aaa1", "aaa2", "bbb1"}));
    EXPECT_EQ(element(all->body(), "ID"), std::string(64, 'a'));
    EXPECT_TRUE(parse_iso8601(element(all->body(), "CreationDate")));
    EXPECT_EQ(element(all->body(), "ContinuationToken"), "");
    EXPECT_EQ(names(s3.send("GET /?prefix=aaa")), (std::vector<std::string>{"aaa1", "aaa2"}));
    EXPECT_EQ(names(s3.send("GET /?bucket-region=eu-west-1")), std::vector<std::string>{});

    const auto first = s3.send("GET /?max-buckets=2");
    EXPECT_EQ(names(first), (std::vector<std::string>{"aaa1", "aaa2"}));
    const auto token = element(first->body(), "ContinuationToken");
    ASSERT_FALSE(token.empty());
    const auto second =
        s3.send("GET /?max-buckets=2&continuation-token=" + percent_encode(token, keep_slash::no));
    EXPECT_EQ(names(second), (std::vector<std::string>{"bbb1"}));
    EXPECT_EQ(element(second->body(), "ContinuationToken"), "");
    for (const auto bad : {"max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=%21"})
        EXPECT_EQ(outcome(s3.send(std::string("GET /?") + bad)), "400 InvalidArgument") << bad;
}

TEST(bucket, probes_of_an_unconfigured_one) {
    constexpr std::pair<std::string_view, std::string_view> rows[] = {
        {"accelerate", "200 "},
        {"acl", "200 "},
        {"analytics", "200 "},
        {"analytics&id=1", "404 NoSuchConfiguration"},
        {"cors", "404 NoSuchCORSConfiguration"},
        {"encryption", "404 ServerSideEncryptionConfigurationNotFoundError"},
        {"intelligent-tiering", "200 "},
        {"inventory", "200 "},
        {"lifecycle", "404 NoSuchLifecycleConfiguration"},
        {"logging", "200 "},
        {"metrics", "200 "},
        {"notification", "200 "},
        {"ownershipControls", "200 "},
        {"policy", "404 NoSuchBucketPolicy"},
        {"policyStatus", "200 "},
        {"publicAccessBlock", "404 NoSuchPublicAccessBlockConfiguration"},
        {"replication", "404 ReplicationConfigurationNotFoundError"},
        {"requestPayment", "200 "},
        {"tagging", "404 NoSuchTagSet"},
        {"versioning", "200 "},
        {"website", "404 NoSuchWebsiteConfiguration"},
    };
    s3_fixture s3;
    s3.make_bucket();
    for (const auto& [key, expected] : rows) {
        EXPECT_EQ(outcome(s3.send("GET /bkt?" + std::string(key))), expected) << key;
        EXPECT_EQ(outcome(s3.send("GET /no-such?" + std::string(key))), "404 NoSuchBucket") << key;
    }
    const auto acl = s3.send("GET /bkt?acl")->body();
    EXPECT_EQ(elements(acl, "ID"), (std::vector<std::string>{std::string(64, 'a'), std::string(64, 'a')}));
    EXPECT_EQ(element(acl, "Permission"), "FULL_CONTROL");
    EXPECT_EQ(
        element(s3.send("GET /bkt?ownershipControls")->body(), "ObjectOwnership"), "BucketOwnerEnforced"
    );
    EXPECT_EQ(element(s3.send("GET /bkt?requestPayment")->body(), "Payer"), "BucketOwner");
    EXPECT_EQ(element(s3.send("GET /bkt?policyStatus")->body(), "IsPublic"), "false");
    EXPECT_EQ(
        s3.send("GET /bkt?versioning")->body(),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<VersioningConfiguration "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></VersioningConfiguration>"
    );
}

TEST(bucket, probes_of_an_object) {
    s3_fixture s3;
    s3.make_bucket();
    s3.put("k", "x");
    EXPECT_EQ(element(s3.send("GET /bkt/k?acl")->body(), "Permission"), "FULL_CONTROL");
    EXPECT_EQ(s3.send("GET /bkt/k?tagging")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?retention")), "400 InvalidRequest");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?legal-hold")), "400 InvalidRequest");
    EXPECT_EQ(outcome(s3.send("GET /bkt/missing?acl")), "404 NoSuchKey");
    EXPECT_EQ(outcome(s3.send("GET /bkt/missing?tagging")), "404 NoSuchKey");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt/k?acl\nx-amz-acl: public-read")), "400 AccessControlListNotSupported"
    );
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt?acl", "<AccessControlPolicy/>")), "400 AccessControlListNotSupported"
    );
    const auto own = s3.send("GET /bkt/k?acl")->body();
    EXPECT_EQ(s3.send("PUT /bkt/k?acl", own)->status(), 200U);
    auto foreign = own;
    foreign.replace(foreign.rfind("<ID>") + 4, 1, "b");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?acl", foreign)), "400 AccessControlListNotSupported");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?acl", "<Wrong/>")), "400 MalformedXML");
    EXPECT_EQ(s3.send("PUT /bkt/k?acl\nx-amz-acl: private")->status(), 200U);
}

TEST(access, only_the_owner) {
    s3_fixture s3;
    s3.make_bucket();
    s3.put("k", "x");
    for (const auto request :
         {"GET /bkt/k", "GET /bkt", "DELETE /bkt/k", "DELETE /bkt", "HEAD /bkt", "GET /bkt?acl"}) {
        const auto stranger = s3.send(std::string(request) + "\nx-test-stranger: 1");
        EXPECT_EQ(stranger->status(), 403U) << request;
        const auto refused = s3.send(std::string(request) + "\nx-test-refused: 1");
        EXPECT_EQ(refused->status(), 403U) << request;
        EXPECT_EQ(refused->notes().access_key, "");
        const auto anonymous = s3.send(std::string(request) + "\nx-test-anonymous: 1");
        EXPECT_EQ(anonymous->status(), 403U) << request;
    }
    EXPECT_EQ(s3.send("GET /bkt/k")->body(), "x");
    EXPECT_EQ(outcome(s3.send("GET /\nx-test-anonymous: 1")), "403 AccessDenied");
    EXPECT_EQ(outcome(s3.send("GET /no-such/k\nx-test-anonymous: 1")), "404 NoSuchBucket");
    EXPECT_EQ(
        outcome(s3.send("POST /bkt\nx-test-anonymous: 1\nContent-Type: multipart/form-data; boundary=x", "x")
        ),
        "501 NotImplemented"
    );
}

/// What auth says beside the errc reaches the client; the region in a header too, since HEAD has no document.
TEST(access, a_refusal_says_what_auth_says) {
    s3_fixture s3;
    const auto refused = s3.send("GET /bkt\nx-test-region: eu-central-1");
    EXPECT_EQ(outcome(refused), "400 AuthorizationHeaderMalformed");
    EXPECT_EQ(element(refused->body(), "Message"), "The region is wrong.");
    EXPECT_EQ(element(refused->body(), "Region"), "eu-central-1");
    EXPECT_EQ(refused->header("x-amz-bucket-region"), "eu-central-1");
    const auto headed = s3.send("HEAD /bkt\nx-test-region: eu-central-1");
    EXPECT_EQ(headed->status(), 400U);
    EXPECT_EQ(headed->header("x-amz-bucket-region"), "eu-central-1");
    EXPECT_FALSE(s3.send("GET /bkt\nx-test-refused: 1")->header("x-amz-bucket-region"));
}

TEST(access, expected_bucket_owner) {
    s3_fixture s3;
    s3.make_bucket();
    EXPECT_EQ(s3.send("GET /bkt\nx-amz-expected-bucket-owner: " + std::string(64, 'a'))->status(), 200U);
    EXPECT_EQ(outcome(s3.send("GET /bkt\nx-amz-expected-bucket-owner: other")), "403 AccessDenied");
}

TEST(access, preflight_is_answered_before_credentials) {
    s3_fixture s3;
    s3.make_bucket();
    const std::string anonymous = "\nx-test-anonymous: 1";
    EXPECT_EQ(outcome(s3.send("OPTIONS /bkt/k" + anonymous)), "400 BadRequest");
    EXPECT_EQ(outcome(s3.send("OPTIONS /bkt/k\nOrigin: x" + anonymous)), "400 BadRequest");
    const std::string whole = "\nOrigin: x\nAccess-Control-Request-Method: PUT" + anonymous;
    EXPECT_EQ(outcome(s3.send("OPTIONS /bkt/k" + whole)), "403 AccessForbidden");
    EXPECT_EQ(outcome(s3.send("OPTIONS /no-such/k" + whole)), "404 NoSuchBucket");
}

TEST(access, virtual_host_style) {
    options settings;
    settings.domains = {"s3.test"};
    s3_fixture s3(settings);
    EXPECT_EQ(s3.send("PUT /\nHost: bbb.s3.test:6789")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /dir/k\nHost: bbb.s3.test:6789", "x")->status(), 200U);
    EXPECT_EQ(s3.send("GET /bbb/dir/k\nHost: s3.test:6789")->body(), "x");
    EXPECT_EQ(element(s3.send("GET /\nHost: bbb.s3.test")->body(), "Key"), "dir/k");
    EXPECT_EQ(element(s3.send("GET /\nHost: s3.test")->body(), "Name"), "bbb");
}

TEST(access, finished_requests_reach_the_observer) {
    s3_fixture s3;
    http::annotations notes;
    notes.operation = "GetObject";
    const http::request_head head;
    s3.server.on_finished({head, notes, "id", "::1", 404, 0, 0, {}});
    EXPECT_EQ(s3.observer.statuses, std::vector<unsigned>{404});
    EXPECT_EQ(s3.observer.operations, std::vector<std::string>{"GetObject"});
}

}  // namespace
}  // namespace labstore::s3
