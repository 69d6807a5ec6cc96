// The chunked decoder: any split of the input and any room give the same bytes and the same verdict, and nothing past
// the end of the body is taken.
#include "http/chunked_decoder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using labstore::http::chunked_decoder;

struct outcome {
    bool refused = false;
    bool finished = false;
    std::size_t consumed = 0;
    std::string body;

    bool operator==(const outcome&) const = default;
};

outcome decode(labstore::byte_span wire, std::size_t input_piece, std::size_t room_size) {
    chunked_decoder decoder;
    outcome out;
    std::vector<std::byte> room(room_size);
    while (out.consumed < wire.size() && !decoder.finished()) {
        const auto rest = wire.subspan(out.consumed);
        const auto done = decoder.decode(rest.first(std::min(rest.size(), input_piece)), room);
        if (!done) {
            out.refused = true;
            out.consumed = 0;
            return out;
        }
        if (done->consumed == 0 && done->produced == 0)
            std::abort();
        out.consumed += done->consumed;
        out.body += labstore::as_text(std::span(room).first(done->produced));
    }
    out.finished = decoder.finished();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::size_t piece = 1 + data[0];
    const std::size_t room = 1 + data[1];
    const labstore::byte_span wire(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
    auto whole = decode(wire, wire.size() + 1, wire.size() + 1);
    auto split = decode(wire, piece, room);
    // Before a refusal, smaller rooms may have handed out more of what came first.
    if (whole.refused)
        whole.body.clear();
    if (split.refused)
        split.body.clear();
    if (!(whole == split) || whole.body.size() > wire.size())
        std::abort();
    return 0;
}
