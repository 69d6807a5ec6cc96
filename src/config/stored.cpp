#include "labstore/config/stored.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace labstore::config {
namespace {

/// Discarded when the text is no JSON; nothing is thrown.
nlohmann::json parse_json(std::string_view text) {
    return nlohmann::json::parse(text, nullptr, false);
}

/// Empty when there is no such text.
std::string text_of(const nlohmann::json& document, const char* name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_deployment_id(std::string_view id) {
    return id.size() == 32 &&
           std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string to_text(const storage_format& format) {
    const nlohmann::ordered_json document = {
        {"format_version", format.version}, {"deployment_id", format.deployment_id}};
    return document.dump(4) + "\n";
}

result<storage_format> parse_storage_format(std::string_view text) {
    const nlohmann::json document = parse_json(text);
    if (!document.is_object() || !document.contains("format_version") ||
        !document["format_version"].is_number_unsigned())
        return make_error_code(errc::corrupt);
    storage_format format;
    format.version = document["format_version"].get<std::uint64_t>();
    // Judged first: a newer document may have other members.
    if (format.version > storage_format_version)
        return make_error_code(errc::newer_format);
    format.deployment_id = text_of(document, "deployment_id");
    if (format.version == 0 || !is_deployment_id(format.deployment_id))
        return make_error_code(errc::corrupt);
    return format;
}

std::string to_text(const stored_credential& credential) {
    const nlohmann::ordered_json document = {
        {"access_key", credential.access_key}, {"secret_key", credential.secret_key.reveal()}};
    return document.dump(4) + "\n";
}

result<stored_credential> parse_stored_credential(std::string_view text) {
    const nlohmann::json document = parse_json(text);
    if (!document.is_object())
        return make_error_code(errc::corrupt);
    stored_credential credential{
        text_of(document, "access_key"), crypto::secret(text_of(document, "secret_key"))};
    if (credential.access_key.empty() || credential.secret_key.empty())
        return make_error_code(errc::corrupt);
    return credential;
}

}  // namespace labstore::config
