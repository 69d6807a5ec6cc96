#include "server/dispatcher.hpp"

#include "server/request_log.hpp"
#include "support/http/fake_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "temporary_folder.hpp"

namespace labstore::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Stands for S3: says its name.
class named_handler final : public http::handler {
  public:
    runtime::awaitable<void> handle(http::exchange& request) override {
        http::response_head head(200);
        const auto sent = co_await request.respond(std::move(head), "s3");
        EXPECT_TRUE(sent);
    }

    http::error_answer make_error(errc error, std::string_view, std::string_view) override {
        return {http::response_head(400), std::string(errc_name(error))};
    }

    void on_finished(const http::summary&) override { ++finished; }

    int finished = 0;
};

class always_fine final : public admin::status_source {
    [[nodiscard]] bool draining() const noexcept override { return false; }

    [[nodiscard]] bool writable() const noexcept override { return true; }

    [[nodiscard]] bool is_signed(const http::request_head&) const override { return true; }

    runtime::awaitable<result<storage::lifecycle_forecast_page>> forecast(storage::lifecycle_forecast_request
    ) const override {
        co_return storage::lifecycle_forecast_page{};
    }

    [[nodiscard]] const clock& time() const noexcept override { return system_clock(); }
};

class Dispatcher : public ::testing::Test {
  protected:
    std::string answer(const std::string& target, const std::string& host = "localhost") {
        support::fake_exchange request("GET " + target + " HTTP/1.1\nHost: " + host + "\n");
        request.run(dispatcher_.handle(request));
        return std::to_string(request.status()) + " " + request.body();
    }

    named_handler s3_;
    always_fine status_;
    metrics::registry numbers_;
    admin::endpoints own_{status_, numbers_};
    dispatcher dispatcher_{s3_, own_, {"s3.test"}};
};

TEST_F(Dispatcher, OnlyTheDashSegmentIsOurs) {
    EXPECT_EQ(answer("/-/health/live"), "200 {\"status\":\"live\"}\n");
    EXPECT_EQ(answer("/-/nothing"), "404 {\"status\":\"not found\"}\n");
    for (const std::string target : {"/", "/bucket/-/health/live", "/-bucket/key", "/%2D/health/live"})
        EXPECT_EQ(answer(target), "200 s3") << target;
}

TEST_F(Dispatcher, UnderTheHostOfABucketAPathIsAKey) {
    for (const std::string target : {"/-", "/-/health/live", "/-/metrics", "/-/nothing"})
        for (const std::string host : {"aud.s3.test", "AUD.S3.TEST:6789"})
            EXPECT_EQ(answer(target, host), "200 s3") << target << ' ' << host;
    for (const std::string host : {"s3.test", "s3.test:6789", "127.0.0.1", "other.test"})
        EXPECT_EQ(answer("/-/health/live", host), "200 {\"status\":\"live\"}\n") << host;
}

TEST_F(Dispatcher, ErrorsAreWordedByS3) {
    EXPECT_EQ(dispatcher_.make_error(errc::bad_request, "/-/x", "id").body, "bad_request");
}

class RequestLog : public ::testing::Test {
  protected:
    ~RequestLog() override { log::shutdown(); }

    void start(log::level threshold) {
        log::options settings;
        settings.threshold = threshold;
        settings.file = file_;
        settings.linger = std::chrono::milliseconds(0);
        ASSERT_TRUE(log::init(settings));
    }

    std::string lines() {
        log::shutdown();
        std::ifstream file(file_);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    const temporary_folder folder_;
    const std::string file_ = folder_.inside("log");
    metrics::registry numbers_;
    request_log requests_{numbers_};
};

TEST_F(RequestLog, CountsByOperationStatusAndCode) {
    const support::fake_exchange request("GET /b/k HTTP/1.1\n");
    http::annotations notes;
    notes.operation = "GetObject";
    for (const unsigned status : {200U, 206U, 404U, 0U, 999U}) {
        http::summary done{request.head(), notes, "id", "127.0.0.1"};
        done.status = status;
        done.bytes_in = 1;
        done.bytes_out = 10;
        done.duration = std::chrono::milliseconds(2);
        done.first_byte = std::chrono::milliseconds(status == 0 ? 0 : 1);
        notes.error_code = status == 404 ? "NoSuchKey" : "";
        requests_.on_finished(done);
    }
    const std::string text = numbers_.render_prometheus();
    const std::string one = "labstore_requests_total{operation=\"GetObject\",status=\"";
    EXPECT_THAT(text, HasSubstr(one + "200\",code=\"none\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(one + "206\",code=\"none\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(one + "404\",code=\"NoSuchKey\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(one + "cut\",code=\"none\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("labstore_request_duration_seconds_count{operation=\"GetObject\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("labstore_request_first_byte_seconds_count{operation=\"GetObject\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("labstore_request_bytes_total{operation=\"GetObject\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("labstore_response_bytes_total{operation=\"GetObject\"} 50\n"));
}

TEST_F(RequestLog, BeforeAnOperationIsKnownItIsNone) {
    const support::fake_exchange request("GET / HTTP/1.1\n");
    http::annotations notes;
    notes.error_code = "InvalidAccessKeyId";
    http::summary done{request.head(), notes, "id", "127.0.0.1"};
    done.status = 403;
    requests_.on_finished(done);
    EXPECT_THAT(
        numbers_.render_prometheus(),
        HasSubstr("labstore_requests_total{operation=\"none\",status=\"403\",code=\"InvalidAccessKeyId\"} 1\n"
        )
    );
}

/// More outcomes than the table has places, from several threads.
TEST(OutcomeTable, KeepsApartWhatItCannotKeepInItsTable) {
    metrics::registry numbers;
    outcome_table outcomes(numbers);
    constexpr unsigned statuses = 6000;
    constexpr int rounds = 2;
    const auto count_all = [&] {
        for (int round = 0; round < rounds; ++round)
            for (unsigned status = 1; status <= statuses; ++status)
                outcomes.find({"GetObject", status % 2 == 0 ? "NoSuchKey" : "", status}).requests.add();
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back(count_all);
    for (auto& thread : threads)
        thread.join();
    for (unsigned status = 1; status <= statuses; ++status) {
        const outcome ended{"GetObject", status % 2 == 0 ? "NoSuchKey" : "", status};
        ASSERT_EQ(outcomes.find(ended).requests.value(), 3U * rounds) << status;
    }
}

TEST_F(RequestLog, OneAccessLineWithoutSecrets) {
    start(log::level::info);
    const support::fake_exchange request(
        "GET /b/k?X-Amz-Signature=0123456789abcdef0123456789abcdef HTTP/1.1\nUser-Agent: tester/1\n"
    );
    http::annotations notes;
    notes.operation = "GetObject";
    http::summary done{request.head(), notes, "REQUEST-ID", "192.0.2.1"};
    done.status = 200;
    requests_.on_finished(done);
    const std::string text = lines();
    for (const char* part : {"/b/k", "200", "REQUEST-ID", "192.0.2.1", "GetObject", "tester/1"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(text, Not(HasSubstr("0123456789ab")));
}

TEST_F(RequestLog, HeadsAreDumpedAtDebugMaskedAndNotAtInfo) {
    const std::string head =
        "PUT /b/k?X-Amz-Signature=aaaabbbbccccdddd HTTP/1.1\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=KEY/20261122/us-east-1/s3/aws4_request, "
        "SignedHeaders=host, Signature=feedfacefeedfacefeedface\n"
        "x-amz-security-token: planted-token\n"
        "x-amz-meta-colour: green\n";
    const support::fake_exchange request(head);
    start(log::level::info);
    log_head(request.head(), "REQUEST-ID");
    EXPECT_EQ(lines(), "");
    start(log::level::debug);
    log_head(request.head(), "REQUEST-ID");
    const std::string text = lines();
    for (const char* part : {"REQUEST-ID", "green", "KEY/20261122"})
        EXPECT_THAT(text, HasSubstr(part));
    for (const char* secret : {"feedface", "planted-token", "aaaabbbb"})
        EXPECT_THAT(text, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace labstore::server
