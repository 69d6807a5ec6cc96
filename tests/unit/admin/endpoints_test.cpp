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

    [[nodiscard]] bool is_signed(const http::request_head& head) const override {
        return head.find("Authorization").has_value();
    }

    runtime::awaitable<result<storage::lifecycle_forecast_page>> forecast(
        storage::lifecycle_forecast_request request
    ) const override {
        asked = std::move(request);
        co_return page;
    }

    [[nodiscard]] const clock& time() const noexcept override { return system_clock(); }

    mutable storage::lifecycle_forecast_request asked;
    result<storage::lifecycle_forecast_page> page = storage::lifecycle_forecast_page{};
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

TEST_F(Endpoints, LifecycleReportIsForTheOwner) {
    const std::string target = "GET /-/lifecycle?bucket=photos";
    EXPECT_EQ(ask(target).status, 403U) << "it names keys";
    support::fake_exchange request(target + "&days=2&limit=7&after=6f HTTP/1.1\nAuthorization: x\n");
    const auto due = *parse_iso8601("2026-12-01T00:00:00Z");
    storage::lifecycle_forecast_page page;
    page.entries.push_back(
        {storage::lifecycle_action::remove_noncurrent, due, "old \"ones\"", "a/\xc3\xa4", "null", 5}
    );
    page.entries.push_back({storage::lifecycle_action::abort_upload, due, "r", "b", "0123", 0});
    page.next = "6f61";
    status_.page = page;
    request.run(endpoints_.handle(request));
    EXPECT_EQ(request.status(), 200U);
    EXPECT_EQ(
        request.body(),
        "{\"key\":\"a/\xc3\xa4\",\"version_id\":\"null\",\"action\":\"remove_noncurrent\",\"due\":"
        "\"2026-12-01T00:00:00.000Z\",\"rule_id\":\"old \\\"ones\\\"\",\"size_bytes\":5}\n"
        "{\"key\":\"b\",\"upload_id\":\"0123\",\"action\":\"abort_upload\",\"due\":\"2026-12-01T00:00:00."
        "000Z\","
        "\"rule_id\":\"r\",\"size_bytes\":0}\n{\"next\":\"6f61\"}\n"
    );
    EXPECT_EQ(status_.asked.bucket, "photos");
    EXPECT_EQ(status_.asked.after, "6f");
    EXPECT_EQ(status_.asked.limit, 7U);
    EXPECT_LT(status_.asked.until, system_clock().now() + std::chrono::hours(49));
}

TEST_F(Endpoints, LifecycleReportRefusesWhatItCannotRead) {
    const auto ask_signed = [&](const std::string& query) {
        support::fake_exchange request("GET /-/lifecycle" + query + " HTTP/1.1\nAuthorization: x\n");
        request.run(endpoints_.handle(request));
        return request.status();
    };
    for (const std::string query :
         {"",
          "?",
          "?bucket=",
          "?bucket=a&bucket=b",
          "?bucket=a&days=x",
          "?bucket=a&days=36501",
          "?bucket=a&limit=0",
          "?bucket=a&limit=1001",
          "?bucket=a&other=1",
          "?bucket=%zz"})
        EXPECT_EQ(ask_signed(query), 400U) << query;
    EXPECT_EQ(ask_signed("?bucket=a"), 200U);
    status_.page = errc::no_such_bucket;
    EXPECT_EQ(ask_signed("?bucket=a"), 404U);
    status_.page = errc::invalid_argument;
    EXPECT_EQ(ask_signed("?bucket=a"), 400U);
    status_.page = errc::corrupt;
    EXPECT_EQ(ask_signed("?bucket=a"), 500U);
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
