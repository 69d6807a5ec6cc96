#include "s3/operations/operations.hpp"
#include "s3/xml/writer.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3::operations {

namespace {

/// What AWS answers about a bucket of which nothing was ever configured: a 404 with a code of its own, or a
/// document that says "nothing" or names the default.
struct nothing {
    std::string_view key;  // the sub-resource
    std::string_view code;
    std::string_view message;
    std::string_view root;
    std::string_view content;  // markup inside the root
};

constexpr std::string_view not_truncated = "<IsTruncated>false</IsTruncated>";

constexpr nothing missing(std::string_view key, std::string_view code, std::string_view message) {
    return {key, code, message, {}, {}};
}

constexpr nothing document(std::string_view key, std::string_view root, std::string_view content) {
    return {key, {}, {}, root, content};
}

constexpr std::array answers{
    document("accelerate", "AccelerateConfiguration", ""),
    document("analytics", "ListBucketAnalyticsConfigurationResult", not_truncated),
    missing(
        "encryption",
        "ServerSideEncryptionConfigurationNotFoundError",
        "The server side encryption configuration was not found"
    ),
    document("intelligent-tiering", "ListBucketIntelligentTieringConfigurationsOutput", not_truncated),
    document("inventory", "ListInventoryConfigurationsResult", not_truncated),
    document("logging", "BucketLoggingStatus", ""),
    document("metrics", "ListMetricsConfigurationsResult", not_truncated),
    document("notification", "NotificationConfiguration", ""),
    document(
        "ownershipControls",
        "OwnershipControls",
        "<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>"
    ),
    missing("policy", "NoSuchBucketPolicy", "The bucket policy does not exist"),
    document("policyStatus", "PolicyStatus", "<IsPublic>false</IsPublic>"),
    missing(
        "publicAccessBlock",
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found"
    ),
    missing(
        "replication", "ReplicationConfigurationNotFoundError", "The replication configuration was not found"
    ),
    document("requestPayment", "RequestPaymentConfiguration", "<Payer>BucketOwner</Payer>"),
};

/// Configurations that a bucket may have many of, each with an id: asking for one is asking for what is not.
constexpr std::array<std::string_view, 4> kept_by_id{
    "analytics", "intelligent-tiering", "inventory", "metrics"};

}  // namespace

awaitable<result<void>> get_unconfigured(call& request) {
    const auto asked = std::find_if(answers.begin(), answers.end(), [&](const nothing& one) {
        return request.query.has(one.key);
    });
    LABSTORE_ASSERT(asked != answers.end());
    request.detail.elements.emplace_back("BucketName", request.target.bucket);
    if (!asked->code.empty())
        co_return request.fail_with(404, asked->code, std::string(asked->message));
    const bool by_id = std::find(kept_by_id.begin(), kept_by_id.end(), asked->key) != kept_by_id.end();
    if (by_id && request.query.has("id"))
        co_return request.fail_with(
            404, "NoSuchConfiguration", "The specified configuration does not exist."
        );
    xml::writer out;
    out.open_root(asked->root);
    out.markup(asked->content);
    out.close(asked->root);
    auto answering = respond_xml(request, out.take());
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
