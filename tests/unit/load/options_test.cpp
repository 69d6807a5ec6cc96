// Endpoints, mixes, and combinations that cannot work.
#include "load/s3_client.hpp"
#include "load/server_probe.hpp"

#include "labstore/load.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <functional>

namespace labstore::load {
namespace {

using namespace std::chrono_literals;

TEST(Endpoint, IsReadInAllItsForms) {
    const auto read = [](std::string_view url) {
        target at;
        const auto good = parse_endpoint(url, at);
        return good ? at.host + "|" + at.port + (at.tls ? "|tls" : "") : std::string("refused");
    };
    EXPECT_EQ(read("http://127.0.0.1:6789"), "127.0.0.1|6789");
    EXPECT_EQ(read("http://store.example.com/"), "store.example.com|80");
    EXPECT_EQ(read("https://store.example.com"), "store.example.com|443|tls");
    EXPECT_EQ(read("https://[::1]:6443/"), "::1|6443|tls");
    EXPECT_EQ(read("localhost:9000"), "localhost|9000");
    EXPECT_EQ(read("http://[::1]:6789"), "::1|6789");
    for (const char* const wrong :
         {"",
          "http://",
          "https://",
          "ftp://store",
          "store:0",
          "store:65536",
          "store:port",
          "[::1",
          "[::1]x:80",
          "store:80/path"})
        EXPECT_EQ(read(wrong), "refused") << wrong;
}

TEST(Mix, IsReadByNames) {
    const auto weights = parse_weights("get=45,STAT=30,put=15,delete=10");
    ASSERT_TRUE(weights);
    EXPECT_EQ(*weights, find_scenario("mixed")->weights);
    for (const char* const wrong : {"get", "get=", "copy=1", "get=-1", "get=1;put=2"})
        EXPECT_FALSE(parse_weights(wrong)) << wrong;
}

TEST(Scenarios, AllReadTheirSizes) {
    EXPECT_EQ(scenarios().size(), 9U);
    for (const auto& each : scenarios())
        EXPECT_TRUE(size_distribution::parse(each.sizes)) << each.name;
    EXPECT_EQ(find_scenario("none"), nullptr);
}

options usable() {
    options wanted;
    wanted.at.access_key = "key";
    wanted.at.secret_key = crypto::secret("secret");
    wanted.weights = find_scenario("mixed")->weights;
    return wanted;
}

TEST(Validation, TakesWhatWorksAndRefusesNonsense) {
    EXPECT_TRUE(validate(usable(), {}));
    const auto refused = [](const std::function<void(options&, pace&)>& spoil) {
        auto wanted = usable();
        pace timing;
        spoil(wanted, timing);
        return !validate(wanted, timing);
    };
    EXPECT_TRUE(refused([](options& o, pace&) { o.at.access_key.clear(); }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.at.bucket = "a"; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.at.bucket = "with/slash"; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.at.prefix = "a b"; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.weights = {}; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.concurrency = 0; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.concurrency = 501; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.threads = 9; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.objects = 0; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.sizes = size_distribution::fixed(2 * GiB); }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.list_keys = 1001; }));
    EXPECT_TRUE(refused([](options& o, pace&) { o.timeout = 0ns; }));
    EXPECT_TRUE(refused([](options& o, pace&) {
        o.weights = find_scenario("multipart")->weights;
        o.part_size_bytes = 1 * MiB;
    }));
    EXPECT_TRUE(refused([](options&, pace& p) { p.duration = 0ns; }));
    EXPECT_TRUE(refused([](options&, pace& p) { p.duration = std::chrono::hours(200); }));
    EXPECT_TRUE(refused([](options&, pace& p) { p.rate = -1; }));
    EXPECT_TRUE(refused([](options&, pace& p) { p.poisson = true; }));
}

TEST(Errors, AreNamedByTheirCodeOrStatus) {
    answer got;
    got.status = 503;
    got.error_body = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>x</Message></Error>";
    EXPECT_EQ(error_of(got), "SlowDown");
    got.error_body.clear();
    EXPECT_EQ(error_of(got), "HTTP 503");
    got.status = 200;
    EXPECT_EQ(error_of(got), "");
    EXPECT_EQ(error_of(result<answer>(errc::timed_out)), "timed_out");
    EXPECT_EQ(element_text("<a><b>c</b></a>", "b"), "c");
    EXPECT_EQ(element_text("<a><b>c", "b"), "");
}

TEST(ServerProbe, ReadsPrometheusTextAndProc) {
    constexpr std::string_view page =
        "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "
        "12.5\nprocess_cpu_seconds_total_x 1\n"
        "process_resident_memory_bytes 1.5e8 1700000000\n";
    EXPECT_EQ(metric_value(page, "process_cpu_seconds_total"), 12.5);
    EXPECT_EQ(metric_value(page, "process_resident_memory_bytes"), 1.5e8);
    EXPECT_EQ(metric_value(page, "process_cpu"), std::nullopt);
    const auto own = process_usage(::getpid());
    ASSERT_TRUE(own);
    EXPECT_GT(own->memory_bytes, 1e6);
    EXPECT_FALSE(process_usage(-1));
}

}  // namespace
}  // namespace labstore::load
