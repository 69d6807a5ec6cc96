#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

awaitable<result<void>> get_object_tagging(call& request) {
    const auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    auto asking = request.store.stat_object(*name);
    const auto object = co_await std::move(asking);
    if (!object) {
        auto explaining = explain_missing(request, object.error());
        const auto why = co_await std::move(explaining);
        co_return why;
    }
    xml::writer out;
    out.open_root("Tagging");
    out.open("TagSet");
    for (const auto& [key, value] : object->attributes.tags) {
        out.open("Tag");
        out.element("Key", key);
        out.element("Value", value);
        out.close("Tag");
    }
    out.close("TagSet");
    out.close("Tagging");
    http::response_head head(200);
    if (!object->version_id.empty())
        head.add("x-amz-version-id", object->version_id);
    auto answering = respond_xml(request, out.take(), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

/// GetObjectRetention and GetObjectLegalHold, as for a bucket without object lock.
awaitable<result<void>> get_object_retention(call& request) {
    co_return request.fail(errc::invalid_request, "Bucket is missing Object Lock Configuration");
}

}  // namespace labstore::s3::operations
