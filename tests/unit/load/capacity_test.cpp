// The fit finds curves that it drew itself and a queue that was simulated; the plan is arithmetic.
#include "load/lock_probe.hpp"
#include "load/machine_probe.hpp"

#include "labstore/load/capacity.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <random>

namespace labstore::load {
namespace {

capacity_question question() {
    capacity_question asked;
    asked.sla = parse_expectations("p99<10ms")->front();
    return asked;
}

TEST(CapacityFit, FindsTheCurveThatMadeThePoints) {
    for (const double servers : {1.0, 4.0, 16.0}) {
        const capacity_fit drawn{0.5, 0.3, servers, 20'000};
        std::vector<rate_and_latency> points;
        for (const double share : {0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 0.95})
            points.push_back({share * drawn.saturation, drawn.latency_ms(share * drawn.saturation)});
        const auto fit = fit_capacity(points, 19'000);
        ASSERT_TRUE(fit);
        EXPECT_NEAR(fit->saturation, 20'000, 400);
        for (const double share : {0.3, 0.75, 0.93})
            EXPECT_NEAR(fit->latency_ms(share * 20'000) / drawn.latency_ms(share * 20'000), 1, 0.1) << share;
        EXPECT_NEAR(fit->rate_at(3) / drawn.rate_at(3), 1, 0.02);
    }
}

/// The time from arrival to departure at one server, Poisson arrivals, exponential service: M/M/1, average 1/(m-l).
double simulated_average_ms(double rate, double service_rate) {
    std::mt19937_64 random(5);
    std::exponential_distribution<double> gap(rate);
    std::exponential_distribution<double> service(service_rate);
    double arrival = 0;
    double free_at = 0;
    double sum = 0;
    constexpr int jobs = 400'000;
    for (int i = 0; i < jobs; ++i) {
        arrival += gap(random);
        free_at = std::max(arrival, free_at) + service(random);
        sum += free_at - arrival;
    }
    return sum / jobs * 1000;
}

TEST(CapacityFit, PredictsASimulatedQueueFromItsEasyHalf) {
    constexpr double service_rate = 1000;
    std::vector<rate_and_latency> points;
    for (const double rate : {200.0, 400.0, 600.0, 700.0, 800.0})
        points.push_back({rate, simulated_average_ms(rate, service_rate)});
    const auto fit = fit_capacity(points, service_rate);
    ASSERT_TRUE(fit);
    // M/M/1 takes 10 ms on the average at 900 a second.
    EXPECT_NEAR(fit->rate_at(10), 900, 45);
    EXPECT_NEAR(fit->saturation, service_rate, 60);
}

TEST(CapacityFit, NeedsPointsThatSaySomething) {
    EXPECT_FALSE(fit_capacity({}, 100));
    EXPECT_FALSE(fit_capacity({{10, 1}}, 100));
    EXPECT_FALSE(fit_capacity({{10, 1}, {20, 0}}, 100));
    const auto flat = fit_capacity({{10, 1}, {20, 1}, {30, 1}}, 100);
    ASSERT_TRUE(flat);
    EXPECT_NEAR(flat->latency_ms(25), 1, 0.1);
    EXPECT_EQ(flat->rate_at(0.5), 0);
    EXPECT_TRUE(std::isinf(flat->latency_ms(1e9)));
}

TEST(CapacityPlan, IsTheArithmeticOfTheMission) {
    auto asked = question();
    asked.desired_rate = 10'000;
    asked.growth = 1.05;
    const auto plan = make_plan(asked, 20'000, {0.1, 50});
    EXPECT_DOUBLE_EQ(plan.planned, 14'000);
    EXPECT_EQ(std::lround(plan.required_capacity), 14'286);
    EXPECT_NEAR(plan.headroom, 0.4, 1e-9);
    EXPECT_EQ(plan.machines, 1);
    EXPECT_NEAR(plan.server_cores, 0.1 + 14'286 * 50e-6, 1e-4);
    ASSERT_TRUE(plan.months);
    EXPECT_NEAR(*plan.months, std::log(1.4) / std::log(1.05), 1e-9);
    const auto small = make_plan(asked, 6'000, {0.1, 50});
    EXPECT_LT(small.headroom, 0);
    EXPECT_EQ(small.machines, 3);
    EXPECT_EQ(small.months, 0);
    asked.growth = 1;
    EXPECT_FALSE(make_plan(asked, 20'000, {}).months);
    asked.desired_rate = 0;
    EXPECT_EQ(make_plan(asked, 20'000, {}).required_capacity, 0);
}

TEST(CpuLine, IsTheStraightLineThroughTheSteps) {
    std::vector<capacity_step> steps(4);
    for (std::size_t i = 0; i < 3; ++i) {
        steps[i].achieved = 1000.0 * static_cast<double>(i + 1);
        steps[i].server_cores = 0.2 + steps[i].achieved * 40e-6;
    }
    steps[3].achieved = 9000;  // its CPU is not known
    const auto line = fit_cpu(steps);
    EXPECT_NEAR(line.base_cores, 0.2, 1e-9);
    EXPECT_NEAR(line.us_per_operation, 40, 1e-6);
    EXPECT_NEAR(line.cores_at(10'000), 0.6, 1e-9);
    const auto one = fit_cpu({steps[0]});
    EXPECT_EQ(one.base_cores, 0);
    EXPECT_NEAR(one.us_per_operation, 240, 1e-6);
    EXPECT_EQ(fit_cpu({}).us_per_operation, 0);
    // Fewer cores for more operations is noise, not a law.
    EXPECT_GT(fit_cpu({steps[2], steps[0]}).us_per_operation, 0);
    steps[2].server_cores = 0.01;
    EXPECT_GT(fit_cpu(steps).us_per_operation, 0);
}

TEST(Growth, IsReadByMonthAndYear) {
    EXPECT_DOUBLE_EQ(*parse_growth("5%/month"), 1.05);
    EXPECT_DOUBLE_EQ(*parse_growth("5%"), 1.05);
    EXPECT_NEAR(std::pow(*parse_growth("60%/year"), 12), 1.6, 1e-9);
    for (const char* const wrong : {"", "5", "5%/week", "-1%", "lots%"})
        EXPECT_FALSE(parse_growth(wrong)) << wrong;
}

TEST(CapacityQuestion, RefusesNonsense) {
    EXPECT_TRUE(validate(question()));
    for (const char* const sla : {"throughput>1", "p99>10ms", "errors=0", "p99<0ms", "get.p99<1ms"}) {
        auto asked = question();
        asked.sla = parse_expectations(sla)->front();
        EXPECT_FALSE(validate(asked)) << sla;
    }
    auto asked = question();
    asked.target_utilization = 1.1;
    EXPECT_FALSE(validate(asked));
    asked = question();
    asked.step = std::chrono::milliseconds(10);
    EXPECT_FALSE(validate(asked));
}

capacity_step step_with(double achieved, std::vector<resource_use> resources) {
    capacity_step step;
    step.achieved = achieved;
    step.resources = std::move(resources);
    return step;
}

TEST(Bottleneck, IsWhatWasFullestWhereMostWasAnswered) {
    const auto idle = step_with(100, {{"CPU of this machine", 0.99}, {"disk a", 0.1}});
    const auto full = step_with(900, {{"CPU of this machine", 0.97}, {"disk a", 0.2}});
    EXPECT_TRUE(name_bottleneck({idle, full}).starts_with("CPU of this machine, at 97 %"));
    const auto waiting = step_with(900, {{"CPU of this machine", 0.4}, {"disk a", 0.5}});
    EXPECT_NE(name_bottleneck({waiting}).find("busiest is disk a at 50 %"), std::string::npos);
    EXPECT_EQ(name_bottleneck({}), "nothing was measured");
    const auto shared = step_with(
        900,
        {{"CPU of this machine", 1}, {"CPU of the client", 0.3}, {"CPU of the server", 0.5}, {"disk a", 0.1}}
    );
    EXPECT_EQ(
        name_bottleneck({shared}), "CPU of this machine, at 100 % of what there is (client 30 %, server 50 %)"
    );
}

TEST(Bottleneck, IsALockWhenThreadsWaitForOne) {
    const std::string locks(locks_of_server);
    const auto locked = step_with(900, {{"CPU of this machine", 0.6}, {"disk a", 0.2}, {locks, 0.93}});
    EXPECT_EQ(name_bottleneck({locked}), "locks of the server: 93 % of the time a thread waited for one");
    // Locks that were looked at and are not it are not blamed; without a look they may be.
    const auto free = step_with(900, {{"CPU of this machine", 0.6}, {locks, 0.01}});
    EXPECT_EQ(name_bottleneck({free}).find("a lock"), std::string::npos);
    const auto unseen = step_with(900, {{"CPU of this machine", 0.6}});
    EXPECT_NE(name_bottleneck({unseen}).find("a lock"), std::string::npos);
}

TEST(LockProbe, AddsUpTheWaitsOfAPage) {
    const std::string page =
        "--- contentionz 1 ---\ncycles/second = 1000000000\nsampling period = 1\n"
        "1500000000 3 @ 0x1 0x2\n500000000 1 @ 0x3\n\nMAPPED_LIBRARIES:\n"
        "7f00-7f01 r-xp 00000000 00:01 99 /lib/x@1.so\n";
    EXPECT_DOUBLE_EQ(*waited_seconds(page), 2.0);
    EXPECT_DOUBLE_EQ(*waited_seconds("--- contentionz 1 ---\ncycles/second = 2000\n"), 0.0);
    EXPECT_DOUBLE_EQ(*waited_seconds("--- contention:\ncycles/second = 2000\n1000 1 @ 0x1"), 0.5);
    for (const char* const other : {"", "heap profile: 1: 2", "--- contentionz 1 ---\n5 1 @ 0x1\n"})
        EXPECT_FALSE(waited_seconds(other)) << other;
}

TEST(LockProbe, WaitsAreAShareOfTheTime) {
    lock_probe::sample from;
    auto to = from;
    EXPECT_EQ(lock_use(from, to), 0);
    to.at += std::chrono::seconds(10);
    to.waited_s = 2.5;
    EXPECT_DOUBLE_EQ(lock_use(from, to), 0.25);
    to.waited_s = 40;  // of several threads
    EXPECT_EQ(lock_use(from, to), 1);
    // A server that was started again begins to count again.
    from.waited_s = 50;
    EXPECT_EQ(lock_use(from, to), 0);
}

TEST(LockProbe, WhereNothingAnswersThereIsNoLock) {
    EXPECT_FALSE(lock_probe::make("http://127.0.0.1:1"));
    EXPECT_FALSE(lock_probe::make("https://127.0.0.1:1"));
    EXPECT_FALSE(lock_probe::make("nonsense://"));
}

TEST(MachineProbe, ReadsTheKernelsTables) {
    machine_sample sample;
    read_cpu("cpu  100 10 50 800 40 0 0 0 5 5\ncpu0 1 1 1 1\n", 100, sample);
    EXPECT_DOUBLE_EQ(sample.cpu_all_s, 10);
    EXPECT_DOUBLE_EQ(sample.cpu_busy_s, 1.6);
    read_disks("   8 0 sda 1 2 3 4 5 6 7 8 9 2500 11\n   7 0 loop0 1 2 3 4 5 6 7 8 9 10 11\n", sample);
    EXPECT_EQ(sample.disk_busy_s, (std::map<std::string, double>{{"sda", 2.5}}));
    read_interfaces(
        "Inter-|   Receive\n face |bytes\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0: 100 0 0 0 0 0 0 0 300 0 0\n",
        sample
    );
    EXPECT_EQ(sample.interface_bytes, (std::map<std::string, double>{{"eth0", 300}}));
    auto later = sample;
    later.at += std::chrono::seconds(10);
    later.cpu_all_s += 20;
    later.cpu_busy_s += 5;
    later.disk_busy_s["sda"] += 4;
    const auto use = machine_use(sample, later);
    ASSERT_GE(use.size(), 2U);
    EXPECT_DOUBLE_EQ(use[0].utilization, 0.25);
    EXPECT_EQ(use[1].name, "disk sda");
    EXPECT_NEAR(use[1].utilization, 0.4, 1e-9);
    EXPECT_GT(sample_machine().cpu_all_s, 0);
}

TEST(CapacityReport, IsWrittenInAllForms) {
    capacity_report found;
    found.scenario = "get";
    found.endpoint = "http://127.0.0.1:6789/<bucket>";
    found.asked = question();
    found.asked.desired_rate = 10'000;
    found.asked.growth = 1.05;
    found.steps = {
        step_with(15'000, {{"CPU of this machine", 0.99}}),
        step_with(12'000, {{"CPU of this machine", 0.8}})};
    found.steps[1].offered = 12'000;
    found.fit = capacity_fit{0.3, 0.1, 2, 15'500};
    found.plan = make_plan(found.asked, 14'000, {0.1, 60});
    found.bottleneck = name_bottleneck(found.steps);
    found.checks.push_back({"planned", 9800, 9790, -0.001, 0.4, 0.42, 0.6, 0.61, true});
    const auto read = nlohmann::json::parse(to_json(found));
    EXPECT_EQ(read["capacity"], 14'000);
    EXPECT_EQ(read["steps"].size(), 2U);
    EXPECT_EQ(read["steps"][0]["utilization"]["CPU of this machine"], 0.99);
    EXPECT_EQ(read["validation"][0]["measured_rate"], 9790);
    EXPECT_NEAR(read["required_capacity"], 14'285.7, 0.1);
    const auto text = to_text(found);
    for (const char* const part :
         {"capacity within p99<10ms: 14000 op/s",
          "need a capacity of 14286",
          "headroom: -2.0 %",
          "bottleneck: CPU of this machine",
          "validated planned"})
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
    const auto page = to_html(found);
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_EQ(page.find("<bucket>"), std::string::npos);
}

}  // namespace
}  // namespace labstore::load
