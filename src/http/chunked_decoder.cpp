#include "http/chunked_decoder.hpp"

#include "http/characters.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::http {
namespace {

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

}  // namespace

result<chunked_decoder::progress> chunked_decoder::decode(byte_span input, mutable_byte_span room) {
    progress done;
    while (done.consumed < input.size() && state_ != state::finished) {
        if (state_ == state::data) {
            const auto size = std::min<std::uint64_t>(
                {remaining_, input.size() - done.consumed, room.size() - done.produced}
            );
            if (size == 0)
                return done;
            std::memcpy(room.data() + done.produced, input.data() + done.consumed, size);
            done.consumed += size;
            done.produced += size;
            skip_chunk_bytes(size);
            continue;
        }
        state_ = next(static_cast<char>(input[done.consumed]));
        ++done.consumed;
        if (state_ == state::failed)
            return errc::bad_request;
    }
    return done;
}

void chunked_decoder::skip_chunk_bytes(std::uint64_t bytes) noexcept {
    LABSTORE_ASSERT(state_ == state::data && bytes <= remaining_);
    remaining_ -= bytes;
    if (remaining_ == 0)
        state_ = state::data_cr;
}

chunked_decoder::state chunked_decoder::next(char c) noexcept {
    switch (state_) {
        case state::size:
            return take_size(c);
        case state::extension:
            if (c == '\r')
                return state::size_lf;
            return is_value_character(c) && ++extra_ <= chunk_extension_bytes_max ? state::extension
                                                                                  : state::failed;
        case state::size_lf:
            if (c != '\n')
                return state::failed;
            digits_ = 0;
            extra_ = 0;
            return remaining_ == 0 ? state::trailer_start : state::data;
        case state::data_cr:
            return c == '\r' ? state::data_lf : state::failed;
        case state::data_lf:
            return c == '\n' ? state::size : state::failed;
        case state::last_lf:
            return c == '\n' ? state::finished : state::failed;
        case state::trailer_lf:
            return c == '\n' ? state::trailer_start : state::failed;
        case state::trailer_start:
        case state::trailer_name:
        case state::trailer_value:
            return take_trailer(c);
        case state::data:
        case state::finished:
        case state::failed:
            break;
    }
    return state::failed;
}

chunked_decoder::state chunked_decoder::take_size(char c) noexcept {
    if (const int digit = hex_digit(c); digit >= 0) {
        if (++digits_ > chunk_size_digits_max)
            return state::failed;
        remaining_ = (remaining_ << 4) | static_cast<unsigned>(digit);
        return state::size;
    }
    if (digits_ == 0)
        return state::failed;
    if (c == '\r')
        return state::size_lf;
    // White space before the semicolon is read in more than one way, so only the plain form is taken.
    return c == ';' ? state::extension : state::failed;
}

chunked_decoder::state chunked_decoder::take_trailer(char c) noexcept {
    if (c == '\r' && state_ == state::trailer_start)
        return state::last_lf;
    if (c == '\r' && state_ == state::trailer_value)
        return state::trailer_lf;
    if (++extra_ > chunk_trailers_bytes_max)
        return state::failed;
    if (state_ == state::trailer_value)
        return is_value_character(c) ? state::trailer_value : state::failed;
    if (c == ':' && state_ == state::trailer_name)
        return state::trailer_value;
    return is_token_character(c) ? state::trailer_name : state::failed;
}

}  // namespace labstore::http
