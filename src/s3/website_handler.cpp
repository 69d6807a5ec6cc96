#include "s3/website_handler.hpp"

#include "s3/object_headers.hpp"
#include "s3/object_read.hpp"
#include "s3/xml/writer.hpp"

#include <utility>

namespace labstore::s3 {

namespace {

constexpr unsigned found = 302;

struct error_words {
    unsigned status = 0;
    std::string_view code;
    std::string_view message;
};

error_words words_of(const call& request, errc error) {
    const auto& entry = describe(error);
    const auto& detail = request.detail;
    return {
        detail.status != 0 ? detail.status : entry.status,
        detail.code.empty() ? entry.code : detail.code,
        detail.message.empty() ? entry.message : std::string_view(detail.message),
    };
}

/// HTML, as AWS words it for a browser.
std::string error_page(
    const error_words& said, std::string_view key, std::string_view request_id, std::string_view host_id
) {
    const auto title = std::to_string(said.status) + ' ' + std::string(said.code);
    std::string out =
        "<html>\n<head><title>" + title + "</title></head>\n<body>\n<h1>" + title + "</h1>\n<ul>\n";
    const auto line = [&out](std::string_view name, std::string_view value) {
        out.append("<li>").append(name).append(": ");
        xml::append_escaped(out, value);
        out += "</li>\n";
    };
    line("Code", said.code);
    line("Message", said.message);
    if (!key.empty())
        line("Key", key);
    line("RequestId", request_id);
    line("HostId", host_id);
    out += "</ul>\n<hr/>\n</body>\n</html>\n";
    return out;
}

http::response_head error_head(const error_words& said) {
    http::response_head head(said.status);
    head.add("Content-Type", "text/html; charset=utf-8");
    head.add("x-amz-error-code", said.code);
    head.add("x-amz-error-message", said.message);
    return head;
}

awaitable<result<void>> redirect(call& request, redirection where) {
    http::response_head head(where.status);
    head.add("Location", where.location);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

website_visit visit_of(const call& request) {
    const auto& head = request.head();
    return {head.host, request.exchange.is_secure(), request.target.key, head.target};
}

const storage::website_config& site_of(const call& request) {
    return *request.bucket->config->website;
}

/// "/folder" where "folder/" has an index document: the client is sent there, so that the page's own links fit.
awaitable<bool> is_folder(call& request) {
    const auto& key = request.target.key;
    if (key.empty() || key.back() == '/')
        co_return false;
    storage::object_name index{request.target.bucket, page_key(site_of(request), key + '/'), {}};
    auto looking = request.store.stat_object(std::move(index));
    const auto there = co_await std::move(looking);
    co_return there.has_value();
}

/// The bucket's own page for errors, with the error's status; false where it has none that can be shown.
awaitable<result<bool>> show_error_page(call& request, const error_words& said) {
    const auto& key = site_of(request).error_key;
    if (key.empty())
        co_return false;
    storage::object_name name{request.target.bucket, key, {}};
    auto opening = request.store.open_object(std::move(name));
    auto reader = co_await std::move(opening);
    if (!reader)
        co_return false;
    const auto& page = (*reader)->info();
    http::response_head head(said.status);
    add_object_headers(head, request, page);
    head.add("x-amz-error-code", said.code);
    head.add("x-amz-error-message", said.message);
    byte_range all{0, page.size_bytes};
    auto sending = send_object(request, **reader, all, std::move(head));
    const auto sent = co_await std::move(sending);
    if (!sent)
        co_return to_errc(sent.error());
    co_return true;
}

/// The page, or the redirect that it stands for.
awaitable<result<void>> show_page(call& request) {
    read_plan plan;
    auto planning = plan_read(request, plan, true);
    const auto planned = co_await std::move(planning);
    if (!planned && to_errc(planned.error()) == errc::not_modified) {
        auto answering = respond_not_modified(request, plan.object());
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    LABSTORE_CO_TRY(planned);
    if (const auto& elsewhere = plan.object().attributes.website_redirect; !elsewhere.empty()) {
        auto redirecting = redirect(request, redirection{301, elsewhere});
        const auto answered = co_await std::move(redirecting);
        co_return answered;
    }
    auto head = describe_read(request, plan);
    auto sending = send_object(request, *plan.reader, plan.bytes, std::move(head));
    const auto sent = co_await std::move(sending);
    co_return sent;
}

/// Fills target and bucket. no_such_bucket, NoSuchWebsiteConfiguration, invalid_uri, key errors.
result<void> find_site(call& request) {
    request.target.bucket = website_bucket(request.head().host, request.settings.website_domains);
    request.exchange.notes().bucket = request.target.bucket;
    auto bucket = request.store.find_bucket(request.target.bucket);
    LABSTORE_TRY(bucket);
    request.bucket = std::move(*bucket);
    if (!request.bucket->config || !request.bucket->config->website)
        return request.fail_with(
            404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration"
        );
    auto path = request.head().path;
    path.remove_prefix(std::min<std::size_t>(path.size(), 1));
    auto key = percent_decode(path, plus_sign::keep);
    if (!key)
        return make_error_code(errc::invalid_uri);
    if (!key->empty())
        LABSTORE_TRY(object_key_tag::validate(*key));
    request.target.key = std::move(*key);
    return {};
}

}  // namespace

awaitable<result<void>> website_handler::serve(call& request) {
    const auto method = request.head().method;
    if (method != http::method::get && method != http::method::head) {
        request.detail.headers.emplace_back("Allow", "GET, HEAD");
        co_return errc::method_not_allowed;
    }
    const auto named = find_site(request);
    LABSTORE_CO_TRY(named);
    const auto& site = site_of(request);
    auto elsewhere = redirect_all(site, visit_of(request));
    if (!elsewhere)
        elsewhere = redirect_by_rule(site, visit_of(request), std::nullopt);
    if (elsewhere) {
        auto redirecting = redirect(request, std::move(*elsewhere));
        const auto answered = co_await std::move(redirecting);
        co_return answered;
    }
    const auto asked = std::exchange(request.target.key, page_key(site, request.target.key));
    auto showing = show_page(request);
    const auto shown = co_await std::move(showing);
    if (shown || request.exchange.responded() || to_errc(shown.error()) == errc::cancelled)
        co_return shown;
    request.target.key = asked;
    auto looking = is_folder(request);
    const bool folder = to_errc(shown.error()) == errc::no_such_key && co_await std::move(looking);
    if (folder) {
        std::string location = "/";
        append_percent_encoded(location, asked + '/', keep_slash::yes);
        auto redirecting = redirect(request, redirection{found, std::move(location)});
        const auto answered = co_await std::move(redirecting);
        co_return answered;
    }
    co_return shown;
}

awaitable<result<void>> website_handler::respond_error(call& request, error_code failure) {
    const auto said = words_of(request, to_errc(failure));
    request.exchange.notes().error_code = said.code;
    const bool has_site = request.bucket && request.bucket->config && request.bucket->config->website;
    if (has_site && said.status != 405) {
        if (auto elsewhere = redirect_by_rule(site_of(request), visit_of(request), said.status)) {
            auto redirecting = redirect(request, std::move(*elsewhere));
            const auto answered = co_await std::move(redirecting);
            co_return answered;
        }
        auto showing = show_error_page(request, said);
        const auto shown = co_await std::move(showing);
        if (!shown)
            co_return shown.error();
        if (*shown)
            co_return result<void>();
    }
    auto head = error_head(said);
    for (const auto& [name, value] : request.detail.headers)
        head.add(name, value);
    auto page =
        error_page(said, request.target.key, request.exchange.context().request_id, settings_.host_id);
    auto answering = request.exchange.respond(std::move(head), std::move(page));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<void> website_handler::handle(http::exchange& request) {
    request.notes().operation = "WebsiteGet";
    call current(request, objects_, settings_, documents_, hashes_, time_);
    auto serving = serve(current);
    const auto served = co_await std::move(serving);
    if (served)
        co_return;
    const auto failure = served.error();
    if (request.responded() || to_errc(failure) == errc::cancelled) {
        request.notes().error_code = describe(to_errc(failure)).code;
        request.abort();
        co_return;
    }
    auto answering = respond_error(current, failure);
    const auto answered = co_await std::move(answering);
    if (!answered)
        request.abort();
}

http::error_answer website_handler::make_error(errc error, std::string_view, std::string_view request_id) {
    const auto& entry = describe(error);
    const error_words said{entry.status, entry.code, entry.message};
    return {error_head(said), error_page(said, {}, request_id, settings_.host_id), entry.code};
}

}  // namespace labstore::s3
