#include "s3/xml/lock_requests.hpp"

#include "s3/object_lock.hpp"
#include "s3/xml/reader.hpp"

namespace labstore::s3::xml {

namespace {

std::optional<std::string> optional_text(const pugi::xml_node& parent, std::string_view name) {
    const auto node = child(parent, name);
    if (!node)
        return std::nullopt;
    const auto text = text_of(node);
    return std::string(trim(text));
}

result<storage::retention_mode> mode_in(const pugi::xml_node& parent) {
    const auto word = optional_text(parent, "Mode");
    const auto mode = word ? parse_retention_mode(*word) : std::nullopt;
    if (!mode)
        return make_error_code(errc::malformed_xml);
    return *mode;
}

}  // namespace

result<std::optional<default_retention_request>> parse_object_lock(std::string_view text) {
    const auto parsed = document::parse(text, "ObjectLockConfiguration");
    if (!parsed)
        return parsed.error();
    const auto root = parsed->root();
    if (optional_text(root, "ObjectLockEnabled") != "Enabled")
        return make_error_code(errc::malformed_xml);
    const auto rule = child(root, "Rule");
    if (!rule)
        return std::optional<default_retention_request>();
    const auto retention = child(rule, "DefaultRetention");
    if (!retention)
        return make_error_code(errc::malformed_xml);
    default_retention_request out;
    const auto mode = mode_in(retention);
    LABSTORE_TRY(mode);
    out.mode = *mode;
    out.days = optional_text(retention, "Days");
    out.years = optional_text(retention, "Years");
    if (out.days.has_value() == out.years.has_value())
        return make_error_code(errc::malformed_xml);
    return std::optional<default_retention_request>(std::move(out));
}

result<std::optional<storage::retention>> parse_retention(std::string_view text) {
    const auto parsed = document::parse(text, "Retention");
    if (!parsed)
        return parsed.error();
    const auto root = parsed->root();
    const auto until = optional_text(root, "RetainUntilDate");
    if (!until && !child(root, "Mode"))
        return std::optional<storage::retention>();
    const auto mode = mode_in(root);
    LABSTORE_TRY(mode);
    const auto date = until ? parse_iso8601(*until) : std::nullopt;
    if (!date)
        return make_error_code(errc::malformed_xml);
    return std::optional<storage::retention>(storage::retention{*mode, *date});
}

result<bool> parse_legal_hold(std::string_view text) {
    const auto parsed = document::parse(text, "LegalHold");
    if (!parsed)
        return to_errc(parsed.error());
    const auto status = optional_text(parsed->root(), "Status");
    if (status != "ON" && status != "OFF")
        return errc::malformed_xml;
    return status == "ON";
}

}  // namespace labstore::s3::xml
