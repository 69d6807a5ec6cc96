#include "profiling/gzip.hpp"

#include "labstore/base.hpp"

#include <zlib.h>

namespace labstore::profiling {

std::string gzip(std::string_view bytes) {
    constexpr int window_bits_with_gzip_head = 15 + 16;
    constexpr int memory_level_standard = 8;
    z_stream stream{};
    LABSTORE_ASSERT(
        ::deflateInit2(
            &stream,
            Z_BEST_SPEED,
            Z_DEFLATED,
            window_bits_with_gzip_head,
            memory_level_standard,
            Z_DEFAULT_STRATEGY
        ) == Z_OK
    );
    std::string out(::deflateBound(&stream, bytes.size()), '\0');
    std::string in(bytes);  // zlib reads through a pointer to what is not const
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    LABSTORE_ASSERT(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

}  // namespace labstore::profiling
