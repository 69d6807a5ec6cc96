#include "labstore/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

namespace labstore::crypto {
namespace {

std::vector<std::byte> random_bytes(std::size_t size, unsigned seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> bytes(size);
    for (auto& byte : bytes)
        byte = static_cast<std::byte>(random());
    return bytes;
}

std::string hex(byte_span digest) {
    return to_hex(digest);
}

/// The widths that this processor has.
std::vector<md5_width> widths() {
    std::vector<md5_width> all{md5_width::scalar, md5_width::avx2, md5_width::avx512};
    std::erase_if(all, [](md5_width width) { return width > widest_md5(); });
    return all;
}

// RFC 1321, appendix A.5.
TEST(Md5Stream, GivesTheDigestsOfTheRfc) {
    const std::vector<std::pair<std::string, std::string>> known{
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
         "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         "57edf4a22be3c955ac49da2e2107b67a"}};
    md5_stream stream;
    for (const auto& [message, digest] : known) {
        stream.update(as_bytes(message));
        EXPECT_EQ(hex(stream.finish()), digest) << message;
    }
}

TEST(Md5Stream, AgreesWithOpensslAtEveryLengthAroundTheBlocks) {
    const auto bytes = random_bytes(300, 1);
    md5_stream stream;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const auto message = byte_span(bytes).first(size);
        stream.update(message);
        EXPECT_EQ(hex(stream.finish()), hex(md5(message))) << size;
    }
}

TEST(Md5Stream, DoesNotCareHowTheBytesArrive) {
    const auto bytes = random_bytes(5000, 2);
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        md5_stream stream;
        auto left = byte_span(bytes);
        while (!left.empty()) {
            const auto size = std::min<std::size_t>(left.size(), random() % 200);
            stream.update(left.first(size));
            left = left.subspan(size);
        }
        EXPECT_EQ(hex(stream.finish()), hex(md5(bytes)));
    }
}

/// A message that goes into lanes piece by piece.
struct message {
    std::vector<std::byte> bytes;
    std::size_t taken = 0;
    md5_stream sum;
    md5_job job;
};

/// All messages through one set of lanes: pieces of random sizes, empty ones too, come in as soon as there is room.
void hash_together(md5_width width, std::deque<message>& messages, unsigned seed) {
    std::mt19937 random(seed);
    md5_lanes lanes(width);
    std::deque<message*> waiting;
    for (auto& one : messages)
        waiting.push_back(&one);
    while (!waiting.empty() || !lanes.empty()) {
        while (!waiting.empty() && !lanes.full()) {
            auto& next = *waiting.front();
            waiting.pop_front();
            const auto left = byte_span(next.bytes).subspan(next.taken);
            const auto size = std::min<std::size_t>(left.size(), random() % 20'000);
            next.job = {&next.sum, left.first(size)};
            next.taken += size;
            lanes.add(next.job);
        }
        for (auto* job : lanes.run()) {
            const auto owner = std::find_if(messages.begin(), messages.end(), [job](const message& one) {
                return &one.job == job;
            });
            ASSERT_NE(owner, messages.end());
            if (owner->taken < owner->bytes.size())
                waiting.push_back(&*owner);
        }
    }
}

TEST(Md5Lanes, AgreeWithOpensslInEveryWidthAndNumber) {
    for (const auto width : widths()) {
        for (std::size_t count = 1; count <= 40; ++count) {
            std::deque<message> messages(count);
            for (std::size_t i = 0; i < count; ++i)
                messages[i].bytes = random_bytes((i * 7919 + count * 131) % 50'000, static_cast<unsigned>(i));
            hash_together(width, messages, static_cast<unsigned>(count));
            for (auto& one : messages)
                ASSERT_EQ(hex(one.sum.finish()), hex(md5(one.bytes)))
                    << "width " << static_cast<int>(width) << ", " << count << " messages";
        }
    }
}

TEST(Md5Lanes, KeepMessagesOfEqualLengthApart) {
    for (const auto width : widths()) {
        std::deque<message> messages(md5_lanes::jobs_max);
        for (std::size_t i = 0; i < messages.size(); ++i)
            messages[i].bytes = std::vector<std::byte>(64 * KiB, static_cast<std::byte>(i));
        hash_together(width, messages, 7);
        for (auto& one : messages)
            EXPECT_EQ(hex(one.sum.finish()), hex(md5(one.bytes)));
    }
}

TEST(Md5Lanes, ARunTakesAPieceSoThatOthersCanJoin) {
    const std::vector<std::byte> bytes(10 * md5_lanes::run_bytes_max);
    md5_stream sum;
    md5_job job{&sum, bytes};
    md5_lanes lanes;
    lanes.add(job);
    EXPECT_TRUE(lanes.run().empty());
    EXPECT_EQ(job.bytes.size(), bytes.size() - md5_lanes::run_bytes_max);
}

}  // namespace
}  // namespace labstore::crypto
