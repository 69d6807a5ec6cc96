#include "http/framing_gate.hpp"

#include "http/head_parser.hpp"
#include "unit/http/desync_cases.hpp"

#include <gtest/gtest.h>

#include <set>

namespace labstore::http {
namespace {

TEST(FramingGate, RefusesEveryDesyncCaseForItsOwnReason) {
    const auto cases = desync_cases();
    EXPECT_GE(cases.size(), 150U);
    std::set<std::string> heads;
    for (const auto& each : cases) {
        EXPECT_TRUE(heads.insert(each.head).second) << "twice: " << each.head;
        const auto verdict = judge_head(each.head);
        EXPECT_EQ(refusal_name(verdict.why), refusal_name(each.why)) << each.head;
        parsed_head parsed;
        EXPECT_EQ(parse_head(each.head, parsed), each.why) << each.head;
    }
}

TEST(FramingGate, AcceptsWhatRealClientsSendAndBeastAgrees) {
    for (const auto& each : accepted_cases()) {
        parsed_head parsed;
        const auto why = parse_head(each.head, parsed);
        ASSERT_EQ(refusal_name(why), "none") << each.head;
        EXPECT_EQ(parsed.head.target, each.target) << each.head;
        EXPECT_EQ(parsed.head.host, each.host) << each.head;
        EXPECT_EQ(parsed.facts.content_length, each.content_length) << each.head;
        EXPECT_EQ(parsed.facts.chunked, each.chunked) << each.head;
        EXPECT_EQ(parsed.facts.keep_alive, each.keep_alive) << each.head;
        EXPECT_EQ(parsed.facts.expects_continue, each.expects_continue) << each.head;
    }
}

TEST(FramingGate, GivesTheHandlerTheHeadAsItWasSent) {
    const std::string head =
        "PUT http://h/b/a%20b+c?x=1&y=?/ HTTP/1.1\r\nHost: h\r\nX-Amz-Meta-N:\t \xc3\xbc b \t\r\nA:\r\na: "
        "2\r\n\r\n";
    parsed_head parsed;
    ASSERT_EQ(parse_head(head, parsed), refusal::none);
    EXPECT_EQ(parsed.head.method, method::put);
    EXPECT_EQ(parsed.head.method_text, "PUT");
    EXPECT_EQ(parsed.head.target, "/b/a%20b+c?x=1&y=?/");
    EXPECT_EQ(parsed.head.path, "/b/a%20b+c");
    EXPECT_EQ(parsed.head.query, "x=1&y=?/");
    EXPECT_TRUE(parsed.head.has_query);
    ASSERT_EQ(parsed.head.headers.size(), 4U);
    EXPECT_EQ(parsed.head.headers[1].name, "X-Amz-Meta-N");
    EXPECT_EQ(parsed.head.find("x-amz-meta-n"), "\xc3\xbc b");
    EXPECT_EQ(parsed.head.find("a"), "");
    EXPECT_EQ(parsed.head.count("a"), 2U);
    EXPECT_EQ(parsed.head.find("b"), std::nullopt);
    // The room is used again and nothing of the old head stays.
    ASSERT_EQ(parse_head("get /? HTTP/1.0\r\nHost: x\r\n\r\n", parsed), refusal::none);
    EXPECT_EQ(parsed.head.method, method::other);
    EXPECT_EQ(parsed.head.path, "/");
    EXPECT_EQ(parsed.head.query, "");
    EXPECT_TRUE(parsed.head.has_query);
    EXPECT_EQ(parsed.head.headers.size(), 1U);
    EXPECT_FALSE(parsed.facts.version_1_1);
}

TEST(FramingGate, EveryByteValueIsJudgedEverywhere) {
    for (int c = 0; c < 256; ++c) {
        const std::string byte(1, static_cast<char>(c));
        const bool token =
            std::string("!#$%&'*+-.^_`|~").find(byte) != std::string::npos || std::isalnum(c) != 0;
        const bool visible = c > 0x20 && c < 0x7f;
        const bool value = c == '\t' || (c >= 0x20 && c != 0x7f);
        EXPECT_EQ(judge_head("G" + byte + "T / HTTP/1.1\r\nHost: h\r\n\r\n").why == refusal::none, token)
            << c;
        EXPECT_EQ(
            judge_head("GET /" + byte + " HTTP/1.1\r\nHost: h\r\n\r\n").why == refusal::none,
            visible && c != '#'
        ) << c;
        EXPECT_EQ(
            judge_head("GET / HTTP/1.1\r\nHost: h\r\na" + byte + "b: v\r\n\r\n").why == refusal::none,
            token || c == ':'
        ) << c;
        EXPECT_EQ(
            judge_head("GET / HTTP/1.1\r\nHost: h\r\na: x" + byte + "y\r\n\r\n").why == refusal::none, value
        ) << c;
    }
}

head_scanner::outcome scan_in_pieces(
    std::string_view bytes, std::size_t piece, std::size_t size_max, std::size_t lines_max
) {
    head_scanner scanner(size_max, lines_max);
    for (std::size_t end = std::min(piece, bytes.size());; end = std::min(end + piece, bytes.size())) {
        const auto found = scanner.scan(bytes.substr(0, end));
        if (found.why != refusal::none || found.head_size_bytes > 0 || end == bytes.size())
            return found;
    }
}

TEST(HeadScanner, FindsTheEndHoweverTheBytesArrive) {
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    for (std::size_t piece = 1; piece <= head.size() + 7; ++piece) {
        const auto found = scan_in_pieces(head + "GET /x ", piece, 1000, 10);
        EXPECT_EQ(found.head_size_bytes, head.size()) << piece;
    }
    EXPECT_EQ(scan_in_pieces(head.substr(0, head.size() - 1), 5, 1000, 10).head_size_bytes, 0U);
}

TEST(HeadScanner, LimitsAreExact) {
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
    for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
        EXPECT_EQ(scan_in_pieces(head, piece, head.size() + 1, 10).head_size_bytes, head.size());
        EXPECT_EQ(scan_in_pieces(head, piece, head.size(), 10).head_size_bytes, head.size());
        EXPECT_EQ(scan_in_pieces(head, piece, head.size() - 1, 10).why, refusal::too_large);
        EXPECT_EQ(scan_in_pieces(head, piece, 1000, 3).head_size_bytes, head.size());
        EXPECT_EQ(scan_in_pieces(head, piece, 1000, 2).head_size_bytes, head.size());
        EXPECT_EQ(scan_in_pieces(head, piece, 1000, 1).why, refusal::too_many_lines);
    }
}

TEST(HeadScanner, RefusesWhatNeedNotBeWaitedFor) {
    EXPECT_EQ(scan_in_pieces("\x16\x03\x01", 1, 1000, 10).why, refusal::request_line);
    EXPECT_EQ(scan_in_pieces(" GET", 1, 1000, 10).why, refusal::request_line);
    EXPECT_EQ(scan_in_pieces("GET / HTTP/1.1\n", 1, 1000, 10).why, refusal::line_ending);
    EXPECT_EQ(scan_in_pieces("GET / HTTP/1.1\r\n\n", 1, 1000, 10).why, refusal::line_ending);
    EXPECT_EQ(scan_in_pieces("\r\n", 1, 1000, 10).why, refusal::request_line);
}

}  // namespace
}  // namespace labstore::http
