#include "labstore/base/bytes.hpp"

#include "labstore/base/assert.hpp"

#include <sys/random.h>

#include <cerrno>

namespace labstore {

void fill_random(mutable_byte_span out) noexcept {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        LABSTORE_ASSERT(got > 0);
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace labstore
