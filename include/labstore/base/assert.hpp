#pragma once

#include <string_view>

namespace labstore::base {

/// Prints the broken invariant with its place to standard error and aborts. Never returns.
[[noreturn]] void assertion_failed(std::string_view expression, std::string_view file, int line) noexcept;

}  // namespace labstore::base

/// Stays on in release. For our own bugs only: nothing a client, a disk or an operator can do may reach it.
#define LABSTORE_ASSERT(expression)                                              \
    do {                                                                         \
        if (!(expression)) [[unlikely]]                                          \
            ::labstore::base::assertion_failed(#expression, __FILE__, __LINE__); \
    } while (false)
