#include "labstore/admin.hpp"
#include "labstore/profiling.hpp"
#include "support/http/fake_exchange.hpp"

#include <gtest/gtest.h>

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
    };

    reply ask(const std::string& request_line, const std::string& body = {}) {
        support::fake_exchange request(request_line + " HTTP/1.1\n", body);
        request.run(handler_->handle(request));
        EXPECT_TRUE(request.complete());
        return {request.status(), request.body()};
    }

    runtime::blocking_pool pool_{{1, 16}};
    runtime::task_group running_;
    std::unique_ptr<http::handler> handler_ = make_pprof_handler(pool_, running_);
};

TEST_F(PprofHandler, IndexCommandLineAndUnknownPaths) {
    EXPECT_NE(ask("GET /debug/pprof/").body.find("/debug/pprof/profile"), std::string::npos);
    EXPECT_NE(ask("GET /debug/pprof/cmdline").body.find("admin_test"), std::string::npos);
    EXPECT_EQ(ask("GET /debug/pprof/heap").status, 404U);
    EXPECT_EQ(ask("GET /").status, 404U);
    EXPECT_EQ(ask("PUT /debug/pprof/profile").status, 405U);
}

TEST_F(PprofHandler, ProfileLastsAsLongAsAskedAndIsOne) {
    EXPECT_EQ(ask("GET /debug/pprof/profile?seconds=0").status, 400U);
    const auto start = std::chrono::steady_clock::now();
    const auto profile = ask("GET /debug/pprof/profile?seconds=1");
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    EXPECT_EQ(profile.status, 200U);
    EXPECT_NE(profile.body.find("admin_test"), std::string::npos) << "the memory map is missing";
}

TEST_F(PprofHandler, ASecondProfileIsAConflict) {
    const auto other = profiling::cpu_capture::start();
    ASSERT_TRUE(other);
    EXPECT_EQ(ask("GET /debug/pprof/profile?seconds=1").status, 409U);
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
