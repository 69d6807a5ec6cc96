#pragma once

#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <string>
#include <vector>

namespace labstore::storage {

/// An upload in progress, as found.
struct found_upload {
    bucket_ptr bucket;
    std::string key;
    std::string id;  // 16 bytes
    records::upload record;
    meta::revision rev = 0;
};

/// no_such_bucket, key errors, no_such_upload (also for text that is no upload id).
runtime::awaitable<result<found_upload>> find_open_upload(
    services& all, std::string bucket, std::string key, std::string upload_id
);

/// Ends an upload that is not completed; its parts go with it. As find_open_upload.
runtime::awaitable<result<void>> abort_open_upload(
    services& all, std::string bucket, std::string key, std::string upload_id
);

/// A part whose bytes are durable, on its way into the index.
struct part_change {
    bucket_ptr bucket;
    std::string key;
    std::string upload_id;  // 16 bytes
    records::part record;
};

/// Names the part's blob in place of an earlier one of the same number; gives the blob back when it cannot.
/// no_such_upload when the upload ended meanwhile.
runtime::awaitable<result<part_info>> commit_part(services& all, part_change change);

/// A part must carry the checksum its upload asked for, or none.
[[nodiscard]] result<void> check_part_checksum(
    const records::upload& upload, const std::optional<checksum_value>& checksum
);

}  // namespace labstore::storage
