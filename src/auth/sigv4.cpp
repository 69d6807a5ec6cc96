#include "auth/sigv4.hpp"

#include "auth/authorization.hpp"
#include "auth/head_lookup.hpp"

#include <algorithm>

namespace labstore::auth {
namespace {

/// "name:value,value\n"; false when the request has no such header.
bool append_canonical_header(std::string& out, const http::request_head& head, std::string_view name) {
    out.append(name).push_back(':');
    if (name == "host") {
        // One Host exists, and http has said which; an absolute-form target may have replaced the field.
        append_collapsed(out, head.host);
        out.push_back('\n');
        return true;
    }
    bool found = false;
    for (const auto& field : head.headers) {
        if (field.name.size() != name.size() || !equal_ignoring_case(field.name, name))
            continue;
        if (found)
            out.push_back(',');
        found = true;
        append_collapsed(out, field.value);
    }
    out.push_back('\n');
    return found;
}

}  // namespace

result<void> write_canonical_request(std::string& out, const sigv4_statement& statement) {
    out.clear();
    out.append(statement.head.method_text).push_back('\n');
    // A '+' in a path is a plus, and an empty path is the root.
    if (statement.head.path.empty())
        out.push_back('/');
    if (!append_canonical(out, statement.head.path, plus_sign::keep, keep_slash::yes))
        return errc::invalid_uri;
    out.push_back('\n');
    append_canonical_query(out, statement.sorted_query);
    out.push_back('\n');
    for (const auto name : statement.signed_headers)
        if (!append_canonical_header(out, statement.head, name))
            return errc::signature_does_not_match;
    out.push_back('\n');
    bool first = true;
    for (const auto name : statement.signed_headers) {
        if (!first)
            out.push_back(';');
        first = false;
        out.append(name);
    }
    out.append("\n").append(statement.payload_hash);
    return {};
}

void write_string_to_sign(
    std::string& out, std::string_view amz_date, std::string_view scope, std::string_view canonical
) {
    out.assign(sigv4_algorithm).append("\n").append(amz_date).append("\n").append(scope).append("\n");
    append_hex(out, crypto::sha256(as_bytes(canonical)));
}

signature_text sign_sigv4(const crypto::hmac_sha256_key& signing_key, std::string_view text) {
    return hex_digits(signing_key.sign(as_bytes(text)));
}

sigv4_texts& sigv4_texts_of_thread() {
    thread_local sigv4_texts mine;
    return mine;
}

result<void> require_amz_headers_signed(
    const http::request_head& head,
    std::span<const std::string_view> signed_headers,
    content_sha256_rule rule,
    refusal& why
) {
    std::string missing;
    for (const auto& field : head.headers) {
        if (!is_amz_header(field.name))
            continue;
        if (rule == content_sha256_rule::may_be_unsigned &&
            equal_ignoring_case(field.name, "x-amz-content-sha256"))
            continue;
        const auto is_this = [&](std::string_view name) {
            return equal_ignoring_case(name, field.name);
        };
        if (std::ranges::any_of(signed_headers, is_this))
            continue;
        if (!missing.empty())
            missing.append(", ");
        missing.append(to_lower(field.name));
    }
    if (!missing.empty())
        return why.with("HeadersNotSigned", std::move(missing)).because(errc::unsigned_header);
    return {};
}

}  // namespace labstore::auth
