#include "http/wire_head.hpp"

#include "http/request_ids.hpp"

#include <gtest/gtest.h>

#include <set>

namespace labstore::http {
namespace {

constexpr wire_fields plain{.server_name = "S", .date = "D", .request_id = "R", .host_id = "I"};

TEST(ResponseHead, NeutralisesControlsInNamesAndValues) {
    response_head head(200);
    for (int c = 0; c < 256; ++c)
        head.add(std::string("n") + static_cast<char>(c), std::string("v") + static_cast<char>(c) + "w");
    head.add("size", std::uint64_t{18'446'744'073'709'551'615U});
    std::size_t lines = 0;
    for (std::size_t at = 0; at < head.fields().size(); ++lines) {
        const auto end = head.fields().find("\r\n", at);
        ASSERT_NE(end, std::string::npos);
        for (const char c : head.fields().substr(at, end - at))
            EXPECT_TRUE(c == '\t' || static_cast<unsigned char>(c) >= 0x20);
        at = end + 2;
    }
    EXPECT_EQ(lines, 257U);
    EXPECT_TRUE(head.fields().ends_with("size: 18446744073709551615\r\n"));
}

TEST(WireHead, CarriesTheFramingItIsTold) {
    response_head head(206);
    head.add("a", "b");
    std::string out = "old";
    auto fields = plain;
    fields.content_length = 42;
    write_wire_head(out, head, fields);
    EXPECT_EQ(
        out,
        "HTTP/1.1 206 Partial Content\r\nServer: S\r\nDate: D\r\nx-amz-request-id: R\r\nx-amz-id-2: I\r\n"
        "Content-Length: 42\r\na: b\r\n\r\n"
    );
    fields.content_length.reset();
    fields.chunked = true;
    fields.close = true;
    fields.announce_keep_alive = true;
    write_wire_head(out, response_head(299), fields);
    EXPECT_EQ(
        out,
        "HTTP/1.1 299 Unnamed\r\nServer: S\r\nDate: D\r\nx-amz-request-id: R\r\nx-amz-id-2: I\r\n"
        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
}

TEST(WireHead, PhrasesAreFound) {
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(100), "Continue");
    EXPECT_EQ(reason_phrase(404), "Not Found");
    EXPECT_EQ(reason_phrase(503), "Service Unavailable");
    EXPECT_EQ(reason_phrase(507), "Insufficient Storage");
    EXPECT_EQ(reason_phrase(599), "Unnamed");
}

TEST(DateCache, IsTheTimeOfNow) {
    date_cache dates;
    const auto parsed = parse_http_date(dates.now());
    ASSERT_TRUE(parsed);
    EXPECT_LT(std::chrono::abs(*parsed - system_clock().now()), std::chrono::seconds(3));
}

TEST(RequestIds, DoNotRepeat) {
    request_ids ids;
    std::set<std::string> seen;
    std::string id;
    for (int i = 0; i < 10'000; ++i) {
        ids.next(id);
        ASSERT_EQ(id.size(), 16U);
        ASSERT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos);
        ASSERT_TRUE(seen.insert(id).second);
    }
}

}  // namespace
}  // namespace labstore::http
