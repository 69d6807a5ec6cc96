#include "s3/call.hpp"

namespace labstore::s3 {

namespace {

constexpr std::string_view hoistable = "x-amz-";
constexpr std::size_t small_document_bytes = 4 * KiB;

}  // namespace

bool call::hoists() const noexcept {
    return caller.presigned && query.has("X-Amz-Algorithm") && query.has("X-Amz-Signature") &&
           !query.has("AWSAccessKeyId") && !query.has("Signature");
}

std::optional<std::string_view> call::header(std::string_view name) const noexcept {
    if (const auto found = head().find(name))
        return found;
    if (starts_with_ignoring_case(name, hoistable) && hoists())
        return query.find_ignoring_case(name);
    return std::nullopt;
}

bool call::has_header_with_prefix(std::string_view prefix) const noexcept {
    for (const auto& field : head().headers)
        if (starts_with_ignoring_case(field.name, prefix))
            return true;
    if (hoists())
        for (const auto& [name, value] : query.all())
            if (starts_with_ignoring_case(name, prefix))
                return true;
    return false;
}

error_code call::fail_argument(std::string message, std::string_view name, std::string value) {
    detail.elements.emplace_back("ArgumentName", std::string(name));
    detail.elements.emplace_back("ArgumentValue", std::move(value));
    return fail(errc::invalid_argument, std::move(message));
}

error_code call::fail_with(unsigned status, std::string_view code, std::string message) {
    detail.status = status;
    detail.code = code;
    return fail(errc::invalid_request, std::move(message));
}

awaitable<result<void>> respond_xml(call& request, std::string document, http::response_head head) {
    // The small ones, which tell of a change that is made, are never held back: a connection's buffers are larger.
    if (document.size() > small_document_bytes) {
        const auto held = request.document_memory.grow(document.capacity());
        LABSTORE_CO_TRY(held);
    }
    head.add("Content-Type", "application/xml");
    auto answering = request.exchange.respond(std::move(head), std::move(document));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> respond_xml(call& request, std::string document) {
    return respond_xml(request, std::move(document), http::response_head(200));
}

awaitable<result<void>> respond_empty(call& request, http::response_head head) {
    return request.exchange.respond(std::move(head), {});
}

}  // namespace labstore::s3
