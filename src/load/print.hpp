#pragma once

#include <string>

namespace labstore::load {

/// Appends what printf would write, cut after 511 bytes: the lines of a report.
[[gnu::format(printf, 2, 3)]] void print(std::string& out, const char* format, ...);

}  // namespace labstore::load
