// Power cuts: what was acknowledged is there afterwards, and what was not is there as a whole or not at all.
#include "support/meta/faulty_index_files.hpp"
#include "unit/meta/store_fixture.hpp"

#include <gtest/gtest.h>

#include <map>

namespace labstore::meta {
namespace {

constexpr partition_id bucket{3};
using fault = faulty_index_files::fault;

class PowerCut : public testing::Test {
  protected:
    /// Opens what a cut at this moment leaves of the running store and reads it all.
    std::map<std::string, std::string> rows_after_cut() {
        files_->copy_as_after_power_cut(settings_.path, folder_.path("after"));
        auto settings = settings_;
        settings.path = folder_.path("after");
        auto index = open_or_fail(settings, pool_);
        std::map<std::string, std::string> found;
        scan_request request;
        for (bool more = true; more;) {
            auto listed = run(index->scan(bucket, request));
            EXPECT_TRUE(listed);
            if (!listed)
                break;
            for (const auto& one : listed->rows)
                found.emplace(one.key, one.value);
            more = listed->more;
            request.after = listed->rows.empty() ? "" : listed->rows.back().key;
        }
        return found;
    }

    scratch_folder folder_;
    options settings_ = small_options(folder_.path());
    runtime::blocking_pool pool_{{.threads = 2}};
    std::shared_ptr<faulty_index_files> files_ = std::make_shared<faulty_index_files>();
    std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(files_);
};

TEST_F(PowerCut, LosesNothingAcknowledgedAcrossFlushes) {
    auto index = open_or_fail(settings_, pool_, *env_);
    std::map<std::string, std::string> acknowledged;
    const std::string filler(20'000, 'x');
    for (int i = 0; i < 200; ++i) {
        const auto key = "k" + std::to_string(i % 70);
        const auto value = std::to_string(i) + filler;
        ASSERT_TRUE(put(*index, bucket, key, value));
        acknowledged[key] = value;
        if (i % 20 == 19) {
            ASSERT_EQ(rows_after_cut(), acknowledged) << i;
        }
    }
}

TEST_F(PowerCut, UnsyncedModesLoseAtMostTheTail) {
    settings_.mode = durability::none;
    auto index = open_or_fail(settings_, pool_, *env_);
    for (int i = 0; i < 50; ++i) {
        batch changes;
        changes.put("a" + std::to_string(i), "x");
        changes.put("b" + std::to_string(i), "x");
        ASSERT_TRUE(run(index->apply(bucket, std::move(changes), sync::as_configured)));
    }
    const auto found = rows_after_cut();
    for (int i = 0; i < 50; ++i)
        EXPECT_EQ(found.contains("a" + std::to_string(i)), found.contains("b" + std::to_string(i)));
    EXPECT_TRUE(found.empty());
}

/// Every log call of a workload fails in its turn. After each: nothing acknowledged is lost, nothing is acknowledged
/// once the log has failed, and each batch is whole.
TEST_F(PowerCut, EveryFailingLogCallIsHonest) {
    for (const auto what : {fault::append_fails, fault::append_tears, fault::sync_fails}) {
        for (int turn = 0; turn < 12; ++turn) {
            scratch_folder fresh;
            settings_.path = fresh.path();
            auto index = open_or_fail(settings_, pool_, *env_);
            files_->fail_log(what, turn);
            std::map<std::string, std::string> acknowledged;
            std::map<std::string, std::string> undecided;
            bool failed = false;
            for (int i = 0; i < 10; ++i) {
                batch changes;
                changes.put("a" + std::to_string(i), "x");
                changes.put("b" + std::to_string(i), "x");
                const auto outcome =
                    error_of(run(index->apply(bucket, std::move(changes), sync::as_configured)));
                if (outcome == errc::ok) {
                    ASSERT_FALSE(failed) << "acknowledged after the log failed";
                    acknowledged["a" + std::to_string(i)] = "x";
                    acknowledged["b" + std::to_string(i)] = "x";
                } else if (outcome == errc::unknown) {
                    undecided["a" + std::to_string(i)] = "x";
                    undecided["b" + std::to_string(i)] = "x";
                } else {
                    ASSERT_EQ(outcome, errc::fatal);
                }
                failed = failed || outcome != errc::ok;
            }
            EXPECT_EQ(failed, turn < 10);
            files_->heal();
            const auto found = rows_after_cut();
            auto with_undecided = acknowledged;
            with_undecided.insert(undecided.begin(), undecided.end());
            EXPECT_TRUE(found == acknowledged || found == with_undecided) << turn;
        }
    }
}

}  // namespace
}  // namespace labstore::meta
