#include "s3/configuration.hpp"
#include "s3/operations/operations.hpp"
#include "s3/tagging.hpp"

namespace labstore::s3::operations {

namespace {

awaitable<result<void>> replace(call& request, tag_list tags) {
    storage::config_change change = [tags = std::move(tags)](storage::bucket_config& config) -> result<void> {
        config.tags = tags;
        return {};
    };
    return configure(request, std::move(change), http::response_head(204));
}

}  // namespace

awaitable<result<void>> get_bucket_tagging(call& request) {
    const auto& config = request.bucket->config;
    if (!config || config->tags.empty()) {
        request.detail.elements.emplace_back("BucketName", request.target.bucket);
        co_return request.fail_with(404, "NoSuchTagSet", "The TagSet does not exist");
    }
    auto answering = respond_xml(request, tagging_document(config->tags));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_bucket_tagging(call& request) {
    auto receiving = receive_tags(request, bucket_tags_max);
    auto tags = co_await std::move(receiving);
    LABSTORE_CO_TRY(tags);
    auto replacing = replace(request, std::move(*tags));
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

awaitable<result<void>> delete_bucket_tagging(call& request) {
    auto replacing = replace(request, tag_list{});
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

}  // namespace labstore::s3::operations
