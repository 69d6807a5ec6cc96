// Every implementation of labstore/meta.hpp, for the tests of its contract.
#pragma once

#include "support/meta/memory_store.hpp"
#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace labstore::meta {

inline constexpr partition_id bucket{7};
inline constexpr partition_id other_bucket{8};

struct memory_engine {
    memory_store made{{.batch_rows_max = 100, .batch_bytes_max = 64 * MiB}};

    store& get() { return made; }
};

struct local_engine {
    scratch_folder folder;
    runtime::blocking_pool pool{{.threads = 2}};
    std::unique_ptr<store> made;

    local_engine() {
        auto settings = small_options(folder.path());
        settings.batch_rows_max = 100;
        made = open_or_fail(settings, pool);
    }

    store& get() { return *made; }
};

template <typename Engine>
class Contract : public testing::Test {
  protected:
    store& index() { return engine_.get(); }

    result<revision> apply(batch changes, partition_id partition = bucket) {
        return run(index().apply(partition, std::move(changes)));
    }

    result<page> scan(scan_request request, partition_id partition = bucket) {
        return run(index().scan(partition, std::move(request)));
    }

    result<std::vector<page>> scan_together(std::vector<scan_request> requests) {
        return run(index().scan_together(bucket, std::move(requests)));
    }

    std::vector<std::string> keys(scan_request request) {
        std::vector<std::string> found;
        const auto listed = scan(std::move(request));
        EXPECT_TRUE(listed);
        for (const auto& one : listed->rows)
            found.emplace_back(one.key);
        return found;
    }

    void fill(const std::vector<std::string>& names) {
        for (const auto& name : names)
            ASSERT_TRUE(put(index(), bucket, name, "value of " + name));
    }

    Engine engine_;
};

using engines = testing::Types<memory_engine, local_engine>;

using strings = std::vector<std::string>;

}  // namespace labstore::meta
