#pragma once

#include "http/connection.hpp"
#include "http/framing_gate.hpp"
#include "http/io_thread.hpp"
#include "http/read_buffer.hpp"
#include "http/server_exchange.hpp"

#include <memory>

namespace labstore::http {

/// One connection from its first byte to its end: reads a head, has it judged, hands it to the handler, makes
/// sure of an answer, reads what the handler left, and goes on with the next request. Lives on one I/O
/// thread.
class session {
  public:
    session(net::socket peer, runtime::limit::holding counted, io_thread& thread);
    ~session();

    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// Serves the connection to its end. Never throws.
    static runtime::awaitable<void> run(std::unique_ptr<session> self);

  private:
    /// For how many bytes a connection is read on after a head that was refused.
    static constexpr std::uint64_t linger_after_bad_head_bytes_max = 48 * KiB;

    struct head_outcome {
        bool closed = false;         // nothing more comes, or nobody is there to answer
        errc refused = errc::ok;     // to be answered, then the connection closes
        std::size_t size_bytes = 0;  // of a complete head at the front of the buffer
    };

    runtime::awaitable<void> serve();
    runtime::awaitable<bool> secure();
    runtime::awaitable<bool> shake_hands(steady_time end);
    runtime::awaitable<void> refuse_plain_http();
    runtime::awaitable<head_outcome> read_head();
    runtime::awaitable<bool> wait_for_request();
    [[nodiscard]] head_outcome look_for_head();
    runtime::awaitable<bool> serve_request(std::size_t head_size_bytes);
    runtime::awaitable<void> call_handler();
    runtime::awaitable<void> answer(errc error);
    runtime::awaitable<void> refuse(errc error, std::uint64_t linger_bytes_max);
    runtime::awaitable<bool> finish_request();
    runtime::awaitable<void> linger(std::uint64_t bytes_max);
    void report();

    io_thread& thread_;
    runtime::limit::holding counted_;
    connection connection_;
    read_buffer buffer_;
    server_exchange exchange_;
    head_scanner scanner_;
    steady_time request_start_{};
    bool empty_line_skipped_ = false;
};

}  // namespace labstore::http
