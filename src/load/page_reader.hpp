// Pages that a server shows about itself.
#pragma once

#include "load/connection.hpp"

#include "labstore/load.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

/// Gets one page over and over, on a connection of its own that is kept. Each reading waits at most the given time. One
/// thread, which the reading occupies.
class page_reader {
  public:
    /// `path` with its query. `tls` is null for a plain target, and outlives this.
    page_reader(
        const target& at,
        std::string_view path,
        std::vector<asio::ip::tcp::endpoint> endpoints,
        const tls_client* tls,
        std::chrono::milliseconds time_max
    );

    /// The first 4 MiB of the page; nullopt without an answer of success in time.
    [[nodiscard]] std::optional<std::string> read();

  private:
    const std::vector<asio::ip::tcp::endpoint> endpoints_;
    const std::string head_;
    const std::chrono::milliseconds time_max_;
    std::vector<std::byte> buffer_;
    asio::io_context context_;
    connection link_;
};

}  // namespace labstore::load
