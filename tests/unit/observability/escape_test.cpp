#include "observability/escape.hpp"

#include "labstore/base.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <string>

namespace labstore::log {
namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
}

std::string word(std::string_view text) {
    std::string out;
    append_text_word(out, text);
    return out;
}

TEST(Escape, PlainTextStaysAsItIs) {
    EXPECT_EQ(word("PutObject"), "PutObject");
    EXPECT_EQ(json("PutObject gr\xC3\xBC\xC3\x9F"), "PutObject gr\xC3\xBC\xC3\x9F");
    EXPECT_EQ(word("gr\xC3\xBC\xC3\x9F"), "\"gr\xC3\xBC\xC3\x9F\"");
}

TEST(Escape, WordsThatCouldBeMisreadAreQuoted) {
    EXPECT_EQ(word(""), "\"\"");
    EXPECT_EQ(word("a b"), "\"a b\"");
    EXPECT_EQ(word("a=b"), "\"a=b\"");
    EXPECT_EQ(word("say \"hi\"\\"), "\"say \\\"hi\\\"\\\\\"");
}

TEST(Escape, ControlsAndDirectionMarksBecomeEscapes) {
    EXPECT_EQ(word("a\r\nb\t\x1B[31m"), "\"a\\r\\nb\\t\\u001b[31m\"");
    EXPECT_EQ(json("\x7F\xC2\x85\xE2\x80\xA8\xE2\x80\xAE"), "\\u007f\\u0085\\u2028\\u202e");
    EXPECT_EQ(json(std::string_view("\0", 1)), "\\u0000");
}

TEST(Escape, InvalidUtf8IsMadeSafe) {
    EXPECT_EQ(json("a\xFFz"), "a\\ufffdz");
    EXPECT_EQ(word("a\xFFz"), "\"a\\xffz\"");
    EXPECT_EQ(json("\xC0\xAF"), "\\ufffd\\ufffd");             // overlong
    EXPECT_EQ(json("\xED\xA0\x80"), "\\ufffd\\ufffd\\ufffd");  // surrogate
    EXPECT_EQ(json("\xE2\x82"), "\\ufffd\\ufffd");             // cut off
    EXPECT_EQ(json("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
}

TEST(Escape, NoBytesWhateverBreakALineOrTheFormat) {
    std::mt19937 engine(1);
    for (int round = 0; round < 20'000; ++round) {
        std::string raw(engine() % 12, '\0');
        for (auto& c : raw)
            c = static_cast<char>(engine() % 3 == 0 ? engine() % 0x22 : engine());
        const auto escaped = json(raw);
        const auto parsed = nlohmann::json::parse('"' + escaped + '"', nullptr, false);
        ASSERT_TRUE(parsed.is_string()) << escaped;
        if (is_utf8(raw)) {
            ASSERT_EQ(parsed.get<std::string>(), raw);
        }
        for (const auto& line : {escaped, word(raw)}) {
            ASSERT_TRUE(is_utf8(line));
            for (const char c : line)
                ASSERT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) << line;
        }
    }
}

}  // namespace
}  // namespace labstore::log
