#include "s3/checksums.hpp"
#include "s3/conditions.hpp"
#include "s3/copy_result.hpp"
#include "s3/copy_source.hpp"
#include "s3/features.hpp"
#include "s3/lifecycle.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

namespace {

enum class directive { copy, replace };

result<directive> directive_of(call& request, std::string_view header, std::string_view message) {
    const auto word = request.header_text(header);
    if (word.empty() || word == "COPY")
        return directive::copy;
    if (word == "REPLACE")
        return directive::replace;
    return request.fail_argument(std::string(message), header, std::string(word));
}

result<void> read_directives(call& request, storage::copy_request& wanted) {
    const auto metadata = directive_of(request, "x-amz-metadata-directive", "Unknown metadata directive.");
    LABSTORE_TRY(metadata);
    const auto tagging = directive_of(request, "x-amz-tagging-directive", "Unknown tagging directive.");
    LABSTORE_TRY(tagging);
    auto attributes = attributes_of(request);
    LABSTORE_TRY(attributes);
    if (*tagging == directive::replace)
        wanted.replace_tags = attributes->tags;
    wanted.storage_class = attributes->storage_class;
    wanted.website_redirect = attributes->website_redirect;
    if (*metadata == directive::replace)
        wanted.replace_metadata = std::move(*attributes);
    return {};
}

result<void> read_checksum(call& request, storage::copy_request& wanted) {
    const auto name = request.header("x-amz-checksum-algorithm");
    if (!name)
        return {};
    wanted.checksum_algorithm = crypto::parse_checksum_name(*name);
    if (!wanted.checksum_algorithm)
        return request.fail(
            errc::invalid_request,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            "[CRC32, "
            "CRC32C, CRC64NVME, SHA1, SHA256]"
        );
    return {};
}

result<storage::copy_request> check(call& request) {
    storage::copy_request wanted;
    const auto lock = lock_of(request);
    LABSTORE_TRY(lock);
    LABSTORE_TRY(check_acl_headers(request));
    LABSTORE_TRY(read_directives(request, wanted));
    LABSTORE_TRY(read_checksum(request, wanted));
    wanted.bucket = request.target.bucket;
    wanted.key = request.target.key;
    wanted.owner = request.account();
    wanted.source_conditions = copy_source_conditions_of(request);
    wanted.conditions = write_conditions_of(request);
    wanted.lock = *lock;
    return wanted;
}

}  // namespace

awaitable<result<void>> copy_object(call& request) {
    auto wanted = check(request);
    LABSTORE_CO_TRY(wanted);
    auto source = find_copy_source(request);
    LABSTORE_CO_TRY(source);
    wanted->source = std::move(*source);
    const auto named = wanted->source.key;
    auto copying = request.store.copy_object(std::move(*wanted));
    const auto copied = co_await std::move(copying);
    if (!copied)
        co_return copy_error(request, copied.error(), named);
    http::response_head head(200);
    add_version_id(head, copied->version_id);
    if (!copied->source_version_id.empty())
        head.add("x-amz-copy-source-version-id", copied->source_version_id);
    add_expiration(head, request, *copied);
    auto document = copy_document("CopyObjectResult", copied->etag, copied->modified, copied->checksum, true);
    auto answering = respond_xml(request, std::move(document), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
