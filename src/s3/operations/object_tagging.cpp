#include "s3/object_headers.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"
#include "s3/tagging.hpp"

namespace labstore::s3::operations {

namespace {

/// Replaces the tags and answers with `status`.
awaitable<result<void>> replace(call& request, tag_list tags, unsigned status) {
    const auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    auto replacing = request.store.replace_tags(*name, std::move(tags));
    const auto object = co_await std::move(replacing);
    if (!object) {
        auto explaining = explain_missing(request, object.error());
        const auto why = co_await std::move(explaining);
        co_return why;
    }
    http::response_head head(status);
    add_version_id(head, object->version_id);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace

awaitable<result<void>> get_object_tagging(call& request) {
    auto asking = stat_named(request);
    const auto object = co_await std::move(asking);
    LABSTORE_CO_TRY(object);
    http::response_head head(200);
    add_version_id(head, object->version_id);
    auto answering = respond_xml(request, tagging_document(object->attributes.tags), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> put_object_tagging(call& request) {
    auto receiving = receive_tags(request, object_tags_max);
    auto tags = co_await std::move(receiving);
    LABSTORE_CO_TRY(tags);
    auto replacing = replace(request, std::move(*tags), 200);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

awaitable<result<void>> delete_object_tagging(call& request) {
    auto replacing = replace(request, tag_list{}, 204);
    const auto answered = co_await std::move(replacing);
    co_return answered;
}

}  // namespace labstore::s3::operations
