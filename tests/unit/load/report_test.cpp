// Thresholds and the written forms of a result.
#include "labstore/load.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace labstore::load {
namespace {

report sample() {
    report found;
    found.scenario = "mixed";
    found.endpoint = "http://127.0.0.1:6789/b";
    found.started_at = "2026-08-02T12:00:00.000Z";
    found.concurrency = 100;
    found.threads = 2;
    found.target_rate = 10'000;
    found.object_sizes = "4KiB";
    found.measured_s = 10;
    found.operations.push_back(
        {"GET", 90'000, 10, 368'640'000, 9000, 36'864'000, {0.8, 0.1, 0.7, 1.5, 4, 9, 30}}
    );
    found.operations.push_back({"PUT", 10'000, 0, 40'960'000, 1000, 4'096'000, {2, 0.5, 1.5, 4, 12, 20, 40}});
    found.total = {"total", 100'000, 10, 409'600'000, 10'000, 40'960'000, {0.92, 0.1, 0.8, 1.7, 5, 10, 40}};
    found.errors["SlowDown <&> \"quoted\""] = 10;
    found.unserved = 7;
    found.client_cpu_us_per_operation = 30;
    found.server = server_usage{1.2, 120, 200e6, "/-/metrics"};
    found.seconds.push_back({1, 9999, 1, 4e7, 0.9, 5, 20, 1.1, 2e8, true});
    return found;
}

bool met(const std::string& text) {
    const auto wanted = parse_expectations(text);
    EXPECT_TRUE(wanted) << text;
    if (!wanted)
        return false;
    return std::ranges::all_of(judge(sample(), *wanted), &verdict::met);
}

TEST(Expectations, AreMetOrNot) {
    for (const char* const good :
         {"throughput>9999",
          "throughput>=10000",
          "throughput=10000",
          "avg<1ms",
          "avg<=920us",
          "p99<10ms",
          "p99.9<=10ms",
          "max<0.1s",
          "errors=10",
          "errors<0.1%",
          "unserved<8",
          "bandwidth>30MiB",
          "operations>99999",
          "client-cpu<50us",
          "get.p99<5ms",
          "PUT.errors=0",
          "throughput>9000, avg<1ms ,p50<1ms,errors<=10"})
        EXPECT_TRUE(met(good)) << good;
    for (const char* const bad :
         {"throughput>10000",
          "avg<0.9ms",
          "p99<5ms",
          "errors=0",
          "errors<0.001%",
          "unserved=0",
          "min>1ms",
          "client-cpu<30us",
          "put.p99<10ms",
          "stat.p99<10ms",
          "list.errors=0",
          "throughput>1,errors=0"})
        EXPECT_FALSE(met(bad)) << bad;
}

TEST(Expectations, RefuseWhatSaysNothing) {
    for (const char* const wrong :
         {"",
          "p99",
          "p98<1ms",
          "p99<",
          "p99<fast",
          "p99<10%",
          "throughput>10ms",
          "errors=0,",
          "copy.p99<1ms",
          "get.unserved=0",
          "<1",
          "errors=%"})
        EXPECT_FALSE(parse_expectations(wrong)) << wrong;
}

TEST(Expectations, WithoutASuccessNoLatencyIsGood) {
    report nothing;
    const auto wanted = parse_expectations("p99<10ms");
    EXPECT_FALSE(judge(nothing, *wanted).front().met);
    const auto verdicts = judge(sample(), *parse_expectations("p99<10ms,errors=0"));
    EXPECT_EQ(verdicts[0].text, "p99<10ms: met (5.000 ms)");
    EXPECT_EQ(verdicts[1].text, "errors=0: not met (10)");
}

TEST(Report, JsonHoldsEveryFigure) {
    const auto read = nlohmann::json::parse(to_json(sample()));
    EXPECT_EQ(read["scenario"], "mixed");
    EXPECT_EQ(read["total"]["operations"], 100'000);
    EXPECT_EQ(read["total"]["latency_ms"]["p99.9"], 10);
    EXPECT_EQ(read["operations"].size(), 2U);
    EXPECT_EQ(read["operations"][0]["name"], "GET");
    EXPECT_EQ(read["operations"][0]["errors"], 10);
    EXPECT_EQ(read["errors"]["SlowDown <&> \"quoted\""], 10);
    EXPECT_EQ(read["unserved"], 7);
    EXPECT_EQ(read["server"]["cpu_us_per_operation"], 120);
    EXPECT_EQ(read["seconds"][0]["operations_per_second"], 9999);
    EXPECT_EQ(read["client"]["cpu_us_per_operation"], 30);
}

TEST(Report, JsonTakesErrorsThatAreNoUtf8) {
    auto found = sample();
    found.errors["\xff\xfe"] = 1;
    EXPECT_TRUE(nlohmann::json::accept(to_json(found)));
}

TEST(Report, CsvIsATable) {
    std::istringstream in(to_csv(sample()));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    ASSERT_EQ(lines.size(), 4U);
    for (const auto& line : lines)
        EXPECT_EQ(std::ranges::count(line, ','), 12) << line;
    EXPECT_TRUE(lines[1].starts_with("total,100000,10,409600000,10000.000,"));
    EXPECT_TRUE(lines[2].starts_with("GET,90000,10,"));
}

TEST(Report, HtmlStandsAloneAndEscapes) {
    const auto page = to_html(sample());
    EXPECT_TRUE(page.starts_with("<!doctype html>"));
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_NE(page.find("SlowDown &lt;&amp;&gt; &quot;quoted&quot;"), std::string::npos);
    EXPECT_EQ(page.find("SlowDown <&>"), std::string::npos);
    for (const char* const outside : {"<script", "src=", "href="})
        EXPECT_EQ(page.find(outside), std::string::npos) << outside;
    EXPECT_NE(page.find("100000"), std::string::npos);
}

TEST(Report, TextNamesWhatWentWrong) {
    const auto text = to_text(sample());
    for (const char* const part :
         {"GET", "total", "open loop at 10000 op/s", "unserved: 7", "10 times", "/-/metrics"})
        EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
}

}  // namespace
}  // namespace labstore::load
