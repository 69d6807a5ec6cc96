#include "labstore/observability.hpp"

#include "observability/log_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <limits>
#include <mutex>
#include <thread>

namespace labstore::log {
namespace {

/// What the sink under test received, and a gate that keeps the logging thread waiting.
struct record {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> lines;
    bool open = true;
    bool waiting = false;
    bool fails = false;

    void set_open(bool value) {
        const std::lock_guard lock(mutex);
        open = value;
        changed.notify_all();
    }

    void wait_until_stuck() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return waiting; });
    }
};

class recording_sink final : public line_sink {
  public:
    explicit recording_sink(record& into) : into_(into) {}

    bool write(level, std::chrono::system_clock::time_point, std::string_view line) override {
        std::unique_lock lock(into_.mutex);
        into_.waiting = true;
        into_.changed.notify_all();
        into_.changed.wait(lock, [this] { return into_.open; });
        into_.waiting = false;
        into_.lines.emplace_back(line);
        return !into_.fails;
    }

    void flush() override {}

  private:
    record& into_;
};

queued_line line_of(std::string_view event, std::vector<field> fields = {}, level severity = level::info) {
    return {severity, std::chrono::system_clock::now(), event_line(event, fields)};
}

options quick(format form) {
    options settings;
    settings.lines = form;
    settings.linger = std::chrono::milliseconds(1);
    return settings;
}

/// Puts lines through a queue of their own and gives what came out.
std::vector<std::string> written(format form, std::vector<queued_line> lines) {
    record seen;
    log_queue queue;
    queue.start(quick(form), std::make_unique<recording_sink>(seen));
    for (auto& line : lines)
        queue.push(std::move(line));
    queue.stop();
    return seen.lines;
}

access_entry sample_entry() {
    access_entry entry;
    entry.method = "GET";
    entry.path = "/bucket/key?X-Amz-Signature=0badf00d&versionId=7";
    entry.status = 200;
    entry.bytes_out = 4096;
    entry.duration = std::chrono::microseconds(1234);
    entry.request_id = "00112233445566AA";
    entry.remote_address = "127.0.0.1:5000";
    entry.access_key_id = "AKIAEXAMPLE";
    entry.operation = "GetObject";
    entry.user_agent = "boto3\r\nINJECTED";
    return entry;
}

TEST(Log, TextLinesHoldTheEventAndItsFields) {
    const auto lines = written(
        format::text,
        {line_of(
            "segment retired",
            {{"path", "segments/1"},
             {"bytes", std::uint64_t{12}},
             {"delta", -3},
             {"ratio", 0.5},
             {"last", true},
             {"why", std::string("two words")}}
        )}
    );
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(
        lines[0], "segment retired path=segments/1 bytes=12 delta=-3 ratio=0.5 last=true why=\"two words\""
    );
}

TEST(Log, JsonLinesParse) {
    const auto infinity = std::numeric_limits<double>::infinity();
    const auto lines = written(
        format::json,
        {line_of(
            "odd \"event\"\n",
            {{"ke\ny", "va\"l\\ue\x01\xFF"},
             {"big", std::numeric_limits<std::uint64_t>::max()},
             {"small", std::numeric_limits<std::int64_t>::min()},
             {"real", 0.25},
             {"infinite", infinity},
             {"flag", false}},
            level::warn
        )}
    );
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].find('\n'), std::string::npos);
    const auto parsed = nlohmann::json::parse(lines[0]);
    EXPECT_EQ(parsed["level"], "warn");
    EXPECT_EQ(parsed["event"], "odd \"event\"\n");
    EXPECT_EQ(parsed["ke\ny"], "va\"l\\ue\x01\xEF\xBF\xBD");
    EXPECT_EQ(parsed["big"], std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(parsed["small"], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parsed["real"], 0.25);
    EXPECT_TRUE(parsed["infinite"].is_null());
    EXPECT_EQ(parsed["flag"], false);
    EXPECT_TRUE(parse_iso8601(parsed["time"].get<std::string>()).has_value());
}

TEST(Log, AccessLinesAreMaskedAndUnbreakable) {
    queued_line line{level::info, std::chrono::system_clock::now(), sample_entry()};
    const auto text = written(format::text, {line});
    ASSERT_EQ(text.size(), 1U);
    EXPECT_EQ(
        text[0],
        "access method=GET path=\"/bucket/key?X-Amz-Signature=***&versionId=7\" status=200 bytes_in=0 "
        "bytes_out=4096 "
        "duration_us=1234 request_id=00112233445566AA remote=127.0.0.1:5000 access_key=AKIAEXAMPLE "
        "operation=GetObject user_agent=\"boto3\\r\\nINJECTED\""
    );
    const auto json = written(format::json, {line});
    ASSERT_EQ(json.size(), 1U);
    const auto parsed = nlohmann::json::parse(json[0]);
    EXPECT_EQ(parsed["path"], "/bucket/key?X-Amz-Signature=***&versionId=7");
    EXPECT_EQ(parsed["status"], 200);
    EXPECT_EQ(parsed["user_agent"], "boto3\r\nINJECTED");
    EXPECT_FALSE(parsed.contains("error"));
}

TEST(Log, DropsPastTheLimitAreCountedAndReported) {
    record seen;
    seen.open = false;
    log_queue queue;
    auto settings = quick(format::text);
    settings.queue_lines_max = 10;
    queue.start(settings, std::make_unique<recording_sink>(seen));
    queue.push(line_of("first"));
    seen.wait_until_stuck();
    for (int i = 0; i < 14; ++i)
        queue.push(line_of("more"));
    EXPECT_EQ(queue.current().dropped, 5U);
    seen.set_open(true);
    queue.stop();
    const auto statistics = queue.current();
    EXPECT_EQ(statistics.dropped, 5U);
    EXPECT_EQ(statistics.written, 11U);
    EXPECT_EQ(seen.lines.size(), 11U);
    EXPECT_THAT(seen.lines, testing::Contains("dropped 5 log lines count=5"));
}

TEST(Log, TheQueueIsBoundedInBytesToo) {
    record seen;
    seen.open = false;
    log_queue queue;
    auto settings = quick(format::text);
    settings.queue_bytes_max = 64 * KiB;
    queue.start(settings, std::make_unique<recording_sink>(seen));
    const std::string large(20 * KiB, 'x');
    for (int i = 0; i < 10; ++i)
        queue.push(line_of("large", {{"text", large}}));
    EXPECT_EQ(queue.current().dropped, 7U);
    seen.set_open(true);
    queue.stop();
    EXPECT_EQ(seen.lines.size(), 4U);  // three that fitted and the report
}

TEST(Log, LinesTheSinkRefusesAreCounted) {
    record seen;
    seen.fails = true;
    log_queue queue;
    queue.start(quick(format::text), std::make_unique<recording_sink>(seen));
    queue.push(line_of("lost"));
    queue.stop();
    EXPECT_EQ(queue.current().failed, 1U);
}

TEST(Log, StoppingWritesWhatManyThreadsQueued) {
    record seen;
    log_queue queue;
    queue.start(quick(format::json), std::make_unique<recording_sink>(seen));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&queue] {
            for (int i = 0; i < 500; ++i)
                queue.push(line_of("tick", {{"i", i}}));
        });
    for (auto& thread : threads)
        thread.join();
    queue.stop();
    EXPECT_EQ(seen.lines.size(), 2000U);
    queue.push(line_of("after the end"));
    EXPECT_EQ(queue.current().dropped, 0U);
    EXPECT_EQ(queue.current().written, 2000U);
}

/// A value that counts how often somebody asked for its text.
struct costly {
    int& asked;

    std::string text() const {
        ++asked;
        return "costly";
    }
};

class LogFile : public testing::Test {
  protected:
    void SetUp() override {
        const auto name = "labstore_log_test_" + std::to_string(::getpid());
        path_ = (std::filesystem::temp_directory_path() / name).string();
    }

    void TearDown() override {
        shutdown();
        std::filesystem::remove(path_);
    }

    std::string contents() const {
        std::ifstream in(path_);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    std::string path_;
};

TEST_F(LogFile, WhatIsOffCostsNoFormattingAndNoLine) {
    const auto before = current_statistics().written;
    options settings;
    settings.file = path_;
    settings.access_log = false;
    ASSERT_TRUE(init(settings));
    int asked = 0;
    const costly value{asked};
    for (const auto severity : {level::debug, level::info}) {
        if (enabled(severity))
            write(severity, "costly", {{"value", value.text()}});
    }
    write(level::trace, "off", {{"number", 1}});
    EXPECT_FALSE(access_enabled());
    access(sample_entry());
    shutdown();
    EXPECT_EQ(asked, 1);
    EXPECT_EQ(current_statistics().written - before, 1U);
}

TEST_F(LogFile, GoesThroughSpdlogIntoTheFile) {
    options settings;
    settings.file = path_;
    settings.colours = colour::always;
    ASSERT_TRUE(init(settings));
    write(level::error, "something failed", {{"code", 5}});
    set_level(level::error);
    write(level::warn, "no longer shown");
    shutdown();
    EXPECT_FALSE(enabled(level::error));
    write(level::error, "after shutdown");
    EXPECT_THAT(
        contents(), testing::MatchesRegex("20[0-9][0-9]-[0-9-]+T[0-9:.]+Z error   something failed code=5\n")
    );
}

TEST_F(LogFile, StartsAgainAndAppends) {
    options settings;
    settings.file = path_;
    settings.lines = format::json;
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(init(settings));
        access(sample_entry());
        shutdown();
    }
    std::istringstream lines(contents());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_EQ(nlohmann::json::parse(line)["event"], "access");
    EXPECT_EQ(count, 2);
}

TEST_F(LogFile, RefusesAFileItCannotOpen) {
    options settings;
    settings.file = path_ + "/no/such/folder";
    std::ofstream(path_).put('x');
    const auto started = init(settings);
    ASSERT_FALSE(started);
    EXPECT_EQ(to_errc(started.error()), errc::io_error);
}

TEST(LogLevel, NamesParseBack) {
    for (const auto value : {level::trace, level::debug, level::info, level::warn, level::error, level::off})
        EXPECT_EQ(parse_level(level_name(value)), value);
    EXPECT_EQ(parse_level("loud"), std::nullopt);
    EXPECT_FALSE(enabled(level::off));
}

}  // namespace
}  // namespace labstore::log
