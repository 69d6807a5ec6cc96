// OpenSSL's plain SHA functions rather than its EVP objects: the instructions are the same, and a state is a value that
// costs no allocation to make, to copy or to start again (docs/decisions/0009-plain-sha.md).
#define OPENSSL_SUPPRESS_DEPRECATED

#include "labstore/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstring>
#include <variant>

namespace labstore::crypto {
namespace {

/// The functions of OpenSSL answer 1, always: they have nothing that could fail.
void require(int answer) {
    LABSTORE_ASSERT(answer == 1);
}

class sha1_stream {
  public:
    using result = sha1_digest;
    static constexpr std::size_t block_bytes = SHA_CBLOCK;

    sha1_stream() { require(SHA1_Init(&state_)); }

    void update(byte_span bytes) { require(SHA1_Update(&state_, bytes.data(), bytes.size())); }

    [[nodiscard]] result finish() {
        result out;
        require(SHA1_Final(reinterpret_cast<unsigned char*>(out.data()), &state_));
        require(SHA1_Init(&state_));
        return out;
    }

  private:
    SHA_CTX state_;
};

class sha256_stream {
  public:
    using result = sha256_digest;
    static constexpr std::size_t block_bytes = SHA256_CBLOCK;

    sha256_stream() { require(SHA256_Init(&state_)); }

    /// Goes on where one block has been taken in.
    explicit sha256_stream(const std::array<std::uint32_t, 8>& words) : sha256_stream() {
        std::copy(words.begin(), words.end(), std::begin(state_.h));
        state_.Nl = block_bytes * 8;
    }

    void update(byte_span bytes) { require(SHA256_Update(&state_, bytes.data(), bytes.size())); }

    [[nodiscard]] result finish() {
        result out;
        require(SHA256_Final(reinterpret_cast<unsigned char*>(out.data()), &state_));
        require(SHA256_Init(&state_));
        return out;
    }

    /// At the end of a block.
    [[nodiscard]] std::array<std::uint32_t, 8> words() const {
        std::array<std::uint32_t, 8> out;
        std::copy(std::begin(state_.h), std::end(state_.h), out.begin());
        return out;
    }

    void wipe() noexcept { OPENSSL_cleanse(&state_, sizeof(state_)); }

  private:
    SHA256_CTX state_;
};

template <typename Stream>
typename Stream::result one_shot(byte_span bytes) {
    Stream stream;
    stream.update(bytes);
    return stream.finish();
}

/// The key as the block that stands before a message (RFC 2104), before it is changed for inner and outer.
template <typename Stream>
std::array<std::byte, Stream::block_bytes> key_block(byte_span key) {
    std::array<std::byte, Stream::block_bytes> block{};
    if (key.size() > block.size()) {
        const auto shortened = one_shot<Stream>(key);
        std::copy(shortened.begin(), shortened.end(), block.begin());
    } else {
        std::copy(key.begin(), key.end(), block.begin());
    }
    return block;
}

constexpr std::byte inner_pad{0x36};
constexpr std::byte outer_pad{0x5C};

template <std::size_t Size>
void change(std::array<std::byte, Size>& block, std::byte with) {
    for (auto& byte : block)
        byte ^= with;
}

}  // namespace

struct digest::state {
    std::variant<md5_stream, sha1_stream, sha256_stream> running;

    explicit state(digest_kind kind) {
        if (kind == digest_kind::sha1)
            running.emplace<sha1_stream>();
        else if (kind == digest_kind::sha256)
            running.emplace<sha256_stream>();
    }
};

digest::digest(digest_kind kind) : state_(std::make_unique<state>(kind)) {}

digest::digest(std::unique_ptr<state> running) : state_(std::move(running)) {}

digest::digest(digest&&) noexcept = default;
digest& digest::operator=(digest&&) noexcept = default;
digest::~digest() = default;

void digest::update(byte_span bytes) {
    std::visit([bytes](auto& stream) { stream.update(bytes); }, state_->running);
}

std::string digest::finish() {
    return std::visit(
        [](auto& stream) { return std::string(as_text(byte_span(stream.finish()))); }, state_->running
    );
}

digest digest::clone() const {
    return digest(std::make_unique<state>(*state_));
}

md5_digest md5(byte_span bytes) {
    md5_stream stream;
    stream.update(bytes);
    return stream.finish();
}

sha256_digest sha256(byte_span bytes) {
    return one_shot<sha256_stream>(bytes);
}

hmac_sha256_key::hmac_sha256_key(byte_span key) {
    auto block = key_block<sha256_stream>(key);
    change(block, inner_pad);
    sha256_stream stream;
    stream.update(block);
    inner_ = stream.words();
    change(block, inner_pad ^ outer_pad);
    stream = {};
    stream.update(block);
    outer_ = stream.words();
    stream.wipe();
    OPENSSL_cleanse(block.data(), block.size());
}

hmac_sha256_key::~hmac_sha256_key() {
    OPENSSL_cleanse(inner_.data(), sizeof(inner_));
    OPENSSL_cleanse(outer_.data(), sizeof(outer_));
}

sha256_digest hmac_sha256_key::sign(byte_span message) const {
    sha256_stream inner(inner_);
    inner.update(message);
    const auto digested = inner.finish();
    sha256_stream outer(outer_);
    outer.update(digested);
    return outer.finish();
}

sha256_digest hmac_sha256(byte_span key, byte_span message) {
    return hmac_sha256_key(key).sign(message);
}

sha1_digest hmac_sha1(byte_span key, byte_span message) {
    auto block = key_block<sha1_stream>(key);
    change(block, inner_pad);
    sha1_stream stream;
    stream.update(block);
    stream.update(message);
    const auto inner = stream.finish();
    change(block, inner_pad ^ outer_pad);
    stream.update(block);
    stream.update(inner);
    OPENSSL_cleanse(block.data(), block.size());
    return stream.finish();
}

bool equal_constant_time(byte_span left, byte_span right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace labstore::crypto
