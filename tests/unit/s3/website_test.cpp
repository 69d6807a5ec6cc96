// Buckets as websites: configuration, and what a visitor without credentials is shown.
#include "s3/website.hpp"
#include "s3_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::s3 {
namespace {

TEST(website_names, bucket_of_a_host) {
    const std::vector<std::string> domains{"pages.example.org", "Other.test"};
    EXPECT_EQ(website_bucket("bkt.pages.example.org", domains), "bkt");
    EXPECT_EQ(website_bucket("BKT.pages.example.ORG:6780", domains), "bkt");
    EXPECT_EQ(website_bucket("a.b.other.test", domains), "a.b");
    EXPECT_EQ(website_bucket("www.example.org:80", domains), "www.example.org");
    EXPECT_EQ(website_bucket("pages.example.org", domains), "pages.example.org")
        << "a domain alone names nothing";
    EXPECT_EQ(website_bucket("[::1]:80", domains), "[::1]");
}

storage::website_config with_rules(std::vector<storage::website_rule> rules) {
    storage::website_config site;
    site.index_suffix = "index.html";
    site.rules = std::move(rules);
    return site;
}

TEST(website_rules, say_where_to) {
    storage::website_redirect to;
    const website_visit visit{"h:1", false, "docs/a b.html", "/docs/a%20b.html?x=1"};
    const auto where = [&](std::optional<std::string> prefix,
                           std::optional<std::uint16_t> error,
                           std::optional<unsigned> status) {
        const auto found = redirect_by_rule(with_rules({{std::move(prefix), error, to}}), visit, status);
        return found ? std::to_string(found->status) + ' ' + found->location : std::string("-");
    };
    to.host = "there";
    EXPECT_EQ(where("docs/", std::nullopt, std::nullopt), "301 http://there/docs/a%20b.html");
    EXPECT_EQ(where("img/", std::nullopt, std::nullopt), "-");
    EXPECT_EQ(where("docs/", std::nullopt, 404), "-") << "it was judged before the page was looked for";
    EXPECT_EQ(where(std::nullopt, 404, std::nullopt), "-");
    EXPECT_EQ(where(std::nullopt, 404, 403), "-");
    EXPECT_EQ(where("docs/", 404, 404), "301 http://there/docs/a%20b.html");
    EXPECT_EQ(where("img/", 404, 404), "-");
    to = {"https", "", "documents/", std::nullopt, 307};
    EXPECT_EQ(where("docs/", std::nullopt, std::nullopt), "307 https://h:1/documents/a%20b.html");
    to.key_prefix = "";
    EXPECT_EQ(where("docs/", std::nullopt, std::nullopt), "307 https://h:1/a%20b.html");
    EXPECT_EQ(where(std::nullopt, 404, 404), "307 https://h:1/docs/a%20b.html");
    to = {"", "", std::nullopt, "error.html", 302};
    EXPECT_EQ(where(std::nullopt, std::nullopt, std::nullopt), "302 http://h:1/error.html");
}

TEST(website_rules, the_first_that_fits_counts_and_the_whole_site_goes_with_its_query) {
    const website_visit visit{"h", true, "a/b", "/a/b?q=%20"};
    const auto site = with_rules(
        {{"x", std::nullopt, {"", "1", {}, {}, 0}},
         {"a", std::nullopt, {"", "2", {}, {}, 0}},
         {{}, {}, {"", "3", {}, {}, 0}}}
    );
    EXPECT_EQ(redirect_by_rule(site, visit, std::nullopt)->location, "https://2/a/b");
    storage::website_config moved;
    moved.redirect_all = storage::website_redirect{"http", "new.example.org", {}, {}, 0};
    EXPECT_EQ(redirect_all(moved, visit)->location, "http://new.example.org/a/b?q=%20");
    EXPECT_EQ(redirect_all(moved, visit)->status, 301U);
    EXPECT_FALSE(redirect_all(site, visit));
}

std::string document_of(const std::string& content) {
    return "<WebsiteConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content +
           "</WebsiteConfiguration>";
}

const std::string index = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>";
const std::string error = "<ErrorDocument><Key>lost.html</Key></ErrorDocument>";

class website : public testing::Test {
  protected:
    website() : s3(settings()) {}

    static options settings() {
        options out;
        out.website_domains = {"site"};
        return out;
    }

    void SetUp() override { s3.make_bucket(); }

    std::string configure(const std::string& content) {
        return outcome(s3.send("PUT /bkt?website", document_of(content)));
    }

    s3_fixture::answer visit(const std::string& head, const std::string& host = "bkt.site") {
        const auto line_end = head.find('\n');
        auto text = head.substr(0, line_end) + " HTTP/1.1\nHost: " + host + "\nx-test-anonymous: 1\n";
        if (line_end != std::string::npos)
            text += head.substr(line_end + 1);
        auto exchange = std::make_unique<support::fake_exchange>(text, std::string());
        exchange->run(s3.server.website().handle(*exchange));
        return exchange;
    }

    std::string see(const std::string& head) {
        const auto got = visit(head);
        const auto location = got->header("Location");
        return std::to_string(got->status()) + ' ' + (location ? *location : got->body());
    }

    s3_fixture s3;
};

TEST_F(website, configuration_comes_back) {
    EXPECT_EQ(outcome(s3.send("GET /bkt?website")), "404 NoSuchWebsiteConfiguration");
    const auto whole =
        index + error +
        "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals>"
        "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></Condition><Redirect>"
        "<HostName>there</HostName><Protocol>https</Protocol><ReplaceKeyPrefixWith></ReplaceKeyPrefixWith>"
        "<HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules>";
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(whole))->status(), 200U);
    auto shown = s3.send("GET /bkt?website")->body();
    EXPECT_NE(shown.find(whole), std::string::npos) << shown;
    const std::string moved =
        "<RedirectAllRequestsTo><HostName>there</HostName><Protocol>https</Protocol></RedirectAllRequestsTo>";
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(moved))->status(), 200U);
    shown = s3.send("GET /bkt?website")->body();
    EXPECT_NE(shown.find(moved), std::string::npos) << shown;
    EXPECT_EQ(s3.send("DELETE /bkt?website")->status(), 204U);
    EXPECT_EQ(outcome(s3.send("GET /bkt?website")), "404 NoSuchWebsiteConfiguration");
    EXPECT_EQ(s3.send("DELETE /bkt?website")->status(), 204U);
}

TEST_F(website, documents_that_are_refused) {
    const auto rule = [](const std::string& content) {
        return index + "<RoutingRules><RoutingRule>" + content + "</RoutingRule></RoutingRules>";
    };
    const std::string redirect = "<Redirect><HostName>h</HostName></Redirect>";
    EXPECT_EQ(configure(""), "400 InvalidArgument");
    EXPECT_EQ(configure("<IndexDocument/>"), "400 MalformedXML");
    EXPECT_EQ(configure("<IndexDocument><Suffix></Suffix></IndexDocument>"), "400 InvalidArgument");
    EXPECT_EQ(configure("<IndexDocument><Suffix>a/b</Suffix></IndexDocument>"), "400 InvalidArgument");
    EXPECT_EQ(
        configure(index + "<ErrorDocument><Key>" + std::string(1025, 'k') + "</Key></ErrorDocument>"),
        "400 InvalidArgument"
    );
    EXPECT_EQ(configure("<RedirectAllRequestsTo/>"), "400 MalformedXML");
    EXPECT_EQ(
        configure(index + "<RedirectAllRequestsTo><HostName>h</HostName></RedirectAllRequestsTo>"),
        "400 InvalidArgument"
    );
    EXPECT_EQ(
        configure(
            "<RedirectAllRequestsTo><HostName>h</HostName><Protocol>ftp</Protocol></RedirectAllRequestsTo>"
        ),
        "400 InvalidRequest"
    );
    EXPECT_EQ(configure(rule("")), "400 MalformedXML");
    EXPECT_EQ(configure(rule("<Redirect/>")), "400 MalformedXML");
    EXPECT_EQ(configure(rule("<Condition/>" + redirect)), "400 MalformedXML");
    EXPECT_EQ(
        configure(rule(
            "<Condition><HttpErrorCodeReturnedEquals>200</HttpErrorCodeReturnedEquals></Condition>" + redirect
        )),
        "400 InvalidRequest"
    );
    EXPECT_EQ(
        configure(rule(
            "<Condition><HttpErrorCodeReturnedEquals>x</HttpErrorCodeReturnedEquals></Condition>" + redirect
        )),
        "400 MalformedXML"
    );
    EXPECT_EQ(
        configure(rule("<Redirect><HttpRedirectCode>300</HttpRedirectCode></Redirect>")), "400 InvalidRequest"
    );
    EXPECT_EQ(
        configure(rule("<Redirect><ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</"
                       "ReplaceKeyPrefixWith></Redirect>")),
        "400 InvalidRequest"
    );
    std::string rules;
    for (int i = 0; i < 51; ++i)
        rules += "<RoutingRule>" + redirect + "</RoutingRule>";
    EXPECT_EQ(configure(index + "<RoutingRules>" + rules + "</RoutingRules>"), "400 InvalidRequest");
    rules.resize(rules.size() / 51 * 50);
    EXPECT_EQ(
        s3.send("PUT /bkt?website", document_of(index + "<RoutingRules>" + rules + "</RoutingRules>"))
            ->status(),
        200U
    );
}

TEST_F(website, pages_are_shown_to_anyone) {
    s3.put("index.html", "home");
    s3.put("docs/index.html", "docs", "Content-Type: text/x-page\n");
    s3.put("a%20b.html", "spaced");
    EXPECT_EQ(visit("GET /")->status(), 404U) << "only what is configured is shown";
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(index))->status(), 200U);
    EXPECT_EQ(see("GET /"), "200 home");
    EXPECT_EQ(see("GET /?anything=goes&versionId=no"), "200 home");
    EXPECT_EQ(see("GET /index.html"), "200 home");
    EXPECT_EQ(see("GET /docs/"), "200 docs");
    EXPECT_EQ(see("GET /a%20b.html"), "200 spaced");
    EXPECT_EQ(visit("GET /docs/")->header("Content-Type"), "text/x-page");
    EXPECT_EQ(see("GET /docs"), "302 /docs/") << "so that the links of the page fit";
    EXPECT_EQ(see("GET /\nRange: bytes=1-2\n"), "206 om");
    const auto etag = *visit("GET /")->header("ETag");
    EXPECT_EQ(visit("GET /\nIf-None-Match: " + etag + "\n")->status(), 304U);
    const auto head = visit("HEAD /");
    EXPECT_EQ(head->status(), 200U);
    EXPECT_EQ(head->content_length(), 4U);
    EXPECT_EQ(head->body(), "");
    EXPECT_EQ(visit("GET /", "elsewhere.site")->status(), 404U);
    EXPECT_EQ(visit("GET /", "bkt")->status(), 200U) << "any other host is the bucket's whole name";
    EXPECT_EQ(outcome(s3.send("GET /bkt/index.html\nx-test-anonymous: 1\n")), "403 AccessDenied")
        << "the endpoint of S3 goes on asking for credentials";
}

TEST_F(website, failures_are_pages) {
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(index))->status(), 200U);
    const auto lost = visit("GET /%3Cb%3E");
    EXPECT_EQ(lost->status(), 404U);
    EXPECT_EQ(lost->header("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(lost->header("x-amz-error-code"), "NoSuchKey");
    EXPECT_NE(lost->body().find("<li>Key: &lt;b&gt;</li>"), std::string::npos) << lost->body();
    const auto none = visit("GET /", "nobody");
    EXPECT_EQ(none->status(), 404U);
    EXPECT_EQ(none->header("x-amz-error-code"), "NoSuchBucket");
    const auto put = visit("PUT /x");
    EXPECT_EQ(put->status(), 405U);
    EXPECT_EQ(put->header("Allow"), "GET, HEAD");
    EXPECT_EQ(visit("GET /%zz")->status(), 400U);
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(index + error))->status(), 200U);
    EXPECT_EQ(visit("GET /nothing")->header("x-amz-error-code"), "NoSuchKey")
        << "the page for errors is missing too";
    s3.put("lost.html", "we are sorry", "Content-Type: text/html\n");
    EXPECT_EQ(see("GET /nothing"), "404 we are sorry");
    EXPECT_EQ(see("GET /nothing\nRange: bytes=0-0\nIf-Match: \"0\"\n"), "404 we are sorry");
    EXPECT_EQ(visit("GET /nothing")->header("Content-Type"), "text/html");
    const auto head = visit("HEAD /nothing");
    EXPECT_EQ(head->status(), 404U);
    EXPECT_EQ(head->body(), "");
    EXPECT_EQ(see("GET /lost.html\nIf-Match: \"0\"\n"), "412 we are sorry");
}

TEST_F(website, redirects) {
    const std::string rules =
        "<RoutingRules><RoutingRule><Condition><KeyPrefixEquals>old/</KeyPrefixEquals></Condition><Redirect>"
        "<ReplaceKeyPrefixWith>new/</ReplaceKeyPrefixWith></Redirect></RoutingRule><RoutingRule><Condition>"
        "<HttpErrorCodeReturnedEquals>404</HttpErrorCodeReturnedEquals></"
        "Condition><Redirect><HostName>archive</HostName>"
        "<HttpRedirectCode>302</HttpRedirectCode></Redirect></RoutingRule></RoutingRules>";
    ASSERT_EQ(s3.send("PUT /bkt?website", document_of(index + error + rules))->status(), 200U);
    s3.put("old/x", "hidden by the rule");
    s3.put("moved", "", "x-amz-website-redirect-location: /new/place\n");
    s3.put("lost.html", "not shown: the rule comes first");
    EXPECT_EQ(see("GET /old/x"), "301 http://bkt.site/new/x");
    EXPECT_EQ(see("GET /none"), "302 http://archive/none");
    EXPECT_EQ(see("GET /moved"), "301 /new/place");
    ASSERT_EQ(
        s3.send(
              "PUT /bkt?website",
              document_of("<RedirectAllRequestsTo><HostName>there</HostName></RedirectAllRequestsTo>")
        )
            ->status(),
        200U
    );
    EXPECT_EQ(see("GET /old/x?y=1"), "301 http://there/old/x?y=1");
}

}  // namespace
}  // namespace labstore::s3
