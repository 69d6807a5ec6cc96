#include "s3/configuration.hpp"
#include "s3/lifecycle.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"

#include <array>

namespace labstore::s3::operations {

namespace {

constexpr std::string_view minimum_header = "x-amz-transition-default-minimum-object-size";
/// What AWS takes the header to be when it is absent.
constexpr std::array<std::string_view, 2> minimums{"all_storage_classes_128K", "varies_by_storage_class"};

/// Nothing is ever moved to another class, so the setting is kept and shown only.
result<std::string> minimum_of(call& request) {
    const auto given = request.header(minimum_header);
    if (!given)
        return std::string(minimums.front());
    for (const auto known : minimums)
        if (*given == known)
            return std::string(known);
    return request.fail(errc::invalid_request, "Invalid TransitionDefaultMinimumObjectSize found");
}

awaitable<result<void>> replace(
    call& request, storage::lifecycle_configuration rules, http::response_head head
) {
    storage::config_change change = [rules =
                                         std::move(rules)](storage::bucket_config& config) -> result<void> {
        config.lifecycle = rules;
        return {};
    };
    return configure(request, std::move(change), std::move(head));
}

}  // namespace

awaitable<result<void>> get_bucket_lifecycle(call& request) {
    const auto& config = request.bucket->config;
    if (!config || config->lifecycle.rules.empty()) {
        request.detail.elements.emplace_back("BucketName", request.target.bucket);
        co_return request.fail_with(
            404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist"
        );
    }
    http::response_head head(200);
    head.add(minimum_header, config->lifecycle.transition_minimum);
    auto answering = respond_xml(request, lifecycle_document(config->lifecycle.rules), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_bucket_lifecycle(call& request) {
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    storage::lifecycle_configuration wanted;
    auto minimum = minimum_of(request);
    LABSTORE_CO_TRY(minimum);
    wanted.transition_minimum = std::move(*minimum);
    auto texts = xml::parse_lifecycle(*text);
    LABSTORE_CO_TRY(texts);
    auto rules = settle_rules(request, std::move(*texts));
    LABSTORE_CO_TRY(rules);
    wanted.rules = std::move(*rules);
    http::response_head head(200);
    head.add(minimum_header, wanted.transition_minimum);
    auto replacing = replace(request, std::move(wanted), std::move(head));
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

awaitable<result<void>> delete_bucket_lifecycle(call& request) {
    return replace(request, {}, http::response_head(204));
}

}  // namespace labstore::s3::operations
