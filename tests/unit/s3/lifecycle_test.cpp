// The lifecycle configuration of a bucket: what is taken, what is refused and in which words, what is shown.
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

std::string rules(const std::string& content) {
    return "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
           "</LifecycleConfiguration>";
}

class lifecycle : public testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    s3_fixture::answer put(const std::string& content, const std::string& header_lines = {}) {
        return s3.send("PUT /bkt?lifecycle" + header_lines, rules(content));
    }

    /// Status, code and message.
    std::string refusal(const std::string& content) {
        const auto answer = put(content);
        auto message = element(answer->body(), "Message");
        for (auto at = message.find("&apos;"); at != std::string::npos; at = message.find("&apos;"))
            message.replace(at, 6, "'");
        return outcome(answer) + ": " + message;
    }

    /// Each document with its refusal.
    void refuses(const std::vector<std::pair<std::string, std::string>>& table) {
        for (const auto& [content, expected] : table)
            EXPECT_EQ(refusal(content), expected) << content;
    }

    s3_fixture s3;
};

const std::string malformed =
    "400 MalformedXML: The XML you provided was not well-formed or did not validate against our published "
    "schema";

TEST_F(lifecycle, configuration_comes_back) {
    EXPECT_EQ(outcome(s3.send("GET /bkt?lifecycle")), "404 NoSuchLifecycleConfiguration");
    EXPECT_EQ(s3.send("DELETE /bkt?lifecycle")->status(), 204U);
    const std::string content =
        "<Rule><ID>one</ID><Filter><And><Prefix>a&amp;b/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"
        "<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></"
        "Filter>"
        "<Status>Enabled</Status><Expiration><Days>30</Days></Expiration><NoncurrentVersionExpiration>"
        "<NoncurrentDays>2</NoncurrentDays><NewerNoncurrentVersions>100</NewerNoncurrentVersions>"
        "</NoncurrentVersionExpiration></Rule>"
        "<Rule><ID>two</ID><Filter></Filter><Status>Disabled</Status><Expiration>"
        "<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload></Rule>"
        "<Rule><ID>three</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration>"
        "<Date>2030-01-01T00:00:00.000Z</Date></Expiration></Rule>";
    const auto done = put(content);
    ASSERT_EQ(done->status(), 200U) << done->body();
    EXPECT_EQ(done->header("x-amz-transition-default-minimum-object-size"), "all_storage_classes_128K");
    const auto shown = s3.send("GET /bkt?lifecycle");
    EXPECT_NE(shown->body().find(content), std::string::npos) << shown->body();
    EXPECT_EQ(shown->header("x-amz-transition-default-minimum-object-size"), "all_storage_classes_128K");
    EXPECT_EQ(s3.send("DELETE /bkt?lifecycle")->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt?lifecycle")), "404 NoSuchLifecycleConfiguration");
}

TEST_F(lifecycle, the_older_form_comes_back_in_its_form) {
    const std::string content =
        "<Rule><ID>one</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>1</Days>"
        "</Expiration></Rule>";
    ASSERT_EQ(
        put(content, "\nx-amz-transition-default-minimum-object-size: varies_by_storage_class")->status(),
        200U
    );
    const auto shown = s3.send("GET /bkt?lifecycle");
    EXPECT_NE(shown->body().find(content), std::string::npos) << shown->body();
    EXPECT_EQ(shown->header("x-amz-transition-default-minimum-object-size"), "varies_by_storage_class");
    EXPECT_EQ(
        outcome(put(content, "\nx-amz-transition-default-minimum-object-size: 64K")), "400 InvalidRequest"
    );
}

TEST_F(lifecycle, rules_without_an_id_get_one) {
    const std::string rule =
        "<Rule><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>";
    ASSERT_EQ(put(rule + rule)->status(), 200U);
    const auto ids = elements(s3.send("GET /bkt?lifecycle")->body(), "ID");
    ASSERT_EQ(ids.size(), 2U);
    EXPECT_NE(ids[0], ids[1]);
    EXPECT_FALSE(ids[0].empty());
}

const std::string on = "<Status>Enabled</Status>";
const std::string all = "<Filter/>";
const std::string days = "<Expiration><Days>1</Days></Expiration>";
const std::string tag = "<Tag><Key>k</Key><Value>v</Value></Tag>";

std::string rule(const std::string& content) {
    return "<Rule>" + content + "</Rule>";
}

std::string expiring(const std::string& content) {
    return rule(on + all + "<Expiration>" + content + "</Expiration>");
}

std::string noncurrent(const std::string& content) {
    return rule(on + all + "<NoncurrentVersionExpiration>" + content + "</NoncurrentVersionExpiration>");
}

std::string abort(const std::string& filter, const std::string& number) {
    return rule(
        on + "<Filter>" + filter + "</Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>" + number +
        "</DaysAfterInitiation></AbortIncompleteMultipartUpload>"
    );
}

std::string marker(const std::string& filter) {
    return rule(
        on + "<Filter>" + filter +
        "</Filter><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
    );
}

TEST_F(lifecycle, forms_that_are_refused) {
    refuses(
        {{"", malformed},
         {"<Other/>", malformed},
         {rule(all + days), malformed},
         {rule("<Status>enabled</Status>" + all + days), malformed},
         {rule(on + days), malformed},
         {rule(on + all + all + days), malformed},
         {rule(on + on + all + days), malformed},
         {rule(on + all + days + "<Other/>"), malformed},
         {rule(on + "<Filter><Prefix>a</Prefix>" + tag + "</Filter>" + days), malformed},
         {rule(on + "<Filter><Tag><Key>k</Key></Tag></Filter>" + days), malformed},
         {rule(on + "<Filter><ObjectSizeLessThan>x</ObjectSizeLessThan></Filter>" + days), malformed},
         {rule(on + all), "400 InvalidRequest: At least one action needs to be specified in a rule"}}
    );
}

TEST_F(lifecycle, expirations_that_are_refused) {
    refuses(
        {{expiring(""), malformed},
         {expiring("<Days>x</Days>"), malformed},
         {expiring("<Days>1</Days><Date>2030-01-01T00:00:00Z</Date>"), malformed},
         {expiring("<Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"), malformed},
         {expiring("<ExpiredObjectDeleteMarker>yes</ExpiredObjectDeleteMarker>"), malformed},
         {expiring("<Days>0</Days>"),
          "400 InvalidArgument: 'Days' for Expiration action must be a positive integer"},
         {expiring("<Days>-3</Days>"),
          "400 InvalidArgument: 'Days' for Expiration action must be a positive integer"},
         {expiring("<Days>2147483648</Days>"),
          "400 InvalidArgument: 'Days' for Expiration action must be a positive integer"},
         {expiring("<Date>20200101</Date>"), malformed},
         {expiring("<Date>2020-01-01T00:00:01Z</Date>"),
          "400 InvalidArgument: 'Date' must be at midnight GMT"},
         {noncurrent(""), malformed},
         {noncurrent("<NewerNoncurrentVersions>2</NewerNoncurrentVersions>"), malformed},
         {noncurrent("<NoncurrentDays>0</NoncurrentDays>"),
          "400 InvalidArgument: 'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive "
          "integer"},
         {noncurrent("<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101</"
                     "NewerNoncurrentVersions>"),
          "400 InvalidArgument: 'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be "
          "between 1 and 100"}}
    );
}

TEST_F(lifecycle, actions_and_filters_that_do_not_go_together) {
    refuses(
        {{abort("", "0"),
          "400 InvalidArgument: 'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a "
          "positive integer"},
         {abort(tag, "1"),
          "400 InvalidRequest: AbortIncompleteMultipartUpload cannot be specified with Tags."},
         {abort("<ObjectSizeLessThan>1</ObjectSizeLessThan>", "1"),
          "400 InvalidRequest: AbortIncompleteMultipartUpload cannot be specified with Object Size."},
         {marker(tag), "400 InvalidRequest: ExpiredObjectDeleteMarker cannot be specified with Tags."},
         {marker("<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"),
          "400 InvalidRequest: ExpiredObjectDeleteMarker cannot be specified with Object Size."}}
    );
}

TEST_F(lifecycle, rules_that_are_refused) {
    refuses(
        {{rule(on + "<Filter><And>" + tag + tag + "</And></Filter>" + days),
          "400 InvalidRequest: Duplicate Tag Keys are not allowed."},
         {rule(
              on +
              "<Filter><And><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan><ObjectSizeLessThan>9</"
              "ObjectSizeLessThan></And></Filter>" +
              days
          ),
          "400 InvalidRequest: 'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."},
         {rule(on + "<Prefix>" + std::string(1'025, 'p') + "</Prefix>" + days),
          "400 InvalidRequest: The maximum size of a prefix is 1024."},
         {rule(on + all + days) + rule(on + "<Prefix>a</Prefix>" + days),
          "400 InvalidRequest: Base level prefix cannot be used in Lifecycle V2, prefixes are only supported "
          "in the Filter."},
         {rule("<ID>" + std::string(256, 'i') + "</ID>" + on + all + days),
          "400 InvalidArgument: ID length should not exceed allowed limit of 255"},
         {rule("<ID>a</ID>" + on + all + days) + rule("<ID>a</ID>" + on + all + days),
          "400 InvalidArgument: Rule ID must be unique. Found same ID for more than one rule"},
         {rule(on + all + "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
          "501 NotImplemented: Transition and NoncurrentVersionTransition are not implemented: this server "
          "keeps all objects alike, so there is no StorageClass to move them to."},
         {rule(
              on + all +
              "<Expiration><Date>x</Date></Expiration><Transition><Days>1</Days>"
              "<StorageClass>GLACIER</StorageClass></Transition>"
          ),
          malformed}}
    );
}

TEST_F(lifecycle, documents_that_are_refused) {
    std::string many;
    for (int i = 0; i < 1'000; ++i)
        many += rule(on + all + days);
    EXPECT_EQ(outcome(put(many)), "200 ");
    EXPECT_EQ(
        refusal(many + rule(on + all + days)),
        "400 InvalidRequest: The number of lifecycle rules must not exceed the allowed limit of 1000 rules."
    );
    EXPECT_EQ(outcome(put(rule("<ID>" + std::string(255, 'i') + "</ID>" + on + all + days))), "200 ");
    EXPECT_EQ(
        outcome(s3.send("PUT /bkt?lifecycle\nContent-MD5: 1B2M2Y8AsgTpgAmY7PhCfg==", rules(many))),
        "400 BadDigest"
    );
    EXPECT_EQ(elements(s3.send("GET /bkt?lifecycle")->body(), "Rule").size(), 1U)
        << "the last that was taken";
}

TEST_F(lifecycle, answers_say_when_an_object_will_go) {
    // The clock stands at eight in the morning of 15 January 2027.
    s3.put("a/k", "before");
    EXPECT_FALSE(s3.send("HEAD /bkt/a/k")->header("x-amz-expiration"));
    const std::string rule =
        "<Rule><ID>old/ones</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>t</Key><Value>v</Value></Tag>"
        "<ObjectSizeGreaterThan>2</ObjectSizeGreaterThan></And></Filter><Status>Enabled</Status><Expiration>"
        "<Days>1</Days></Expiration></Rule>"
        "<Rule><ID>uploads</ID><Filter><Prefix>a/</Prefix></Filter><Status>Enabled</Status>"
        "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload></Rule>";
    ASSERT_EQ(put(rule)->status(), 200U);
    const std::string wanted = "expiry-date=\"Sun, 17 Jan 2027 00:00:00 GMT\", rule-id=\"old%2Fones\"";
    EXPECT_FALSE(s3.send("HEAD /bkt/a/k")->header("x-amz-expiration")) << "no tag";
    const auto done = s3.send("PUT /bkt/a/k\nx-amz-tagging: t=v", "long");
    EXPECT_EQ(done->header("x-amz-expiration"), wanted);
    EXPECT_EQ(s3.send("HEAD /bkt/a/k")->header("x-amz-expiration"), wanted);
    EXPECT_EQ(s3.send("GET /bkt/a/k")->header("x-amz-expiration"), wanted);
    EXPECT_EQ(s3.send("PUT /bkt/a/copy\nx-amz-copy-source: /bkt/a/k")->header("x-amz-expiration"), wanted);
    EXPECT_FALSE(s3.send("PUT /bkt/a/k\nx-amz-tagging: t=v", "xx")->header("x-amz-expiration"))
        << "too small";
    EXPECT_FALSE(s3.send("PUT /bkt/b\nx-amz-tagging: t=v", "long")->header("x-amz-expiration"));
    const auto upload = s3.send("POST /bkt/a/m?uploads\nx-amz-tagging: t=v");
    EXPECT_EQ(upload->header("x-amz-abort-date"), "Sun, 17 Jan 2027 00:00:00 GMT");
    EXPECT_EQ(upload->header("x-amz-abort-rule-id"), "uploads");
    const auto id = element(upload->body(), "UploadId");
    const auto etag = s3.put_part("a/m", id, 1, "bytes");
    EXPECT_EQ(s3.send("GET /bkt/a/m?uploadId=" + id)->header("x-amz-abort-rule-id"), "uploads");
    EXPECT_EQ(s3.complete("a/m", id, {etag})->header("x-amz-expiration"), wanted);
    EXPECT_FALSE(s3.send("POST /bkt/b?uploads")->header("x-amz-abort-date"));
}

}  // namespace
}  // namespace labstore::s3
