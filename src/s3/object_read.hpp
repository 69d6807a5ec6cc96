#pragma once

#include "s3/call.hpp"
#include "s3/range.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace labstore::s3 {

/// What GET or HEAD is about to send, all of one version.
struct read_plan {
    [[nodiscard]] const storage::object_info& object() const noexcept {
        return reader != nullptr ? reader->info() : described;
    }

    storage::object_info described;                  // of HEAD; GET's comes with its reader
    std::unique_ptr<storage::object_reader> reader;  // of GET
    range_verdict verdict = range_verdict::whole;
    byte_range bytes;                        // what is sent; everything with `whole`
    std::optional<std::uint32_t> part;       // the part number that was asked for
    std::optional<storage::part_info> info;  // that part, of an object uploaded in parts
};

/// Could this be the id of a version? "null", or 32 hex digits.
[[nodiscard]] bool is_version_id(std::string_view text) noexcept;

/// The object that key and versionId name. invalid_argument for an empty versionId, invalid_version_id.
[[nodiscard]] result<storage::object_name> object_name_of(call& request);

/// What a failed look-up of an object is answered with. A delete marker is why where there is one: the headers by which
/// AWS says so are added to the answer.
awaitable<error_code> explain_missing(call& request, error_code failure);

/// What key and versionId name, its delete marker explained where that is why there is none.
awaitable<result<storage::object_info>> stat_named(call& request);

/// Finds the object, judges the conditions, decides what to send. For a condition that gives 304 the verdict
/// comes as not_modified with `plan.object()` known, so that the answer can carry the validators.
/// precondition_failed, invalid_range (416, Content-Range set), invalid_part_number, invalid_request.
awaitable<result<void>> plan_read(call& request, read_plan& plan, bool with_reader);

/// Finds the object (with a reader, when asked for), and `parts` with what follows part `after`, all of one version:
/// an overwrite in between starts the look-up anew. slow_down when that happens again and again.
awaitable<result<void>> find_with_parts(
    call& request,
    const storage::object_name& name,
    read_plan& plan,
    bool with_reader,
    std::uint32_t after,
    std::size_t limit,
    std::vector<storage::part_info>& parts
);

/// The head of the answer to `plan`: status, validators, object headers, Content-Range, checksums.
[[nodiscard]] http::response_head describe_read(const call& request, const read_plan& plan);

/// Answers with these bytes, or with the head alone to HEAD. The first are read before the head goes out: damage found
/// there is still an error answer. Damage found later cuts the connection, so that nobody takes the part for the whole.
/// Bytes that were checked before and are still in memory go out from there, uncopied where the connection allows it.
awaitable<result<void>> send_object(
    call& request, storage::object_reader& reader, byte_range bytes, http::response_head head
);

/// 304 with the validators.
awaitable<result<void>> respond_not_modified(call& request, const storage::object_info& object);

}  // namespace labstore::s3
