#include "s3/router.hpp"
#include "s3/md5_station.hpp"

#include "s3_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace labstore::s3 {
namespace {

std::string_view method_text(http::method method) {
    switch (method) {
        case http::method::get:
            return "GET";
        case http::method::head:
            return "HEAD";
        case http::method::put:
            return "PUT";
        case http::method::post:
            return "POST";
        case http::method::delete_:
            return "DELETE";
        case http::method::options:
            return "OPTIONS";
        case http::method::other:
            break;
    }
    return "PATCH";
}

std::string path_of(level where) {
    switch (where) {
        case level::service:
            return "/";
        case level::bucket:
            return "/bkt";
        case level::object:
            break;
    }
    return "/bkt/k";
}

/// Routes a request head without running anything.
result<const route*> route_of(
    const std::string& method, const std::string& target, const std::string& lines
) {
    support::fake_exchange exchange(method + ' ' + target + " HTTP/1.1\n" + lines);
    storage::store_fixture objects(storage::backend::memory);
    const options settings;
    runtime::limit documents("document_memory_bytes", settings.document_memory_bytes_max);
    md5_station hashes;
    call request(exchange, objects.store(), settings, documents, hashes, objects.time);
    request.query = *query_parameters::parse(exchange.head().query);
    request.target = *parse_address(exchange.head().host, exchange.head().path, {});
    return find_route(request);
}

TEST(router, finds_every_row_by_its_own_request) {
    for (const auto& row : routes()) {
        auto target = path_of(row.where);
        if (!row.key.empty())
            target += '?' + std::string(row.key) + "=1";
        const auto lines = row.header.empty() ? std::string() : std::string(row.header) + ": x/y\n";
        const auto found = route_of(std::string(method_text(row.method)), target, lines);
        ASSERT_TRUE(found) << row.name;
        EXPECT_EQ((*found)->name, row.name);
    }
}

TEST(router, names_are_unique_but_for_one) {
    std::map<std::string_view, int> count;
    for (const auto& row : routes())
        ++count[row.name];
    for (const auto& [name, times] : count)
        EXPECT_EQ(times, name == "UploadPart" ? 2 : 1) << name;
}

/// A sub-resource with a method that S3 does not know for it must not fall through to the plain operation.
TEST(router, no_sub_resource_falls_through) {
    std::set<std::pair<level, std::string_view>> keys;
    for (const auto& row : routes())
        if (!row.key.empty() && row.key != "list-type" && row.key != "partNumber")
            keys.emplace(row.where, row.key);
    for (const auto& [where, key] : keys) {
        for (const auto method : {"GET", "HEAD", "PUT", "POST", "DELETE"}) {
            const auto found = route_of(method, path_of(where) + '?' + std::string(key), "");
            EXPECT_TRUE(found ? (*found)->key == key : found.error() == errc::method_not_allowed)
                << method << ' ' << key;
        }
    }
}

/// RFC 9110 wants them named with every 405.
TEST(router, a_405_names_the_methods_there_are) {
    s3_fixture s3;
    s3.make_bucket();
    const auto allow = [&](const std::string& request) {
        const auto refused = s3.send(request);
        EXPECT_EQ(refused->status(), 405U) << request;
        return refused->header("Allow").value_or("none");
    };
    EXPECT_EQ(allow("PATCH /bkt/k"), "GET, HEAD, PUT, DELETE");
    EXPECT_EQ(allow("POST /bkt/k"), "GET, HEAD, PUT, DELETE");
    EXPECT_EQ(allow("PUT /bkt/k?uploads"), "POST");
    EXPECT_EQ(allow("HEAD /bkt/k?uploadId=x"), "GET, PUT, POST, DELETE");
    EXPECT_EQ(allow("POST /bkt"), "GET, HEAD, PUT, DELETE");
    EXPECT_EQ(allow("DELETE /bkt?acl"), "GET, PUT");
    EXPECT_EQ(allow("DELETE /bkt?location"), "GET");
    EXPECT_EQ(allow("DELETE /"), "GET");
    // PutBucketPolicy and DeleteBucketPolicy would answer 501.
    EXPECT_EQ(allow("POST /bkt?policy"), "GET");
    EXPECT_EQ(allow("GET /bkt/k?restore"), "");
    EXPECT_FALSE(s3.send("GET /bkt/k")->header("Allow"));
}

TEST(router, unknown_parameters_and_methods) {
    EXPECT_EQ((*route_of("GET", "/bkt/k?x-id=GetObject", ""))->name, "GetObject");
    EXPECT_EQ((*route_of("GET", "/bkt?prefix=acl&max-keys=1", ""))->name, "ListObjects");
    EXPECT_EQ((*route_of("GET", "/bkt?list-type=2&prefix=", ""))->name, "ListObjectsV2");
    EXPECT_EQ((*route_of("GET", "/?x-id=ListBuckets", ""))->name, "ListBuckets");
    EXPECT_EQ(route_of("PATCH", "/bkt/k", "").error(), errc::method_not_allowed);
    EXPECT_EQ(route_of("POST", "/bkt/k", "").error(), errc::method_not_allowed);
    EXPECT_EQ(route_of("POST", "/bkt", "").error(), errc::method_not_allowed);
    EXPECT_EQ(route_of("DELETE", "/", "").error(), errc::method_not_allowed);
    EXPECT_EQ((*route_of("PUT", "/bkt/k", "x-amz-copy-source: bkt/a\n"))->name, "CopyObject");
    EXPECT_EQ(
        (*route_of("PUT", "/bkt/k?partNumber=1&uploadId=x", "x-amz-copy-source: bkt/a\n"))->name,
        "UploadPartCopy"
    );
}

/// Operation and state of every row of docs/s3-compatibility.md.
std::map<std::string, std::string> documented_states() {
    std::ifstream file(LABSTORE_DOCS_DIR "/s3-compatibility.md");
    std::map<std::string, std::string> states;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("| ") || line.starts_with("| -") || line.starts_with("| Operation"))
            continue;
        const auto bar = line.find(" | ");
        std::stringstream names(line.substr(2, bar - 2));
        for (std::string name; std::getline(names, name, ',');)
            states[std::string(trim(name))] = line.substr(bar + 3, line.find(" |", bar + 3) - bar - 3);
    }
    return states;
}

TEST(router, is_what_the_documentation_says) {
    auto states = documented_states();
    for (const auto& row : routes()) {
        const auto known = states.find(std::string(row.name));
        ASSERT_NE(known, states.end()) << row.name << " is not documented";
        EXPECT_EQ(known->second == "501", row.run == nullptr) << row.name;
    }
    for (const auto& row : routes())
        states.erase(std::string(row.name));
    for (const auto& [name, state] : states)
        ADD_FAILURE() << name << " is documented and not in the router";
}

/// Everything that is not there yet answers 501 with a proper error body, whether the bucket exists or not.
TEST(router, not_implemented_operations_say_so) {
    s3_fixture s3;
    s3.make_bucket();
    int seen = 0;
    for (const auto& row : routes()) {
        if (row.run != nullptr)
            continue;
        auto request = std::string(method_text(row.method)) + ' ' + path_of(row.where);
        if (!row.key.empty())
            request += '?' + std::string(row.key);
        if (!row.header.empty())
            request += '\n' + std::string(row.header) + ": multipart/form-data";
        const auto answer = s3.send(request);
        EXPECT_EQ(outcome(answer), "501 NotImplemented") << row.name;
        EXPECT_EQ(answer->notes().operation, row.name);
        EXPECT_FALSE(element(answer->body(), "RequestId").empty());
        ++seen;
    }
    EXPECT_GT(seen, 20);
    EXPECT_EQ(outcome(s3.send("PUT /no-such-bucket?policy", "{}")), "501 NotImplemented");
}

}  // namespace
}  // namespace labstore::s3
