#include "config/tables.hpp"

namespace labstore::config {

using namespace std::chrono_literals;

std::vector<option> listening_options() {
    std::vector<option> rows;
    rows.push_back(text_option(
        "host",
        "Address to listen on. Without tls-cert anything but loopback is logged as a warning.",
        [](auto& s) -> auto& { return s.listener.host; }
    ));
    rows.push_back(number_option(
        "port", "TCP port; 0 picks a free one.", {0, 65'535}, [](auto& s) -> auto& { return s.listener.port; }
    ));
    rows.push_back(number_option(
        "backlog",
        "Connections the kernel keeps waiting for each accepting thread.",
        {1, 65'535},
        [](auto& s) -> auto& { return s.listener.backlog; }
    ));
    rows.push_back(text_option(
        "tls-cert",
        "PEM file of the server's certificate and its chain; with it the port speaks HTTPS only. Read again "
        "on SIGHUP and "
        "when it changes.",
        [](auto& s) -> auto& { return s.tls.certificate_file; }
    ));
    rows.push_back(text_option(
        "tls-key", "PEM file of the certificate's private key, without a passphrase.", [](auto& s) -> auto& {
            return s.tls.key_file;
        }
    ));
    rows.push_back(choice_option<net::tls_version>(
        "tls-min-version",
        "Oldest version of TLS that is spoken; the newest both sides know is used.",
        {{"1.2", net::tls_version::v1_2}, {"1.3", net::tls_version::v1_3}},
        [](auto& s) -> auto& { return s.tls.version_min; }
    ));
    rows.push_back(duration_option(
        "tls-handshake-time-max",
        "From an accepted connection to the end of its TLS handshake.",
        100ms,
        1h,
        [](auto& s) -> auto& { return s.tls.handshake_time_max; }
    ));
    option domains = list_option(
        "domain",
        "Domains for virtual-host style: with example.org, the host b.example.org names bucket b.",
        [](auto& s) -> auto& { return s.auth.domains; }
    );
    rows.push_back(std::move(domains).also([](settings& s) { s.s3.domains = s.auth.domains; }));
    option region = text_option(
        "region", "The region this server says it is.", [](auto& s) -> auto& { return s.auth.region; }
    );
    rows.push_back(std::move(region).also([](settings& s) { s.s3.region = s.auth.region; }));
    return rows;
}

std::vector<option> website_options() {
    std::vector<option> rows;
    rows.push_back(boolean_option(
        "website",
        "Start the website listener: buckets that are configured as websites are shown there to anyone.",
        [](auto& s) -> auto& { return s.website; }
    ));
    rows.push_back(text_option(
        "website-host", "Address of the website listener.", [](auto& s) -> auto& { return s.website_host; }
    ));
    rows.push_back(number_option(
        "website-port",
        "Port of the website listener; 0 picks a free one.",
        {0, 65'535},
        [](auto& s) -> auto& { return s.website_port; }
    ));
    rows.push_back(list_option(
        "website-domain",
        "Domains of websites: with pages.example.org, the host b.pages.example.org shows bucket b. Any other "
        "host is the whole name of a bucket.",
        [](auto& s) -> auto& { return s.s3.website_domains; }
    ));
    return rows;
}

std::vector<option> authentication_options() {
    std::vector<option> rows;
    rows.push_back(text_option(
        "admin-access-key",
        "Access key of the root credential, 3 to 128 characters. Without it a random credential is made at "
        "first start, kept in the storage path and shown once.",
        [](auto& s) -> auto& { return s.admin_access_key; }
    ));
    option secret = described(
        "admin-secret-key",
        "text",
        "Secret key of the root credential, 8 to 128 characters. Never a flag: command lines are public."
    );
    secret.info.secret = true;
    secret.set = [](settings& to, std::string_view text) -> std::optional<std::string> {
        to.admin_secret_key = crypto::secret(std::string(text));
        return std::nullopt;
    };
    secret.get = [](const settings& from) {
        return std::string(from.admin_secret_key.empty() ? "" : "********");
    };
    rows.push_back(std::move(secret));
    rows.push_back(boolean_option(
        "allow-sigv2", "Accept the old signature version 2 in headers and URLs.", [](auto& s) -> auto& {
            return s.auth.allow_sigv2;
        }
    ));
    rows.push_back(duration_option(
        "clock-skew-max",
        "How far a request's date may be from the server's clock.",
        1min,
        24h,
        [](auto& s) -> auto& { return s.auth.clock_skew_max; }
    ));
    rows.push_back(duration_option(
        "presigned-life-max", "Longest life of a presigned URL.", 1s, 168h, [](auto& s) -> auto& {
            return s.auth.presigned_life_max;
        }
    ));
    rows.push_back(number_option(
        "signing-keys-max", "Derived signing keys kept in memory.", {1, 1'000'000}, [](auto& s) -> auto& {
            return s.auth.signing_keys_max;
        }
    ));
    return rows;
}

std::vector<option> request_options() {
    std::vector<option> rows;
    rows.push_back(number_option(
        "connections-max",
        "Open connections; past it a new one is answered 503 SlowDown.",
        {1, 1'000'000},
        [](auto& s) -> auto& { return s.listener.connections_max; }
    ));
    rows.push_back(size_option(
        "head-size-max", "Request line and headers together.", {1 * KiB, 1 * MiB}, [](auto& s) -> auto& {
            return s.http.head_size_bytes_max;
        }
    ));
    rows.push_back(number_option(
        "header-lines-max", "Headers of one request.", {8, 10'000}, [](auto& s) -> auto& {
            return s.http.header_lines_max;
        }
    ));
    rows.push_back(duration_option(
        "head-time-max",
        "From the first byte of a request's head to its last.",
        100ms,
        1h,
        [](auto& s) -> auto& { return s.http.head_time_max; }
    ));
    rows.push_back(duration_option(
        "idle-time-max",
        "A connection without a request is closed after this.",
        100ms,
        24h,
        [](auto& s) -> auto& { return s.http.idle_time_max; }
    ));
    rows.push_back(size_option(
        "rate-floor",
        "Bytes a second that a body must make in either direction, judged over rate-window; 0 switches the "
        "judgement off.",
        {0, 1 * GiB},
        [](auto& s) -> auto& { return s.http.rate_floor_bytes_per_second; }
    ));
    rows.push_back(duration_option(
        "rate-window", "Time over which rate-floor is judged.", 100ms, 1h, [](auto& s) -> auto& {
            return s.http.rate_window;
        }
    ));
    rows.push_back(size_option(
        "unread-body-max",
        "Of a body that is not wanted any more, at most this is read away; a longer one closes the "
        "connection.",
        {0, 1 * GiB},
        [](auto& s) -> auto& { return s.http.unread_body_bytes_max; }
    ));
    return rows;
}

std::vector<option> log_options() {
    std::vector<option> rows;
    rows.push_back(choice_option<log::level>(
        "log-level",
        "Lines below this level are neither formatted nor written. Headers are dumped at debug, secrets "
        "masked.",
        {{"trace", log::level::trace},
         {"debug", log::level::debug},
         {"info", log::level::info},
         {"warn", log::level::warn},
         {"error", log::level::error},
         {"off", log::level::off}},
        [](auto& s) -> auto& { return s.log.threshold; }
    ));
    rows.push_back(choice_option<log::format>(
        "log-format",
        "Form of a line.",
        {{"text", log::format::text}, {"json", log::format::json}},
        [](auto& s) -> auto& { return s.log.lines; }
    ));
    rows.push_back(choice_option<log::colour>(
        "log-colour",
        "Colour of text lines; automatic means on a terminal.",
        {{"automatic", log::colour::automatic},
         {"never", log::colour::never},
         {"always", log::colour::always}},
        [](auto& s) -> auto& { return s.log.colours; }
    ));
    rows.push_back(text_option(
        "log-file", "File the log is appended to; empty is standard error.", [](auto& s) -> auto& {
            return s.log.file;
        }
    ));
    rows.push_back(boolean_option(
        "access-log", "One line per request, at level info.", [](auto& s) -> auto& {
            return s.log.access_log;
        }
    ));
    rows.push_back(number_option(
        "log-queue-lines-max",
        "Lines waiting to be written; past it lines are dropped, counted and reported.",
        {16, 10'000'000},
        [](auto& s) -> auto& { return s.log.queue_lines_max; }
    ));
    rows.push_back(size_option(
        "log-queue-size-max", "The same for their bytes.", {64 * KiB, 4 * GiB}, [](auto& s) -> auto& {
            return s.log.queue_bytes_max;
        }
    ));
    rows.push_back(duration_option(
        "log-linger",
        "How long a line may wait for company before it is written; warnings and errors never wait.",
        0ms,
        1min,
        [](auto& s) -> auto& { return s.log.linger; }
    ));
    return rows;
}

std::vector<option> running_options() {
    std::vector<option> rows;
    rows.push_back(boolean_option(
        "pprof", "Start the profiling listener, which go tool pprof can read.", [](auto& s) -> auto& {
            return s.pprof;
        }
    ));
    rows.push_back(text_option(
        "pprof-host",
        "Address of the profiling listener. It asks for no credentials: keep it on loopback.",
        [](auto& s) -> auto& { return s.pprof_host; }
    ));
    rows.push_back(number_option(
        "pprof-port",
        "Port of the profiling listener; 0 picks a free one.",
        {0, 65'535},
        [](auto& s) -> auto& { return s.pprof_port; }
    ));
    rows.push_back(duration_option(
        "drain-time-max",
        "After SIGTERM or SIGINT, requests in flight have this long to end.",
        0ms,
        1h,
        [](auto& s) -> auto& { return s.drain_time_max; }
    ));
    return rows;
}

}  // namespace labstore::config
