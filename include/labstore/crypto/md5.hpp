#pragma once

#include "labstore/base.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace labstore::crypto {

using md5_digest = std::array<std::byte, 16>;

/// One MD5 (RFC 1321) under way. Unlike `digest` its state is open to `md5_lanes`. Belongs to one thread at a time.
class md5_stream {
  public:
    void update(byte_span bytes) noexcept;
    /// Leaves it ready for the next message.
    [[nodiscard]] md5_digest finish() noexcept;

  private:
    friend class md5_lanes;

    static constexpr std::size_t block_bytes = 64;
    static constexpr std::array<std::uint32_t, 4> start{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};

    /// Takes what completes the block that an earlier update began; the rest is what begins at a block.
    [[nodiscard]] byte_span complete_block(byte_span bytes) noexcept;
    /// Less than a block, kept until more comes.
    void keep(byte_span bytes) noexcept;

    std::array<std::uint32_t, 4> words_ = start;
    std::uint64_t size_bytes_ = 0;
    std::array<std::byte, block_bytes> tail_;
};

/// Bytes to be taken into a stream; both stay where they are until `md5_lanes` gives the job back.
struct md5_job {
    md5_stream* sum = nullptr;
    byte_span bytes;
};

/// How many messages one instruction can work on.
enum class md5_width : std::uint8_t { scalar = 1, avx2 = 8, avx512 = 16 };

/// The widest of this processor.
[[nodiscard]] md5_width widest_md5() noexcept;

/// Several messages at a time in SIMD lanes. A single message gains nothing, for each step of MD5 waits for the
/// one before; sixteen together take little longer than one. Belongs to one thread at a time.
class md5_lanes {
  public:
    static constexpr std::size_t jobs_max = 16;
    /// Taken from each job in one `run`, so that jobs that arrive meanwhile soon find a lane.
    static constexpr std::size_t run_bytes_max = 8 * KiB;

    /// A width above `widest_md5()` is asserted against.
    explicit md5_lanes(md5_width width = widest_md5());

    [[nodiscard]] bool empty() const noexcept { return active_.empty(); }

    [[nodiscard]] bool full() const noexcept { return active_.size() == jobs_max; }

    [[nodiscard]] std::size_t size() const noexcept { return active_.size(); }

    /// There must be room.
    void add(md5_job& job) noexcept;

    /// Works on every job for a while. Those that are done leave; they are valid until the next call.
    [[nodiscard]] std::span<md5_job* const> run() noexcept;

  private:
    void hash_blocks(std::size_t blocks) noexcept;

    const md5_width width_;
    std::vector<md5_job*> active_;  // what is left of each: whole blocks first, then less than one
    std::vector<md5_job*> done_;
};

}  // namespace labstore::crypto
