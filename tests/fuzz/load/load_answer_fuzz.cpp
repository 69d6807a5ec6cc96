// The answers of a server to labstore-load: however the bytes arrive, the parser reads the same answers, hands out no
// byte that was not sent, and never more of a body than was declared.
#include "load/response_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace {

using labstore::errc;
using labstore::load::response_parser;

struct reading {
    errc error = errc::ok;
    bool done = false;
    bool keep_alive = false;
    unsigned status = 0;
    std::optional<std::uint64_t> declared;
    std::string etag;
    std::string body;
    std::size_t consumed = 0;

    bool operator==(const reading&) const = default;
};

void require(bool holds) {
    if (!holds)
        std::abort();
}

/// One answer from the start of `wire`, fed at most `piece` bytes at a time; the connection ends behind them.
reading read_answer(labstore::byte_span wire, bool to_head, std::size_t piece) {
    response_parser parser;
    parser.start(to_head);
    reading out;
    while (out.consumed < wire.size() && !parser.done()) {
        const auto rest = wire.subspan(out.consumed);
        const auto step = parser.feed(rest.first(std::min(rest.size(), piece)));
        if (!step) {
            out.error = labstore::to_errc(step.error());
            break;
        }
        require(step->consumed > 0 && step->consumed <= rest.size());
        require(step->body.size() <= step->consumed);
        out.body += labstore::as_text(step->body);
        out.consumed += step->consumed;
    }
    if (out.error == errc::ok)
        if (const auto finished = parser.finish(); !finished)
            out.error = labstore::to_errc(finished.error());
    // Where a refusal stops depends on the pieces; what it says does not.
    if (out.error != errc::ok)
        out.consumed = 0;
    out.done = parser.done();
    out.keep_alive = parser.keep_alive();
    out.status = parser.status();
    out.declared = parser.content_length();
    out.etag = parser.etag();
    return out;
}

void check(const reading& read, bool to_head) {
    require(read.done == (read.error == errc::ok));
    if (!read.done)
        return;
    require(read.status >= 200 && read.status <= 599);
    const bool bodiless = to_head || read.status == 204 || read.status == 304;
    if (bodiless)
        require(read.body.empty());
    else if (read.declared)
        require(read.body.size() == *read.declared);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    const std::size_t piece = 1 + data[0];
    const bool to_head = data[1] % 2 == 1;
    labstore::byte_span wire(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
    // Answers may stand behind one another, as on a kept connection.
    while (!wire.empty()) {
        const auto whole = read_answer(wire, to_head, wire.size());
        require(whole == read_answer(wire, to_head, piece));
        require(whole.body.size() <= wire.size());
        check(whole, to_head);
        if (!whole.done)
            break;
        wire = wire.subspan(whole.consumed);
    }
    return 0;
}
