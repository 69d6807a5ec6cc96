#pragma once

#include "labstore/base/errc.hpp"

#include <boost/system/result.hpp>

namespace labstore {

using error_code = boost::system::error_code;

/// A value or an error code. `errc` values, system errors and Asio errors all fit.
template <typename T = void>
using result = boost::system::result<T, error_code>;

/// The `errc` behind a code: itself for our category, the nearest meaning for system errors (ENOSPC and
/// EDQUOT are `full`, EIO and the rest `io_error`, time-outs `timed_out`, aborted and reset connections
/// `cancelled`).
[[nodiscard]] errc to_errc(const error_code& code) noexcept;

/// An error_code for an errno value, already mapped by `to_errc`.
[[nodiscard]] error_code from_errno(int error_number) noexcept;

}  // namespace labstore

/// Returns the error of `expression` from a plain function, or of a `result` variable.
#define LABSTORE_TRY(expression)                           \
    do {                                                   \
        if (auto try_result_ = (expression); !try_result_) \
            return try_result_.error();                    \
    } while (false)

/// The same in a coroutine. Name awaited results first: `auto done = co_await f(); LABSTORE_CO_TRY(done);`
#define LABSTORE_CO_TRY(expression)                          \
    do {                                                     \
        if (auto&& try_result_ = (expression); !try_result_) \
            co_return try_result_.error();                   \
    } while (false)
