#include "http/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace labstore::http {
namespace {

struct decoded {
    bool refused = false;
    bool finished = false;
    std::string body;
    std::size_t consumed = 0;
};

decoded decode_in_pieces(std::string_view wire, std::size_t input_piece, std::size_t room_size) {
    chunked_decoder decoder;
    decoded out;
    std::vector<std::byte> room(room_size);
    while (out.consumed < wire.size() && !decoder.finished()) {
        const auto input = as_bytes(wire.substr(out.consumed, input_piece));
        const auto done = decoder.decode(input, room);
        if (!done) {
            EXPECT_EQ(to_errc(done.error()), errc::bad_request);
            out.refused = true;
            return out;
        }
        EXPECT_TRUE(done->consumed > 0 || done->produced > 0);
        out.consumed += done->consumed;
        out.body += as_text(std::span(room).first(done->produced));
    }
    out.finished = decoder.finished();
    return out;
}

void expect_refused(const std::string& wire) {
    for (const std::size_t piece : {1UL, 3UL, 100'000UL})
        EXPECT_TRUE(decode_in_pieces(wire, piece, 64).refused)
            << wire.substr(0, 100) << " in pieces of " << piece;
}

TEST(ChunkedDecoder, DecodesHoweverItIsSplit) {
    const std::string wire =
        "4\r\nWiki\r\n5;a=b;c=\"d\"\r\npedia\r\n000A\r\n in chunks\r\n0;last\r\nA: b\r\nC:\r\n\r\n";
    for (std::size_t piece = 1; piece <= wire.size() + 4; ++piece)
        for (const std::size_t room : {1UL, 2UL, 7UL, 100UL}) {
            const auto got = decode_in_pieces(wire + "NEXT", piece, room);
            ASSERT_FALSE(got.refused);
            ASSERT_TRUE(got.finished);
            ASSERT_EQ(got.body, "Wikipedia in chunks");
            ASSERT_EQ(got.consumed, wire.size()) << "nothing of the next request is taken";
        }
}

TEST(ChunkedDecoder, IsNotFinishedBeforeItsLastByte) {
    const std::string wire = "1\r\nx\r\n0\r\n\r\n";
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_FALSE(decode_in_pieces(wire.substr(0, size), 100, 10).finished) << size;
}

TEST(ChunkedDecoder, RefusesEverythingButTheExactForm) {
    for (const char* wire :
         {"\r\n",
          "g\r\n",
          "-1\r\nx",
          "+1\r\nx",
          "0x1\r\nx",
          " 1\r\nx",
          "1 \r\nx",
          "1\t;a\r\nx",
          "1\nx",
          "1\rx",
          "1\r\rx",
          "1;a\nx",
          "1;a\rx",
          "1;\x01\r\nx",
          "1;\x7f\r\nx",
          ";a\r\n",
          "1\r\nxy",
          "1\r\nx\n",
          "1\r\nx\rX",
          "1\r\nx\r\n\r\n",
          "0\r\n\n",
          "0\r\n\rX",
          "0\r\n A: b\r\n",
          "0\r\nA: b\n",
          "0\r\nA: \x01\r\n",
          "0\r\nno colon\r\n\r\n",
          "0\r\nNoColon\r\n",
          "0\r\n: v\r\n",
          "0\r\nA: b\rX",
          "0\r\nA : b\r\n",
          "1,1\r\nx",
          "1.0\r\nx",
          "\xef\xbc\x91\r\nx"})
        expect_refused(wire);
    expect_refused(std::string("1\0\r\nx", 6));
    expect_refused(std::string("1;\0\r\nx", 7));
}

TEST(ChunkedDecoder, LimitsAreExact) {
    EXPECT_FALSE(decode_in_pieces("0000000000000001\r\nx\r\n0\r\n\r\n", 100, 10).refused);
    expect_refused("00000000000000001\r\nx\r\n");
    expect_refused("10000000000000000\r\n");
    EXPECT_FALSE(decode_in_pieces("FFFFFFFFFFFFFFFF\r\nx", 100, 10).refused);

    const std::string extension(chunk_extension_bytes_max, 'e');
    EXPECT_TRUE(decode_in_pieces("1;" + extension + "\r\nx\r\n0;" + extension + "\r\n\r\n", 7, 10).finished);
    expect_refused("1;" + extension + "e\r\nx\r\n");

    const std::string trailers = "A:" + std::string(chunk_trailers_bytes_max / 2 - 2, 'v') + "\r\n";
    EXPECT_TRUE(decode_in_pieces("0\r\n" + trailers + trailers + "\r\n", 1000, 10).finished);
    expect_refused("0\r\n" + trailers + trailers + "B:\r\n\r\n");
}

TEST(ChunkedDecoder, LetsChunkBytesBeReadElsewhere) {
    chunked_decoder decoder;
    std::vector<std::byte> room(10);
    auto done = decoder.decode(as_bytes("64\r\nab"), room);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->produced, 2U);
    EXPECT_EQ(decoder.chunk_remaining(), 98U);
    decoder.skip_chunk_bytes(97);
    EXPECT_EQ(decoder.chunk_remaining(), 1U);
    decoder.skip_chunk_bytes(1);
    EXPECT_EQ(decoder.chunk_remaining(), 0U);
    done = decoder.decode(as_bytes("\r\n0\r\n\r\n"), room);
    ASSERT_TRUE(done);
    EXPECT_TRUE(decoder.finished());
}

}  // namespace
}  // namespace labstore::http
