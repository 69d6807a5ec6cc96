#include "s3/configuration.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/config_requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

constexpr std::size_t rules_max = 50;

result<void> check_redirect(call& request, const storage::website_redirect& redirect) {
    if (!redirect.protocol.empty() && redirect.protocol != "http" && redirect.protocol != "https")
        return request.fail(
            errc::invalid_request,
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically."
        );
    if (redirect.key && redirect.key_prefix)
        return request.fail(
            errc::invalid_request, "You can only define ReplaceKeyPrefix or ReplaceKey but not both."
        );
    const bool valid = redirect.status == 0 || (redirect.status > 300 && redirect.status < 400);
    if (!valid)
        return request.fail(
            errc::invalid_request,
            "The provided HTTP redirect code (" + std::to_string(redirect.status) +
                ") is not valid. Valid codes are 3XX except 300."
        );
    return {};
}

result<void> check_rule(call& request, const storage::website_rule& rule) {
    if (rule.error_status && (*rule.error_status < 400 || *rule.error_status > 599))
        return request.fail(
            errc::invalid_request,
            "The provided HTTP error code (" + std::to_string(*rule.error_status) +
                ") is not valid. Valid codes are 4XX or 5XX."
        );
    return check_redirect(request, rule.redirect);
}

result<void> check(call& request, const storage::website_config& site) {
    if (site.redirect_all) {
        if (!site.index_suffix.empty() || !site.error_key.empty() || !site.rules.empty())
            return request.fail_argument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                "RedirectAllRequestsTo",
                "not null"
            );
        return check_redirect(request, *site.redirect_all);
    }
    if (site.index_suffix.empty())
        return request.fail_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument",
            "null"
        );
    if (site.index_suffix.find('/') != std::string::npos)
        return request.fail_argument(
            "The IndexDocument Suffix is not well formed", "IndexDocument", site.index_suffix
        );
    if (!site.error_key.empty() && !object_key_tag::validate(site.error_key))
        return request.fail_argument(
            "The ErrorDocument Key is not well formed", "ErrorDocument", site.error_key
        );
    if (site.rules.size() > rules_max)
        return request.fail(
            errc::invalid_request,
            std::to_string(site.rules.size()) +
                " routing rules provided, the number of routing rules in a website configuration is limited "
                "to 50."
        );
    for (const auto& rule : site.rules)
        LABSTORE_TRY(check_rule(request, rule));
    return {};
}

void write_redirect(xml::writer& out, std::string_view name, const storage::website_redirect& redirect) {
    out.open(name);
    if (!redirect.host.empty())
        out.element("HostName", redirect.host);
    if (!redirect.protocol.empty())
        out.element("Protocol", redirect.protocol);
    if (redirect.key_prefix)
        out.element("ReplaceKeyPrefixWith", *redirect.key_prefix);
    if (redirect.key)
        out.element("ReplaceKeyWith", *redirect.key);
    if (redirect.status != 0)
        out.element("HttpRedirectCode", unsigned{redirect.status});
    out.close(name);
}

void write_rule(xml::writer& out, const storage::website_rule& rule) {
    out.open("RoutingRule");
    if (rule.key_prefix || rule.error_status) {
        out.open("Condition");
        if (rule.key_prefix)
            out.element("KeyPrefixEquals", *rule.key_prefix);
        if (rule.error_status)
            out.element("HttpErrorCodeReturnedEquals", unsigned{*rule.error_status});
        out.close("Condition");
    }
    write_redirect(out, "Redirect", rule.redirect);
    out.close("RoutingRule");
}

std::string write_website(const storage::website_config& site) {
    xml::writer out;
    out.open_root("WebsiteConfiguration");
    if (site.redirect_all)
        write_redirect(out, "RedirectAllRequestsTo", *site.redirect_all);
    if (!site.index_suffix.empty()) {
        out.open("IndexDocument");
        out.element("Suffix", site.index_suffix);
        out.close("IndexDocument");
    }
    if (!site.error_key.empty()) {
        out.open("ErrorDocument");
        out.element("Key", site.error_key);
        out.close("ErrorDocument");
    }
    if (!site.rules.empty()) {
        out.open("RoutingRules");
        for (const auto& rule : site.rules)
            write_rule(out, rule);
        out.close("RoutingRules");
    }
    out.close("WebsiteConfiguration");
    return out.take();
}

awaitable<result<void>> replace(call& request, std::optional<storage::website_config> site, unsigned status) {
    storage::config_change change = [site = std::move(site)](storage::bucket_config& config) -> result<void> {
        config.website = site;
        return {};
    };
    return configure(request, std::move(change), http::response_head(status));
}

}  // namespace

awaitable<result<void>> get_bucket_website(call& request) {
    const auto& config = request.bucket->config;
    if (!config || !config->website) {
        request.detail.elements.emplace_back("BucketName", request.target.bucket);
        co_return request.fail_with(
            404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"
        );
    }
    auto answering = respond_xml(request, write_website(*config->website));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_bucket_website(call& request) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    auto site = xml::parse_website(*text);
    LABSTORE_CO_TRY(site);
    const auto valid = check(request, *site);
    LABSTORE_CO_TRY(valid);
    auto replacing = replace(request, std::move(*site), 200);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

awaitable<result<void>> delete_bucket_website(call& request) {
    auto replacing = replace(request, std::nullopt, 204);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

}  // namespace labstore::s3::operations
