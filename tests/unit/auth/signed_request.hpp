// Requests that own their text, the credentials that tests share, and a signer for requests that no vector
// holds.
#pragma once

#include "auth/canonical.hpp"
#include "auth/signing_keys.hpp"
#include "auth/sigv4.hpp"

#include "labstore/auth.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace labstore::auth::testing {

struct owned_request {
    std::string method = "GET";
    std::string target = "/";
    std::vector<std::pair<std::string, std::string>> headers;

    /// Views into this object, as http would make them.
    [[nodiscard]] http::request_head head(std::vector<http::header>& room) const {
        room.clear();
        http::request_head out;
        out.method_text = method;
        out.target = target;
        const auto mark = out.target.find('?');
        out.path = out.target.substr(0, mark);
        out.has_query = mark != std::string_view::npos;
        out.query = out.has_query ? out.target.substr(mark + 1) : std::string_view();
        for (const auto& [name, value] : headers) {
            room.push_back({name, trim(value)});
            if (equal_ignoring_case(name, "host"))
                out.host = trim(value);
        }
        out.headers = room;
        return out;
    }

    [[nodiscard]] std::string* find(std::string_view name) {
        const auto found = std::ranges::find_if(headers, [&](const auto& field) {
            return equal_ignoring_case(field.first, name);
        });
        return found == headers.end() ? nullptr : &found->second;
    }

    void set(std::string_view name, std::string value) {
        if (auto* there = find(name))
            *there = std::move(value);
        else
            headers.emplace_back(name, std::move(value));
    }

    void remove(std::string_view name) {
        std::erase_if(headers, [&](const auto& field) { return equal_ignoring_case(field.first, name); });
    }
};

class stopped_clock final : public clock {
  public:
    explicit stopped_clock(wall_time time) : time_(time) {}

    [[nodiscard]] wall_time now() const noexcept override { return time_; }

    void set(wall_time time) { time_ = time; }

  private:
    wall_time time_;
};

/// A fixed table.
class known_credentials final : public credential_source {
  public:
    known_credentials() {
        add("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        add("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        add("LABSTOREVECTORKEY", "vector/secret+with=punctuation0123456789");
    }

    void add(std::string access_key, std::string secret_key) {
        credential added;
        added.who = {access_key, std::string(64, 'a'), "name of " + access_key};
        added.secret_key = crypto::secret(std::move(secret_key));
        table_.insert_or_assign(std::move(access_key), std::make_shared<const credential>(std::move(added)));
    }

    [[nodiscard]] std::shared_ptr<const credential> find(std::string_view access_key) const override {
        const auto found = table_.find(access_key);
        return found == table_.end() ? nullptr : found->second;
    }

  private:
    std::map<std::string, std::shared_ptr<const credential>, std::less<>> table_;
};

inline constexpr std::string_view test_access_key = "LABSTOREVECTORKEY";
inline constexpr std::string_view test_secret_key = "vector/secret+with=punctuation0123456789";
inline constexpr std::string_view empty_sha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// For those who do not mind why.
inline result<verified_request> ask(verifier& gate, const http::request_head& head) {
    refusal why;
    return gate.verify(head, why);
}

inline wall_time at(std::string_view amz_date) {
    return *parse_amz_date(amz_date);
}

inline std::string canonical_request(const sigv4_statement& statement) {
    std::string out;
    LABSTORE_ASSERT(write_canonical_request(out, statement));
    return out;
}

inline std::string string_to_sign(
    std::string_view amz_date, std::string_view scope, std::string_view canonical
) {
    std::string out;
    write_string_to_sign(out, amz_date, scope, canonical);
    return out;
}

inline std::string signature_of(const crypto::hmac_sha256_key& key, std::string_view text) {
    return std::string(as_text(sign_sigv4(key, text)));
}

/// Signs in the header: every header the request has, or only `signed_headers` ("host;x-amz-date").
inline void sign_header(owned_request& request, std::string_view amz_date, std::string signed_headers = {}) {
    request.remove("authorization");
    request.set("x-amz-date", std::string(amz_date));
    std::vector<std::string> names;
    for (const auto& [name, value] : request.headers)
        names.push_back(to_lower(name));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    if (!signed_headers.empty()) {
        names.clear();
        for (std::size_t from = 0; from <= signed_headers.size();) {
            const auto end = std::min(signed_headers.find(';', from), signed_headers.size());
            names.push_back(signed_headers.substr(from, end - from));
            from = end + 1;
        }
    }
    std::string list;
    for (const auto& name : names)
        list += (list.empty() ? "" : ";") + name;
    const std::vector<std::string_view> views(names.begin(), names.end());
    std::vector<http::header> room;
    const auto head = request.head(room);
    auto query = parse_query(head.query).value();
    sort_query(query);
    const auto* hash = request.find("x-amz-content-sha256");
    const auto canonical =
        canonical_request({head, query, views, hash == nullptr ? "UNSIGNED-PAYLOAD" : *hash});
    const auto day = amz_date.substr(0, 8);
    const auto scope = std::string(day) + "/us-east-1/s3/aws4_request";
    const auto key = derive_signing_key(crypto::secret(std::string(test_secret_key)), day, "us-east-1", "s3");
    const auto signature = signature_of(key, string_to_sign(amz_date, scope, canonical));
    request.set(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=" + std::string(test_access_key) + "/" + scope +
            ", SignedHeaders=" + list + ", Signature=" + signature
    );
}

/// Presigns: adds the query parameters; `signed_headers` must be sorted.
inline void presign(
    owned_request& request,
    std::string_view amz_date,
    std::string_view expires,
    std::string_view signed_headers = "host",
    std::string_view payload_hash = "UNSIGNED-PAYLOAD"
) {
    const auto day = amz_date.substr(0, 8);
    const auto scope = std::string(day) + "/us-east-1/s3/aws4_request";
    request.target += (request.target.find('?') == std::string::npos ? "?" : "&");
    request.target += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=";
    request.target += percent_encode(std::string(test_access_key) + "/" + scope, keep_slash::no);
    request.target.append("&X-Amz-Date=").append(amz_date).append("&X-Amz-Expires=").append(expires);
    request.target += "&X-Amz-SignedHeaders=" + percent_encode(signed_headers, keep_slash::no);
    std::vector<std::string_view> names;
    for (auto rest = signed_headers;;) {
        const auto end = std::min(rest.find(';'), rest.size());
        names.push_back(rest.substr(0, end));
        if (end == rest.size())
            break;
        rest.remove_prefix(end + 1);
    }
    std::vector<http::header> room;
    const auto head = request.head(room);
    auto query = parse_query(head.query).value();
    sort_query(query);
    const auto canonical = canonical_request({head, query, names, payload_hash});
    const auto key = derive_signing_key(crypto::secret(std::string(test_secret_key)), day, "us-east-1", "s3");
    request.target += "&X-Amz-Signature=" + signature_of(key, string_to_sign(amz_date, scope, canonical));
}

}  // namespace labstore::auth::testing
