#include "labstore/config.hpp"
#include "scratch_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace labstore::config {
namespace {

using namespace std::chrono_literals;

std::string file_with(const std::string& text) {
    const std::string path = scratch_file();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    return path;
}

inputs none() {
    inputs from;
    from.default_file.clear();
    return from;
}

inputs flag(const std::string& name, const std::string& value) {
    inputs from = none();
    from.flags.push_back({name, value, "--" + name});
    return from;
}

/// The message of a load that must fail.
std::string failure(const inputs& from) {
    const auto all = load(from);
    return all ? "loaded" : all.error().text();
}

TEST(Load, DefaultsAreTheModulesOwn) {
    const auto all = load(none());
    ASSERT_TRUE(all);
    EXPECT_EQ(all->values.listener.port, net::options().port);
    EXPECT_EQ(all->values.blobs.segment_size_bytes, blob::options().segment_size_bytes);
    EXPECT_EQ(all->values.http.head_time_max, http::options().head_time_max);
    EXPECT_TRUE(all->places.empty());
}

/// One option stands for several modules only when their defaults agree.
TEST(Load, SharedDefaultsAgree) {
    const settings standard;
    EXPECT_EQ(standard.auth.region, standard.s3.region);
    EXPECT_EQ(standard.auth.domains, standard.s3.domains);
    EXPECT_EQ(standard.storage.put_size_bytes_max, standard.s3.put_size_bytes_max);
    EXPECT_EQ(standard.index.interval, standard.blobs.interval);
    EXPECT_EQ(standard.index.mode, meta::durability::commit);
    EXPECT_EQ(standard.blobs.mode, blob::durability::commit);
}

struct source_case {
    bool flag;
    bool environment;
    bool file;
    std::uint16_t port;
    std::string place;
};

TEST(Load, FlagBeforeEnvironmentBeforeFileBeforeDefault) {
    const std::string path = file_with("server:\n  port: 1003\n");
    const source_case cases[] = {
        {false, false, false, 6789, ""},
        {false, false, true, 1003, path + ":2"},
        {false, true, false, 1002, "LABSTORE_SERVER_PORT"},
        {false, true, true, 1002, "LABSTORE_SERVER_PORT"},
        {true, false, false, 1001, "--port"},
        {true, false, true, 1001, "--port"},
        {true, true, false, 1001, "--port"},
        {true, true, true, 1001, "--port"},
    };
    for (const source_case& one : cases) {
        inputs from = none();
        if (one.flag)
            from.flags.push_back({"port", "1001", "--port"});
        if (one.environment)
            from.environment.emplace_back("LABSTORE_SERVER_PORT", "1002");
        if (one.file)
            from.file = path;
        const auto all = load(from);
        ASSERT_TRUE(all) << all.error().text();
        EXPECT_EQ(all->values.listener.port, one.port);
        const auto place = all->places.find("port");
        EXPECT_EQ(place == all->places.end() ? "" : place->second, one.place);
    }
}

TEST(Load, APresetStandsForValuesThatAnySourceOverrides) {
    const std::string path = file_with("server:\n  workload: write-heavy\n  segments-spare: 5\n");
    inputs from = none();
    from.file = path;
    auto all = load(from);
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(all->values.index.memtable_bytes, 256 * MiB);
    EXPECT_EQ(all->places.at("memtable"), "--workload=write-heavy");
    EXPECT_EQ(all->values.blobs.segments_spare, 5U) << "what is given in the same file is stronger";

    // The strongest source decides which preset it is.
    from.environment.emplace_back("LABSTORE_SERVER_WORKLOAD", "read-heavy");
    from.environment.emplace_back("LABSTORE_SERVER_BLOCK_CACHE", "100MiB");
    all = load(from);
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(all->values.index.memtable_bytes, meta::options().memtable_bytes);
    EXPECT_EQ(all->values.index.block_cache_bytes, 100 * MiB);
    EXPECT_GE(all->values.index.block_cache_shards, 4U);

    from.flags.push_back({"workload", "balanced", "--workload"});
    all = load(from);
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(all->values.index.block_cache_shards, 0U);
    EXPECT_EQ(all->places.count("memtable"), 0U);
}

TEST(Load, EveryPresetFitsTheOptionsAndBalancedIsTheDefault) {
    const settings standard;
    EXPECT_EQ(standard.workload, workload::balanced);
    for (const std::string name : {"balanced", "read-heavy", "write-heavy"})
        EXPECT_TRUE(load(flag("workload", name))) << name;
    EXPECT_TRUE(failure(flag("workload", "heavy")).starts_with("--workload: "));
}

/// Every option can be given by flag and by variable, in the form that it prints itself.
TEST(Load, EveryOptionTakesItsOwnDefault) {
    for (const option_info& info : options()) {
        if (info.secret || info.standard.empty())
            continue;
        auto by_flag = load(flag(info.name, info.standard));
        EXPECT_TRUE(by_flag) << info.name << ": " << by_flag.error().text();
        inputs from = none();
        from.environment.emplace_back(info.environment, info.standard);
        EXPECT_TRUE(load(from)) << info.environment;
    }
}

TEST(Load, NamesAreUniqueAndDescribed) {
    std::set<std::string> names;
    for (const option_info& info : options()) {
        EXPECT_TRUE(names.insert(info.name).second) << info.name;
        EXPECT_TRUE(names.insert(info.environment).second) << info.environment;
        EXPECT_TRUE(info.help.ends_with('.')) << info.name;
        EXPECT_FALSE(info.type.empty()) << info.name;
        EXPECT_FALSE(info.group.empty()) << info.name;
    }
}

TEST(Load, BadValuesNameThePlaceAndWhatWasWanted) {
    const std::pair<std::string, std::string> cases[] = {
        {"port", "abc"},
        {"port", "65536"},
        {"port", "-1"},
        {"port", ""},
        {"threads", "1.5"},
        {"head-size-max", "16kb"},
        {"head-size-max", "1"},
        {"idle-time-max", "60"},
        {"idle-time-max", "25h"},
        {"clock-skew-max", "90s"},
        {"access-log", "maybe"},
        {"log-level", "loud"},
        {"log-level", "INFO "},
        {"durability", "always"},
        {"durability", "interval="},
        {"durability", "interval=0"},
        {"durability", "interval=60001"},
        {"verify-reads", "never"},
        {"compact-below-live", "2"},
        {"compact-below-live", "nan"},
        {"region", "a b"},
        {"region", ""},
        {"host", ""},
        {"host", "a\nb"},
        {"storage-path", ""},
    };
    for (const auto& [name, value] : cases) {
        const std::string message = failure(flag(name, value));
        EXPECT_TRUE(message.starts_with("--" + name + ": ")) << name << "=" << value << " said " << message;
    }
    EXPECT_EQ(failure(flag("port", "abc")), "--port: port: \"abc\" does not fit: wanted number, 0 to 65535");
}

TEST(Load, UnknownNamesAreRefusedWhereverTheyStand) {
    EXPECT_EQ(failure(flag("prot", "1")), "--prot: unknown option \"prot\"");
    inputs from = none();
    from.environment = {{"HOME", "/"}, {"LABSTORE_OTHER", "x"}, {"LABSTORE_SERVER_PROT", "1"}};
    EXPECT_EQ(failure(from), "LABSTORE_SERVER_PROT: no option has this variable");
    from.environment = {{"LABSTORE_SERVER_BIN", "x"}, {"LABSTORE_SERVER_PORT", ""}};
    EXPECT_EQ(failure(from), "loaded");
}

TEST(Load, AWeakerSourceIsCheckedToo) {
    inputs from = flag("port", "1001");
    from.environment.emplace_back("LABSTORE_SERVER_PORT", "many");
    EXPECT_TRUE(failure(from).starts_with("LABSTORE_SERVER_PORT: "));
}

TEST(Load, ValuesReachEveryModuleThatSharesThem) {
    inputs from = none();
    from.flags = {
        {"durability", "interval=250", "--durability"},
        {"domain", "a.example", "--domain"},
        {"domain", "b.example,c.example", "--domain"},
        {"region", "eu-west-1", "--region"},
        {"put-size-max", "1GiB", "--put-size-max"},
        {"clock-skew-max", "5m", "--clock-skew-max"},
    };
    const auto all = load(from);
    ASSERT_TRUE(all) << all.error().text();
    EXPECT_EQ(all->values.index.mode, meta::durability::interval);
    EXPECT_EQ(all->values.blobs.mode, blob::durability::interval);
    EXPECT_EQ(all->values.index.interval, 250ms);
    EXPECT_EQ(all->values.blobs.interval, 250ms);
    EXPECT_EQ(all->values.auth.domains, (std::vector<std::string>{"a.example", "b.example", "c.example"}));
    EXPECT_EQ(all->values.s3.domains, all->values.auth.domains);
    EXPECT_EQ(all->values.s3.region, "eu-west-1");
    EXPECT_EQ(all->values.s3.put_size_bytes_max, 1 * GiB);
    EXPECT_EQ(all->values.auth.clock_skew_max, 5min);
}

std::string credential_failure(const std::string& access, const std::string& secret) {
    inputs from = none();
    if (!access.empty())
        from.environment.emplace_back("LABSTORE_SERVER_ADMIN_ACCESS_KEY", access);
    if (!secret.empty())
        from.environment.emplace_back("LABSTORE_SERVER_ADMIN_SECRET_KEY", secret);
    const std::string message = failure(from);
    if (secret.size() >= 8) {
        EXPECT_EQ(message.find(secret), std::string::npos) << message;
    }
    return message;
}

TEST(Load, CredentialsShortHalfOrWellKnownAreRefused) {
    const std::string access = "LABSTORE_SERVER_ADMIN_ACCESS_KEY: ";
    const std::string secret = "LABSTORE_SERVER_ADMIN_SECRET_KEY: ";
    EXPECT_EQ(credential_failure("operator", "a-long-and-own-secret"), "loaded");
    EXPECT_TRUE(credential_failure("operator", "").starts_with(access));
    EXPECT_TRUE(credential_failure("", "a-long-and-own-secret").starts_with(secret));
    EXPECT_TRUE(credential_failure("ab", "a-long-and-own-secret").starts_with(access));
    EXPECT_TRUE(credential_failure("a/b/c", "a-long-and-own-secret").starts_with(access));
    EXPECT_TRUE(credential_failure("operator", "1234567").starts_with(secret));
    EXPECT_TRUE(credential_failure("operator", "with a blank").starts_with(secret));
    EXPECT_TRUE(credential_failure("minioadmin", "minioadmin").starts_with(secret));
    EXPECT_TRUE(credential_failure("operator", "Password123").starts_with(secret));
    EXPECT_TRUE(credential_failure("the-same-word", "the-same-word").starts_with(secret));
}

TEST(Load, CertificateAndKeyComeTogether) {
    EXPECT_EQ(failure(flag("tls-cert", "a.pem")), "--tls-cert: tls-cert needs tls-key");
    EXPECT_EQ(failure(flag("tls-key", "a.key")), "--tls-key: tls-key needs tls-cert");
    inputs from = flag("tls-cert", "a.pem");
    from.flags.push_back({"tls-key", "a.key", "--tls-key"});
    from.flags.push_back({"tls-min-version", "1.3", "--tls-min-version"});
    const auto all = load(from);
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->values.tls.wanted());
    EXPECT_EQ(all->values.tls.certificate_file, "a.pem");
    EXPECT_EQ(all->values.tls.key_file, "a.key");
    EXPECT_EQ(all->values.tls.version_min, net::tls_version::v1_3);
    EXPECT_FALSE(load(none())->values.tls.wanted());
    EXPECT_TRUE(failure(flag("tls-min-version", "1.1")).starts_with("--tls-min-version: "));
}

TEST(Load, LimitsThatContradictEachOtherAreRefused) {
    EXPECT_TRUE(failure(flag("part-size-min", "5GiB")) == "loaded");
    inputs from = flag("part-size-min", "2MiB");
    from.flags.push_back({"put-size-max", "1MiB", "--put-size-max"});
    EXPECT_TRUE(failure(from).starts_with("--part-size-min: "));
    EXPECT_TRUE(failure(flag("object-size-max", "1GiB")).find("put-size-max") != std::string::npos);
    EXPECT_TRUE(failure(flag("document-memory-max", "7MiB")).starts_with("--document-memory-max: "));
    EXPECT_EQ(failure(flag("document-memory-max", "8MiB")), "loaded");
    from = flag("pprof", "on");
    from.flags.push_back({"pprof-port", "6789", "--pprof-port"});
    EXPECT_TRUE(failure(from).starts_with("--pprof-port: "));
    from = flag("website", "on");
    from.flags.push_back({"website-port", "6789", "--website-port"});
    EXPECT_TRUE(failure(from).starts_with("--website-port: "));
    from.flags.push_back({"website-host", "127.0.0.2", "--website-host"});
    EXPECT_EQ(failure(from), "loaded");
}

}  // namespace
}  // namespace labstore::config
