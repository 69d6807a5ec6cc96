#include "labstore/net/tls.hpp"
#include "net/tls_socket.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>

namespace labstore::net {

tls_link::tls_link(SSL* adopted, int descriptor, tls_counters& counters)
    : link_(adopted), socket_(make_tls_socket(descriptor)), counters_(counters) {
    LABSTORE_ASSERT(link_ != nullptr && socket_ != nullptr);
    ::SSL_set_bio(link_, socket_, socket_);
    ::SSL_set_accept_state(link_);
}

tls_link::~tls_link() {
    if (begun_ && !established_)
        counters_.handshakes_failed.add();
    ::SSL_free(link_);
    // What SSL_free may have left there would be taken for the reason of another connection's failure.
    ::ERR_clear_error();
}

tls_link::step tls_link::handshake() noexcept {
    begun_ = true;
    ::ERR_clear_error();
    const auto done = judge(::SSL_do_handshake(link_), 0);
    if (done.what == need::nothing)
        count_handshake();
    return done;
}

void tls_link::count_handshake() noexcept {
    established_ = true;
    drained_ = false;
    kernel_sends_ = BIO_get_ktls_send(socket_) != 0;
    counters_.handshakes.add();
    if (::SSL_session_reused(link_) == 1)
        counters_.resumed.add();
    if (kernel_sends_)
        counters_.kernel_connections.add();
}

tls_link::step tls_link::read(mutable_byte_span room) noexcept {
    if (failed_)
        return {need::failed, 0};
    ::ERR_clear_error();
    std::size_t bytes = 0;
    const int returned = ::SSL_read_ex(link_, room.data(), room.size(), &bytes);
    const auto done = judge(returned, bytes);
    drained_ = done.what != need::nothing;
    return done;
}

bool tls_link::has_unread() const noexcept {
    return !drained_ && ::SSL_has_pending(link_) == 1;
}

tls_link::step tls_link::write(byte_span bytes, bool more_follows) noexcept {
    if (failed_)
        return {need::failed, 0};
    LABSTORE_ASSERT(unfinished_bytes_ == 0 || bytes.size() == unfinished_bytes_);
    LABSTORE_ASSERT(!bytes.empty() && bytes.size() <= record_bytes_max);
    ::ERR_clear_error();
    set_more_follows(socket_, more_follows);
    std::size_t written = 0;
    const int returned = ::SSL_write_ex(link_, bytes.data(), bytes.size(), &written);
    const auto done = judge(returned, written);
    set_more_follows(socket_, false);
    const bool waits = done.what == need::readable || done.what == need::writable;
    unfinished_bytes_ = waits ? bytes.size() : 0;
    return done;
}

tls_link::step tls_link::send_file(int descriptor, std::uint64_t offset, std::uint64_t size_bytes) noexcept {
    if (failed_)
        return {need::failed, 0};
    ::ERR_clear_error();
    const auto sent = ::SSL_sendfile(link_, descriptor, static_cast<off_t>(offset), size_bytes, 0);
    if (sent > 0)
        return {need::nothing, static_cast<std::size_t>(sent)};
    // A file that has become shorter.
    if (sent == 0)
        return {need::failed, 0};
    return judge(-1, 0);
}

void tls_link::close_notify() noexcept {
    if (!established_ || failed_ || unfinished_bytes_ != 0)
        return;
    ::ERR_clear_error();
    ::SSL_shutdown(link_);
    ::ERR_clear_error();
}

tls_link::step tls_link::judge(int returned, std::size_t bytes) noexcept {
    if (returned == 1)
        return {need::nothing, bytes};
    const int system_error = errno;
    switch (::SSL_get_error(link_, returned)) {
        case SSL_ERROR_WANT_READ:
            return {need::readable, 0};
        case SSL_ERROR_WANT_WRITE:
            return {need::writable, 0};
        case SSL_ERROR_ZERO_RETURN:
            return {need::ended, 0};
        default:
            break;
    }
    failed_ = true;
    describe_failure(system_error);
    return {need::failed, 0};
}

void tls_link::describe_failure(int system_error) {
    const auto reason = ::ERR_get_error();
    const auto* const words = reason != 0 ? ::ERR_reason_error_string(reason) : nullptr;
    if (words != nullptr)
        failure_ = words;
    else
        failure_ = system_error != 0 ? error_code(system_error, boost::system::system_category()).message()
                                     : "the client has left";
}

}  // namespace labstore::net
