#include "labstore/observability/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace labstore::metrics {
namespace {

using testing::HasSubstr;

TEST(Metrics, RendersCountersAndGaugesWithLabels) {
    registry all;
    auto& put = all.add_counter("requests_total", "Requests \"served\".\nAll.", {{"operation", "PutObject"}});
    all.add_counter("requests_total", "ignored", {{"operation", "Get\"\\\nObject"}}).add(2);
    put.add();
    put.add(4);
    auto& open = all.add_gauge("connections_open", "Now open.");
    open.set(7);
    open.add(-9);
    EXPECT_EQ(
        all.render_prometheus(),
        "# HELP connections_open Now open.\n"
        "# TYPE connections_open gauge\n"
        "connections_open -2\n"
        "# HELP requests_total Requests \"served\".\\nAll.\n"
        "# TYPE requests_total counter\n"
        "requests_total{operation=\"Get\\\"\\\\\\nObject\"} 2\n"
        "requests_total{operation=\"PutObject\"} 5\n"
    );
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
    registry all;
    auto& first = all.add_counter("requests_total", "Requests.", {{"a", "b"}});
    auto& second = all.add_counter("requests_total", "Requests.", {{"a", "b"}});
    EXPECT_EQ(&first, &second);
}

TEST(Metrics, HistogramsAreCumulative) {
    registry all;
    auto& time = all.add_histogram("seconds", "Time.", {0.5, 1, 2.5}, {{"op", "get"}});
    for (const double value : {0.25, 0.5, 0.75, 3.0})
        time.observe(value);
    EXPECT_EQ(
        all.render_prometheus(),
        "# HELP seconds Time.\n"
        "# TYPE seconds histogram\n"
        "seconds_bucket{op=\"get\",le=\"0.5\"} 2\n"
        "seconds_bucket{op=\"get\",le=\"1\"} 3\n"
        "seconds_bucket{op=\"get\",le=\"2.5\"} 3\n"
        "seconds_bucket{op=\"get\",le=\"+Inf\"} 4\n"
        "seconds_sum{op=\"get\"} 4.5\n"
        "seconds_count{op=\"get\"} 4\n"
    );
}

TEST(Metrics, ReadingsAreTakenWhenRendering) {
    registry all;
    double value = 1;
    all.add_reading(registry::kind::gauge, "bytes_free", "Free.", [&value] { return value; });
    EXPECT_THAT(all.render_prometheus(), HasSubstr("# TYPE bytes_free gauge\nbytes_free 1\n"));
    value = 2.5;
    EXPECT_THAT(all.render_prometheus(), HasSubstr("bytes_free 2.5\n"));
}

TEST(Metrics, ThreadsLoseNothing) {
    registry all;
    auto& count = all.add_counter("ticks_total", "Ticks.");
    auto& time = all.add_histogram("seconds", "Time.", duration_bounds());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) {
                count.add();
                time.observe(0.5);
            }
            static_cast<void>(all.render_prometheus());
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(count.value(), 40'000U);
    EXPECT_EQ(time.value().sum, 20'000.0);
    EXPECT_EQ(time.value().count(), 40'000U);
}

TEST(Metrics, ValuesNeverGoBackWhileThreadsCount) {
    counter count;
    histogram time(duration_bounds());
    std::atomic<bool> ended{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            while (!ended.load(std::memory_order_relaxed)) {
                count.add();
                time.observe(0.01);
            }
        });
    std::uint64_t last_count = 0;
    std::uint64_t last_observed = 0;
    for (int look = 0; look < 20'000 || last_observed < 1000; ++look) {
        const auto now = count.value();
        const auto observed = time.value().count();
        ASSERT_GE(now, last_count);
        ASSERT_GE(observed, last_observed);
        last_count = now;
        last_observed = observed;
    }
    ended = true;
    for (auto& thread : threads)
        thread.join();
}

TEST(Metrics, AValueOnABoundIsWithinIt) {
    for (const auto& bounds : {duration_bounds(), sync_bounds(), group_size_bounds()}) {
        histogram each(bounds);
        for (const double bound : bounds)
            each.observe(bound);
        each.observe(bounds.back() * 2);
        const auto now = each.value();
        EXPECT_EQ(now.upper_bounds, bounds);
        EXPECT_EQ(now.counts, std::vector<std::uint64_t>(bounds.size() + 1, 1));
        EXPECT_EQ(now.count(), bounds.size() + 1);
    }
}

TEST(Metrics, DistributionsOfOthersAreRenderedLikeOurOwn) {
    registry all;
    const histogram kept({1, 2});
    all.add_distribution("sizes", "Sizes.", [&kept] { return kept.value(); });
    EXPECT_EQ(
        all.render_prometheus(),
        "# HELP sizes Sizes.\n"
        "# TYPE sizes histogram\n"
        "sizes_bucket{le=\"1\"} 0\n"
        "sizes_bucket{le=\"2\"} 0\n"
        "sizes_bucket{le=\"+Inf\"} 0\n"
        "sizes_sum 0\n"
        "sizes_count 0\n"
    );
}

TEST(Metrics, OneRefreshComesBeforeTheReadings) {
    registry all;
    int looks = 0;
    int seen = 0;
    all.add_reading(registry::kind::gauge, "a", "A.", [&seen] { return seen; });
    all.add_reading(registry::kind::gauge, "b", "B.", [&seen] { return seen; });
    all.before_rendering([&] { seen = ++looks; });
    static_cast<void>(all.render_prometheus());
    EXPECT_THAT(all.render_prometheus(), AllOf(HasSubstr("\na 2\n"), HasSubstr("\nb 2\n")));
}

TEST(MetricsDeathTest, OneNameHasOneKind) {
    registry all;
    static_cast<void>(all.add_counter("requests_total", "Requests."));
    EXPECT_DEATH(static_cast<void>(all.add_gauge("requests_total", "Requests.")), "type");
    EXPECT_DEATH(static_cast<void>(all.add_counter("bad name", "Requests.")), "is_name");
}

}  // namespace
}  // namespace labstore::metrics
