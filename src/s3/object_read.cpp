#include "s3/object_read.hpp"

#include "s3/checksums.hpp"
#include "s3/conditions.hpp"
#include "s3/lifecycle.hpp"
#include "s3/object_headers.hpp"

namespace labstore::s3 {

namespace {

constexpr std::uint32_t part_number_max = 10'000;
constexpr std::size_t version_id_size = 32;
constexpr int attempts_max = 8;

result<std::optional<std::uint32_t>> part_number_of(call& request) {
    const auto text = request.query.find("partNumber");
    if (!text)
        return std::optional<std::uint32_t>{};
    if (request.head().find("Range"))
        return request.fail(
            errc::invalid_request, "Cannot specify both Range header and partNumber query parameter"
        );
    const auto number = parse_decimal(*text);
    if (!number || *number == 0 || *number > part_number_max)
        return request.fail_argument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", std::string(*text)
        );
    return std::optional(static_cast<std::uint32_t>(*number));
}

awaitable<result<void>> find_object(
    call& request, storage::object_name name, read_plan& plan, bool with_reader
) {
    if (with_reader) {
        auto opening = request.store.open_object(std::move(name));
        auto opened = co_await std::move(opening);
        if (!opened) {
            auto explaining = explain_missing(request, opened.error());
            const auto why = co_await std::move(explaining);
            co_return why;
        }
        plan.reader = std::move(*opened);
        co_return result<void>{};
    }
    auto asking = request.store.stat_object(std::move(name));
    auto found = co_await std::move(asking);
    if (!found) {
        auto explaining = explain_missing(request, found.error());
        const auto why = co_await std::move(explaining);
        co_return why;
    }
    plan.described = std::move(*found);
    co_return result<void>{};
}

awaitable<result<void>> find_part(
    call& request, const storage::object_name& name, read_plan& plan, bool with_reader
) {
    std::vector<storage::part_info> parts;
    auto finding = find_with_parts(request, name, plan, with_reader, *plan.part - 1, 1, parts);
    const auto found = co_await std::move(finding);
    LABSTORE_CO_TRY(found);
    if (plan.object().parts_count == 0)
        co_return result<void>{};
    if (parts.empty() || parts.front().number != *plan.part)
        co_return make_error_code(errc::invalid_part_number);
    plan.info = std::move(parts.front());
    co_return result<void>{};
}

result<void> choose_part(read_plan& plan) {
    const auto size = plan.object().size_bytes;
    if (plan.info) {
        plan.bytes = {plan.info->offset, plan.info->size_bytes};
    } else {
        // Not uploaded in parts: the whole is its part 1.
        if (*plan.part != 1)
            return make_error_code(errc::invalid_part_number);
        plan.bytes = {0, size};
    }
    if (plan.bytes.size_bytes != 0)
        plan.verdict = range_verdict::part;
    return {};
}

result<void> choose_range(call& request, read_plan& plan) {
    const auto size = plan.object().size_bytes;
    plan.bytes = {0, size};
    const auto header = request.head().find("Range");
    if (!header || !range_counts(request, plan.object()))
        return {};
    const auto decision = decide_range(*header, size);
    plan.verdict = decision.verdict;
    if (decision.verdict == range_verdict::part)
        plan.bytes = decision.bytes;
    if (decision.verdict != range_verdict::not_satisfiable)
        return {};
    request.detail.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    request.detail.elements.emplace_back("RangeRequested", std::string(*header));
    request.detail.elements.emplace_back("ActualObjectSize", std::to_string(size));
    return make_error_code(errc::invalid_range);
}

/// The condition that did not hold, as AWS names it.
std::string_view failed_condition(const storage::read_conditions& conditions) noexcept {
    return conditions.if_match ? "If-Match" : "If-Unmodified-Since";
}

}  // namespace

// The index is asked for the object, its parts and the object again: where both answers are one version, the
// parts in between are of it, too.
awaitable<result<void>> find_with_parts(
    call& request,
    const storage::object_name& name,
    read_plan& plan,
    bool with_reader,
    std::uint32_t after,
    std::size_t limit,
    std::vector<storage::part_info>& parts
) {
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        auto finding = find_object(request, name, plan, with_reader);
        const auto found = co_await std::move(finding);
        LABSTORE_CO_TRY(found);
        if (plan.object().parts_count == 0)
            co_return result<void>{};
        auto listing = request.store.list_object_parts(name, after, limit);
        auto listed = co_await std::move(listing);
        auto asking = request.store.stat_object(name);
        const auto now = co_await std::move(asking);
        LABSTORE_CO_TRY(now);
        if (now->etag != plan.object().etag || now->modified != plan.object().modified ||
            now->version_id != plan.object().version_id)
            continue;
        LABSTORE_CO_TRY(listed);
        parts = std::move(*listed);
        co_return result<void>{};
    }
    co_return make_error_code(errc::slow_down);
}

bool is_version_id(std::string_view text) noexcept {
    return text == "null" || (text.size() == version_id_size && from_hex(text).has_value());
}

result<storage::object_name> object_name_of(call& request) {
    const auto version = request.query.find("versionId");
    if (version && version->empty())
        return request.fail_argument("Version id cannot be the empty string", "versionId", {});
    if (version && !is_version_id(*version)) {
        request.detail.elements.emplace_back("ArgumentName", "versionId");
        request.detail.elements.emplace_back("ArgumentValue", std::string(*version));
        return make_error_code(errc::invalid_version_id);
    }
    return storage::object_name{
        request.target.bucket, request.target.key, std::string(version.value_or(std::string_view{}))};
}

awaitable<error_code> explain_missing(call& request, error_code failure) {
    const bool by_id = failure == errc::method_not_allowed;
    const bool versioned = request.bucket->versioning != storage::versioning_state::unversioned;
    if (!versioned || (!by_id && failure != errc::no_such_key))
        co_return failure;
    auto name = object_name_of(request);
    LABSTORE_ASSERT(name);
    auto asking = request.store.find_delete_marker(std::move(*name));
    const auto marker = co_await std::move(asking);
    if (!marker)
        co_return by_id ? make_error_code(errc::no_such_version) : failure;
    auto& headers = request.detail.headers;
    headers.emplace_back("x-amz-delete-marker", "true");
    headers.emplace_back("x-amz-version-id", marker->version_id);
    if (by_id) {
        headers.emplace_back("Last-Modified", format_http_date(marker->modified));
        headers.emplace_back("Allow", "DELETE");
    }
    co_return failure;
}

awaitable<result<storage::object_info>> stat_named(call& request) {
    auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    auto asking = request.store.stat_object(std::move(*name));
    auto object = co_await std::move(asking);
    if (object)
        co_return object;
    auto explaining = explain_missing(request, object.error());
    const auto why = co_await std::move(explaining);
    co_return why;
}

awaitable<result<void>> plan_read(call& request, read_plan& plan, bool with_reader) {
    auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    const auto overridden = check_overrides(request);
    LABSTORE_CO_TRY(overridden);
    const auto part = part_number_of(request);
    LABSTORE_CO_TRY(part);
    plan.part = *part;
    auto finding = plan.part ? find_part(request, *name, plan, with_reader)
                             : find_object(request, std::move(*name), plan, with_reader);
    const auto found = co_await std::move(finding);
    // A part that is not there must not hide a condition that does not hold, but nothing depends on it.
    LABSTORE_CO_TRY(found);
    const auto conditions = read_conditions_of(request);
    const auto judged = storage::judge(conditions, plan.object());
    if (!judged && to_errc(judged.error()) == errc::precondition_failed)
        request.detail.elements.emplace_back("Condition", std::string(failed_condition(conditions)));
    LABSTORE_CO_TRY(judged);
    co_return plan.part ? choose_part(plan) : choose_range(request, plan);
}

http::response_head describe_read(const call& request, const read_plan& plan) {
    const bool partial = plan.verdict == range_verdict::part;
    http::response_head head(partial ? 206 : 200);
    add_validators(head, plan.object());
    add_object_headers(head, request, plan.object());
    if (!request.query.has("versionId"))
        add_expiration(head, request, plan.object());
    if (partial)
        head.add(
            "Content-Range",
            "bytes " + std::to_string(plan.bytes.first) + '-' + std::to_string(plan.bytes.last()) + '/' +
                std::to_string(plan.object().size_bytes)
        );
    if (plan.part && plan.object().parts_count != 0)
        head.add("x-amz-mp-parts-count", std::uint64_t{plan.object().parts_count});
    const auto& whole = plan.object().checksum;
    if (!whole || !equal_ignoring_case(request.header_text("x-amz-checksum-mode"), "ENABLED"))
        return head;
    // A checksum speaks of all the bytes it was made from: of the whole object or of one whole part.
    if (plan.info) {
        if (plan.info->checksum)
            add_checksum_headers(head, *plan.info->checksum, whole->composite, plan.object().etag);
    } else if (plan.part || !partial) {
        add_checksum_headers(head, *whole, whole->composite, plan.object().etag);
    }
    return head;
}

awaitable<result<void>> send_object(
    call& request, storage::object_reader& reader, byte_range bytes, http::response_head head
) {
    auto offset = bytes.first;
    auto left = bytes.size_bytes;
    if (left == 0 || request.head().method == http::method::head) {
        auto answering = request.exchange.respond_head_only(std::move(head), left);
        const auto answered = co_await std::move(answering);
        co_return answered;
    }
    bool started = false;
    while (left != 0) {
        const auto there = reader.checked_in_memory(offset, left);
        if (there) {
            if (!std::exchange(started, true)) {
                auto starting = request.exchange.start(std::move(head), left);
                const auto begun = co_await std::move(starting);
                LABSTORE_CO_TRY(begun);
            }
            auto sending =
                request.exchange.write_from_file(there->descriptor, there->offset, there->size_bytes);
            const auto sent = co_await std::move(sending);
            LABSTORE_CO_TRY(sent);
            offset += *sent;
            left -= *sent;
            continue;
        }
        auto reading = reader.read(offset, left);
        const auto piece = co_await std::move(reading);
        LABSTORE_CO_TRY(piece);
        LABSTORE_ASSERT(!piece->empty() && piece->size() <= left);
        if (!started) {
            auto starting = request.exchange.start(std::move(head), left);
            const auto begun = co_await std::move(starting);
            LABSTORE_CO_TRY(begun);
            started = true;
        }
        auto writing = request.exchange.write(*piece);
        const auto written = co_await std::move(writing);
        LABSTORE_CO_TRY(written);
        offset += piece->size();
        left -= piece->size();
    }
    co_return result<void>{};
}

awaitable<result<void>> respond_not_modified(call& request, const storage::object_info& object) {
    http::response_head head(304);
    add_validators(head, object);
    if (!object.attributes.cache_control.empty())
        head.add("Cache-Control", object.attributes.cache_control);
    request.exchange.notes().error_code = "NotModified";
    return request.exchange.respond_head_only(std::move(head), 0);
}

}  // namespace labstore::s3
