// Uploads in parts, for the tests of them.
#pragma once

#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {

using algorithm = crypto::checksum_algorithm;

class multipart_fixture : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    std::string begin(
        const std::string& key,
        std::optional<algorithm> checksum = std::nullopt,
        checksum_type type = checksum_type::unspecified
    ) {
        create_upload_request request;
        request.bucket = "photos";
        request.key = key;
        request.owner = test_owner();
        request.attributes.content_type = "text/plain";
        request.checksum_algorithm = checksum;
        request.type = type;
        auto id = at.wait(at.store().create_upload(std::move(request)));
        EXPECT_TRUE(id);
        return *id;
    }

    complete_request completion(
        const std::string& key, const std::string& id, const std::vector<part_info>& parts
    ) {
        complete_request out;
        out.bucket = "photos";
        out.key = key;
        out.upload_id = id;
        for (const auto& part : parts)
            out.parts.push_back({part.number, part.etag, std::nullopt});
        return out;
    }

    result<put_result> complete(complete_request request) {
        return at.wait(at.store().complete_upload(std::move(request)));
    }

    store_fixture at{GetParam()};
};

}  // namespace labstore::storage
