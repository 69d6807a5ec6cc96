#include "load/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

namespace labstore::load {
namespace {

class tls_category_type final : public boost::system::error_category {
  public:
    [[nodiscard]] const char* name() const noexcept override { return "tls"; }

    [[nodiscard]] std::string message(int value) const override {
        const auto* reason = ::ERR_reason_error_string(static_cast<unsigned long>(value));
        return reason != nullptr ? reason : "TLS failed";
    }
};

const tls_category_type& tls_category() {
    static const tls_category_type one;
    return one;
}

}  // namespace

outcome<std::unique_ptr<tls_client>> tls_client::make(const target& at) {
    auto* const context = ::SSL_CTX_new(::TLS_client_method());
    LABSTORE_ASSERT(context != nullptr);
    std::unique_ptr<tls_client> made(new tls_client(context, at));
    ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // A write that has to be repeated comes from the same bytes, at whatever address their span then has.
    ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const bool trusting = at.ca_file.empty()
                              ? ::SSL_CTX_set_default_verify_paths(context) == 1
                              : ::SSL_CTX_load_verify_locations(context, at.ca_file.c_str(), nullptr) == 1;
    if (!trusting)
        return fault{"no certificates can be read from " + at.ca_file};
    ::SSL_CTX_set_verify(context, at.verify_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    return made;
}

tls_client::tls_client(ssl_ctx_st* context, const target& at)
    : context_(context), host_(at.host), verify_(at.verify_certificate) {}

tls_client::~tls_client() {
    ::SSL_CTX_free(context_);
}

tls_link::tls_link(const tls_client& client, int descriptor) : link_(::SSL_new(client.context_)) {
    LABSTORE_ASSERT(link_ != nullptr);
    const bool bound = ::SSL_set_fd(link_, descriptor) == 1;
    LABSTORE_ASSERT(bound);
    ::SSL_set_tlsext_host_name(link_, client.host_.c_str());
    if (client.verify_) {
        // A certificate names addresses apart from names.
        auto* const wanted = ::SSL_get0_param(link_);
        if (::X509_VERIFY_PARAM_set1_ip_asc(wanted, client.host_.c_str()) != 1)
            ::SSL_set1_host(link_, client.host_.c_str());
    }
}

tls_link::~tls_link() {
    ::SSL_free(link_);
}

tls_link::step tls_link::handshake() {
    ::ERR_clear_error();
    return judge(::SSL_connect(link_), 0);
}

tls_link::step tls_link::read(mutable_byte_span room) {
    ::ERR_clear_error();
    std::size_t bytes = 0;
    const int returned = ::SSL_read_ex(link_, room.data(), room.size(), &bytes);
    return judge(returned, bytes);
}

tls_link::step tls_link::write(byte_span bytes) {
    ::ERR_clear_error();
    std::size_t written = 0;
    const int returned = ::SSL_write_ex(link_, bytes.data(), bytes.size(), &written);
    return judge(returned, written);
}

tls_link::step tls_link::judge(int returned, std::size_t bytes) {
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
        case SSL_ERROR_SYSCALL:
            failure_ = system_error == 0 ? make_error_code(errc::cancelled)
                                         : error_code(system_error, boost::system::system_category());
            return {need::failed, 0};
        default:
            break;
    }
    const auto reason = ::ERR_get_error();
    // A peer that ends the stream without TLS's own goodbye: what ended is judged by what was announced.
    if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return {need::ended, 0};
    failure_ = error_code(static_cast<int>(reason), tls_category());
    return {need::failed, 0};
}

}  // namespace labstore::load
