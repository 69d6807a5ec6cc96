// Contents of objects: different for each key and version, known again when read, and hashed beforehand.
#pragma once

#include "labstore/crypto.hpp"
#include "labstore/load.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

/// What makes one content: the name says which object, the version which writing of it.
struct content_id {
    std::uint64_t object = 0;
    std::uint64_t version = 0;
};

/// A pool of sizes, as many as stand well for the distribution, over one block of random bytes. A content is a piece of
/// the block that object and version choose, and at its end a stamp of 32 bytes with their numbers, so no two are equal (up
/// to 32 bytes, the stamp is cut). The SHA-256 of each piece is computed once, before its stamp, so that hashing a whole
/// content costs under a microsecond whatever its size. Immutable after construction, so all threads share it.
class payload_pool {
  public:
    static constexpr std::size_t stamp_bytes = 32;

    payload_pool(const size_distribution& sizes, std::uint64_t seed, payload_form form);

    /// A content as two pieces to send one after the other.
    struct content {
        byte_span body;
        std::array<std::byte, stamp_bytes> stamp;
        std::size_t stamp_size_bytes = 0;
        std::size_t payload = 0;  // index in the pool

        [[nodiscard]] std::uint64_t size_bytes() const noexcept { return body.size() + stamp_size_bytes; }

        [[nodiscard]] byte_span tail() const noexcept { return byte_span(stamp).first(stamp_size_bytes); }
    };

    [[nodiscard]] content make(content_id id) const;
    /// 64 hex digits; only with payload_form::hashed.
    [[nodiscard]] std::string sha256_hex(const content& of) const;

  private:
    struct payload {
        std::size_t offset = 0;
        std::uint64_t size_bytes = 0;
        crypto::digest begun{crypto::digest_kind::sha256};  // everything before the stamp
    };

    std::uint64_t seed_;
    std::vector<std::byte> block_;
    std::vector<payload> payloads_;
};

/// Compares an answer's body, as it comes, with what it should be.
class content_check {
  public:
    explicit content_check(const payload_pool::content& expected) : expected_(expected) {}

    void take(byte_span piece) noexcept;

    /// The whole content and nothing else has come.
    [[nodiscard]] bool good() const noexcept { return same_ && seen_ == expected_.size_bytes(); }

  private:
    void compare(byte_span piece, byte_span with) noexcept;

    const payload_pool::content& expected_;
    std::uint64_t seen_ = 0;
    bool same_ = true;
};

}  // namespace labstore::load
