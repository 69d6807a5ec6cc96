#pragma once

#include "version_fixture.hpp"

#include <algorithm>

namespace labstore::storage {

inline lifecycle_rule rule_for(std::string id, std::string prefix = {}) {
    lifecycle_rule rule;
    rule.id = std::move(id);
    rule.enabled = true;
    rule.filter.prefix = std::move(prefix);
    return rule;
}

/// Versions and uploads of one bucket under rules; the clock stands at eight in the morning of a day.
class aging {
  public:
    explicit aging(store_fixture& at) : at_(at) {}

    void set_rules(std::vector<lifecycle_rule> rules) {
        const config_change change = [&rules](bucket_config& config) -> result<void> {
            config.lifecycle = {rules, "all_storage_classes_128K"};
            return {};
        };
        const auto done = at_.wait(at_.store().configure_bucket("photos", change));
        EXPECT_TRUE(done);
    }

    /// Everything that is due now.
    void run() {
        const auto done = at_.wait(at_.store().run_lifecycle());
        EXPECT_TRUE(done) << done.error().message();
    }

    void pass_days(int days) {
        at_.time.advance(std::chrono::hours(24) * days);
        run();
    }

    lifecycle_counts counts() { return at_.store().stats().lifecycle; }

    std::uint64_t count(lifecycle_action action) { return counts().done[static_cast<std::size_t>(action)]; }

    /// Keys of the current versions.
    std::vector<std::string> keys() {
        list_request request;
        request.bucket = "photos";
        return at_.list(std::move(request));
    }

    std::vector<std::string> uploads() {
        list_uploads_request request;
        request.bucket = "photos";
        const auto page = at_.wait(at_.store().list_uploads(request));
        EXPECT_TRUE(page);
        std::vector<std::string> out;
        for (const auto& entry : page->entries)
            out.push_back(std::get<upload_info>(entry).key);
        return out;
    }

    std::map<std::string, meta::entry> rows() {
        const auto bucket = at_.store().find_bucket("photos");
        return at_.memory_index().contents(meta::partition_id{(*bucket)->id});
    }

    std::size_t rows_of(char kind) {
        const auto all = rows();
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [kind](const auto& row) {
            return row.first.front() == kind && row.first.size() > 1;
        }));
    }

  private:
    store_fixture& at_;
};

}  // namespace labstore::storage
