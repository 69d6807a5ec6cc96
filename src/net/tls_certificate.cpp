#include "net/tls_certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <ctime>
#include <optional>

namespace labstore::net {
namespace {

struct free_bio {
    void operator()(BIO* one) const noexcept { ::BIO_free(one); }
};

struct free_key {
    void operator()(EVP_PKEY* one) const noexcept { ::EVP_PKEY_free(one); }
};

tls_fault of_certificate(const tls_options& from, const std::string& what) {
    return {"tls-cert", from.certificate_file + ": " + what};
}

tls_fault of_key(const tls_options& from, const std::string& what) {
    return {"tls-key", from.key_file + ": " + what};
}

/// What OpenSSL complained of last; empties its queue.
std::string last_words() {
    const auto reason = ::ERR_peek_last_error();
    const auto* const words = ::ERR_reason_error_string(reason);
    ::ERR_clear_error();
    return words != nullptr ? words : "no reason was given";
}

/// Says why a file cannot be read; nullopt when it can be.
std::optional<std::string> unreadable(const std::string& path) {
    errno = 0;
    const std::unique_ptr<BIO, free_bio> file(::BIO_new_file(path.c_str(), "r"));
    const int system_error = errno;
    char first = 0;
    std::optional<std::string> why;
    if (file == nullptr)
        why = error_code(system_error, boost::system::system_category()).message();
    else if (::BIO_read(file.get(), &first, 1) != 1)
        why = "there is nothing in it";
    ::ERR_clear_error();
    return why;
}

int note_passphrase(char* /*room*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

tls_attempt<std::unique_ptr<EVP_PKEY, free_key>> read_key(const tls_options& from) {
    if (const auto why = unreadable(from.key_file))
        return of_key(from, *why);
    const std::unique_ptr<BIO, free_bio> file(::BIO_new_file(from.key_file.c_str(), "r"));
    bool passphrase_asked = false;
    std::unique_ptr<EVP_PKEY, free_key> key;
    if (file != nullptr)
        key.reset(::PEM_read_bio_PrivateKey(file.get(), nullptr, &note_passphrase, &passphrase_asked));
    if (key != nullptr)
        return key;
    const auto words = last_words();
    return of_key(
        from,
        passphrase_asked ? "the key has a passphrase, which nobody could type in" : "holds no key: " + words
    );
}

/// In OpenSSL's form: "Nov 26 22:00:00 2026 GMT".
std::string shown(const ASN1_TIME* when) {
    const std::unique_ptr<BIO, free_bio> out(::BIO_new(::BIO_s_mem()));
    char* text = nullptr;
    if (out == nullptr || ::ASN1_TIME_print(out.get(), when) != 1)
        return "an unknown time";
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::optional<std::string> not_in_force(const X509* certificate) {
    const auto* const start = ::X509_get0_notBefore(certificate);
    const auto* const end = ::X509_get0_notAfter(certificate);
    if (::X509_cmp_current_time(start) >= 0)
        return "is not valid before " + shown(start);
    if (::X509_cmp_current_time(end) <= 0)
        return "expired on " + shown(end);
    return std::nullopt;
}

std::uint64_t seconds_since_1970(const ASN1_TIME* when) {
    std::tm parts{};
    const bool read = ::ASN1_TIME_to_tm(when, &parts) == 1;
    return read ? static_cast<std::uint64_t>(std::max<std::time_t>(::timegm(&parts), 0)) : 0;
}

}  // namespace

void free_tls_context::operator()(SSL_CTX* one) const noexcept {
    ::SSL_CTX_free(one);
}

tls_attempt<std::uint64_t> load_certificate(const tls_options& from, SSL_CTX* into) {
    ::ERR_clear_error();
    if (const auto why = unreadable(from.certificate_file))
        return of_certificate(from, *why);
    if (::SSL_CTX_use_certificate_chain_file(into, from.certificate_file.c_str()) != 1)
        return of_certificate(from, "holds no certificate that can be used: " + last_words());
    const auto* const certificate = ::SSL_CTX_get0_certificate(into);
    if (const auto why = not_in_force(certificate))
        return of_certificate(from, "the certificate " + *why);
    const auto key = read_key(from);
    if (!key)
        return key.error();
    if (::X509_check_private_key(certificate, key->get()) != 1) {
        ::ERR_clear_error();
        return of_key(from, "is not the key of the certificate in " + from.certificate_file);
    }
    if (::SSL_CTX_use_PrivateKey(into, key->get()) != 1)
        return of_key(from, "cannot be used: " + last_words());
    return seconds_since_1970(::X509_get0_notAfter(certificate));
}

}  // namespace labstore::net
