#include "net/tls_socket.hpp"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>

namespace labstore::net {
namespace {

/// The callback's argument is the one place of a BIO that neither OpenSSL's socket BIO nor kernel TLS uses; there is no
/// callback. Its value is not read, only whether there is one.
char mark_of_more = 0;

int send_bytes(BIO* to, const char* bytes, int size) {
    if (BIO_get_ktls_send(to) != 0)
        return ::BIO_meth_get_write(::BIO_s_socket())(to, bytes, size);
    int descriptor = -1;
    BIO_get_fd(to, &descriptor);
    const int more = ::BIO_get_callback_arg(to) != nullptr ? MSG_MORE : 0;
    const auto sent = ::send(descriptor, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | more);
    BIO_clear_retry_flags(to);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        BIO_set_retry_write(to);
    return static_cast<int>(sent);
}

struct free_method {
    void operator()(BIO_METHOD* one) const noexcept { ::BIO_meth_free(one); }
};

std::unique_ptr<BIO_METHOD, free_method> make_method() {
    const auto* const plain = ::BIO_s_socket();
    std::unique_ptr<BIO_METHOD, free_method> made(::BIO_meth_new(BIO_TYPE_SOCKET, "labstore socket"));
    const bool complete = made != nullptr && ::BIO_meth_set_write(made.get(), &send_bytes) == 1 &&
                          ::BIO_meth_set_read(made.get(), ::BIO_meth_get_read(plain)) == 1 &&
                          ::BIO_meth_set_puts(made.get(), ::BIO_meth_get_puts(plain)) == 1 &&
                          ::BIO_meth_set_ctrl(made.get(), ::BIO_meth_get_ctrl(plain)) == 1 &&
                          ::BIO_meth_set_create(made.get(), ::BIO_meth_get_create(plain)) == 1 &&
                          ::BIO_meth_set_destroy(made.get(), ::BIO_meth_get_destroy(plain)) == 1;
    return complete ? std::move(made) : nullptr;
}

}  // namespace

BIO* make_tls_socket(int descriptor) {
    static const auto method = make_method();
    if (method == nullptr)
        return nullptr;
    auto* const made = ::BIO_new(method.get());
    if (made != nullptr)
        BIO_set_fd(made, descriptor, BIO_NOCLOSE);
    return made;
}

void set_more_follows(BIO* of, bool follows) noexcept {
    ::BIO_set_callback_arg(of, follows ? &mark_of_more : nullptr);
}

}  // namespace labstore::net
