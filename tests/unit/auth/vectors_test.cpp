// AWS's and botocore's own signatures hold; nothing near them does.
#include "unit/auth/vector_file.hpp"

#include "auth/authorization.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace labstore::auth::testing {
namespace {

errc verify(const signature_vector& vector, const owned_request& request, const credential_source& source) {
    const stopped_clock time(at(vector.fields.at("time")));
    options settings;
    settings.domains = vector.domains;
    const auto gate = make_verifier(settings, source, time);
    std::vector<http::header> room;
    const auto verified = ask(*gate, request.head(room));
    return verified ? errc::ok : to_errc(verified.error());
}

std::vector<signature_vector> all_requests() {
    auto all = read_vectors("s3_documentation.txt");
    for (auto& each : read_vectors("botocore.txt"))
        all.push_back(std::move(each));
    return all;
}

TEST(signature_vectors, aws_suite_has_our_canonical_requests_and_signatures) {
    const auto vectors = read_vectors("aws_sigv4.txt");
    EXPECT_GE(vectors.size(), 60U);
    for (const auto& vector : vectors) {
        SCOPED_TRACE(vector.name);
        std::vector<http::header> room;
        const auto head = vector.request.head(room);
        auto query = parse_query(head.query);
        ASSERT_TRUE(query);
        sort_query(*query);
        const auto names = parse_signed_headers(vector.fields.at("signed-headers"));
        ASSERT_TRUE(names);
        const auto canonical = canonical_request({head, *query, *names, vector.fields.at("payload-hash")});
        EXPECT_EQ(to_hex(crypto::sha256(as_bytes(canonical))), vector.fields.at("canonical-sha256"))
            << canonical;
        const auto credential = "AKIDEXAMPLE/" + vector.fields.at("scope");
        const auto scope = parse_credential(credential);
        ASSERT_TRUE(scope);
        const auto key = derive_signing_key(
            crypto::secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            scope->date,
            scope->region,
            scope->service
        );
        const auto text = string_to_sign(vector.fields.at("time"), scope->text, canonical);
        EXPECT_EQ(signature_of(key, text), vector.fields.at("signature"));
    }
}

TEST(signature_vectors, s3_documentation_and_botocore_requests_are_accepted) {
    const auto vectors = all_requests();
    EXPECT_GE(vectors.size(), 120U);
    const known_credentials source;
    for (const auto& vector : vectors)
        EXPECT_EQ(verify(vector, vector.request, source), errc::ok) << vector.name;
}

/// One change to a request; `edit` answers false when it does not apply.
struct alteration {
    std::string name;
    std::function<bool(owned_request&)> edit;
};

bool flip_last(std::string* text) {
    if (text == nullptr || text->empty())
        return false;
    text->back() = text->back() == '0' ? '1' : '0';
    return true;
}

bool replace_first(std::string& text, std::string_view from, std::string_view to) {
    const auto place = text.find(from);
    if (place == std::string::npos)
        return false;
    text.replace(place, from.size(), to);
    return true;
}

std::vector<alteration> request_alterations() {
    return {
        {"method",
         [](owned_request& r) {
             return replace_first(r.method, r.method, r.method == "PUT" ? "GET" : "PUT");
         }},
        {"method in lower case",
         [](owned_request& r) {
             r.method = to_lower(r.method);
             return true;
         }},
        {"path",
         [](owned_request& r) {
             r.target.insert(std::min(r.target.find('?'), r.target.size()), "x");
             return true;
         }},
        {"path normalised away",
         [](owned_request& r) {
             r.target.insert(1, "./");
             return true;
         }},
        {"extra query",
         [](owned_request& r) {
             r.target += r.target.find('?') == std::string::npos ? "?policy" : "&policy";
             return true;
         }},
        {"operation in the query",
         [](owned_request& r) {
             r.target += r.target.find('?') == std::string::npos ? "?attributes" : "&attributes";
             return true;
         }},
        {"extra amz header",
         [](owned_request& r) {
             r.headers.emplace_back("x-amz-copy-source", "/other/key");
             return true;
         }},
        {"repeated amz date",
         [](owned_request& r) {
             const auto* date = r.find("x-amz-date");
             if (date == nullptr)
                 return false;
             r.headers.emplace_back("X-Amz-Date", std::string(*date));
             return true;
         }},
    };
}

std::vector<alteration> credential_alterations() {
    return {
        {"signature in the header",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             return value != nullptr && value->find("AWS4") == 0 && flip_last(value);
         }},
        {"SigV2 signature in the header",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             return value != nullptr && replace_first(*value, ":", ":A");
         }},
        {"signature in the query",
         [](owned_request& r) {
             return replace_first(r.target, "Signature=", "Signature=0");
         }},
        {"unknown access key",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             auto& where = value == nullptr ? r.target : *value;
             for (const std::string_view key : {"AKIAIOSFODNN7EXAMPLE", "LABSTOREVECTORKEY"})
                 if (replace_first(where, key, "AKIANOBODY"))
                     return true;
             return false;
         }},
        {"another's access key",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             auto& where = value == nullptr ? r.target : *value;
             return replace_first(where, "LABSTOREVECTORKEY", "AKIDEXAMPLE") ||
                    replace_first(where, "AKIAIOSFODNN7EXAMPLE", "AKIDEXAMPLE");
         }},
        {"region",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             return replace_first(value == nullptr ? r.target : *value, "us-east-1", "us-east-2");
         }},
        {"life",
         [](owned_request& r) {
             return replace_first(r.target, "Expires=", "Expires=1");
         }},
        {"signed header list",
         [](owned_request& r) {
             auto* value = r.find("authorization");
             return replace_first(
                 value == nullptr ? r.target : *value, "SignedHeaders=", "SignedHeaders=accept;"
             );
         }},
        {"second credentials",
         [](owned_request& r) {
             if (r.find("authorization") == nullptr)
                 r.headers.emplace_back(
                     "Authorization", "AWS LABSTOREVECTORKEY:AAAAAAAAAAAAAAAAAAAAAAAAAAA="
                 );
             else
                 r.target +=
                     (r.target.find('?') == std::string::npos ? "?" : "&") + std::string("X-Amz-Signature=0");
             return true;
         }},
    };
}

/// Names that a request's signature covers, besides Authorization itself.
std::vector<std::string> signed_names(const owned_request& request) {
    std::vector<std::string> names;
    std::string text = request.target;
    for (const auto& [name, value] : request.headers)
        if (equal_ignoring_case(name, "authorization"))
            text += value;
    const bool sigv4 = text.find("AWS4") != std::string::npos;
    for (const auto& [name, value] : request.headers) {
        const auto lower = to_lower(name);
        const bool listed = sigv4 && text.find(lower) != std::string::npos && lower != "range";
        const bool by_rule = !sigv4 && (lower.starts_with("x-amz-") || lower == "content-type" ||
                                        lower == "content-md5" || lower == "date");
        if (lower != "authorization" && (listed || by_rule))
            names.push_back(name);
    }
    return names;
}

TEST(signature_vectors, every_alteration_is_refused) {
    const known_credentials source;
    auto changes = request_alterations();
    for (auto& each : credential_alterations())
        changes.push_back(std::move(each));
    std::size_t tried = 0;
    for (const auto& vector : all_requests()) {
        for (const auto& change : changes) {
            auto altered = vector.request;
            if (!change.edit(altered))
                continue;
            // A SigV2 presigned URL signs no method text of its own case: "put" is another text, and refused
            // too.
            EXPECT_NE(verify(vector, altered, source), errc::ok) << vector.name << ": " << change.name;
            ++tried;
        }
        for (const auto& name : signed_names(vector.request)) {
            auto altered = vector.request;
            altered.set(name, *altered.find(name) + "1");
            EXPECT_NE(verify(vector, altered, source), errc::ok) << vector.name << ": " << name << " changed";
            altered = vector.request;
            altered.remove(name);
            EXPECT_NE(verify(vector, altered, source), errc::ok) << vector.name << ": " << name << " removed";
            tried += 2;
        }
    }
    EXPECT_GE(tried, 1500U);
}

TEST(signature_vectors, wrong_secret_is_refused) {
    known_credentials source;
    for (const auto* key : {"AKIAIOSFODNN7EXAMPLE", "LABSTOREVECTORKEY"})
        source.add(key, "another secret");
    for (const auto& vector : all_requests())
        EXPECT_EQ(verify(vector, vector.request, source), errc::signature_does_not_match) << vector.name;
}

TEST(signature_vectors, another_time_is_refused) {
    const known_credentials source;
    for (auto& vector : all_requests()) {
        vector.fields["time"] = "20990101T000000Z";
        EXPECT_NE(verify(vector, vector.request, source), errc::ok) << vector.name;
    }
}

}  // namespace
}  // namespace labstore::auth::testing
