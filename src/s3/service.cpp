#include "labstore/s3.hpp"
#include "s3/call.hpp"
#include "s3/cors_exchange.hpp"
#include "s3/features.hpp"
#include "s3/md5_station.hpp"
#include "s3/operations/operations.hpp"
#include "s3/preflight.hpp"
#include "s3/router.hpp"
#include "s3/website_handler.hpp"

#include <algorithm>

namespace labstore::s3 {

namespace {

/// Verifies the credentials. Nothing of the request has been decoded or believed before this.
result<void> authenticate(call& request, auth::verifier& callers) {
    auth::refusal why;
    auto verified = callers.verify(request.head(), why);
    if (!verified) {
        request.detail.message = std::move(why.message());
        request.detail.elements = std::move(why.elements());
        return verified.error();
    }
    request.caller = std::move(*verified);
    request.exchange.notes().access_key = request.caller.who->access_key;
    return {};
}

/// Fills bucket, key and query.
result<void> find_address(call& request) {
    auto target = parse_address(request.head().host, request.head().path, request.settings.domains);
    LABSTORE_TRY(target);
    // Judged before it is kept: what follows, the error's document too, may show the target.
    if (const auto& key = target->key; !key.empty()) {
        const auto valid = object_key_tag::validate(key);
        if (!valid && to_errc(valid.error()) == errc::key_too_long) {
            request.detail.elements.emplace_back("Size", std::to_string(key.size()));
            request.detail.elements.emplace_back("MaxSizeAllowed", std::to_string(object_key_bytes_max));
        }
        LABSTORE_TRY(valid);
    }
    request.target = std::move(*target);
    auto query = query_parameters::parse(request.head().query);
    LABSTORE_TRY(query);
    request.query = std::move(*query);
    request.exchange.notes().bucket = request.target.bucket;
    if (!request.target.bucket.empty())
        LABSTORE_TRY(bucket_name_tag::validate(request.target.bucket));
    return {};
}

/// The bucket exists, is the caller's, and is whose the caller believes it to be.
result<void> authorize(call& request) {
    auto found = request.store.find_bucket(request.target.bucket);
    LABSTORE_TRY(found);
    request.bucket = std::move(*found);
    if (request.bucket->owner.id != request.caller.who->account_id)
        return make_error_code(errc::access_denied);
    const auto expected = request.header("x-amz-expected-bucket-owner");
    if (expected && *expected != request.bucket->owner.id)
        return make_error_code(errc::access_denied);
    return {};
}

/// To someone without credentials AWS says whether the bucket exists, and nothing else.
error_code refuse_anonymous(call& request) {
    const auto type = request.head().find("Content-Type").value_or(std::string_view{});
    if (request.head().method == http::method::post && to_lower(type).starts_with("multipart/form-data"))
        return request.fail(errc::not_implemented, "PostObject is not implemented.");
    const auto addressed = find_address(request);
    if (!addressed)
        return addressed.error();
    if (!request.target.bucket.empty()) {
        const auto found = request.store.find_bucket(request.target.bucket);
        if (!found)
            return found.error();
    }
    return make_error_code(errc::anonymous_denied);
}

/// The stations of a request, in the only order that is safe.
awaitable<result<void>> serve(call& request, auth::verifier& callers) {
    // 1. Browsers send no credentials with a preflight, so it is answered before anyone is asked for them.
    if (request.head().method == http::method::options) {
        request.exchange.notes().operation = "PreflightRequest";
        const auto addressed = find_address(request);
        LABSTORE_CO_TRY(addressed);
        auto answering = answer_preflight(request);
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    // 2. Who calls. On the raw head, before any decoding that could make two readings of one request.
    if (const auto known = authenticate(request, callers); !known) {
        co_return to_errc(known.error()) == errc::anonymous_denied ? refuse_anonymous(request)
                                                                   : known.error();
    }
    // 3. What is named. Decoded once; nobody decodes after this.
    const auto addressed = find_address(request);
    LABSTORE_CO_TRY(addressed);
    // 4. Which operation. Before anything looks at the bucket, so that 501 and 405 do not depend on it.
    const auto found = find_route(request);
    LABSTORE_CO_TRY(found);
    const route& way = **found;
    request.exchange.notes().operation = way.name;
    request.exchange.context().label.set(way.name, request.target.bucket);
    if (way.run == nullptr)
        co_return request.fail(errc::not_implemented, std::string(way.name) + " is not implemented.");
    // 5. What it asks beside. A wish that would not be granted must fail before it can be taken as granted.
    const auto supported = refuse_unsupported(request);
    LABSTORE_CO_TRY(supported);
    // 6. May they. All but the two operations that stand before a bucket need one that is the caller's.
    if (way.where != level::service && way.run != operations::create_bucket) {
        const auto allowed = authorize(request);
        LABSTORE_CO_TRY(allowed);
    }
    // 7. The operation itself.
    auto running = way.run(request);
    const auto done = co_await std::move(running);
    co_return done;
}

std::string resource_of(const call& request) {
    if (request.target.bucket.empty())
        return std::string(request.head().path);
    if (request.target.key.empty())
        return '/' + request.target.bucket;
    return '/' + request.target.bucket + '/' + request.target.key;
}

/// What AWS adds to the commonest errors.
void name_the_missing(call& request, errc error) {
    auto& elements = request.detail.elements;
    // RFC 9110 15.5.6: a 405 must say which methods there are, be it none.
    // That of a delete marker says so already.
    auto& headers = request.detail.headers;
    const bool said =
        std::any_of(headers.begin(), headers.end(), [](const auto& one) { return one.first == "Allow"; });
    if (error == errc::method_not_allowed && !said)
        headers.emplace_back("Allow", allowed_methods(request));
    if (!elements.empty())
        return;
    if (error == errc::no_such_bucket || error == errc::bucket_not_empty ||
        error == errc::invalid_bucket_name || error == errc::bucket_already_exists ||
        error == errc::bucket_already_owned_by_you)
        elements.emplace_back("BucketName", request.target.bucket);
    if (error == errc::no_such_key || error == errc::no_such_version)
        elements.emplace_back("Key", request.target.key);
    if (error == errc::no_such_version)
        elements.emplace_back("VersionId", std::string(request.query.text("versionId")));
    if (error == errc::no_such_upload)
        elements.emplace_back("UploadId", std::string(request.query.text("uploadId")));
    if (error == errc::method_not_allowed) {
        elements.emplace_back("Method", std::string(request.head().method_text));
        const auto where = level_of(request.target);
        elements.emplace_back(
            "ResourceType",
            where == level::service  ? "SERVICE"
            : where == level::bucket ? "BUCKET"
                                     : "OBJECT"
        );
    }
}

awaitable<result<void>> respond_error(call& request, errc error) {
    name_the_missing(request, error);
    const auto& entry = describe(error);
    const auto& detail = request.detail;
    const auto code = detail.code.empty() ? entry.code : detail.code;
    request.exchange.notes().error_code = code;
    http::response_head head(detail.status != 0 ? detail.status : entry.status);
    head.add("Content-Type", "application/xml");
    for (const auto& [name, value] : detail.headers)
        head.add(name, value);
    // HEAD has no document to name the right region in, and SDKs look here first.
    for (const auto& [name, value] : detail.elements)
        if (name == "Region")
            head.add("x-amz-bucket-region", value);
    if (request.head().method == http::method::head)
        return request.exchange.respond_head_only(std::move(head), 0);
    auto document = error_document(
        code,
        detail.message.empty() ? entry.message : std::string_view(detail.message),
        detail,
        resource_of(request),
        request.exchange.context().request_id,
        request.settings.host_id
    );
    return request.exchange.respond(std::move(head), std::move(document));
}

}  // namespace

service::service(
    options settings,
    auth::verifier& callers,
    storage::object_store& objects,
    const clock& time,
    observer& watcher
)
    : settings_(std::move(settings)),
      documents_("document_memory_bytes", settings_.document_memory_bytes_max),
      md5_(std::make_unique<md5_station>()),
      callers_(callers),
      objects_(objects),
      time_(time),
      watcher_(watcher),
      website_(std::make_unique<website_handler>(settings_, objects, documents_, *md5_, time, watcher)) {}

service::~service() = default;

http::handler& service::website() noexcept {
    return *website_;
}

hashing_figures service::hashing() const noexcept {
    return md5_->statistics();
}

runtime::awaitable<void> service::handle(http::exchange& request) {
    cors_exchange crossing(request);
    const bool from_page = request.head().find("Origin").has_value();
    if (from_page)
        crossing.prepare(objects_, settings_.domains);
    http::exchange& answers = from_page ? static_cast<http::exchange&>(crossing) : request;
    call current(answers, objects_, settings_, documents_, *md5_, time_);
    auto serving = serve(current, callers_);
    const auto served = co_await std::move(serving);
    if (served)
        co_return;
    const auto error = to_errc(served.error());
    // A response that has begun cannot be taken back, and who has gone gets none.
    if (request.responded() || error == errc::cancelled) {
        request.notes().error_code = describe(error).code;
        request.abort();
        co_return;
    }
    auto answering = respond_error(current, error);
    const auto answered = co_await std::move(answering);
    if (!answered)
        request.abort();
}

http::error_answer service::make_error(errc error, std::string_view target, std::string_view request_id) {
    const auto& entry = describe(error);
    http::response_head head(entry.status);
    head.add("Content-Type", "application/xml");
    const auto path = target.substr(0, target.find('?'));
    auto document =
        error_document(entry.code, entry.message, error_detail{}, path, request_id, settings_.host_id);
    return {std::move(head), std::move(document), entry.code};
}

void service::on_finished(const http::summary& done) {
    watcher_.on_finished(done);
}

}  // namespace labstore::s3
