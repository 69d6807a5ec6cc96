#include "auth/authorization.hpp"

#include <algorithm>

namespace labstore::auth {
namespace {

/// Cuts the part behind the last `separator` off `text`.
std::optional<std::string_view> cut_last(std::string_view& text, char separator) {
    const auto at = text.rfind(separator);
    if (at == std::string_view::npos)
        return std::nullopt;
    const auto part = text.substr(at + 1);
    text = text.substr(0, at);
    return part;
}

bool is_header_token(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    };
    return !name.empty() && std::ranges::all_of(name, allowed);
}

bool is_printable(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

struct authorization_fields {
    std::optional<std::string_view> credential;
    std::optional<std::string_view> signed_headers;
    std::optional<std::string_view> signature;

    [[nodiscard]] bool take(std::string_view name, std::string_view value) {
        auto* slot = name == "Credential"      ? &credential
                     : name == "SignedHeaders" ? &signed_headers
                     : name == "Signature"     ? &signature
                                               : nullptr;
        if (slot == nullptr || slot->has_value())
            return false;
        *slot = value;
        return true;
    }
};

error_code refuse_sigv4_header(refusal& why, std::string_view what) {
    return why.because(
        errc::authorization_header_malformed, "The authorization header is malformed; " + std::string(what)
    );
}

}  // namespace

std::optional<credential_scope> parse_credential(std::string_view text) {
    if (!is_printable(text))
        return std::nullopt;
    auto left = text;
    const auto terminator = cut_last(left, '/');
    const auto service = terminator ? cut_last(left, '/') : std::nullopt;
    const auto region = service ? cut_last(left, '/') : std::nullopt;
    const auto date = region ? cut_last(left, '/') : std::nullopt;
    if (!date || left.empty() || *terminator != "aws4_request" || service->empty() || region->empty())
        return std::nullopt;
    if (date->size() != 8 || !parse_decimal(*date))
        return std::nullopt;
    return credential_scope{left, *date, *region, *service, text.substr(left.size() + 1)};
}

std::optional<std::vector<std::string_view>> parse_signed_headers(std::string_view text) {
    std::vector<std::string_view> names;
    names.reserve(16);
    while (true) {
        const auto end = std::min(text.find(';'), text.size());
        const auto name = text.substr(0, end);
        if (!is_header_token(name) || names.size() == signed_headers_max)
            return std::nullopt;
        names.push_back(name);
        if (end == text.size())
            break;
        text.remove_prefix(end + 1);
    }
    std::ranges::sort(names);
    if (std::ranges::adjacent_find(names) != names.end() || !std::ranges::binary_search(names, "host"))
        return std::nullopt;
    return names;
}

result<sigv4_authorization> parse_sigv4_authorization(std::string_view value, refusal& why) {
    constexpr std::string_view three_parts =
        "the authorization header requires three components: Credential, SignedHeaders, and Signature.";
    const auto space = std::min(value.find(' '), value.size());
    const auto algorithm = value.substr(0, space);
    if (algorithm == sigv4a_algorithm)
        return errc::unsupported_signature;
    if (algorithm != sigv4_algorithm)
        return errc::authorization_header_malformed;
    auto rest = trim(value.substr(space));
    authorization_fields fields;
    while (true) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto part = trim(rest.substr(0, end));
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || !fields.take(part.substr(0, equals), part.substr(equals + 1)))
            return refuse_sigv4_header(why, three_parts);
        if (end == rest.size())
            break;
        rest.remove_prefix(end + 1);
    }
    if (!fields.credential || !fields.signed_headers || !fields.signature || !is_printable(*fields.signature))
        return refuse_sigv4_header(why, three_parts);
    const auto scope = parse_credential(*fields.credential);
    if (!scope)
        return refuse_sigv4_header(why, malformed_credential);
    auto signed_headers = parse_signed_headers(*fields.signed_headers);
    if (!signed_headers)
        return refuse_sigv4_header(why, malformed_signed_headers);
    return sigv4_authorization{*scope, std::move(*signed_headers), *fields.signature};
}

result<sigv2_authorization> parse_sigv2_authorization(std::string_view value, refusal& why) {
    constexpr std::string_view scheme = "AWS ";
    constexpr std::string_view expected =
        "AWS authorization header is invalid. Expected AwsAccessKeyId:signature";
    if (!value.starts_with(scheme))
        return errc::invalid_argument;
    auto access_key = trim(value.substr(scheme.size()));
    const auto signature = cut_last(access_key, ':');
    if (!signature || !is_printable(access_key) || !is_printable(*signature))
        return why.with("ArgumentName", "Authorization")
            .because(errc::invalid_argument, std::string(expected));
    return sigv2_authorization{access_key, *signature};
}

}  // namespace labstore::auth
