#include "s3/conditions.hpp"
#include "s3/copy_result.hpp"
#include "s3/copy_source.hpp"
#include "s3/multipart.hpp"
#include "s3/operations/operations.hpp"
#include "s3/range.hpp"

namespace labstore::s3::operations {

namespace {

result<storage::copy_part_request> check(call& request) {
    storage::copy_part_request wanted;
    const auto number = upload_part_number_of(request);
    LABSTORE_TRY(number);
    auto id = upload_id_of(request);
    LABSTORE_TRY(id);
    wanted.bucket = request.target.bucket;
    wanted.key = request.target.key;
    wanted.upload_id = std::move(*id);
    wanted.part_number = *number;
    wanted.source_conditions = copy_source_conditions_of(request);
    const auto header = request.header("x-amz-copy-source-range");
    if (!header)
        return wanted;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (!parse_copy_range(*header, first, last))
        return request.fail_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
            "the "
            "zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            std::string(*header)
        );
    if (last - first >= request.settings.put_size_bytes_max)
        return make_error_code(errc::entity_too_large);
    wanted.range = std::pair(first, last);
    return wanted;
}

}  // namespace

awaitable<result<void>> upload_part_copy(call& request) {
    auto wanted = check(request);
    LABSTORE_CO_TRY(wanted);
    auto source = find_copy_source(request);
    LABSTORE_CO_TRY(source);
    wanted->source = std::move(*source);
    const auto named = wanted->source.key;
    auto copying = request.store.copy_part(std::move(*wanted));
    const auto part = co_await std::move(copying);
    if (!part)
        co_return copy_error(request, part.error(), named);
    http::response_head head(200);
    auto document = copy_document("CopyPartResult", part->etag, part->modified, part->checksum, false);
    auto answering = respond_xml(request, std::move(document), std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
