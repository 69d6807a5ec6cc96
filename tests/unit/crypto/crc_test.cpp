#include "crypto/crc.hpp"

#include "labstore/crypto.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace labstore::crypto {
namespace {

std::vector<std::byte> random_bytes(std::size_t size, std::uint32_t seed) {
    std::mt19937 engine(seed);
    std::vector<std::byte> made(size);
    for (auto& byte : made)
        byte = static_cast<std::byte>(engine());
    return made;
}

/// One bit a step, straight from the definition: the judge of every faster form.
template <typename Word>
Word by_definition(Word polynomial, Word earlier, byte_span bytes) {
    Word state = ~earlier;
    for (const auto byte : bytes) {
        state ^= std::to_integer<Word>(byte);
        for (int bit = 0; bit < 8; ++bit)
            state = (state & 1) != 0 ? (state >> 1) ^ polynomial : state >> 1;
    }
    return ~state;
}

TEST(Crc, PublishedCheckValues) {
    const auto check = as_bytes("123456789");
    EXPECT_EQ(crc32(0, check), 0xCBF43926U);
    EXPECT_EQ(crc32c(0, check), 0xE3069283U);
    EXPECT_EQ(crc64_nvme(0, check), 0xAE8B14860A799888U);
    EXPECT_EQ(crc32_by_table(0, check), 0xCBF43926U);
    EXPECT_EQ(crc32c_by_table(0, check), 0xE3069283U);
    EXPECT_EQ(crc64_nvme_by_table(0, check), 0xAE8B14860A799888U);
}

TEST(Crc, Rfc3720VectorsOfCrc32c) {
    std::string increasing;
    for (int i = 0; i < 32; ++i)
        increasing.push_back(static_cast<char>(i));
    const std::string decreasing(increasing.rbegin(), increasing.rend());
    EXPECT_EQ(crc32c(0, as_bytes(std::string(32, '\0'))), 0x8A9136AAU);
    EXPECT_EQ(crc32c(0, as_bytes(std::string(32, '\xFF'))), 0x62A8AB43U);
    EXPECT_EQ(crc32c(0, as_bytes(increasing)), 0x46DD794EU);
    EXPECT_EQ(crc32c(0, as_bytes(decreasing)), 0x113FDB5CU);
}

TEST(Crc, NothingChangesNothing) {
    EXPECT_EQ(crc32(0, {}), 0U);
    EXPECT_EQ(crc32c(0x12345678, {}), 0x12345678U);
    EXPECT_EQ(crc64_nvme(7, {}), 7U);
}

TEST(Crc, TablesFollowTheDefinition) {
    const auto bytes = random_bytes(300, 1);
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto part = byte_span(bytes).first(size);
        ASSERT_EQ(crc32_by_table(5, part), by_definition(crc32_polynomial, 5U, part)) << size;
        ASSERT_EQ(crc32c_by_table(5, part), by_definition(crc32c_polynomial, 5U, part)) << size;
        ASSERT_EQ(crc64_nvme_by_table(5, part), by_definition(crc64_nvme_polynomial, std::uint64_t{5}, part))
            << size;
    }
}

#if defined(__x86_64__)
/// Every length up to a few rounds of each inner loop at every alignment, then random longer ones.
template <typename Word, typename Fast, typename Table>
void expect_equal(Fast fast, Table table) {
    const auto bytes = random_bytes(70'000, 2);
    std::mt19937_64 engine(3);
    for (std::size_t size = 0; size < 900; ++size) {
        const auto earlier = static_cast<Word>(engine());
        const auto part = byte_span(bytes).subspan(size % 17, size);
        ASSERT_EQ(fast(earlier, part), table(earlier, part)) << size;
    }
    for (int round = 0; round < 1000; ++round) {
        const auto offset = engine() % 64;
        const auto size = engine() % (bytes.size() - offset);
        const auto earlier = static_cast<Word>(engine());
        const auto part = byte_span(bytes).subspan(offset, size);
        ASSERT_EQ(fast(earlier, part), table(earlier, part)) << offset << " " << size;
    }
}

TEST(Crc, InstructionsAgreeWithTables) {
    if (processor_has_sse42())
        expect_equal<std::uint32_t>(crc32c_by_sse42, crc32c_by_table);
    if (processor_has_pclmul()) {
        expect_equal<std::uint32_t>(crc32_by_pclmul, crc32_by_table);
        expect_equal<std::uint64_t>(crc64_nvme_by_pclmul, crc64_nvme_by_table);
    }
    if (!processor_has_sse42() || !processor_has_pclmul())
        GTEST_SKIP() << "this processor lacks SSE4.2 or PCLMULQDQ";
}
#endif

TEST(Crc, ContinuesFromAnEarlierValue) {
    const auto bytes = random_bytes(5000, 4);
    std::mt19937 engine(5);
    for (int round = 0; round < 200; ++round) {
        const auto cut = engine() % bytes.size();
        const auto head = byte_span(bytes).first(cut);
        const auto tail = byte_span(bytes).subspan(cut);
        ASSERT_EQ(crc32(crc32(0, head), tail), crc32(0, bytes));
        ASSERT_EQ(crc32c(crc32c(0, head), tail), crc32c(0, bytes));
        ASSERT_EQ(crc64_nvme(crc64_nvme(0, head), tail), crc64_nvme(0, bytes));
    }
}

TEST(Crc, CombinesLikeOneMessage) {
    const auto bytes = random_bytes(20'000, 6);
    std::mt19937 engine(7);
    for (const auto algorithm :
         {checksum_algorithm::crc32, checksum_algorithm::crc32c, checksum_algorithm::crc64nvme}) {
        const auto whole_of = [algorithm](byte_span part) {
            checksum sum(algorithm);
            sum.update(part);
            return sum.finish();
        };
        for (int round = 0; round < 100; ++round) {
            const auto cut = round == 0 ? 0 : round == 1 ? bytes.size() : engine() % bytes.size();
            const auto head = byte_span(bytes).first(cut);
            const auto tail = byte_span(bytes).subspan(cut);
            ASSERT_EQ(combine_crc(algorithm, whole_of(head), whole_of(tail), tail.size()), whole_of(bytes))
                << cut;
        }
    }
}

TEST(Crc, CombinesBeyondWhatCouldBeHashedHere) {
    // Joining is associative: (A + B) + C must equal A + (B + C), also past 2^61 bytes, where 8n no longer
    // fits a word.
    const std::string a("\x01\x23\x45\x67\x89\xAB\xCD\xEF", 8);
    const std::string b("\x10\x32\x54\x76\x98\xBA\xDC\xFE", 8);
    const std::string c("\x0F\x1E\x2D\x3C\x4B\x5A\x69\x78", 8);
    const std::uint64_t b_size = (std::uint64_t{1} << 62) + 12345;
    const std::uint64_t c_size = (std::uint64_t{1} << 61) + 77;
    const auto algorithm = checksum_algorithm::crc64nvme;
    const auto left = combine_crc(algorithm, combine_crc(algorithm, a, b, b_size), c, c_size);
    const auto right = combine_crc(algorithm, a, combine_crc(algorithm, b, c, c_size), b_size + c_size);
    EXPECT_EQ(left, right);
}

}  // namespace
}  // namespace labstore::crypto
