#include "load/print.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>

namespace labstore::load {

void print(std::string& out, const char* format, ...) {
    std::array<char, 512> line;
    va_list values;
    va_start(values, format);
    const int size = std::vsnprintf(line.data(), line.size(), format, values);
    va_end(values);
    out.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
}

}  // namespace labstore::load
