#include "s3/checksums.hpp"
#include "s3/conditions.hpp"
#include "s3/lifecycle.hpp"
#include "s3/multipart.hpp"
#include "s3/object_headers.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/xml/requests.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

constexpr std::size_t parts_page = 1000;

/// The checksum headers of Complete speak of the object, not of the document in the body.
result<void> read_checksum(call& request, storage::complete_request& wanted) {
    for (const auto algorithm : checksum_algorithms) {
        const auto text = request.header(checksum_header_name(algorithm));
        if (!text)
            continue;
        if (wanted.checksum)
            return request.fail(
                errc::invalid_request,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            );
        wanted.checksum = parse_checksum_text(algorithm, *text);
        if (!wanted.checksum)
            return request.fail(
                errc::bad_checksum,
                "The " + std::string(crypto::checksum_name(algorithm)) +
                    " you specified did not match the calculated checksum."
            );
        wanted.checksum_parts = parts_of_checksum_text(*text);
    }
    if (const auto type = request.header("x-amz-checksum-type")) {
        const auto parsed = parse_checksum_type(*type);
        if (!parsed)
            return request.fail(errc::invalid_request, "Value for x-amz-checksum-type header is invalid.");
        wanted.type = *parsed;
    }
    return {};
}

result<storage::complete_request> check(call& request) {
    storage::complete_request wanted;
    auto id = upload_id_of(request);
    LABSTORE_TRY(id);
    wanted.bucket = request.target.bucket;
    wanted.key = request.target.key;
    wanted.upload_id = std::move(*id);
    wanted.conditions = write_conditions_of(request);
    LABSTORE_TRY(read_checksum(request, wanted));
    if (const auto size = request.header("x-amz-mp-object-size")) {
        wanted.size_bytes = parse_decimal(*size);
        if (!wanted.size_bytes)
            return request.fail_argument(
                "x-amz-mp-object-size is not a number", "x-amz-mp-object-size", std::string(*size)
            );
    }
    return wanted;
}

/// Which of the two types the upload has follows from the one it does not have.
error_code name_upload_type(call& request, storage::checksum_type asked) {
    const auto other = asked == storage::checksum_type::composite ? storage::checksum_type::full_object
                                                                  : storage::checksum_type::composite;
    return request.fail(
        errc::checksum_type_mismatch,
        "The upload was created using the " + std::string(checksum_type_name(other)) +
            " checksum mode. The complete request must use the same checksum mode."
    );
}

/// Which part is too small, as AWS says it. What was replaced or ended since is left unsaid.
awaitable<void> name_small_part(
    call& request, const std::string& upload_id, const std::vector<storage::completed_part>& named
) {
    if (named.empty())
        co_return;
    auto next = named.begin();
    std::uint32_t after = next->number - 1;
    for (bool more = true; more;) {
        auto listing =
            request.store.list_parts(request.target.bucket, request.target.key, upload_id, after, parts_page);
        const auto page = co_await std::move(listing);
        if (!page || page->parts.empty())
            co_return;
        for (const auto& part : page->parts) {
            while (next != named.end() && next->number < part.number)
                ++next;
            // The last part that is named may have any size.
            if (named.end() - next < 2)
                co_return;
            if (next->number != part.number || part.size_bytes >= request.settings.part_size_bytes_min)
                continue;
            auto& elements = request.detail.elements;
            elements.emplace_back("ProposedSize", std::to_string(part.size_bytes));
            elements.emplace_back("MinSizeAllowed", std::to_string(request.settings.part_size_bytes_min));
            elements.emplace_back("PartNumber", std::to_string(part.number));
            elements.emplace_back("ETag", part.etag);
            co_return;
        }
        after = page->parts.back().number;
        more = page->more;
    }
}

std::string location_of(const call& request) {
    std::string location = request.exchange.is_secure() ? "https://" : "http://";
    location += request.head().host;
    if (auth::virtual_host_bucket(request.head().host, request.settings.domains).empty())
        location += '/' + request.target.bucket;
    return location + '/' + percent_encode(request.target.key, keep_slash::yes);
}

std::string write_document(const call& request, const storage::put_result& stored) {
    xml::writer out;
    out.open_root("CompleteMultipartUploadResult");
    out.element("Location", location_of(request));
    out.element("Bucket", request.target.bucket);
    out.element("Key", request.target.key);
    out.etag_element(stored.etag);
    if (stored.checksum) {
        out.element(
            checksum_element_name(stored.checksum->algorithm), checksum_text(*stored.checksum, stored.etag)
        );
        out.element("ChecksumType", checksum_type_text(*stored.checksum));
    }
    out.close("CompleteMultipartUploadResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> complete_multipart_upload(call& request) {
    auto wanted = check(request);
    LABSTORE_CO_TRY(wanted);
    auto claims = md5_claim_of(request);
    LABSTORE_CO_TRY(claims);
    auto reading =
        receive_document(request, std::move(*claims), request.settings.complete_xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    auto parts = xml::parse_complete(*text);
    LABSTORE_CO_TRY(parts);
    wanted->parts = std::move(*parts);
    const auto asked_type = wanted->type;
    const auto upload_id = wanted->upload_id;
    auto completing = request.store.complete_upload(std::move(*wanted));
    const auto stored = co_await std::move(completing);
    if (!stored && to_errc(stored.error()) == errc::checksum_type_mismatch)
        co_return name_upload_type(request, asked_type);
    if (!stored && to_errc(stored.error()) == errc::entity_too_small) {
        // The list was given away with the request; a refusal is rare enough to read it again.
        const auto named = xml::parse_complete(*text);
        LABSTORE_CO_TRY(named);
        auto naming = name_small_part(request, upload_id, *named);
        co_await std::move(naming);
    }
    LABSTORE_CO_TRY(stored);
    http::response_head head(200);
    add_version_id(head, stored->version_id);
    add_expiration(head, request, *stored);
    auto answering = respond_xml(request, write_document(request, *stored), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
