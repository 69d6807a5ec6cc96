#include "storage/conditions.hpp"

namespace labstore::storage {
namespace {

/// HTTP dates have no fraction, so a stored time counts without its own.
std::chrono::sys_seconds whole_seconds(wall_time time) {
    return std::chrono::floor<std::chrono::seconds>(time);
}

std::string_view without_quotes(std::string_view tag) {
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
        tag = tag.substr(1, tag.size() - 2);
    return tag;
}

}  // namespace

bool etag_matches(std::string_view header, std::string_view etag, etag_comparison how) {
    while (!header.empty()) {
        const auto comma = header.find(',');
        auto tag = trim(header.substr(0, comma));
        const bool is_weak = tag.starts_with("W/");
        if (is_weak)
            tag.remove_prefix(2);
        tag = without_quotes(tag);
        const bool comparable = !is_weak || how == etag_comparison::weak;
        if (comparable && (tag == "*" || (!tag.empty() && tag == etag)))
            return true;
        header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    }
    return false;
}

result<void> judge(const read_conditions& conditions, const object_info& object) {
    const auto modified = whole_seconds(object.modified);
    if (conditions.if_match) {
        if (!etag_matches(*conditions.if_match, object.etag, etag_comparison::strong))
            return errc::precondition_failed;
    } else if (conditions.if_unmodified_since && modified > whole_seconds(*conditions.if_unmodified_since)) {
        return errc::precondition_failed;
    }
    if (conditions.if_none_match) {
        if (etag_matches(*conditions.if_none_match, object.etag, etag_comparison::weak))
            return errc::not_modified;
    } else if (conditions.if_modified_since && modified <= whole_seconds(*conditions.if_modified_since)) {
        return errc::not_modified;
    }
    return {};
}

result<void> judge(const write_conditions& conditions, const std::string* current_etag) {
    if (conditions.if_none_match && current_etag != nullptr &&
        etag_matches(*conditions.if_none_match, *current_etag, etag_comparison::weak))
        return errc::precondition_failed;
    if (conditions.if_match) {
        if (current_etag == nullptr)
            return errc::no_such_key;
        if (!etag_matches(*conditions.if_match, *current_etag, etag_comparison::strong))
            return errc::precondition_failed;
    }
    return {};
}

result<void> judge(const delete_conditions& conditions, const object_info& object) {
    if (conditions.if_match && !etag_matches(*conditions.if_match, object.etag, etag_comparison::strong))
        return errc::precondition_failed;
    if (conditions.if_modified_at &&
        whole_seconds(*conditions.if_modified_at) != whole_seconds(object.modified))
        return errc::precondition_failed;
    if (conditions.if_size_bytes && *conditions.if_size_bytes != object.size_bytes)
        return errc::precondition_failed;
    return {};
}

}  // namespace labstore::storage
