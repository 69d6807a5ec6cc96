#include "labstore/crypto.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace labstore::crypto {
namespace {

template <typename Digest>
std::string hex(const Digest& digest) {
    return to_hex(byte_span(digest));
}

std::string hashed(digest_kind kind, std::string_view text) {
    digest hash(kind);
    hash.update(as_bytes(text));
    return to_hex(as_bytes(hash.finish()));
}

TEST(Digest, VectorsOfRfc1321) {
    EXPECT_EQ(hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hashed(digest_kind::md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
}

TEST(Digest, VectorsOfFips180) {
    const std::string two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(
        hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    EXPECT_EQ(
        hashed(digest_kind::sha256, two_blocks),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
    EXPECT_EQ(hashed(digest_kind::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
    EXPECT_EQ(hashed(digest_kind::sha1, two_blocks), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

TEST(Digest, IncrementalEqualsOneShotAndIsReusable) {
    std::string message;
    for (int i = 0; i < 1000; ++i)
        message.push_back(static_cast<char>(i * 7));
    for (const auto kind : {digest_kind::md5, digest_kind::sha1, digest_kind::sha256}) {
        digest hash(kind);
        for (std::size_t piece = 1; piece < 200; piece += 13) {
            for (std::size_t at = 0; at < message.size(); at += piece)
                hash.update(as_bytes(std::string_view(message).substr(at, piece)));
            ASSERT_EQ(to_hex(as_bytes(hash.finish())), hashed(kind, message)) << piece;
        }
    }
}

TEST(Digest, MovesWithItsState) {
    digest first(digest_kind::sha256);
    first.update(as_bytes("ab"));
    digest second = std::move(first);
    second.update(as_bytes("c"));
    EXPECT_EQ(
        to_hex(as_bytes(second.finish())), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
}

TEST(Digest, ACloneGoesOnByItself) {
    digest first(digest_kind::sha256);
    first.update(as_bytes("a common beginning, "));
    digest second = first.clone();
    second.update(as_bytes("then another end"));
    first.update(as_bytes("then one end"));
    EXPECT_EQ(first.finish(), as_text(sha256(as_bytes("a common beginning, then one end"))));
    EXPECT_EQ(second.finish(), as_text(sha256(as_bytes("a common beginning, then another end"))));
}

TEST(Digest, ThreadsDoNotShareContexts) {
    std::vector<std::thread> threads;
    std::vector<int> wrong(4, 0);
    for (std::size_t i = 0; i < wrong.size(); ++i)
        threads.emplace_back([i, &wrong] {
            for (int round = 0; round < 500; ++round) {
                const auto text = std::to_string(i) + "/" + std::to_string(round);
                if (hex(sha256(as_bytes(text))) != hashed(digest_kind::sha256, text))
                    ++wrong[i];
            }
        });
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(Hmac, VectorsOfRfc4231) {
    const std::string first_key(20, '\x0b');
    const std::string long_key(131, '\xaa');
    EXPECT_EQ(
        hex(hmac_sha256(as_bytes(first_key), as_bytes("Hi There"))),
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    );
    EXPECT_EQ(
        hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    EXPECT_EQ(
        hex(hmac_sha256(
            as_bytes(long_key), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First")
        )),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
}

TEST(Hmac, AKeyThatIsKeptSignsAsOneGivenEachTime) {
    for (const std::size_t size : {0U, 1U, 31U, 32U, 63U, 64U, 65U, 131U, 1000U}) {
        const std::string key(size, 'k');
        const hmac_sha256_key kept{as_bytes(key)};
        const auto copy = kept;
        for (const std::size_t length : {0U, 1U, 55U, 56U, 63U, 64U, 65U, 4096U}) {
            const std::string message(length, 'm');
            // RFC 2104 by the letter.
            std::string block =
                key.size() > 64 ? std::string(as_text(byte_span(sha256(as_bytes(key))))) : key;
            block.resize(64, '\0');
            std::string inner = block;
            std::string outer = block;
            for (std::size_t i = 0; i < 64; ++i) {
                inner[i] = static_cast<char>(inner[i] ^ 0x36);
                outer[i] = static_cast<char>(outer[i] ^ 0x5C);
            }
            outer += as_text(byte_span(sha256(as_bytes(inner + message))));
            const auto expected = sha256(as_bytes(outer));
            EXPECT_EQ(kept.sign(as_bytes(message)), expected) << size << ' ' << length;
            EXPECT_EQ(copy.sign(as_bytes(message)), expected) << size << ' ' << length;
            EXPECT_EQ(hmac_sha256(as_bytes(key), as_bytes(message)), expected) << size << ' ' << length;
        }
    }
}

TEST(Hmac, VectorsOfRfc2202) {
    const std::string first_key(20, '\x0b');
    const std::string long_key(80, '\xaa');
    EXPECT_EQ(
        hex(hmac_sha1(as_bytes(first_key), as_bytes("Hi There"))), "b617318655057264e28bc0b6fb378c8ef146be00"
    );
    EXPECT_EQ(
        hex(hmac_sha1(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
    );
    EXPECT_EQ(
        hex(hmac_sha1(as_bytes(long_key), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))
        ),
        "aa4ae5e15272d00e95705637ce8a3b55ed402112"
    );
}

TEST(EqualConstantTime, JudgesLengthAndContents) {
    EXPECT_TRUE(equal_constant_time(std::string_view("secret"), std::string_view("secret")));
    EXPECT_TRUE(equal_constant_time(std::string_view(), std::string_view()));
    EXPECT_FALSE(equal_constant_time(std::string_view("secret"), std::string_view("secreT")));
    EXPECT_FALSE(equal_constant_time(std::string_view("secret"), std::string_view("Secret")));
    EXPECT_FALSE(equal_constant_time(std::string_view("secret"), std::string_view("secre")));
    EXPECT_FALSE(equal_constant_time(std::string_view(""), std::string_view("s")));
}

}  // namespace
}  // namespace labstore::crypto
