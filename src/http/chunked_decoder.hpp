#pragma once

#include "labstore/base.hpp"

#include <cstddef>
#include <cstdint>

namespace labstore::http {

/// Limits that a client has no reason to come near.
inline constexpr std::size_t chunk_size_digits_max = 16;
inline constexpr std::size_t chunk_extension_bytes_max = 256;
inline constexpr std::size_t chunk_trailers_bytes_max = 4096;

/// Takes the chunked transfer coding apart (RFC 9112 section 7.1), strictly: exact CRLFs, plain hexadecimal
/// sizes, bounded extensions and trailers, both of which are discarded. Does no I/O and keeps no bytes;
/// belongs to one request.
class chunked_decoder {
  public:
    struct progress {
        std::size_t consumed = 0;  // of the input
        std::size_t produced = 0;  // into the room
    };

    void reset() noexcept { *this = chunked_decoder(); }

    /// Decodes until the input or the room is used up or the body has ended; nothing past the end is
    /// consumed. bad_request for framing that is not exactly right; the decoder is then of no further use.
    [[nodiscard]] result<progress> decode(byte_span input, mutable_byte_span room);

    [[nodiscard]] bool finished() const noexcept { return state_ == state::finished; }

    /// Bytes of the present chunk that are still to come. They may be read straight into their place.
    [[nodiscard]] std::uint64_t chunk_remaining() const noexcept {
        return state_ == state::data ? remaining_ : 0;
    }

    /// Says that so many bytes of the chunk were read elsewhere.
    void skip_chunk_bytes(std::uint64_t bytes) noexcept;

  private:
    enum class state {
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        finished,
        failed,
    };

    [[nodiscard]] state next(char c) noexcept;
    [[nodiscard]] state take_size(char c) noexcept;
    [[nodiscard]] state take_trailer(char c) noexcept;

    state state_ = state::size;
    std::uint64_t remaining_ = 0;
    std::size_t digits_ = 0;
    std::size_t extra_ = 0;  // bytes of the present extension, or of all trailers
};

}  // namespace labstore::http
