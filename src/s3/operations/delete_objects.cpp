#include "s3/object_lock.hpp"
#include "s3/object_read.hpp"
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
    // Nothing else of an entry is denied: the bucket is the caller's.
    out.element("Message", error == errc::access_denied ? lock_refusal : described.message);
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

/// One outcome per entry. An entry whose version id could be nobody's fails alone; the store sees the others.
awaitable<result<std::vector<result<storage::delete_result>>>> delete_all(
    call& request, const std::vector<storage::delete_entry>& entries
) {
    std::vector<result<storage::delete_result>> outcomes(entries.size(), errc::invalid_version_id);
    std::vector<storage::delete_entry> sound;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (!entries[i].version_id.empty() && !is_version_id(entries[i].version_id))
            continue;
        sound.push_back(entries[i]);
        sound.back().conditions.bypass_governance = bypasses_governance(request);
        places.push_back(i);
    }
    if (sound.empty())
        co_return outcomes;
    auto deleting = request.store.delete_objects(request.target.bucket, std::move(sound));
    auto deleted = co_await std::move(deleting);
    LABSTORE_CO_TRY(deleted);
    for (std::size_t i = 0; i < places.size(); ++i)
        outcomes[places[i]] = std::move((*deleted)[i]);
    co_return outcomes;
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
    auto deleting = delete_all(request, asked->entries);
    const auto outcomes = co_await std::move(deleting);
    LABSTORE_CO_TRY(outcomes);
    auto answering = respond_xml(request, write_document(*asked, *outcomes));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
