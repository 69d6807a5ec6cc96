#include "s3/md5_station.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <random>
#include <string>
#include <vector>

namespace labstore::s3 {
namespace {

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

/// One body in pieces of `piece_size`, as a request hashes it.
runtime::awaitable<void> hash_body(
    md5_station& station, byte_span bytes, std::size_t piece_size, crypto::md5_digest& digest
) {
    body_md5 sum(station);
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(piece_size, bytes.size()));
        if (sum.busy())
            co_await sum.wait();
        sum.begin(piece);
        bytes = bytes.subspan(piece.size());
    }
    co_await sum.wait();
    digest = sum.finish();
}

class Md5Station : public testing::TestWithParam<crypto::md5_width> {
  protected:
    void SetUp() override {
        if (GetParam() > crypto::widest_md5())
            GTEST_SKIP() << "not in this processor";
    }
};

TEST_P(Md5Station, HashesManyBodiesFromManyThreads) {
    constexpr std::size_t bodies = 200;
    std::vector<std::vector<std::byte>> contents;
    for (std::size_t i = 0; i < bodies; ++i)
        contents.push_back(random_bytes(i * 1031 % 150'000, static_cast<unsigned>(i)));
    std::vector<crypto::md5_digest> digests(bodies);
    md5_station station(GetParam());
    runtime::io_threads threads(3);
    runtime::task_group group;
    threads.start();
    for (std::size_t i = 0; i < bodies; ++i) {
        const std::size_t piece_size = i % 3 == 0 ? 200'000 : 20'000 + 64 * i;
        group.spawn(
            threads.context(i % 3).get_executor(), hash_body(station, contents[i], piece_size, digests[i])
        );
    }
    group.stop();
    group.wait();
    threads.stop();
    threads.join();
    for (std::size_t i = 0; i < bodies; ++i)
        EXPECT_EQ(to_hex(digests[i]), to_hex(crypto::md5(contents[i]))) << i;
    const auto done = station.statistics();
    if (GetParam() == crypto::md5_width::scalar) {
        EXPECT_EQ(done.jobs, 0U) << "another thread gains nothing there";
    } else {
        EXPECT_GT(done.jobs, bodies / 2);
        EXPECT_GE(done.lanes, done.runs);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Widths,
    Md5Station,
    testing::Values(crypto::md5_width::scalar, crypto::md5_width::avx2, crypto::md5_width::avx512),
    [](const auto& width) { return "Lanes" + std::to_string(static_cast<int>(width.param)); }
);

TEST(Md5StationAlone, FinishesWhatItWasGivenBeforeItEnds) {
    const auto bytes = random_bytes(1'000'000, 1);
    auto station = std::make_unique<md5_station>();
    body_md5 sum(*station);
    sum.begin(bytes);
    station.reset();
    EXPECT_FALSE(sum.busy());
    EXPECT_EQ(to_hex(sum.finish()), to_hex(crypto::md5(bytes)));
}

TEST(Md5StationAlone, ABodyThatGoesWaitsForItsPiece) {
    md5_station station;
    for (int round = 0; round < 100; ++round) {
        const auto bytes = random_bytes(100'000, static_cast<unsigned>(round));
        body_md5 sum(station);
        sum.begin(bytes);
    }
    // AddressSanitizer sees a piece that is read after its bytes are gone.
    const auto rounds = crypto::widest_md5() == crypto::md5_width::scalar ? 0U : 100U;
    EXPECT_EQ(station.statistics().jobs, rounds);
}

}  // namespace
}  // namespace labstore::s3
