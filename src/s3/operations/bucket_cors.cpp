#include "s3/configuration.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/config_requests.hpp"
#include "s3/xml/writer.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3::operations {

namespace {

constexpr std::size_t rules_max = 100;
constexpr std::size_t rule_id_bytes_max = 255;
constexpr std::size_t document_size_bytes_max = 64 * KiB;
constexpr std::array<std::string_view, 5> methods{"GET", "PUT", "POST", "DELETE", "HEAD"};

/// An element that may hold one "*".
result<void> check_wildcards(call& request, std::string_view name, const std::vector<std::string>& patterns) {
    for (const auto& pattern : patterns)
        if (std::count(pattern.begin(), pattern.end(), '*') > 1)
            return request.fail(
                errc::invalid_request,
                std::string(name) + " \"" + pattern + "\" can not have more than one wildcard."
            );
    return {};
}

result<void> check_rule(call& request, const storage::cors_rule& rule) {
    for (const auto& method : rule.methods)
        if (std::find(methods.begin(), methods.end(), method) == methods.end())
            return request.fail(
                errc::invalid_request,
                "Found unsupported HTTP method in CORS config. Unsupported method is " + method
            );
    LABSTORE_TRY(check_wildcards(request, "AllowedOrigin", rule.origins));
    LABSTORE_TRY(check_wildcards(request, "AllowedHeader", rule.headers));
    for (const auto& header : rule.exposed_headers)
        if (header.find('*') != std::string::npos)
            return request.fail(
                errc::invalid_request,
                "ExposeHeader \"" + header +
                    "\" contains wildcard. We currently do not support wildcard for ExposeHeader."
            );
    if (rule.id.size() > rule_id_bytes_max)
        return request.fail(errc::invalid_request, "ID length should not exceed allowed limit of 255");
    return {};
}

void write_rule(xml::writer& out, const storage::cors_rule& rule) {
    const auto write_all = [&out](std::string_view name, const std::vector<std::string>& texts) {
        for (const auto& text : texts)
            out.element(name, text);
    };
    out.open("CORSRule");
    if (!rule.id.empty())
        out.element("ID", rule.id);
    write_all("AllowedOrigin", rule.origins);
    write_all("AllowedMethod", rule.methods);
    write_all("AllowedHeader", rule.headers);
    write_all("ExposeHeader", rule.exposed_headers);
    if (rule.max_age_seconds)
        out.element("MaxAgeSeconds", *rule.max_age_seconds);
    out.close("CORSRule");
}

awaitable<result<void>> replace(call& request, std::vector<storage::cors_rule> rules, unsigned status) {
    storage::config_change change = [rules =
                                         std::move(rules)](storage::bucket_config& config) -> result<void> {
        config.cors = rules;
        return {};
    };
    return configure(request, std::move(change), http::response_head(status));
}

}  // namespace

awaitable<result<void>> get_bucket_cors(call& request) {
    const auto& config = request.bucket->config;
    if (!config || config->cors.empty()) {
        request.detail.elements.emplace_back("BucketName", request.target.bucket);
        co_return request.fail_with(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist");
    }
    xml::writer out;
    out.open_root("CORSConfiguration");
    for (const auto& rule : config->cors)
        write_rule(out, rule);
    out.close("CORSConfiguration");
    auto answering = respond_xml(request, out.take());
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_bucket_cors(call& request) {
    auto reading = receive_document(request, document_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    auto rules = xml::parse_cors(*text);
    LABSTORE_CO_TRY(rules);
    if (rules->size() > rules_max)
        co_return request.fail(
            errc::invalid_request, "The number of CORS rules should not exceed allowed limit of 100 rules."
        );
    for (const auto& rule : *rules) {
        const auto valid = check_rule(request, rule);
        LABSTORE_CO_TRY(valid);
    }
    auto replacing = replace(request, std::move(*rules), 200);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

awaitable<result<void>> delete_bucket_cors(call& request) {
    std::vector<storage::cors_rule> none;
    auto replacing = replace(request, std::move(none), 204);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

}  // namespace labstore::s3::operations
