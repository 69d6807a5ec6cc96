#include "net/accept_loop.hpp"

#include <boost/asio/redirect_error.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace labstore::net {
namespace {

constexpr std::chrono::milliseconds exhausted_wait{50};
/// So that a flood of connections does not keep the thread from serving the ones it has.
constexpr int accepts_per_pass_max = 64;
constexpr int accepts_at_stop_max = 4096;

bool is_exhaustion(int error_number) noexcept {
    return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
           error_number == ENOMEM;
}

}  // namespace

void accept_loop::start(runtime::task_group& tasks) {
    tasks.spawn(acceptor_.get_executor(), run());
}

void accept_loop::stop(runtime::task_group& tasks) {
    tasks.spawn(acceptor_.get_executor(), interrupt());
}

runtime::awaitable<void> accept_loop::run() {
    error_code failure;
    while (!stopping_) {
        co_await acceptor_.async_wait(
            asio::socket_base::wait_read, asio::redirect_error(asio::use_awaitable, failure)
        );
        const auto done = accept_pending();
        if (stopping_ || (done == pass::drained && !failure))
            continue;
        retry_timer_.expires_after(exhausted_wait);
        co_await retry_timer_.async_wait(asio::redirect_error(asio::use_awaitable, failure));
    }
    acceptor_.close(failure);
}

runtime::awaitable<void> accept_loop::interrupt() {
    stopping_ = true;
    error_code ignored;
    acceptor_.cancel(ignored);
    retry_timer_.cancel();
    co_return;
}

accept_loop::pass accept_loop::accept_pending() {
    const int accepts_max = stopping_ ? accepts_at_stop_max : accepts_per_pass_max;
    for (int i = 0; i < accepts_max; ++i) {
        const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(fd);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF || errno == EINVAL) {
            return pass::drained;
        } else if (is_exhaustion(errno)) {
            exhausted_.add();
            return pass::exhausted;
        }
        // Everything else concerns the one connection that failed before it was accepted.
    }
    return pass::drained;
}

void accept_loop::hand_over(int fd) {
    error_code failure;
    const auto local = acceptor_.local_endpoint(failure);
    socket peer(acceptor_.get_executor());
    if (!failure)
        peer.assign(local.protocol(), fd, failure);
    if (failure) {
        ::close(fd);
        return;
    }
    peer.non_blocking(true, failure);
    peer.set_option(asio::ip::tcp::no_delay(true), failure);
    accepted_.add();
    auto counted = connections_.take(1);
    if (counted)
        sink_.on_connection(std::move(peer), std::move(*counted));
    else
        sink_.on_refused(std::move(peer));
}

}  // namespace labstore::net
