#include "s3/configuration.hpp"
#include "s3/object_lock.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/lock_requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

constexpr std::uint64_t days_max = 36'500;
constexpr std::uint64_t years_max = 100;

error_code refuse_period(call& request, std::string message) {
    return request.fail_with(400, "InvalidRetentionPeriod", std::move(message));
}

result<std::uint32_t> period_of(call& request, const std::string& text, std::uint64_t max) {
    const bool negative = text.starts_with('-') && parse_decimal(std::string_view(text).substr(1));
    const auto number = parse_decimal(text);
    if (!number && !negative)
        return make_error_code(errc::malformed_xml);
    if (negative || *number == 0)
        return refuse_period(request, "Default retention period must be a positive integer value.");
    if (*number > max)
        return refuse_period(request, "Default retention period too large.");
    return static_cast<std::uint32_t>(*number);
}

result<std::optional<storage::default_retention>> judge(
    call& request, const std::optional<xml::default_retention_request>& asked
) {
    if (!asked)
        return std::optional<storage::default_retention>();
    storage::default_retention out;
    out.mode = asked->mode;
    const auto period = asked->days ? period_of(request, *asked->days, days_max)
                                    : period_of(request, *asked->years, years_max);
    LABSTORE_TRY(period);
    (asked->days ? out.days : out.years) = *period;
    return std::optional<storage::default_retention>(out);
}

std::string write_configuration(const storage::bucket_info& bucket) {
    xml::writer out;
    out.open_root("ObjectLockConfiguration");
    out.element("ObjectLockEnabled", "Enabled");
    if (bucket.config && bucket.config->default_retention) {
        const auto& rule = *bucket.config->default_retention;
        out.open("Rule");
        out.open("DefaultRetention");
        out.element("Mode", retention_mode_name(rule.mode));
        if (rule.days != 0)
            out.element("Days", rule.days);
        else
            out.element("Years", rule.years);
        out.close("DefaultRetention");
        out.close("Rule");
    }
    out.close("ObjectLockConfiguration");
    return out.take();
}

error_code refuse_state(call& request) {
    return request.fail_with(
        409,
        "InvalidBucketState",
        "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
    );
}

}  // namespace

awaitable<result<void>> get_object_lock_configuration(call& request) {
    if (!request.bucket->object_lock) {
        request.detail.elements.emplace_back("BucketName", request.target.bucket);
        co_return request.fail_with(
            404,
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket"
        );
    }
    auto answering = respond_xml(request, write_configuration(*request.bucket));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_object_lock_configuration(call& request) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    const auto asked = xml::parse_object_lock(*text);
    LABSTORE_CO_TRY(asked);
    const auto wanted = judge(request, *asked);
    LABSTORE_CO_TRY(wanted);
    if (request.bucket->versioning != storage::versioning_state::enabled)
        co_return refuse_state(request);
    auto enabling = request.store.enable_object_lock(request.target.bucket);
    const auto enabled = co_await std::move(enabling);
    if (!enabled && to_errc(enabled.error()) == errc::operation_aborted)
        co_return refuse_state(request);
    LABSTORE_CO_TRY(enabled);
    storage::config_change change = [rule = *wanted](storage::bucket_config& config) -> result<void> {
        config.default_retention = rule;
        return {};
    };
    auto configuring = configure(request, std::move(change), http::response_head(200));
    const auto answered = co_await std::move(configuring);
    co_return answered;
}

}  // namespace labstore::s3::operations
