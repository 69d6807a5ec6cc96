// Object lock as clients speak of it.
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

std::string configuration(const std::string& rule) {
    return "<ObjectLockConfiguration "
           "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ObjectLockEnabled>Enabled"
           "</ObjectLockEnabled>" +
           rule + "</ObjectLockConfiguration>";
}

std::string rule(const std::string& content) {
    return "<Rule><DefaultRetention>" + content + "</DefaultRetention></Rule>";
}

class object_locks : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_EQ(s3.send("PUT /bkt\nx-amz-bucket-object-lock-enabled: true")->status(), 200U);
    }

    std::string in(std::chrono::hours from_now) { return format_iso8601(s3.storage.time.now() + from_now); }

    std::string lock_lines(const std::string& mode, std::chrono::hours from_now) {
        return "x-amz-object-lock-mode: " + mode + "\nx-amz-object-lock-retain-until-date: " + in(from_now) +
               "\nContent-MD5: " + base64_md5("x") + '\n';
    }

    /// Its version id.
    std::string put(const std::string& key, const std::string& lines = {}) {
        const auto got = s3.send("PUT /bkt/" + key + "\nContent-Length: 1\n" + lines, "x");
        EXPECT_EQ(got->status(), 200U) << got->body();
        return got->header("x-amz-version-id").value_or("");
    }

    std::string retain(const std::string& mode, std::chrono::hours from_now, const std::string& lines = {}) {
        return outcome(s3.send(
            "PUT /bkt/k?retention\n" + lines,
            "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" + in(from_now) +
                "</RetainUntilDate></Retention>"
        ));
    }

    s3_fixture s3;
};

constexpr auto hour = std::chrono::hours(1);
const std::string bypass = "x-amz-bypass-governance-retention: true\n";

TEST_F(object_locks, configuration_comes_back) {
    EXPECT_EQ(element(s3.send("GET /bkt?versioning")->body(), "Status"), "Enabled");
    auto shown = s3.send("GET /bkt?object-lock")->body();
    EXPECT_NE(shown.find("<ObjectLockEnabled>Enabled</ObjectLockEnabled></Obj"), std::string::npos) << shown;
    const auto days = rule("<Mode>GOVERNANCE</Mode><Days>36500</Days>");
    ASSERT_EQ(s3.send("PUT /bkt?object-lock", configuration(days))->status(), 200U);
    shown = s3.send("GET /bkt?object-lock")->body();
    EXPECT_NE(shown.find(days), std::string::npos) << shown;
    const auto years = rule("<Mode>COMPLIANCE</Mode><Years>100</Years>");
    ASSERT_EQ(s3.send("PUT /bkt?object-lock", configuration(years))->status(), 200U);
    shown = s3.send("GET /bkt?object-lock")->body();
    EXPECT_NE(shown.find(years), std::string::npos) << shown;
    ASSERT_EQ(s3.send("PUT /bkt?object-lock", configuration(""))->status(), 200U);
    EXPECT_EQ(s3.send("GET /bkt?object-lock")->body().find("<Rule>"), std::string::npos);
    const auto suspended = s3.send(
        "PUT /bkt?versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
    );
    EXPECT_EQ(outcome(suspended), "409 InvalidBucketState");
}

TEST_F(object_locks, documents_that_are_refused) {
    const auto set = [&](const std::string& content) {
        return outcome(s3.send("PUT /bkt?object-lock", content));
    };
    EXPECT_EQ(set("<ObjectLockConfiguration/>"), "400 MalformedXML");
    EXPECT_EQ(
        set("<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled></"
            "ObjectLockConfiguration>"),
        "400 MalformedXML"
    );
    EXPECT_EQ(set(configuration("<Rule/>")), "400 MalformedXML");
    EXPECT_EQ(set(configuration(rule("<Mode>GOVERNANCE</Mode>"))), "400 MalformedXML");
    EXPECT_EQ(set(configuration(rule("<Days>1</Days>"))), "400 MalformedXML");
    EXPECT_EQ(set(configuration(rule("<Mode>governance</Mode><Days>1</Days>"))), "400 MalformedXML");
    EXPECT_EQ(
        set(configuration(rule("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>"))), "400 MalformedXML"
    );
    EXPECT_EQ(set(configuration(rule("<Mode>GOVERNANCE</Mode><Days>x</Days>"))), "400 MalformedXML");
    EXPECT_EQ(
        set(configuration(rule("<Mode>GOVERNANCE</Mode><Days>0</Days>"))), "400 InvalidRetentionPeriod"
    );
    EXPECT_EQ(
        set(configuration(rule("<Mode>GOVERNANCE</Mode><Years>-1</Years>"))), "400 InvalidRetentionPeriod"
    );
    EXPECT_EQ(
        set(configuration(rule("<Mode>GOVERNANCE</Mode><Days>36501</Days>"))), "400 InvalidRetentionPeriod"
    );
    EXPECT_EQ(
        set(configuration(rule("<Mode>GOVERNANCE</Mode><Years>101</Years>"))), "400 InvalidRetentionPeriod"
    );
}

TEST_F(object_locks, of_a_bucket_without) {
    EXPECT_EQ(outcome(s3.send("PUT /plain\nx-amz-bucket-object-lock-enabled: yes")), "400 InvalidArgument");
    ASSERT_EQ(s3.send("PUT /plain\nx-amz-bucket-object-lock-enabled: false")->status(), 200U);
    EXPECT_EQ(
        outcome(s3.send("PUT /plain\nx-amz-bucket-object-lock-enabled: true")), "409 BucketAlreadyOwnedByYou"
    ) << "nobody is left to believe that it has a lock";
    EXPECT_EQ(s3.send("PUT /plain")->status(), 200U);
    EXPECT_EQ(s3.send("PUT /bkt\nx-amz-bucket-object-lock-enabled: true")->status(), 200U);
    EXPECT_EQ(outcome(s3.send("GET /plain?object-lock")), "404 ObjectLockConfigurationNotFoundError");
    EXPECT_EQ(outcome(s3.send("PUT /plain?object-lock", configuration(""))), "409 InvalidBucketState");
    ASSERT_EQ(s3.send("PUT /plain/k\nContent-Length: 1\n", "x")->status(), 200U);
    for (const std::string what : {"retention", "legal-hold"}) {
        EXPECT_EQ(outcome(s3.send("GET /plain/k?" + what)), "400 InvalidRequest");
        EXPECT_EQ(
            outcome(s3.send("PUT /plain/k?" + what, "<LegalHold><Status>ON</Status></LegalHold>")),
            "400 InvalidRequest"
        );
    }
    EXPECT_EQ(
        outcome(s3.send("PUT /plain/k\nContent-Length: 1\n" + lock_lines("GOVERNANCE", hour), "x")),
        "400 InvalidRequest"
    );
    EXPECT_EQ(
        outcome(s3.send("POST /plain/k?uploads\n" + lock_lines("GOVERNANCE", hour))), "400 InvalidRequest"
    );
    ASSERT_EQ(
        s3.send(
              "PUT /plain?versioning",
              "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        )
            ->status(),
        200U
    );
    EXPECT_EQ(s3.send("PUT /plain?object-lock", configuration(""))->status(), 200U)
        << "a versioned one can have it later";
    EXPECT_EQ(s3.send("GET /plain?object-lock")->status(), 200U);
}

TEST_F(object_locks, headers_of_writes) {
    put("k", lock_lines("COMPLIANCE", hour) + "x-amz-object-lock-legal-hold: ON\n");
    for (const std::string method : {"GET", "HEAD"}) {
        const auto got = s3.send(method + " /bkt/k");
        EXPECT_EQ(got->header("x-amz-object-lock-mode"), "COMPLIANCE");
        EXPECT_EQ(got->header("x-amz-object-lock-retain-until-date"), in(hour));
        EXPECT_EQ(got->header("x-amz-object-lock-legal-hold"), "ON");
    }
    const auto refused = [&](const std::string& lines) {
        return outcome(s3.send("PUT /bkt/no\nContent-Length: 1\n" + lines, "x"));
    };
    const std::string md5 = "Content-MD5: " + base64_md5("x") + '\n';
    EXPECT_EQ(refused(lock_lines("GOVERNANCE", std::chrono::hours(0))), "400 InvalidArgument");
    EXPECT_EQ(refused(lock_lines("governance", hour)), "400 InvalidArgument");
    EXPECT_EQ(refused(md5 + "x-amz-object-lock-mode: GOVERNANCE\n"), "400 InvalidArgument");
    EXPECT_EQ(
        refused(md5 + "x-amz-object-lock-retain-until-date: " + in(hour) + '\n'), "400 InvalidArgument"
    );
    EXPECT_EQ(
        refused(md5 + "x-amz-object-lock-mode: GOVERNANCE\nx-amz-object-lock-retain-until-date: soon\n"),
        "400 InvalidArgument"
    );
    EXPECT_EQ(refused(md5 + "x-amz-object-lock-legal-hold: on\n"), "400 InvalidArgument");
    EXPECT_EQ(refused("x-amz-object-lock-legal-hold: ON\n"), "400 InvalidRequest")
        << "the bytes have to be proved";
    ASSERT_EQ(
        s3.send("PUT /bkt?object-lock", configuration(rule("<Mode>GOVERNANCE</Mode><Days>1</Days>")))
            ->status(),
        200U
    );
    put("by-default");
    EXPECT_EQ(s3.send("HEAD /bkt/by-default")->header("x-amz-object-lock-retain-until-date"), in(24 * hour));
    ASSERT_EQ(
        s3.send("PUT /bkt/copy\nx-amz-copy-source: /bkt/k\n" + lock_lines("COMPLIANCE", 2 * hour))->status(),
        200U
    );
    EXPECT_EQ(s3.send("HEAD /bkt/copy")->header("x-amz-object-lock-retain-until-date"), in(2 * hour));
}

TEST_F(object_locks, retention) {
    const auto version = put("k");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?retention")), "404 NoSuchObjectLockConfiguration");
    EXPECT_EQ(retain("GOVERNANCE", 2 * hour), "200 ");
    const auto shown = s3.send("GET /bkt/k?retention&versionId=" + version);
    EXPECT_EQ(element(shown->body(), "Mode"), "GOVERNANCE");
    EXPECT_EQ(element(shown->body(), "RetainUntilDate"), in(2 * hour));
    EXPECT_EQ(retain("GOVERNANCE", hour), "403 AccessDenied");
    EXPECT_EQ(retain("GOVERNANCE", 3 * hour), "200 ");
    EXPECT_EQ(retain("GOVERNANCE", hour, bypass), "200 ");
    EXPECT_EQ(retain("GOVERNANCE", std::chrono::hours(0), bypass), "400 InvalidArgument");
    EXPECT_EQ(retain("governance", hour), "400 MalformedXML");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?retention", "<Retention/>")), "403 AccessDenied");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?retention\n" + bypass, "<Retention/>")), "200 ");
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?retention")), "404 NoSuchObjectLockConfiguration");
    EXPECT_EQ(retain("COMPLIANCE", hour), "200 ");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/k?retention\n" + bypass, "<Retention/>")), "403 AccessDenied");
    EXPECT_EQ(outcome(s3.send("PUT /bkt/none?retention", "<Retention/>")), "404 NoSuchKey");
    ASSERT_EQ(s3.send("DELETE /bkt/k")->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?retention")), "404 NoSuchKey");
}

TEST_F(object_locks, legal_hold) {
    const auto version = put("k");
    const auto hold = [&](const std::string& status) {
        return outcome(
            s3.send("PUT /bkt/k?legal-hold", "<LegalHold><Status>" + status + "</Status></LegalHold>")
        );
    };
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?legal-hold")), "404 NoSuchObjectLockConfiguration");
    EXPECT_EQ(hold("On"), "400 MalformedXML");
    EXPECT_EQ(hold("ON"), "200 ");
    EXPECT_EQ(element(s3.send("GET /bkt/k?legal-hold")->body(), "Status"), "ON");
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k?versionId=" + version + '\n' + bypass)), "403 AccessDenied");
    EXPECT_EQ(hold("OFF"), "200 ");
    EXPECT_EQ(element(s3.send("GET /bkt/k?legal-hold")->body(), "Status"), "OFF");
    EXPECT_EQ(s3.send("DELETE /bkt/k?versionId=" + version)->status(), 204U);
}

TEST_F(object_locks, refuse_removals) {
    const auto version = put("k", lock_lines("GOVERNANCE", hour));
    EXPECT_EQ(outcome(s3.send("DELETE /bkt/k?versionId=" + version)), "403 AccessDenied");
    const auto all = "<Delete><Object><Key>k</Key><VersionId>" + version +
                     "</VersionId></Object><Object><Key>other</Key>"
                     "</Object></Delete>";
    const auto line = "\nContent-MD5: " + base64_md5(all) + '\n';
    auto many = s3.send("POST /bkt?delete" + line, all)->body();
    EXPECT_EQ(element(many, "Code"), "AccessDenied") << many;
    EXPECT_EQ(elements(many, "Deleted").size(), 1U) << many;
    EXPECT_EQ(s3.send("DELETE /bkt/k")->status(), 204U) << "a delete marker removes nothing";
    EXPECT_EQ(s3.send("GET /bkt/k?versionId=" + version)->status(), 200U);
    many = s3.send("POST /bkt?delete" + line + bypass, all)->body();
    EXPECT_EQ(elements(many, "Deleted").size(), 2U) << many;
    EXPECT_EQ(outcome(s3.send("GET /bkt/k?versionId=" + version)), "404 NoSuchVersion");
}

}  // namespace
}  // namespace labstore::s3
