#include "labstore/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace labstore::crypto {
namespace {

/// Looking an algorithm up by name costs more than hashing a small message, so each is fetched once.
struct algorithms {
    EVP_MD* md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    EVP_MD* sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);

    algorithms() { LABSTORE_ASSERT(md5 != nullptr && sha1 != nullptr && sha256 != nullptr); }
};

const EVP_MD* fetched(digest_kind kind) {
    // Never freed: threads may still hash while the process exits.
    static const algorithms& all = *new algorithms();
    switch (kind) {
        case digest_kind::md5:
            return all.md5;
        case digest_kind::sha1:
            return all.sha1;
        case digest_kind::sha256:
            break;
    }
    return all.sha256;
}

struct context_free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

using context_handle = std::unique_ptr<EVP_MD_CTX, context_free>;

/// A context bound to one algorithm, ready for a message. Starting the next message with no algorithm named
/// keeps OpenSSL from rebuilding the context.
class context {
  public:
    explicit context(digest_kind kind) : handle_(EVP_MD_CTX_new()) {
        LABSTORE_ASSERT(handle_ != nullptr);
        const bool started = EVP_DigestInit_ex2(handle_.get(), fetched(kind), nullptr) == 1;
        LABSTORE_ASSERT(started);
    }

    context(const context& from) : handle_(EVP_MD_CTX_new()) {
        LABSTORE_ASSERT(handle_ != nullptr);
        const bool copied = EVP_MD_CTX_copy_ex(handle_.get(), from.handle_.get()) == 1;
        LABSTORE_ASSERT(copied);
    }

    context& operator=(const context&) = delete;

    void update(byte_span bytes) {
        const bool updated = EVP_DigestUpdate(handle_.get(), bytes.data(), bytes.size()) == 1;
        LABSTORE_ASSERT(updated);
    }

    /// Writes the digest and starts the next message.
    std::size_t finish(std::byte* out) {
        unsigned size_bytes = 0;
        const bool finished =
            EVP_DigestFinal_ex(handle_.get(), reinterpret_cast<unsigned char*>(out), &size_bytes) == 1;
        LABSTORE_ASSERT(finished);
        const bool restarted = EVP_DigestInit_ex2(handle_.get(), nullptr, nullptr) == 1;
        LABSTORE_ASSERT(restarted);
        return size_bytes;
    }

  private:
    context_handle handle_;
};

template <digest_kind Kind>
context& thread_context() {
    thread_local context mine(Kind);
    return mine;
}

template <digest_kind Kind, typename Digest>
Digest one_shot(byte_span bytes) {
    auto& mine = thread_context<Kind>();
    mine.update(bytes);
    Digest digested;
    const auto size_bytes = mine.finish(digested.data());
    LABSTORE_ASSERT(size_bytes == digested.size());
    return digested;
}

constexpr std::size_t hmac_block_bytes = 64;  // of SHA-1 and SHA-256 both

/// RFC 2104 over a plain digest context: OpenSSL's own MAC objects cost several times the hashing of a short
/// message.
template <digest_kind Kind, typename Digest>
Digest hmac(byte_span key, byte_span message) {
    std::array<std::byte, hmac_block_bytes> pad{};
    if (key.size() > pad.size()) {
        const auto shortened = one_shot<Kind, Digest>(key);
        std::copy(shortened.begin(), shortened.end(), pad.begin());
    } else {
        std::copy(key.begin(), key.end(), pad.begin());
    }
    for (auto& byte : pad)
        byte ^= std::byte{0x36};
    auto& mine = thread_context<Kind>();
    Digest inner;
    mine.update(pad);
    mine.update(message);
    mine.finish(inner.data());
    for (auto& byte : pad)
        byte ^= std::byte{0x36} ^ std::byte{0x5C};
    Digest outer;
    mine.update(pad);
    mine.update(inner);
    mine.finish(outer.data());
    OPENSSL_cleanse(pad.data(), pad.size());
    OPENSSL_cleanse(inner.data(), inner.size());
    return outer;
}

}  // namespace

struct digest::state {
    context running;

    explicit state(digest_kind kind) : running(kind) {}
};

digest::digest(digest_kind kind) : state_(std::make_unique<state>(kind)) {}

digest::digest(std::unique_ptr<state> running) : state_(std::move(running)) {}

digest::digest(digest&&) noexcept = default;
digest& digest::operator=(digest&&) noexcept = default;
digest::~digest() = default;

void digest::update(byte_span bytes) {
    state_->running.update(bytes);
}

std::string digest::finish() {
    std::array<std::byte, EVP_MAX_MD_SIZE> digested;
    const auto size_bytes = state_->running.finish(digested.data());
    return std::string(as_text(byte_span(digested).first(size_bytes)));
}

digest digest::clone() const {
    return digest(std::make_unique<state>(*state_));
}

md5_digest md5(byte_span bytes) {
    return one_shot<digest_kind::md5, md5_digest>(bytes);
}

sha256_digest sha256(byte_span bytes) {
    return one_shot<digest_kind::sha256, sha256_digest>(bytes);
}

sha256_digest hmac_sha256(byte_span key, byte_span message) {
    return hmac<digest_kind::sha256, sha256_digest>(key, message);
}

sha1_digest hmac_sha1(byte_span key, byte_span message) {
    return hmac<digest_kind::sha1, sha1_digest>(key, message);
}

bool equal_constant_time(byte_span left, byte_span right) noexcept {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace labstore::crypto
