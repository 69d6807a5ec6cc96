#include "labstore/admin.hpp"
#include "labstore/profiling.hpp"
#include "support/http/fake_exchange.hpp"
#include "support/profiling/decoded_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

namespace labstore::admin {

int function_to_be_named(int value) {
    return value * 3;
}

namespace {

class PprofHandler : public ::testing::Test {
  protected:
    struct reply {
        unsigned status;
        std::string body;
        std::string type;
    };

    reply ask(const std::string& request_line, const std::string& body = {}) {
        support::fake_exchange request(request_line + " HTTP/1.1\n", body);
        request.run(handler_->handle(request));
        EXPECT_TRUE(request.complete());
        return {request.status(), request.body(), request.header("Content-Type").value_or("")};
    }

    runtime::blocking_pool pool_{{1, 16}};
    runtime::task_group running_;
    std::unique_ptr<http::handler> handler_ = make_pprof_handler(pool_, running_);
};

TEST_F(PprofHandler, IndexCommandLineAndUnknownPaths) {
    const auto index = ask("GET /debug/pprof/");
    EXPECT_EQ(index.type, "text/html; charset=utf-8");
    for (const std::string_view name :
         {"profile?seconds=30",
          "heap",
          "allocs",
          "growth",
          "contention",
          "threadz",
          "captures",
          "flamegraph"})
        EXPECT_NE(index.body.find("<a href=\"" + std::string(name)), std::string::npos) << name;
    EXPECT_NE(ask("GET /debug/pprof/cmdline").body.find("admin_test"), std::string::npos);
    EXPECT_EQ(ask("GET /debug/pprof/heaps").status, 404U);
    EXPECT_EQ(ask("GET /debug/pprof/heap/").status, 404U);
    EXPECT_EQ(ask("GET /debug/pprofiles").status, 404U);
    EXPECT_EQ(ask("GET /").status, 404U);
    EXPECT_EQ(ask("PUT /debug/pprof/profile").status, 405U);
}

TEST_F(PprofHandler, ProfileLastsAsLongAsAskedAndIsOne) {
    EXPECT_EQ(ask("GET /debug/pprof/profile?seconds=0").status, 400U);
    const auto start = std::chrono::steady_clock::now();
    const auto profile = ask("GET /debug/pprof/profile?seconds=1");
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    EXPECT_EQ(profile.status, 200U);
    EXPECT_EQ(profile.type, "application/octet-stream");
    const auto strings = support::profile_strings(profile.body);
    EXPECT_TRUE(std::ranges::any_of(strings, [](const std::string& one) {
        return one.ends_with("/admin_test");
    })) << "the memory map is missing";
    EXPECT_NE(std::ranges::find(strings, "nanoseconds"), strings.end());
}

TEST_F(PprofHandler, EveryTargetRefusesOddValues) {
    for (const std::string_view name :
         {"profile", "heap", "allocs", "growth", "contention", "flamegraph", "captures"})
        EXPECT_EQ(ask("GET /debug/pprof/" + std::string(name) + "?seconds=x").status, 400U) << name;
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?kind=disk").status, 400U);
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?base=77").status, 404U);
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?id=77").status, 404U);
    EXPECT_EQ(ask("GET /debug/pprof/captures?id=77").status, 404U);
}

TEST_F(PprofHandler, CountersComeInBothForms) {
    profiling::start_counting();
    const auto contention = ask("GET /debug/pprof/contention");
    EXPECT_EQ(contention.status, 200U);
    const auto strings = support::profile_strings(contention.body);
    EXPECT_NE(std::ranges::find(strings, "contentions"), strings.end());
    EXPECT_TRUE(ask("GET /debug/pprof/contention?debug=1").body.starts_with("--- contentionz"));
    const auto heap = ask("GET /debug/pprof/heap?format=legacy");
    if (heap.status != 501U) {
        EXPECT_TRUE(heap.body.starts_with("heap profile: ")) << heap.body;
    }
}

TEST_F(PprofHandler, CapturesAreKeptComparedAndDrawnAgain) {
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?kind=contention").status, 200U);
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?kind=contention&seconds=1&base=1").status, 200U);
    const auto list = ask("GET /debug/pprof/captures");
    EXPECT_NE(list.body.find("flamegraph?id=2&amp;base=1"), std::string::npos) << list.body;
    const auto both = ask("GET /debug/pprof/flamegraph?id=2&base=1");
    EXPECT_NE(both.body.find("{\"main\":{\"kind\":\"contention\""), std::string::npos);
    EXPECT_NE(both.body.find("\"base\":{\"kind\":\"contention\""), std::string::npos);
    EXPECT_EQ(both.body.find("{DATA}"), std::string::npos);
    for (const std::string_view outside : {"src=", "http://", "https://", "@import", "url("})
        EXPECT_EQ(both.body.find(outside), std::string::npos) << "the page loads something";
    EXPECT_FALSE(support::gunzip(ask("GET /debug/pprof/captures?id=1").body).empty());
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?kind=cpu&seconds=1&base=1").status, 400U) << "another kind";
}

TEST_F(PprofHandler, ThreadsSayWhatTheyDo) {
    const auto threads = ask("GET /debug/pprof/threadz");
    EXPECT_EQ(threads.status, 200U);
    EXPECT_NE(threads.body.find("\"blocking\" state R"), std::string::npos) << threads.body;
    EXPECT_NE(threads.body.find("profiling::look_at_threads"), std::string::npos) << threads.body;
}

TEST_F(PprofHandler, ASecondProfileIsAConflict) {
    const auto other = profiling::cpu_capture::start();
    ASSERT_TRUE(other);
    const auto refused = ask("GET /debug/pprof/profile?seconds=1");
    EXPECT_EQ(refused.status, 409U);
    EXPECT_NE(refused.body.find("another CPU profile"), std::string::npos);
    EXPECT_EQ(ask("GET /debug/pprof/flamegraph?seconds=1").status, 409U);
}

TEST_F(PprofHandler, AClientThatLeavesEndsTheCapture) {
    support::fake_exchange request("GET /debug/pprof/profile?seconds=60 HTTP/1.1\n");
    request.leave_after_looks(3);
    const auto start = std::chrono::steady_clock::now();
    request.run(handler_->handle(request));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_TRUE(request.aborted());
    EXPECT_FALSE(request.responded());
    EXPECT_EQ(ask("GET /debug/pprof/captures").body.find("<td>1</td>"), std::string::npos)
        << "nobody wants it";
    EXPECT_TRUE(profiling::cpu_capture::start()) << "the sampler is free";
}

TEST_F(PprofHandler, StoppingEndsAProfileEarlyWithWhatItHas) {
    running_.stop();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask("GET /debug/pprof/profile?seconds=60").status, 200U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(PprofHandler, SymbolsAreResolved) {
    EXPECT_EQ(ask("GET /debug/pprof/symbol").body, "num_symbols: 1\n");
    char digits[16];
    const auto address = reinterpret_cast<std::uint64_t>(&function_to_be_named);
    const auto end = std::to_chars(digits, digits + sizeof(digits), address, 16).ptr;
    const std::string text = "0x" + std::string(digits, end);
    const auto named = ask("POST /debug/pprof/symbol", text + "+0x1");
    EXPECT_EQ(named.status, 200U);
    EXPECT_EQ(named.body, "num_symbols: 1\n" + text + "\tlabstore::admin::function_to_be_named(int)\n");
    const std::string many(2 * 1024 * 1024, '+');
    EXPECT_EQ(ask("POST /debug/pprof/symbol", many).status, 413U);
}

}  // namespace
}  // namespace labstore::admin
