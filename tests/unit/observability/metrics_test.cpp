#include "labstore/observability/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

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
    EXPECT_EQ(time.sum(), 20'000.0);
}

TEST(MetricsDeathTest, OneNameHasOneKind) {
    registry all;
    static_cast<void>(all.add_counter("requests_total", "Requests."));
    EXPECT_DEATH(static_cast<void>(all.add_gauge("requests_total", "Requests.")), "type");
    EXPECT_DEATH(static_cast<void>(all.add_counter("bad name", "Requests.")), "is_name");
}

}  // namespace
}  // namespace labstore::metrics
