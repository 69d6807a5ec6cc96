#pragma once

#include "labstore/http.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <string>

namespace labstore::support {

/// Answers with all of a file; `turns` counts the pieces in which the client took it.
inline http::awaitable<void> send_file(
    http::exchange& request, const std::string& path, std::atomic<int>& turns
) {
    const unique_fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto size = static_cast<std::uint64_t>(::lseek(opened.get(), 0, SEEK_END));
    http::response_head head(200);
    auto starting = request.start(std::move(head), size);
    const auto started = co_await std::move(starting);
    static_cast<void>(started);
    for (std::uint64_t at = 0; at < size; ++turns) {
        auto sending = request.write_from_file(opened.get(), at, size - at);
        const auto sent = co_await std::move(sending);
        if (!sent)
            co_return;
        at += *sent;
    }
}

}  // namespace labstore::support
