#pragma once

#include "labstore/http.hpp"
#include "labstore/net.hpp"
#include "labstore/net/tls.hpp"

#include <string>

namespace labstore::http {

/// Serves every connection handed to it. Made before the listeners that feed it and destroyed after them; its
/// I/O threads must run until `finish_drain` has returned.
class service : public net::connection_sink {
  public:
    /// Ends keep-alive: connections close after their present response, idle ones at once.
    virtual void begin_drain() = 0;
    /// Blocks until all connections have ended or `limit` has passed, then cuts what is left and waits until
    /// the handlers of those have returned. True when none was cut. From a plain thread, after the listeners
    /// have stopped.
    virtual bool finish_drain(std::chrono::milliseconds limit) = 0;

    [[nodiscard]] virtual std::size_t connections() const noexcept = 0;

    /// Requests whose head was read and whose answer is not out yet. From any thread.
    [[nodiscard]] virtual std::size_t requests_in_flight() const noexcept = 0;
};

/// What every response says of the server.
struct server_identity {
    std::string name;     // Server
    std::string host_id;  // x-amz-id-2
};

/// An opaque value for x-amz-id-2, the same for the life of the process. Made by whoever wires the parts together, since
/// the documents that handlers write repeat it.
[[nodiscard]] std::string make_host_id();

/// The service ends as if by `finish_drain(0)`. With `tls`, which outlives it, its connections speak HTTPS only.
[[nodiscard]] std::unique_ptr<service> make_service(
    options settings,
    server_identity self,
    runtime::io_threads& threads,
    handler& requests,
    net::tls_server* tls = nullptr
);

}  // namespace labstore::http
