// Certificates and keys that cannot be used, and what is said of them.
#include "labstore/net/tls.hpp"
#include "support/net/test_certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>

namespace labstore::net {
namespace {

using support::test_certificate;
using testing::HasSubstr;

tls_options options_of(const test_certificate& files) {
    tls_options settings;
    settings.certificate_file = files.certificate_file();
    settings.key_file = files.key_file();
    return settings;
}

std::string fault_of(const tls_options& settings) {
    const auto made = make_tls_server(settings);
    return made ? "none" : made.error().option + ": " + made.error().message;
}

TEST(TlsFiles, FaultsNameOptionFileAndReason) {
    const test_certificate good;
    const test_certificate other;
    auto settings = options_of(good);
    EXPECT_EQ(fault_of(settings), "none");
    settings.certificate_file = "/does/not/exist.pem";
    EXPECT_EQ(fault_of(settings), "tls-cert: /does/not/exist.pem: No such file or directory");
    settings = options_of(good);
    settings.key_file = "/does/not/exist.key";
    EXPECT_EQ(fault_of(settings), "tls-key: /does/not/exist.key: No such file or directory");
    settings.key_file = other.key_file();
    EXPECT_THAT(
        fault_of(settings), HasSubstr("is not the key of the certificate in " + good.certificate_file())
    );
    settings.key_file = good.certificate_file();
    EXPECT_THAT(fault_of(settings), HasSubstr("tls-key: " + good.certificate_file() + ": holds no key"));
    settings = options_of(good);
    settings.certificate_file = good.key_file();
    EXPECT_THAT(fault_of(settings), HasSubstr(good.key_file() + ": holds no certificate"));
    settings.certificate_file = std::filesystem::temp_directory_path();
    EXPECT_THAT(fault_of(settings), HasSubstr("tls-cert: "));
}

TEST(TlsFiles, TheTimeMustBeRight) {
    const test_certificate past(-2 * test_certificate::day_s, -60);
    EXPECT_THAT(fault_of(options_of(past)), HasSubstr("the certificate expired on "));
    const test_certificate future(60, test_certificate::day_s);
    EXPECT_THAT(fault_of(options_of(future)), HasSubstr("the certificate is not valid before "));
}

TEST(TlsFiles, NobodyIsAskedForAPassphrase) {
    test_certificate files;
    files.encrypt_key();
    EXPECT_THAT(fault_of(options_of(files)), HasSubstr("passphrase"));
}

TEST(TlsFiles, TheExpiryIsTold) {
    const test_certificate files;
    const auto server = make_tls_server(options_of(files));
    ASSERT_TRUE(server);
    const auto now = static_cast<std::uint64_t>(std::time(nullptr));
    const auto told = (*server)->statistics().certificate_expires;
    EXPECT_GE(told, now + test_certificate::day_s - 60);
    EXPECT_LE(told, now + test_certificate::day_s + 1);
}

}  // namespace
}  // namespace labstore::net
