#include "s3/lifecycle.hpp"

#include "s3/characters.hpp"
#include "s3/xml/writer.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace labstore::s3 {

namespace {

using storage::filter_form;
using storage::lifecycle_filter;
using storage::lifecycle_rule;
using xml::lifecycle_rule_text;

constexpr std::size_t id_characters_max = 255;
constexpr std::size_t key_bytes_max = 1'024;
constexpr std::size_t id_bytes_made = 24;
constexpr std::uint32_t newer_versions_max = 100;

/// A positive number of days or versions. What is no number at all is malformed.
result<std::uint32_t> positive(call& request, std::string_view text, std::string_view message) {
    const auto digits = trim(text);
    const bool negative = digits.starts_with('-');
    const auto number = parse_decimal(negative ? digits.substr(1) : digits);
    if (!number)
        return make_error_code(errc::malformed_xml);
    if (negative || *number == 0 || *number > std::numeric_limits<std::int32_t>::max())
        return request.fail(errc::invalid_argument, std::string(message));
    return static_cast<std::uint32_t>(*number);
}

result<void> settle_expiration(call& request, const lifecycle_rule_text& text, lifecycle_rule& rule) {
    if (!text.has_expiration)
        return {};
    const int given = (text.expire_days ? 1 : 0) + (text.expire_date ? 1 : 0) + (text.expire_markers ? 1 : 0);
    if (given != 1)
        return make_error_code(errc::malformed_xml);
    if (text.expire_days) {
        const auto days =
            positive(request, *text.expire_days, "'Days' for Expiration action must be a positive integer");
        LABSTORE_TRY(days);
        rule.expire_days = *days;
    } else if (text.expire_date) {
        auto written = std::string(trim(*text.expire_date));
        if (written.size() == std::string_view("2026-11-26").size())
            written += "T00:00:00Z";
        const auto date = parse_iso8601(written);
        if (!date)
            return make_error_code(errc::malformed_xml);
        if (date->time_since_epoch() % std::chrono::hours(24) != std::chrono::nanoseconds(0))
            return request.fail(errc::invalid_argument, "'Date' must be at midnight GMT");
        rule.expire_date = *date;
    } else {
        const auto word = trim(*text.expire_markers);
        if (word != "true" && word != "false")
            return make_error_code(errc::malformed_xml);
        rule.expire_markers = word == "true";
    }
    return {};
}

result<void> settle_noncurrent(call& request, const lifecycle_rule_text& text, lifecycle_rule& rule) {
    if (!text.has_noncurrent)
        return {};
    if (!text.noncurrent_days)
        return make_error_code(errc::malformed_xml);
    const auto days = positive(
        request,
        *text.noncurrent_days,
        "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
    );
    LABSTORE_TRY(days);
    rule.noncurrent_days = *days;
    if (!text.newer_noncurrent_versions)
        return {};
    constexpr std::string_view count_refused =
        "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100";
    const auto count = positive(request, *text.newer_noncurrent_versions, count_refused);
    LABSTORE_TRY(count);
    if (*count > newer_versions_max)
        return request.fail(errc::invalid_argument, std::string(count_refused));
    rule.newer_noncurrent_versions = *count;
    return {};
}

result<void> settle_abort(call& request, const lifecycle_rule_text& text, lifecycle_rule& rule) {
    if (!text.has_abort)
        return {};
    if (!text.abort_days)
        return make_error_code(errc::malformed_xml);
    const auto days = positive(
        request,
        *text.abort_days,
        "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"
    );
    LABSTORE_TRY(days);
    rule.abort_days = *days;
    return {};
}

/// What speaks of things that have neither tags nor a size.
result<void> check_unfiltered(call& request, const lifecycle_filter& filter, const std::string& action) {
    if (!filter.tags.empty())
        return request.fail(errc::invalid_request, action + " cannot be specified with Tags.");
    if (filter.size_greater_than || filter.size_less_than)
        return request.fail(errc::invalid_request, action + " cannot be specified with Object Size.");
    return {};
}

result<void> check_filter(call& request, const lifecycle_rule& rule) {
    const auto& filter = rule.filter;
    if (filter.prefix && filter.prefix->size() > key_bytes_max)
        return request.fail(errc::invalid_request, "The maximum size of a prefix is 1024.");
    std::set<std::string_view> names;
    for (const auto& [name, value] : filter.tags)
        if (!names.insert(name).second)
            return request.fail(errc::invalid_request, "Duplicate Tag Keys are not allowed.");
    if (filter.size_greater_than && filter.size_less_than &&
        *filter.size_less_than <= *filter.size_greater_than)
        return request.fail(
            errc::invalid_request,
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."
        );
    if (rule.expire_markers)
        LABSTORE_TRY(check_unfiltered(request, filter, "ExpiredObjectDeleteMarker"));
    if (rule.abort_days)
        LABSTORE_TRY(check_unfiltered(request, filter, "AbortIncompleteMultipartUpload"));
    return {};
}

/// A rule says by its own Prefix or by a Filter which objects it speaks of; all rules of a document by the same.
result<void> check_forms(call& request, const std::vector<lifecycle_rule_text>& texts) {
    const auto has_filter = [](const auto& text) {
        return text.has_filter;
    };
    const auto has_prefix = [](const auto& text) {
        return text.prefix.has_value();
    };
    const auto has_neither = [](const auto& text) {
        return !text.has_filter && !text.prefix;
    };
    if (std::any_of(texts.begin(), texts.end(), has_neither))
        return make_error_code(errc::malformed_xml);
    if (std::any_of(texts.begin(), texts.end(), has_filter) &&
        std::any_of(texts.begin(), texts.end(), has_prefix))
        return request.fail(
            errc::invalid_request,
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter."
        );
    return {};
}

result<lifecycle_rule> settle_rule(call& request, lifecycle_rule_text text) {
    lifecycle_rule rule;
    if (text.status != "Enabled" && text.status != "Disabled")
        return make_error_code(errc::malformed_xml);
    rule.enabled = text.status == "Enabled";
    if (text.id && count_characters(*text.id) > id_characters_max)
        return request.fail(errc::invalid_argument, "ID length should not exceed allowed limit of 255");
    rule.id = text.id.value_or(std::string());
    rule.filter = std::move(text.filter);
    if (text.prefix) {
        rule.filter.form = filter_form::prefix_of_rule;
        rule.filter.prefix = std::move(text.prefix);
    }
    if (!text.has_expiration && !text.has_noncurrent && !text.has_abort && !text.has_transition)
        return request.fail(errc::invalid_request, "At least one action needs to be specified in a rule");
    LABSTORE_TRY(settle_expiration(request, text, rule));
    LABSTORE_TRY(settle_noncurrent(request, text, rule));
    LABSTORE_TRY(settle_abort(request, text, rule));
    LABSTORE_TRY(check_filter(request, rule));
    if (text.has_transition)
        return request.fail(
            errc::not_implemented,
            "Transition and NoncurrentVersionTransition are not implemented: this server keeps all objects "
            "alike, so there is no StorageClass to move them to."
        );
    return rule;
}

std::string new_rule_id() {
    std::string bytes(id_bytes_made, '\0');
    fill_random(std::as_writable_bytes(std::span(bytes.data(), bytes.size())));
    return to_hex(as_bytes(bytes));
}

void write_condition(xml::writer& out, const lifecycle_filter& filter) {
    if (filter.prefix)
        out.element("Prefix", *filter.prefix);
    for (const auto& [name, value] : filter.tags) {
        out.open("Tag");
        out.element("Key", name);
        out.element("Value", value);
        out.close("Tag");
    }
    if (filter.size_greater_than)
        out.element("ObjectSizeGreaterThan", *filter.size_greater_than);
    if (filter.size_less_than)
        out.element("ObjectSizeLessThan", *filter.size_less_than);
}

void write_filter(xml::writer& out, const lifecycle_filter& filter) {
    if (filter.form == filter_form::prefix_of_rule) {
        write_condition(out, filter);
        return;
    }
    out.open("Filter");
    if (filter.form == filter_form::conjunction)
        out.open("And");
    write_condition(out, filter);
    if (filter.form == filter_form::conjunction)
        out.close("And");
    out.close("Filter");
}

void write_rule(xml::writer& out, const lifecycle_rule& rule) {
    out.open("Rule");
    out.element("ID", rule.id);
    write_filter(out, rule.filter);
    out.element("Status", rule.enabled ? "Enabled" : "Disabled");
    if (rule.expire_days || rule.expire_date || rule.expire_markers) {
        out.open("Expiration");
        if (rule.expire_days)
            out.element("Days", *rule.expire_days);
        if (rule.expire_date)
            out.element("Date", format_iso8601(*rule.expire_date));
        if (rule.expire_markers)
            out.element("ExpiredObjectDeleteMarker", *rule.expire_markers);
        out.close("Expiration");
    }
    if (rule.noncurrent_days) {
        out.open("NoncurrentVersionExpiration");
        out.element("NoncurrentDays", *rule.noncurrent_days);
        if (rule.newer_noncurrent_versions)
            out.element("NewerNoncurrentVersions", *rule.newer_noncurrent_versions);
        out.close("NoncurrentVersionExpiration");
    }
    if (rule.abort_days) {
        out.open("AbortIncompleteMultipartUpload");
        out.element("DaysAfterInitiation", *rule.abort_days);
        out.close("AbortIncompleteMultipartUpload");
    }
    out.close("Rule");
}

bool has_rules(const call& request) noexcept {
    const auto& config = request.bucket->config;
    return config && !config->lifecycle.rules.empty();
}

void add_expiration(
    http::response_head& head,
    const call& request,
    std::uint64_t size_bytes,
    wall_time modified,
    const storage::tag_list& tags
) {
    storage::version_facts version;
    version.key = request.target.key;
    version.size_bytes = size_bytes;
    version.tags.assign(tags.begin(), tags.end());
    version.modified = modified;
    version.latest = true;
    const auto verdict =
        storage::judge_version(request.bucket->config->lifecycle, version, request.store.lifecycle_day());
    if (!verdict)
        return;
    // The id as AWS encodes it: it may hold any character.
    head.add(
        "x-amz-expiration",
        "expiry-date=\"" + format_http_date(verdict->due) + "\", rule-id=\"" +
            percent_encode(verdict->rule->id, keep_slash::no) + '"'
    );
}

}  // namespace

result<std::vector<lifecycle_rule>> settle_rules(call& request, std::vector<lifecycle_rule_text> texts) {
    if (texts.size() > lifecycle_rules_max)
        return request.fail(
            errc::invalid_request,
            "The number of lifecycle rules must not exceed the allowed limit of 1000 rules."
        );
    LABSTORE_TRY(check_forms(request, texts));
    std::vector<lifecycle_rule> rules;
    std::set<std::string> ids;
    for (auto& text : texts) {
        auto rule = settle_rule(request, std::move(text));
        LABSTORE_TRY(rule);
        if (rule->id.empty())
            rule->id = new_rule_id();
        if (!ids.insert(rule->id).second)
            return request.fail(
                errc::invalid_argument, "Rule ID must be unique. Found same ID for more than one rule"
            );
        rules.push_back(std::move(*rule));
    }
    return rules;
}

std::string lifecycle_document(const std::vector<lifecycle_rule>& rules) {
    xml::writer out;
    out.open_root("LifecycleConfiguration");
    for (const auto& rule : rules)
        write_rule(out, rule);
    out.close("LifecycleConfiguration");
    return out.take();
}

void add_expiration(http::response_head& head, const call& request, const storage::object_info& object) {
    if (!has_rules(request))
        return;
    add_expiration(head, request, object.size_bytes, object.modified, object.attributes.tags);
}

void add_expiration(http::response_head& head, const call& request, const storage::put_result& stored) {
    if (!has_rules(request))
        return;
    add_expiration(head, request, stored.size_bytes, stored.modified, stored.tags);
}

void add_abort_date(http::response_head& head, const call& request, wall_time initiated) {
    if (!has_rules(request))
        return;
    const auto verdict = storage::judge_upload(
        request.bucket->config->lifecycle, request.target.key, initiated, request.store.lifecycle_day()
    );
    if (!verdict)
        return;
    head.add("x-amz-abort-date", format_http_date(verdict->due));
    head.add("x-amz-abort-rule-id", percent_encode(verdict->rule->id, keep_slash::no));
}

}  // namespace labstore::s3
