#include "auth/sigv2.hpp"

#include "auth/head_lookup.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <vector>

namespace labstore::auth {
namespace {

/// The sub-resources and overrides that are part of the signed resource. Sorted.
constexpr std::array<std::string_view, 38> signed_names{
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
};
static_assert(std::ranges::is_sorted(signed_names));

/// Outside the signature by SigV2's design; they only shape a listing, or carry the credentials. Sorted.
constexpr std::array<std::string_view, 24> plain_names{
    "AWSAccessKeyId", "Expires",          "Signature",          "allow-unordered",
    "bucket-region",  "content-md5",      "content-type",       "continuation-token",
    "delimiter",      "encoding-type",    "fetch-owner",        "key-marker",
    "list-type",      "marker",           "max-buckets",        "max-keys",
    "max-parts",      "max-uploads",      "part-number-marker", "prefix",
    "start-after",    "upload-id-marker", "version-id-marker",  "x-id",
};
static_assert(std::ranges::is_sorted(plain_names));

/// "name:value,value\n" of every x-amz-* header, by name.
void append_amz_headers(std::string& out, const http::request_head& head) {
    std::map<std::string, std::string, std::less<>> lines;
    for (const auto& field : head.headers) {
        if (!is_amz_header(field.name))
            continue;
        const auto [line, fresh] = lines.try_emplace(to_lower(field.name));
        if (!fresh)
            line->second.push_back(',');
        line->second.append(trim(field.value));
    }
    for (const auto& [name, value] : lines)
        out.append(name).append(":").append(value).append("\n");
}

void append_resource(std::string& out, const sigv2_statement& statement) {
    if (!statement.virtual_host_bucket.empty())
        out.append("/").append(statement.virtual_host_bucket);
    out.append(statement.head.path).append(statement.path_end);
    std::vector<const query_parameter*> pieces;
    for (const auto& piece : statement.query)
        if (std::ranges::binary_search(signed_names, piece.name))
            pieces.push_back(&piece);
    // Pieces of one name stay in the order sent, which is that of their places in the query.
    std::ranges::sort(pieces, [](const query_parameter* left, const query_parameter* right) {
        return std::tie(left->name, left) < std::tie(right->name, right);
    });
    char separator = '?';
    for (const auto* piece : pieces) {
        out.push_back(separator);
        separator = '&';
        out.append(piece->name);
        if (piece->has_value)
            out.append("=").append(piece->decoded_value());
    }
}

}  // namespace

std::string_view other_path_end(std::string_view path, std::string_view virtual_host_bucket) noexcept {
    const bool is_bucket = path.size() > 1 && path.find('/', 1) == std::string_view::npos;
    return virtual_host_bucket.empty() && is_bucket ? "/" : "";
}

result<std::string> sigv2_string_to_sign(const sigv2_statement& statement) {
    const auto content_md5 = look_up(statement.head, "content-md5");
    const auto content_type = look_up(statement.head, "content-type");
    if (content_md5.count > 1 || content_type.count > 1)
        return errc::signature_does_not_match;
    std::string out;
    out.reserve(512);
    for (const auto line :
         {statement.head.method_text, content_md5.value, content_type.value, statement.date_line})
        out.append(line).push_back('\n');
    append_amz_headers(out, statement.head);
    append_resource(out, statement);
    return out;
}

std::string sign_sigv2(const crypto::secret& secret_key, std::string_view text) {
    return to_base64(crypto::hmac_sha1(as_bytes(secret_key.reveal()), as_bytes(text)));
}

result<void> require_query_signed(
    const http::request_head& head, std::span<const query_parameter> query, refusal& why
) {
    for (const auto& piece : query) {
        if (std::ranges::binary_search(signed_names, piece.name) ||
            std::ranges::binary_search(plain_names, piece.name))
            continue;
        // botocore repeats the headers it signed in the URL; the header decides, and it is signed.
        const auto header = is_amz_header(piece.name) ? look_up(head, piece.name) : field_lookup{};
        if (!header.is_single() || header.value != piece.decoded_value())
            return why.because(
                errc::unsigned_header,
                "Signature Version 2 does not sign the query parameter " + piece.name +
                    ". Please use AWS4-HMAC-SHA256."
            );
    }
    return {};
}

}  // namespace labstore::auth
