#pragma once

#include "labstore/server.hpp"

#include <boost/system/result.hpp>

namespace labstore::server {

template <typename T = void>
using attempt = boost::system::result<T, failure>;

/// "cannot open FILE: No space left on device".
[[nodiscard]] inline failure failed_to(const std::string& what, const error_code& why) {
    return {"cannot " + what + ": " + why.message()};
}

}  // namespace labstore::server
