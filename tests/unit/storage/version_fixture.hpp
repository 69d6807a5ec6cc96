#pragma once

#include "support/storage/store_fixture.hpp"

#include <gtest/gtest.h>

namespace labstore::storage {

/// The calls that name versions.
class version_calls {
  public:
    explicit version_calls(store_fixture& at) : at_(at) {}

    void set(const std::string& bucket, versioning_state state) {
        EXPECT_TRUE(at_.wait(at_.store().set_versioning(bucket, state)));
    }

    result<std::string> get(const std::string& bucket, const std::string& key, const std::string& version) {
        auto reader = at_.wait(at_.store().open_object({bucket, key, version}));
        if (!reader)
            return reader.error();
        return at_.wait(read_all(**reader, 1 * MiB));
    }

    result<delete_result> remove(
        const std::string& bucket,
        const std::string& key,
        const std::string& version = {},
        delete_conditions conditions = {}
    ) {
        return at_.wait(at_.store().delete_object({bucket, key, version}, std::move(conditions)));
    }

    /// "key version" of each entry, "*" in front of the latest, "-" behind a delete marker; common prefixes as they are.
    std::vector<std::string> list(list_versions_request request) {
        std::vector<std::string> out;
        for (;;) {
            const auto page = at_.wait(at_.store().list_versions(request));
            if (!page) {
                ADD_FAILURE() << page.error().message();
                return out;
            }
            EXPECT_LE(page->entries.size(), request.limit);
            for (const auto& entry : page->entries)
                out.push_back(text_of(entry));
            if (!page->more)
                return out;
            EXPECT_FALSE(page->entries.empty());
            request.key_marker = page->next_key;
            request.version_id_marker = page->next_version_id;
        }
    }

    std::vector<std::string> list(const std::string& bucket) {
        list_versions_request request;
        request.bucket = bucket;
        return list(std::move(request));
    }

    static std::string text_of(const std::variant<version_info, std::string>& entry) {
        if (const auto* prefix = std::get_if<std::string>(&entry))
            return *prefix;
        const auto& version = std::get<version_info>(entry);
        return (version.latest ? "*" : "") + version.object.key + " " + version.object.version_id +
               (version.object.delete_marker ? " -" : "");
    }

  private:
    store_fixture& at_;
};

/// One bucket, `photos`, over memory and over the local engines.
class versions : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    void enable() { calls.set("photos", versioning_state::enabled); }

    void suspend() { calls.set("photos", versioning_state::suspended); }

    std::string put(const std::string& key, const std::string& bytes) {
        const auto done = at.put("photos", key, bytes);
        EXPECT_TRUE(done);
        return done->version_id;
    }

    result<std::string> get(const std::string& key, const std::string& version = {}) {
        return calls.get("photos", key, version);
    }

    result<delete_result> remove(const std::string& key, const std::string& version = {}) {
        return calls.remove("photos", key, version);
    }

    store_fixture at{GetParam()};
    version_calls calls{at};
};

}  // namespace labstore::storage
