#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

void write_deleted(
    xml::writer& out, const storage::delete_entry& entry, const storage::delete_result& outcome
) {
    out.open("Deleted");
    out.element("Key", entry.key);
    if (!entry.version_id.empty())
        out.element("VersionId", entry.version_id);
    if (outcome.delete_marker) {
        out.element("DeleteMarker", true);
        out.element("DeleteMarkerVersionId", outcome.version_id);
    }
    out.close("Deleted");
}

void write_failed(xml::writer& out, const storage::delete_entry& entry, errc error) {
    const auto& described = describe(error);
    out.open("Error");
    out.element("Key", entry.key);
    if (!entry.version_id.empty())
        out.element("VersionId", entry.version_id);
    out.element("Code", described.code);
    out.element("Message", described.message);
    out.close("Error");
}

std::string write_document(
    const xml::delete_request& asked, const std::vector<result<storage::delete_result>>& outcomes
) {
    LABSTORE_ASSERT(outcomes.size() == asked.entries.size());
    xml::writer out;
    out.open_root("DeleteResult");
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (!outcomes[i])
            write_failed(out, asked.entries[i], to_errc(outcomes[i].error()));
        else if (!asked.quiet)
            write_deleted(out, asked.entries[i], *outcomes[i]);
    }
    out.close("DeleteResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> delete_objects(call& request) {
    auto claims = body_claims_of(request);
    LABSTORE_CO_TRY(claims);
    if (!claims->content_md5 && !claims->declared)
        co_return make_error_code(errc::missing_content_md5);
    const auto size = announced_size(request);
    LABSTORE_CO_TRY(size);
    auto reading = receive_document(request, std::move(*claims), request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    if (text->empty())
        co_return make_error_code(errc::missing_body);
    const auto asked = xml::parse_delete(*text, request.settings.delete_keys_max);
    LABSTORE_CO_TRY(asked);
    auto deleting = request.store.delete_objects(request.target.bucket, asked->entries);
    const auto outcomes = co_await std::move(deleting);
    LABSTORE_CO_TRY(outcomes);
    auto answering = respond_xml(request, write_document(*asked, *outcomes));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
