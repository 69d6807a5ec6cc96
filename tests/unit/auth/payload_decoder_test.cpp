#include "unit/auth/chunked_body.hpp"
#include "unit/auth/vector_file.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

#include <random>

namespace labstore::auth::testing {
namespace {

using enum body_mode;
using trailer_list = std::vector<std::pair<std::string, std::string>>;

const std::string crc_line = "x-amz-checksum-crc32:AAAAAA==\r\n";
const std::string crc_canonical = "x-amz-checksum-crc32:AAAAAA==\n";
const std::vector<std::string> crc_name{"x-amz-checksum-crc32"};

/// Twelve bytes in three chunks, complete in every mode.
struct sample {
    verified_request request;
    std::string body;
};

sample make_sample(body_mode mode) {
    sample out{
        make_streaming(mode, 12, mode == streaming_signed ? std::vector<std::string>{} : crc_name), {}};
    chunked_body body(out.request);
    body.chunk("hello").chunk(" ").chunk("worlds").chunk("");
    if (mode != streaming_signed)
        body.trailer(crc_line, crc_canonical);
    out.body = body.raw("\r\n").text();
    return out;
}

constexpr std::array all_modes{streaming_signed, streaming_signed_trailer, streaming_unsigned_trailer};

TEST(payload_decoder, decodes_each_mode) {
    for (const auto mode : all_modes) {
        const auto [request, body] = make_sample(mode);
        const auto out = decode_all(request, body);
        EXPECT_EQ(out.error, errc::ok);
        EXPECT_EQ(out.data, "hello worlds");
        const auto trailers =
            mode == streaming_signed ? trailer_list{} : trailer_list{{crc_name[0], "AAAAAA=="}};
        EXPECT_EQ(out.trailers, trailers);
    }
}

TEST(payload_decoder, any_split_gives_the_same) {
    for (const auto mode : all_modes) {
        const auto [request, body] = make_sample(mode);
        for (const std::size_t input : {1, 2, 3, 7, 64})
            for (const std::size_t output : {1, 2, 5, 100}) {
                const auto out = decode_all(request, body, input, output);
                EXPECT_EQ(out.error, errc::ok) << input << " " << output;
                EXPECT_EQ(out.data, "hello worlds");
            }
        for (std::size_t cut = 0; cut <= body.size(); ++cut) {
            const auto decoder = make_payload_decoder(request);
            std::array<std::byte, 64> room{};
            const auto first = decoder->decode(as_bytes(body).first(cut), room);
            ASSERT_TRUE(first) << cut;
            EXPECT_EQ(first->consumed, cut);
            const auto second = decoder->decode(as_bytes(body).subspan(cut), room);
            ASSERT_TRUE(second) << cut;
            EXPECT_EQ(first->produced + second->produced, 12U);
            EXPECT_TRUE(decoder->finished());
            EXPECT_TRUE(decoder->finish());
        }
    }
}

TEST(payload_decoder, stops_at_data_when_there_is_no_room) {
    const auto [request, body] = make_sample(streaming_signed);
    const auto decoder = make_payload_decoder(request);
    std::array<std::byte, 3> room{};
    const auto first = decoder->decode(as_bytes(body), room);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->produced, 3U);
    EXPECT_LT(first->consumed, body.size());
    const auto none = decoder->decode(as_bytes(body).subspan(first->consumed), {});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->consumed, 0U);
}

TEST(payload_decoder, an_empty_body_is_one_final_chunk) {
    for (const auto mode : all_modes) {
        const auto request =
            make_streaming(mode, 0, mode == streaming_signed ? std::vector<std::string>{} : crc_name);
        chunked_body body(request);
        body.chunk("");
        if (mode != streaming_signed)
            body.trailer(crc_line, crc_canonical);
        const auto out = decode_all(request, body.raw("\r\n").text());
        EXPECT_EQ(out.error, errc::ok);
        EXPECT_EQ(out.data, "");
        EXPECT_NE(decode_all(request, "").error, errc::ok);
    }
}

TEST(payload_decoder, s3_documentation_examples) {
    const std::string data(66560, 'a');
    const known_credentials source;
    const stopped_clock time(at("20130524T000000Z"));
    const auto gate = make_verifier({}, source, time);
    for (const auto& vector : read_vectors("s3_documentation.txt")) {
        if (!vector.name.starts_with("sigv4-chunked-upload"))
            continue;
        std::vector<http::header> room;
        const auto verified = ask(*gate, vector.request.head(room));
        ASSERT_TRUE(verified) << vector.name;
        const bool trailer = verified->mode == streaming_signed_trailer;
        const std::array<std::string, 3> signatures =
            trailer ? std::array<std::string, 3>{
                          "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                          "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                          "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
                      }
                    : std::array<std::string, 3>{
                          "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                          "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                          "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
                      };
        std::string body = "10000;chunk-signature=" + signatures[0] + "\r\n" + data.substr(0, 65536) + "\r\n";
        body += "400;chunk-signature=" + signatures[1] + "\r\n" + data.substr(0, 1024) + "\r\n";
        body += "0;chunk-signature=" + signatures[2] + "\r\n";
        if (trailer)
            body +=
                "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
                "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n";
        body += "\r\n";
        const auto out = decode_all(*verified, body, 4096);
        EXPECT_EQ(out.error, errc::ok);
        EXPECT_EQ(out.data, data);
        EXPECT_EQ(
            out.trailers, trailer ? trailer_list({{"x-amz-checksum-crc32c", "sOO8/Q=="}}) : trailer_list{}
        );
    }
}

TEST(payload_decoder, botocore_bodies) {
    const known_credentials source;
    const stopped_clock time(at("20260802T120000Z"));
    const auto gate = make_verifier({}, source, time);
    std::size_t seen = 0;
    for (const auto& vector : read_vectors("botocore.txt")) {
        if (!vector.name.starts_with("sigv4-trailer-"))
            continue;
        std::vector<http::header> room;
        const auto verified = ask(*gate, vector.request.head(room));
        ASSERT_TRUE(verified) << vector.name;
        const auto out = decode_all(*verified, *from_hex(vector.fields.at("body")));
        EXPECT_EQ(out.error, errc::ok);
        EXPECT_EQ(out.data, std::string(*verified->decoded_size_bytes, 'a'));
        ASSERT_EQ(out.trailers.size(), 1U);
        const auto crc = crypto::crc32(0, as_bytes(out.data));
        std::string raw;
        append_big_endian(raw, crc);
        EXPECT_EQ(out.trailers[0].second, to_base64(as_bytes(raw)));
        ++seen;
    }
    EXPECT_EQ(seen, 3U);
}

TEST(payload_decoder, trailer_forms_of_other_clients) {
    const auto signed_request = make_streaming(streaming_signed_trailer, 1, crc_name);
    const auto unsigned_request = make_streaming(streaming_unsigned_trailer, 1, crc_name);
    // minio-go: each field ends with LF, the list with CR LF.
    const std::string minio = "x-amz-checksum-crc32:AAAAAA==\n\r\n";
    for (const auto* request : {&signed_request, &unsigned_request}) {
        for (const std::string_view end : {"\r\n", ""}) {
            const auto as_minio =
                chunked_body(*request).chunk("a").chunk("").trailer(minio, crc_canonical).raw(end);
            EXPECT_EQ(decode_all(*request, as_minio.text()).error, errc::ok);
            const std::string spaced = "X-Amz-Checksum-CRC32: AAAAAA== \r\n";
            const auto as_http =
                chunked_body(*request).chunk("a").chunk("").trailer(spaced, crc_canonical).raw(end);
            const auto out = decode_all(*request, as_http.text());
            EXPECT_EQ(out.error, errc::ok);
            EXPECT_EQ(out.trailers, (trailer_list{{"x-amz-checksum-crc32", "AAAAAA=="}}));
        }
    }
    const auto plain = make_streaming(streaming_signed, 1);
    EXPECT_EQ(decode_all(plain, chunked_body(plain).chunk("a").chunk("").text()).error, errc::ok);
}

TEST(payload_decoder, several_trailers_are_signed_in_the_order_of_names) {
    const std::vector<std::string> names{"x-amz-checksum-sha256", "x-amz-checksum-crc32"};
    const auto request = make_streaming(streaming_signed_trailer, 1, names);
    const auto body = chunked_body(request)
                          .chunk("a")
                          .chunk("")
                          .trailer(
                              "x-amz-checksum-sha256:b\r\nx-amz-checksum-crc32:a\r\n",
                              "x-amz-checksum-crc32:a\nx-amz-checksum-sha256:b\n"
                          )
                          .raw("\r\n")
                          .text();
    EXPECT_EQ(decode_all(request, body).error, errc::ok);
}

TEST(payload_decoder, declared_length_is_exact) {
    for (const auto mode : all_modes) {
        const auto names = mode == streaming_signed ? std::vector<std::string>{} : crc_name;
        const auto more = make_streaming(mode, 5, names);
        EXPECT_EQ(
            decode_all(more, chunked_body(more).chunk("four").chunk("").text()).error, errc::incomplete_body
        );
        const auto fewer = make_streaming(mode, 3, names);
        const auto decoder = make_payload_decoder(fewer);
        std::array<std::byte, 16> room{};
        const auto header = chunked_body(fewer).chunk("four").text();
        // Refused at the header, before a byte too many could come out.
        EXPECT_EQ(decoder->decode(as_bytes(header), room).error(), errc::malformed_chunk);
        EXPECT_EQ(room[0], std::byte{0});
    }
}

TEST(payload_decoder, chunk_headers_are_strict) {
    const auto request = make_streaming(streaming_unsigned_trailer, 1, crc_name);
    const auto tail = "\r\na\r\n0\r\n" + crc_line + "\r\n";
    EXPECT_EQ(decode_all(request, "1" + tail).error, errc::ok);
    EXPECT_EQ(decode_all(request, "0001" + tail).error, errc::ok);
    for (const std::string_view bad :
         {"", "+1", "-1", "0x1", " 1", "1 ", "1;x=y", "g", "00000000000000001", "2", "1\r"})
        EXPECT_EQ(decode_all(request, std::string(bad) + tail).error, errc::malformed_chunk) << bad;
    EXPECT_EQ(decode_all(request, "FFFFFFFFFFFFFFFF" + tail).error, errc::malformed_chunk);
    EXPECT_EQ(decode_all(request, std::string(5000, '0')).error, errc::malformed_chunk);
    EXPECT_EQ(decode_all(request, "1\na\n0\n\n").error, errc::malformed_chunk);
    EXPECT_EQ(decode_all(request, "1\r\nab\r\n0\r\n" + crc_line + "\r\n").error, errc::malformed_chunk);

    const auto signed_request = make_streaming(streaming_signed, 1);
    const auto good = chunked_body(signed_request).chunk("a").chunk("").raw("\r\n").text();
    ASSERT_EQ(decode_all(signed_request, good).error, errc::ok);
    auto altered = good;
    altered.replace(altered.find(';'), 1, "; ");
    EXPECT_EQ(decode_all(signed_request, altered).error, errc::malformed_chunk);
    altered = good;
    altered.insert(altered.find('\r'), "0");
    EXPECT_EQ(decode_all(signed_request, altered).error, errc::malformed_chunk);
    EXPECT_EQ(decode_all(signed_request, "1\r\na\r\n0\r\n\r\n").error, errc::malformed_chunk);
}

TEST(payload_decoder, trailers_are_the_declared_ones) {
    const auto request = make_streaming(streaming_unsigned_trailer, 1, crc_name);
    const auto with = [&](std::string_view trailer) {
        return decode_all(request, "1\r\na\r\n0\r\n" + std::string(trailer)).error;
    };
    EXPECT_EQ(with(crc_line + "\r\n"), errc::ok);
    EXPECT_EQ(with("\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with(""), errc::malformed_trailer);
    EXPECT_EQ(with(crc_line + crc_line + "\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with(crc_line + "x-amz-checksum-crc32c:AAAAAA==\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with(crc_line + "x-amz-trailer-signature:00\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with("x-amz-checksum-crc32:\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with("x-amz-checksum-crc32 AAAAAA==\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with("x-amz-checksum-crc32:A\x01\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with("x-amz-checksum-crc32:AAAA"), errc::malformed_trailer);
    EXPECT_EQ(with("x-amz-checksum-crc32:" + std::string(5000, 'A') + "\r\n\r\n"), errc::malformed_trailer);
    EXPECT_EQ(with(crc_line + "\r\nmore"), errc::malformed_chunk);
}

TEST(payload_decoder, trailer_signature_is_required_and_last) {
    const auto request = make_streaming(streaming_signed_trailer, 1, crc_name);
    const auto start = chunked_body(request).chunk("a").chunk("");
    auto good = start;
    good.trailer(crc_line, crc_canonical).raw("\r\n");
    EXPECT_EQ(decode_all(request, good.text()).error, errc::ok);
    EXPECT_EQ(decode_all(request, start.text() + crc_line + "\r\n").error, errc::malformed_trailer);
    auto other = start;
    other.trailer(crc_line, "x-amz-checksum-crc32:AAAAAB==\n").raw("\r\n");
    EXPECT_EQ(decode_all(request, other.text()).error, errc::chunk_signature_mismatch);
    auto early = start;
    early.trailer("", "").raw(crc_line).raw("\r\n");
    EXPECT_EQ(decode_all(request, early.text()).error, errc::malformed_trailer);
    auto missing = start;
    missing.trailer("", "").raw("\r\n");
    EXPECT_EQ(decode_all(request, missing.text()).error, errc::malformed_trailer);
}

TEST(payload_decoder, chunks_cannot_be_moved_dropped_or_repeated) {
    const auto request = make_streaming(streaming_signed, 6);
    const auto one = chunked_body(request).chunk("abc").text();
    const auto both = chunked_body(request).chunk("abc").chunk("def").text();
    const auto two = both.substr(one.size());
    const auto last =
        chunked_body(request).chunk("abc").chunk("def").chunk("").text().substr(both.size()) + "\r\n";
    ASSERT_EQ(decode_all(request, one + two + last).error, errc::ok);
    EXPECT_EQ(decode_all(request, two + one + last).error, errc::chunk_signature_mismatch);
    EXPECT_EQ(decode_all(request, one + one + last).error, errc::chunk_signature_mismatch);
    EXPECT_EQ(decode_all(request, one + last).error, errc::incomplete_body);
    EXPECT_EQ(decode_all(request, one + two).error, errc::incomplete_body);
    EXPECT_EQ(decode_all(request, one + two + last + last).error, errc::malformed_chunk);
}

TEST(payload_decoder, every_truncation_is_refused_but_for_the_last_line_end) {
    for (const auto mode : all_modes) {
        const auto [request, body] = make_sample(mode);
        for (std::size_t size = 0; size < body.size(); ++size) {
            const auto error = decode_all(request, std::string_view(body).substr(0, size)).error;
            if (size + 2 == body.size())
                EXPECT_EQ(error, errc::ok);
            else
                EXPECT_NE(error, errc::ok) << size;
        }
    }
}

TEST(payload_decoder, every_flipped_bit_is_refused_where_it_is_signed) {
    for (const auto mode : {streaming_signed, streaming_signed_trailer}) {
        const auto [request, body] = make_sample(mode);
        for (std::size_t place = 0; place < body.size() * 8; ++place) {
            auto altered = body;
            altered[place / 8] = static_cast<char>(altered[place / 8] ^ (1 << place % 8));
            const auto out = decode_all(request, altered);
            // A trailer's name has no case and white space around a value is none of it, so a few flips there change
            // nothing that is read; whatever is read is what was signed.
            const bool same_reading = mode == streaming_signed_trailer && out.data == "hello worlds" &&
                                      out.trailers == trailer_list{{crc_name[0], "AAAAAA=="}};
            EXPECT_TRUE(same_reading || out.error != errc::ok) << place;
        }
    }
}

TEST(payload_decoder, an_error_stays) {
    const auto [request, body] = make_sample(streaming_signed);
    const auto decoder = make_payload_decoder(request);
    std::array<std::byte, 64> room{};
    auto altered = body;
    altered[altered.find("hello")] = 'j';
    EXPECT_EQ(decoder->decode(as_bytes(altered), room).error(), errc::chunk_signature_mismatch);
    EXPECT_EQ(decoder->decode(as_bytes(body), room).error(), errc::chunk_signature_mismatch);
    EXPECT_EQ(decoder->finish().error(), errc::chunk_signature_mismatch);
    EXPECT_FALSE(decoder->finished());
}

TEST(payload_decoder, random_mutations_of_signed_bodies_never_pass_as_something_else) {
    std::mt19937 random(20260802);
    for (int round = 0; round < 10'000; ++round) {
        const auto [request, body] =
            make_sample(round % 2 == 0 ? streaming_signed : streaming_signed_trailer);
        auto altered = body;
        const auto edits = 1 + random() % 3;
        for (std::size_t edit = 0; edit < edits; ++edit) {
            const auto place = random() % altered.size();
            switch (random() % 4) {
                case 0:
                    altered[place] = static_cast<char>(random());
                    break;
                case 1:
                    altered.erase(place, 1 + random() % 8);
                    break;
                case 2:
                    altered.insert(place, altered.substr(random() % altered.size(), random() % 100));
                    break;
                default:
                    altered.insert(place, 1, static_cast<char>(random()));
                    break;
            }
            if (altered.empty())
                altered = "0";
        }
        const auto out = decode_all(request, altered, 1 + random() % 64, 1 + random() % 64);
        EXPECT_TRUE(out.error != errc::ok || out.data == "hello worlds") << round;
    }
}

}  // namespace
}  // namespace labstore::auth::testing
