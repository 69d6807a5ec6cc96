#include "labstore/admin.hpp"
#include "support/http/fake_exchange.hpp"

#include <gtest/gtest.h>

namespace labstore::admin {
namespace {

class fixed_status final : public status_source {
  public:
    bool is_draining = false;
    bool is_writable = true;

    [[nodiscard]] bool draining() const noexcept override { return is_draining; }

    [[nodiscard]] bool writable() const noexcept override { return is_writable; }
};

class Endpoints : public ::testing::Test {
  protected:
    struct reply {
        unsigned status;
        std::string body;
        std::string content_type;
    };

    reply ask(const std::string& request_line) {
        support::fake_exchange request(request_line + " HTTP/1.1\n");
        request.run(endpoints_.handle(request));
        EXPECT_TRUE(request.complete());
        return {request.status(), request.body(), request.header("Content-Type").value_or("")};
    }

    fixed_status status_;
    metrics::registry numbers_;
    endpoints endpoints_{status_, numbers_};
};

TEST(AdminPaths, AreOursByTheirFirstSegment) {
    for (const std::string_view path : {"/-", "/-/", "/-/health/live", "/-/console/x"})
        EXPECT_TRUE(owns(path)) << path;
    for (const std::string_view path : {"/", "/-bucket", "/--", "/b/-/", "-/", ""})
        EXPECT_FALSE(owns(path)) << path;
}

TEST_F(Endpoints, LiveAnswersWhateverTheState) {
    EXPECT_EQ(ask("GET /-/health/live").status, 200U);
    status_.is_draining = true;
    status_.is_writable = false;
    const auto live = ask("GET /-/health/live");
    EXPECT_EQ(live.status, 200U);
    EXPECT_EQ(live.body, "{\"status\":\"live\"}\n");
    EXPECT_EQ(live.content_type, "application/json");
}

TEST_F(Endpoints, ReadyFailsWhileDrainingOrReadOnly) {
    EXPECT_EQ(ask("GET /-/health/ready").status, 200U);
    EXPECT_EQ(ask("HEAD /-/health/ready?x=1").status, 200U);
    status_.is_writable = false;
    EXPECT_EQ(ask("GET /-/health/ready").body, "{\"status\":\"read-only\"}\n");
    EXPECT_EQ(ask("GET /-/health/ready").status, 503U);
    status_.is_draining = true;
    EXPECT_EQ(ask("GET /-/health/ready").body, "{\"status\":\"draining\"}\n");
    EXPECT_EQ(ask("GET /-/health/ready").status, 503U);
}

TEST_F(Endpoints, MetricsAreTheRegistrysText) {
    numbers_.add_counter("labstore_test_total", "A number.").add(7);
    const auto metrics = ask("GET /-/metrics");
    EXPECT_EQ(metrics.status, 200U);
    EXPECT_NE(metrics.body.find("labstore_test_total 7"), std::string::npos) << metrics.body;
    EXPECT_TRUE(metrics.content_type.starts_with("text/plain; version=0.0.4"));
}

TEST_F(Endpoints, TheRestIsNotFoundAndNothingIsWritten) {
    EXPECT_EQ(ask("GET /-/").status, 404U);
    EXPECT_EQ(ask("GET /-/health").status, 404U);
    EXPECT_EQ(ask("GET /-/health/live/").status, 404U);
    EXPECT_EQ(ask("PUT /-/health/live").status, 405U);
    EXPECT_EQ(ask("DELETE /-/metrics").status, 405U);
}

}  // namespace
}  // namespace labstore::admin
