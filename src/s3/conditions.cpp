#include "s3/conditions.hpp"

namespace labstore::s3 {

namespace {

std::optional<std::string> text_of(const call& request, std::string_view name) {
    const auto value = request.header(name);
    return value ? std::optional<std::string>(*value) : std::nullopt;
}

std::optional<wall_time> date_of(const call& request, std::string_view name) {
    const auto value = request.header(name);
    return value ? parse_http_date(*value) : std::nullopt;
}

wall_time whole_seconds(wall_time time) noexcept {
    return std::chrono::floor<std::chrono::seconds>(time);
}

}  // namespace

storage::read_conditions read_conditions_of(const call& request) {
    return {
        text_of(request, "If-Match"),
        text_of(request, "If-None-Match"),
        date_of(request, "If-Modified-Since"),
        date_of(request, "If-Unmodified-Since"),
    };
}

storage::read_conditions copy_source_conditions_of(const call& request) {
    return {
        text_of(request, "x-amz-copy-source-if-match"),
        text_of(request, "x-amz-copy-source-if-none-match"),
        date_of(request, "x-amz-copy-source-if-modified-since"),
        date_of(request, "x-amz-copy-source-if-unmodified-since"),
    };
}

storage::write_conditions write_conditions_of(const call& request) {
    return {text_of(request, "If-Match"), text_of(request, "If-None-Match")};
}

result<storage::delete_conditions> delete_conditions_of(call& request) {
    storage::delete_conditions conditions;
    conditions.if_match = text_of(request, "If-Match");
    if (const auto time = request.header("x-amz-if-match-last-modified-time")) {
        conditions.if_modified_at = parse_http_date(*time);
        if (!conditions.if_modified_at)
            return request.fail_argument(
                "x-amz-if-match-last-modified-time is not a date",
                "x-amz-if-match-last-modified-time",
                std::string(*time)
            );
    }
    if (const auto size = request.header("x-amz-if-match-size")) {
        conditions.if_size_bytes = parse_decimal(*size);
        if (!conditions.if_size_bytes)
            return request.fail_argument(
                "x-amz-if-match-size is not a number", "x-amz-if-match-size", std::string(*size)
            );
    }
    return conditions;
}

bool range_counts(const call& request, const storage::object_info& object) {
    const auto given = request.head().find("If-Range");
    if (!given)
        return true;
    if (const auto date = parse_http_date(*given))
        return *date == whole_seconds(object.modified);
    auto tag = *given;
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
        tag = tag.substr(1, tag.size() - 2);
    return tag == object.etag;
}

}  // namespace labstore::s3
