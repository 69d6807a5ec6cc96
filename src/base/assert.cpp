#include "labstore/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace labstore::base {

void assertion_failed(std::string_view expression, std::string_view file, int line) noexcept {
    std::fprintf(
        stderr,
        "labstore: broken invariant: %.*s (%.*s:%d)\n",
        static_cast<int>(expression.size()),
        expression.data(),
        static_cast<int>(file.size()),
        file.data(),
        line
    );
    std::abort();
}

}  // namespace labstore::base
