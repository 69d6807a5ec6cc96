// Job:          digests, HMAC, checksums and comparison of secrets.
// In a request: auth verifies signatures with it, s3 hashes bodies, blob checks what comes off the disk.
// May use:      base; OpenSSL's digests inside.
// Threads:      each object belongs to one thread at a time; free functions are safe everywhere.
// Failure:      none that an input can cause; OpenSSL failing is a broken environment and aborts.
#pragma once

#include "labstore/base.hpp"
#include "labstore/crypto/md5.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace labstore::crypto {

using sha1_digest = std::array<std::byte, 20>;
using sha256_digest = std::array<std::byte, 32>;

enum class digest_kind { md5, sha1, sha256 };

/// An incremental digest. Reusable: `finish` leaves it ready for the next message.
class digest {
  public:
    explicit digest(digest_kind kind);
    digest(digest&&) noexcept;
    digest& operator=(digest&&) noexcept;
    ~digest();

    void update(byte_span bytes);
    /// 16, 20 or 32 bytes.
    [[nodiscard]] std::string finish();
    /// Another one that goes on from the bytes seen so far; this one stays as it is. Many threads may clone one
    /// digest at a time when none changes it.
    [[nodiscard]] digest clone() const;

  private:
    struct state;

    explicit digest(std::unique_ptr<state> running);

    std::unique_ptr<state> state_;
};

[[nodiscard]] md5_digest md5(byte_span bytes);
[[nodiscard]] sha256_digest sha256(byte_span bytes);

/// A key of HMAC-SHA-256 (RFC 2104) with the blocks that stand before every message taken in already, so that a message
/// costs two blocks less. A value of 64 bytes, wiped when it goes. Many threads may sign with one.
class hmac_sha256_key {
  public:
    explicit hmac_sha256_key(byte_span key);
    hmac_sha256_key(const hmac_sha256_key&) = default;
    hmac_sha256_key& operator=(const hmac_sha256_key&) = default;
    ~hmac_sha256_key();

    [[nodiscard]] sha256_digest sign(byte_span message) const;

  private:
    std::array<std::uint32_t, 8> inner_;
    std::array<std::uint32_t, 8> outer_;
};

[[nodiscard]] sha256_digest hmac_sha256(byte_span key, byte_span message);
[[nodiscard]] sha1_digest hmac_sha1(byte_span key, byte_span message);

/// Time depends on the lengths only, never on the contents.
[[nodiscard]] bool equal_constant_time(byte_span left, byte_span right) noexcept;

[[nodiscard]] inline bool equal_constant_time(std::string_view left, std::string_view right) noexcept {
    return equal_constant_time(as_bytes(left), as_bytes(right));
}

/// CRCs continue from an earlier value; start with 0. CRC-32/ISO-HDLC, CRC-32C (Castagnoli), CRC-64/NVME.
/// All use the processor's instructions where it has them (SSE4.2, PCLMUL) and a table where not.
[[nodiscard]] std::uint32_t crc32(std::uint32_t earlier, byte_span bytes) noexcept;
[[nodiscard]] std::uint32_t crc32c(std::uint32_t earlier, byte_span bytes) noexcept;
[[nodiscard]] std::uint64_t crc64_nvme(std::uint64_t earlier, byte_span bytes) noexcept;

/// The five algorithms of x-amz-checksum-*.
enum class checksum_algorithm : std::uint8_t { crc32 = 1, crc32c = 2, crc64nvme = 3, sha1 = 4, sha256 = 5 };

/// "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256".
[[nodiscard]] std::string_view checksum_name(checksum_algorithm algorithm) noexcept;
/// Without regard to case; nullopt for another word.
[[nodiscard]] std::optional<checksum_algorithm> parse_checksum_name(std::string_view name) noexcept;
/// 4, 8, 20 or 32.
[[nodiscard]] std::size_t checksum_size_bytes(checksum_algorithm algorithm) noexcept;
[[nodiscard]] bool is_crc(checksum_algorithm algorithm) noexcept;

/// Incremental; the result is raw big-endian bytes as S3 puts them into base64.
class checksum {
  public:
    explicit checksum(checksum_algorithm algorithm);

    [[nodiscard]] checksum_algorithm algorithm() const noexcept { return algorithm_; }

    void update(byte_span bytes);
    [[nodiscard]] std::string finish();

  private:
    checksum_algorithm algorithm_;
    std::uint64_t crc_ = 0;
    std::optional<digest> digest_;
};

/// The CRC of A followed by B from theirs (raw big-endian bytes). Only for the three CRCs; constant work in
/// the logarithm of the length.
[[nodiscard]] std::string combine_crc(
    checksum_algorithm algorithm,
    std::string_view first,
    std::string_view second,
    std::uint64_t second_size_bytes
);

/// A secret that cannot be compared by accident and is wiped when it goes. Never logged: it has no text form.
class secret {
  public:
    secret() = default;

    explicit secret(std::string text) : text_(std::move(text)) {}

    secret(const secret&) = default;
    secret(secret&& other) noexcept;
    secret& operator=(const secret& other);
    secret& operator=(secret&& other) noexcept;
    ~secret();

    bool operator==(const secret&) const = delete;

    /// For the one place that needs the bytes (key derivation, writing the credential file).
    [[nodiscard]] const std::string& reveal() const noexcept { return text_; }

    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  private:
    void wipe() noexcept;

    std::string text_;
};

}  // namespace labstore::crypto
