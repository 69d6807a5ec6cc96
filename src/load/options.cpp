#include "labstore/load.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace labstore::load {
namespace {

//                                        get stat put delete list multipart
constexpr std::array<scenario, 9> all_scenarios{{
    {"mixed",
     "GET 45 %, STAT 30 %, PUT 15 %, DELETE 10 % of 100 KiB",
     {45, 30, 15, 10, 0, 0},
     "100KiB",
     1000},
    {"get", "reads whole objects of 100 KiB", {1, 0, 0, 0, 0, 0}, "100KiB", 1000},
    {"put", "writes objects of 100 KiB", {0, 0, 1, 0, 0, 0}, "100KiB", 1000},
    {"stat", "asks for the heads of objects", {0, 1, 0, 0, 0, 0}, "4KiB", 1000},
    {"list", "lists pages of 100 keys", {0, 0, 0, 0, 1, 0}, "0", 1000},
    {"delete", "deletes every object once", {0, 0, 0, 1, 0, 0}, "4KiB", 10'000},
    {"multipart", "uploads three parts of 5 MiB as one object", {0, 0, 0, 0, 0, 1}, "5MiB", 1000},
    {"small", "the mix with objects of 4 KiB", {45, 30, 15, 10, 0, 0}, "4KiB", 1000},
    {"large", "the mix with objects of 64 MiB", {45, 30, 15, 10, 0, 0}, "64MiB", 24},
}};

constexpr std::size_t list_keys_max = 1000;
constexpr std::size_t parts_max = 10'000;
constexpr std::uint64_t part_size_bytes_min = 5 * MiB;
constexpr std::size_t bucket_name_bytes_min = 3;
constexpr std::size_t bucket_name_bytes_max = 63;
constexpr std::size_t prefix_bytes_max = 200;

bool is_plain(std::string_view text, std::string_view more) {
    return std::ranges::all_of(text, [&](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
    });
}

outcome<void> validate_target(const target& at) {
    if (at.access_key.empty() || at.secret_key.empty())
        return fault{"no credentials: give --access-key and --secret-key or their variables"};
    const auto size = at.bucket.size();
    if (size < bucket_name_bytes_min || size > bucket_name_bytes_max || !is_plain(at.bucket, "-."))
        return fault{"'" + at.bucket + "' is no name of a bucket"};
    if (at.prefix.size() > prefix_bytes_max || !is_plain(at.prefix, "-_.~/"))
        return fault{"the prefix has up to 200 of A-Z a-z 0-9 - _ . ~ /"};
    if (!is_plain(at.region, "-"))
        return fault{"'" + at.region + "' is no name of a region"};
    return {};
}

outcome<void> validate_pace(const pace& timing) {
    using namespace std::chrono_literals;
    if (timing.rate < 0 || timing.rate > rate_max)
        return fault{"the rate is 0 for a closed loop, or up to 10,000,000 operations a second"};
    if (timing.poisson && timing.rate == 0)
        return fault{"Poisson arrivals need a rate"};
    if (timing.duration <= 0ns || timing.duration + timing.ramp + timing.warm_up > duration_max)
        return fault{"ramp, warm-up and duration are above 0 and at most a week together"};
    return {};
}

}  // namespace

std::span<const scenario> scenarios() noexcept {
    return all_scenarios;
}

const scenario* find_scenario(std::string_view name) noexcept {
    const auto found = std::ranges::find(all_scenarios, name, &scenario::name);
    return found == all_scenarios.end() ? nullptr : &*found;
}

outcome<operation_weights> parse_weights(std::string_view text) {
    operation_weights weights{};
    const fault wrong{"'" + std::string(text) + "' is no mix: wanted get=45,stat=30,put=15,delete=10"};
    while (!text.empty()) {
        const auto end = std::min(text.find(','), text.size());
        const auto piece = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = piece.find('=');
        if (equals == std::string_view::npos)
            return wrong;
        const auto weight = parse_number(piece.substr(equals + 1));
        std::size_t kind = 0;
        while (kind < operation_kinds &&
               !equal_ignoring_case(operation_name(static_cast<operation>(kind)), piece.substr(0, equals)))
            ++kind;
        if (kind == operation_kinds || !weight || *weight < 0)
            return wrong;
        weights[kind] += *weight;
    }
    return weights;
}

outcome<void> parse_endpoint(std::string_view url, target& into) {
    constexpr std::string_view http = "http://";
    constexpr std::string_view https = "https://";
    const fault wrong{"'" + std::string(url) + "' is no endpoint: wanted http://HOST:PORT or https://HOST"};
    into.tls = url.starts_with(https);
    if (into.tls)
        url.remove_prefix(https.size());
    else if (url.starts_with(http))
        url.remove_prefix(http.size());
    if (url.ends_with('/'))
        url.remove_suffix(1);
    auto host = url;
    std::string_view port = standard_port(into.tls);
    const auto bracket = url.starts_with('[') ? url.find(']') : 0;
    if (bracket == std::string_view::npos)
        return wrong;
    const auto colon = url.find(':', bracket);
    if (colon != std::string_view::npos) {
        host = url.substr(0, colon);
        port = url.substr(colon + 1);
    }
    if (bracket != 0) {
        if (host.size() != bracket + 1)
            return wrong;
        host = host.substr(1, bracket - 1);
    }
    const auto number = parse_decimal(port);
    if (host.empty() || !is_plain(host, "-.:_") || !number || *number == 0 || *number > 65'535)
        return wrong;
    into.host = host;
    into.port = port;
    return {};
}

std::string url_of(const target& at) {
    return (at.tls ? "https://" : "http://") + at.host + ":" + at.port + "/" + at.bucket;
}

outcome<void> validate(const options& wanted, const pace& timing) {
    auto valid = validate_target(wanted.at);
    if (valid)
        valid = validate_pace(timing);
    if (!valid)
        return valid;
    const auto weight = [&](operation kind) {
        return wanted.weights[static_cast<std::size_t>(kind)];
    };
    if (std::accumulate(wanted.weights.begin(), wanted.weights.end(), 0.0) <= 0)
        return fault{"the mix names no operation"};
    if (wanted.concurrency == 0 || wanted.concurrency > concurrency_max)
        return fault{"the concurrency is 1 to 10,000"};
    if (wanted.threads == 0 || wanted.threads > threads_max || wanted.threads > wanted.concurrency)
        return fault{"threads are 1 to 256, and no more than connections"};
    if (wanted.objects == 0 || wanted.objects > objects_max)
        return fault{"the objects are 1 to 10,000,000"};
    if (weight(operation::put) + weight(operation::delete_object) > 0 &&
        wanted.objects < 2 * wanted.concurrency)
        return fault{"operations that change objects need two objects for each connection: raise --objects"};
    if (wanted.objects < wanted.threads)
        return fault{"there are more threads than objects"};
    if (wanted.sizes.max_bytes() > object_size_bytes_max)
        return fault{"objects are at most 1 GiB here"};
    if (wanted.list_keys == 0 || wanted.list_keys > list_keys_max)
        return fault{"a page of a listing has 1 to 1,000 keys"};
    if (weight(operation::multipart) > 0) {
        if (wanted.parts == 0 || wanted.parts > parts_max)
            return fault{"an upload has 1 to 10,000 parts"};
        if (wanted.part_size_bytes > object_size_bytes_max ||
            (wanted.parts > 1 && wanted.part_size_bytes < part_size_bytes_min))
            return fault{"a part has 5 MiB to 1 GiB"};
    }
    if (wanted.timeout <= std::chrono::nanoseconds(0) || wanted.timeout > std::chrono::hours(1))
        return fault{"the time limit of a request is above 0 and at most an hour"};
    return {};
}

}  // namespace labstore::load
