// PutObjectRetention, GetObjectRetention, PutObjectLegalHold, GetObjectLegalHold.
#include "s3/object_lock.hpp"

#include "s3/object_headers.hpp"
#include "s3/object_read.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/lock_requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

error_code no_lock(call& request) {
    return request.fail_with(
        404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration"
    );
}

awaitable<result<std::string>> receive(call& request) {
    const auto locked = check_has_lock(request);
    if (!locked)
        co_return to_errc(locked.error());
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    auto text = co_await std::move(reading);
    co_return text;
}

/// Changes the lock of the version that is named, and answers.
awaitable<result<void>> change(call& request, storage::lock_change wanted) {
    auto name = object_name_of(request);
    LABSTORE_CO_TRY(name);
    auto changing = request.store.change_lock(std::move(*name), std::move(wanted));
    const auto object = co_await std::move(changing);
    if (!object) {
        auto explaining = explain_missing(request, object.error());
        const auto why = co_await std::move(explaining);
        co_return why;
    }
    http::response_head head(200);
    add_version_id(head, object->version_id);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<storage::object_info>> find(call& request) {
    const auto locked = check_has_lock(request);
    LABSTORE_CO_TRY(locked);
    auto asking = stat_named(request);
    auto object = co_await std::move(asking);
    co_return object;
}

awaitable<result<void>> show(call& request, const storage::object_info& object, std::string document) {
    http::response_head head(200);
    add_version_id(head, object.version_id);
    return respond_xml(request, std::move(document), std::move(head));
}

}  // namespace

awaitable<result<void>> put_object_retention(call& request) {
    auto receiving = receive(request);
    const auto text = co_await std::move(receiving);
    LABSTORE_CO_TRY(text);
    const auto asked = xml::parse_retention(*text);
    LABSTORE_CO_TRY(asked);
    const auto now = request.time.now();
    if (*asked && (*asked)->until <= now)
        co_return request.fail_argument(
            "The retain until date must be in the future!", "RetainUntilDate", format_iso8601((*asked)->until)
        );
    storage::lock_change wanted = [asked = *asked, now, bypass = bypasses_governance(request)](
                                      storage::object_lock& lock
                                  ) -> result<void> {
        LABSTORE_TRY(storage::judge_retention(lock.retention, asked, now, bypass));
        lock.retention = asked;
        return {};
    };
    auto changing = change(request, std::move(wanted));
    const auto answered = co_await std::move(changing);
    co_return answered;
}

awaitable<result<void>> put_object_legal_hold(call& request) {
    auto receiving = receive(request);
    const auto text = co_await std::move(receiving);
    LABSTORE_CO_TRY(text);
    const auto on = xml::parse_legal_hold(*text);
    LABSTORE_CO_TRY(on);
    storage::lock_change wanted = [on = *on](storage::object_lock& lock) -> result<void> {
        lock.legal_hold = on;
        return {};
    };
    auto changing = change(request, std::move(wanted));
    const auto answered = co_await std::move(changing);
    co_return answered;
}

awaitable<result<void>> get_object_retention(call& request) {
    auto finding = find(request);
    const auto object = co_await std::move(finding);
    LABSTORE_CO_TRY(object);
    const auto& retention = object->lock.retention;
    if (!retention)
        co_return no_lock(request);
    xml::writer out;
    out.open_root("Retention");
    out.element("Mode", retention_mode_name(retention->mode));
    out.element("RetainUntilDate", format_iso8601(retention->until));
    out.close("Retention");
    auto answering = show(request, *object, out.take());
    const auto answered = co_await std::move(answering);
    co_return answered;
}

awaitable<result<void>> get_object_legal_hold(call& request) {
    auto finding = find(request);
    const auto object = co_await std::move(finding);
    LABSTORE_CO_TRY(object);
    if (!object->lock.legal_hold)
        co_return no_lock(request);
    xml::writer out;
    out.open_root("LegalHold");
    out.element("Status", *object->lock.legal_hold ? "ON" : "OFF");
    out.close("LegalHold");
    auto answering = show(request, *object, out.take());
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
