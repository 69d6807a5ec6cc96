#pragma once

#include "labstore/base.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace labstore::support {

/// A folder with a certificate and its key, both made when the test runs; removed with the object.
class test_certificate {
  public:
    static constexpr long day_s = 24 * 60 * 60;

    /// Valid from now + `start_s` to now + `end_s`, for the name localhost.
    explicit test_certificate(long start_s = -day_s, long end_s = day_s) {
        std::string name = std::filesystem::temp_directory_path() / "labstore-tls-XXXXXX";
        LABSTORE_ASSERT(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        make(start_s, end_s);
    }

    test_certificate(const test_certificate&) = delete;
    test_certificate& operator=(const test_certificate&) = delete;

    ~test_certificate() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    /// Another certificate and key in the same files.
    void make(long start_s = -day_s, long end_s = day_s) {
        const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(
            EVP_EC_gen("P-256"), &::EVP_PKEY_free
        );
        const std::unique_ptr<X509, decltype(&::X509_free)> made(::X509_new(), &::X509_free);
        LABSTORE_ASSERT(key != nullptr && made != nullptr);
        ++serial_;
        ::X509_set_version(made.get(), 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(made.get()), serial_);
        ::X509_gmtime_adj(::X509_getm_notBefore(made.get()), start_s);
        ::X509_gmtime_adj(::X509_getm_notAfter(made.get()), end_s);
        ::X509_set_pubkey(made.get(), key.get());
        auto* const name = ::X509_get_subject_name(made.get());
        const std::string text = "localhost";
        ::X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.data()), -1, -1, 0
        );
        ::X509_set_issuer_name(made.get(), name);
        LABSTORE_ASSERT(::X509_sign(made.get(), key.get(), ::EVP_sha256()) != 0);
        write(certificate_file(), [&](FILE* to) { return ::PEM_write_X509(to, made.get()); });
        write(key_file(), [&](FILE* to) {
            return ::PEM_write_PrivateKey(to, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }

    /// The key again, behind a passphrase.
    void encrypt_key() {
        std::unique_ptr<FILE, int (*)(FILE*)> from(std::fopen(key_file().c_str(), "r"), &std::fclose);
        const std::unique_ptr<EVP_PKEY, decltype(&::EVP_PKEY_free)> key(
            ::PEM_read_PrivateKey(from.get(), nullptr, nullptr, nullptr), &::EVP_PKEY_free
        );
        std::string passphrase = "secret";
        write(key_file(), [&](FILE* to) {
            return ::PEM_write_PrivateKey(
                to, key.get(), ::EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase.data()
            );
        });
    }

    [[nodiscard]] std::string certificate_file() const { return folder_ + "/server.pem"; }

    [[nodiscard]] std::string key_file() const { return folder_ + "/server.key"; }

    [[nodiscard]] long serial() const noexcept { return serial_; }

  private:
    template <typename Write>
    static void write(const std::string& path, Write written) {
        std::unique_ptr<FILE, int (*)(FILE*)> to(std::fopen(path.c_str(), "w"), &std::fclose);
        LABSTORE_ASSERT(to != nullptr && written(to.get()) == 1);
    }

    std::string folder_;
    long serial_ = 0;
};

}  // namespace labstore::support
