// Calls from pages of other origins.
#include "s3/cors.hpp"
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

using texts = std::vector<std::string>;

TEST(cors_wildcard, stands_for_any_text_once) {
    EXPECT_TRUE(matches_wildcard("*", ""));
    EXPECT_TRUE(matches_wildcard("*", "x"));
    EXPECT_TRUE(matches_wildcard("start*end", "startend"));
    EXPECT_TRUE(matches_wildcard("start*end", "start12end"));
    EXPECT_FALSE(matches_wildcard("start*end", "0start12end"));
    EXPECT_FALSE(matches_wildcard("aa*aa", "aaa")) << "both ends need their own";
    EXPECT_TRUE(matches_wildcard("*suffix", "foo.suffix"));
    EXPECT_FALSE(matches_wildcard("*suffix", "foo.suffix.get"));
    EXPECT_TRUE(matches_wildcard("exact", "exact"));
    EXPECT_FALSE(matches_wildcard("exact", "Exact"));
}

std::string rules(const std::string& content) {
    return "<CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
           "</CORSConfiguration>";
}

constexpr std::string_view two_rules =
    "<CORSRule><ID>pages</ID><AllowedOrigin>https://*.example.org</AllowedOrigin><AllowedMethod>GET</"
    "AllowedMethod>"
    "<AllowedMethod>PUT</AllowedMethod><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>Content-Type"
    "</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule>"
    "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";

class cors : public testing::Test {
  protected:
    void SetUp() override { s3.make_bucket(); }

    void allow() { ASSERT_EQ(s3.send("PUT /bkt?cors", rules(std::string(two_rules)))->status(), 200U); }

    s3_fixture s3;
};

TEST_F(cors, configuration_comes_back) {
    EXPECT_EQ(outcome(s3.send("GET /bkt?cors")), "404 NoSuchCORSConfiguration");
    allow();
    const auto shown = s3.send("GET /bkt?cors")->body();
    EXPECT_NE(shown.find(two_rules), std::string::npos) << shown;
    EXPECT_EQ(s3.send("DELETE /bkt?cors")->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt?cors")), "404 NoSuchCORSConfiguration");
    EXPECT_EQ(s3.send("DELETE /bkt?cors")->status(), 204U);
}

TEST_F(cors, documents_that_are_refused) {
    const auto put = [&](const std::string& content) {
        return outcome(s3.send("PUT /bkt?cors", rules(content)));
    };
    const std::string origin = "<AllowedOrigin>*</AllowedOrigin>";
    const std::string method = "<AllowedMethod>GET</AllowedMethod>";
    EXPECT_EQ(put(""), "400 MalformedXML");
    EXPECT_EQ(put("<CORSRule>" + origin + "</CORSRule>"), "400 MalformedXML");
    EXPECT_EQ(put("<CORSRule>" + method + "</CORSRule>"), "400 MalformedXML");
    EXPECT_EQ(
        put("<CORSRule>" + origin + method + "<MaxAgeSeconds>x</MaxAgeSeconds></CORSRule>"),
        "400 MalformedXML"
    );
    EXPECT_EQ(put("<CORSRule>" + origin + method + "<Other/></CORSRule>"), "400 MalformedXML");
    EXPECT_EQ(put("<Rule>" + origin + method + "</Rule>"), "400 MalformedXML");
    EXPECT_EQ(
        put("<CORSRule>" + origin + "<AllowedMethod>PATCH</AllowedMethod></CORSRule>"), "400 InvalidRequest"
    );
    EXPECT_EQ(
        put("<CORSRule><AllowedOrigin>a*b*</AllowedOrigin>" + method + "</CORSRule>"), "400 InvalidRequest"
    );
    EXPECT_EQ(
        put("<CORSRule>" + origin + method + "<AllowedHeader>**</AllowedHeader></CORSRule>"),
        "400 InvalidRequest"
    );
    EXPECT_EQ(
        put("<CORSRule>" + origin + method + "<ExposeHeader>x*</ExposeHeader></CORSRule>"),
        "400 InvalidRequest"
    );
    std::string many;
    for (int i = 0; i < 101; ++i)
        many += "<CORSRule>" + origin + method + "</CORSRule>";
    EXPECT_EQ(put(many), "400 InvalidRequest");
    const auto with_id = [&](std::size_t size) {
        return put("<CORSRule><ID>" + std::string(size, 'i') + "</ID>" + origin + method + "</CORSRule>");
    };
    EXPECT_EQ(with_id(256), "400 InvalidRequest");
    EXPECT_EQ(
        put("<CORSRule>" + std::string(64 * KiB, ' ') + origin + method + "</CORSRule>"),
        "400 MaxMessageLengthExceeded"
    );
    EXPECT_EQ(outcome(s3.send("GET /bkt?cors")), "404 NoSuchCORSConfiguration");
    EXPECT_EQ(with_id(255), "200 ");
}

TEST_F(cors, preflight) {
    const std::string page = "\nOrigin: https://www.example.org\nAccess-Control-Request-Method: ";
    EXPECT_EQ(outcome(s3.send("OPTIONS /bkt/k" + page + "GET")), "403 AccessForbidden");
    allow();
    const auto put =
        s3.send("OPTIONS /bkt/k" + page + "PUT\nAccess-Control-Request-Headers: X-Amz-Date, content-type");
    ASSERT_EQ(put->status(), 200U);
    EXPECT_EQ(put->header("Access-Control-Allow-Origin"), "https://www.example.org");
    EXPECT_EQ(put->header("Access-Control-Allow-Methods"), "GET, PUT");
    EXPECT_EQ(put->header("Access-Control-Allow-Headers"), "x-amz-date, content-type");
    EXPECT_EQ(put->header("Access-Control-Expose-Headers"), "ETag");
    EXPECT_EQ(put->header("Access-Control-Max-Age"), "3000");
    EXPECT_EQ(put->header("Access-Control-Allow-Credentials"), "true");
    EXPECT_TRUE(put->header("Vary"));
    // The second rule takes what the first does not.
    const auto other = s3.send("OPTIONS /bkt\nOrigin: http://elsewhere\nAccess-Control-Request-Method: GET");
    ASSERT_EQ(other->status(), 200U);
    EXPECT_EQ(other->header("Access-Control-Allow-Origin"), "*");
    EXPECT_FALSE(other->header("Access-Control-Allow-Credentials"));
    const auto refused = s3.send("OPTIONS /bkt/k" + page + "DELETE");
    EXPECT_EQ(outcome(refused), "403 AccessForbidden");
    EXPECT_FALSE(refused->header("Access-Control-Allow-Origin"));
    EXPECT_EQ(
        outcome(s3.send("OPTIONS /bkt/k" + page + "PUT\nAccess-Control-Request-Headers: x-other")),
        "403 AccessForbidden"
    );
    EXPECT_EQ(outcome(s3.send("OPTIONS /none/k" + page + "GET")), "404 NoSuchBucket");
}

TEST_F(cors, answers_say_who_may_read_them) {
    s3.put("k", "body");
    EXPECT_FALSE(s3.send("GET /bkt/k\nOrigin: https://www.example.org")->header("Access-Control-Allow-Origin")
    );
    allow();
    EXPECT_FALSE(s3.send("GET /bkt/k")->header("Access-Control-Allow-Origin"));
    const std::string page = "\nOrigin: https://www.example.org";
    for (const std::string request : {"GET /bkt/k", "GET /bkt", "GET /bkt/missing", "GET /bkt?policy"}) {
        const auto answer = s3.send(request + page);
        EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "https://www.example.org") << request;
        EXPECT_EQ(answer->header("Access-Control-Expose-Headers"), "ETag") << request;
    }
    EXPECT_EQ(s3.send("GET /bkt/k" + page)->body(), "body");
    EXPECT_EQ(
        s3.send("PUT /bkt/k" + page, "x")->header("Access-Control-Allow-Origin"), "https://www.example.org"
    );
    EXPECT_FALSE(s3.send("DELETE /bkt/k" + page)->header("Access-Control-Allow-Origin"));
    EXPECT_FALSE(s3.send("HEAD /bkt" + page)->header("Access-Control-Allow-Origin"))
        << "not among the methods";
    const auto denied = s3.send("GET /bkt/k\nx-test-anonymous: 1" + page);
    EXPECT_EQ(denied->status(), 403U);
    EXPECT_EQ(denied->header("Access-Control-Allow-Origin"), "https://www.example.org");
}

}  // namespace
}  // namespace labstore::s3
