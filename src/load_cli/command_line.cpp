#include "load_cli/command_line.hpp"

#include <iostream>
#include <optional>

namespace labstore::load_cli {
namespace {

constexpr std::string_view description =
    "labstore-load, load on S3 endpoints: rate, latency, errors, capacity.\n"
    "Exit codes: 0 fine, 1 an expectation or a desired rate was not met, 2 wrong usage, 3 no result.";
constexpr std::chrono::seconds duration_default{60};
constexpr std::size_t concurrency_default = 8;
constexpr std::size_t capacity_concurrency_default = 100;

/// A whole number into `into`; whatever validation says about its range comes later.
template <typename Integer>
load::outcome<void> read_integer(const std::string& text, const char* option, Integer& into) {
    const auto number = parse_decimal(text);
    if (!number)
        return load::fault{std::string(option) + ": '" + text + "' is no whole number"};
    into = static_cast<Integer>(*number);
    return {};
}

load::outcome<void> read_duration(
    const std::string& text, const char* option, std::chrono::nanoseconds& into
) {
    const auto time = load::parse_duration(text);
    if (!time)
        return load::fault{std::string(option) + ": " + time.error().text};
    into = *time;
    return {};
}

/// One of two words.
load::outcome<bool> read_choice(
    const std::string& text, const char* option, std::string_view no, std::string_view yes
) {
    if (text != no && text != yes)
        return load::fault{std::string(option) + ": wanted " + std::string(no) + " or " + std::string(yes)};
    return text == yes;
}

/// The first fault of several readings.
load::outcome<void> first_fault(std::initializer_list<load::outcome<void>> readings) {
    for (const auto& each : readings)
        if (!each)
            return each;
    return {};
}

}  // namespace

command_line::command_line() : app_(std::string(description), "labstore-load") {
    app_.set_version_flag("--version", LABSTORE_VERSION);
    app_.require_subcommand(1);
    for (const auto& each : load::scenarios()) {
        CLI::App* const one = app_.add_subcommand(std::string(each.name), std::string(each.help));
        add_target_options(*one);
        add_load_options(*one);
        add_pace_options(*one);
        add_result_options(*one);
    }
    CLI::App* const capacity =
        app_.add_subcommand("capacity", "finds how much a server carries within an SLA, and what that means");
    add_target_options(*capacity);
    add_load_options(*capacity);
    add_capacity_options(*capacity);
}

void command_line::add_target_options(CLI::App& to) {
    const auto add = [&](const char* name, std::string& into, const char* help) {
        return to.add_option(name, into, help)->group("Target")->capture_default_str();
    };
    add("--endpoint", words_.endpoint, "Where the server listens")->envname("LABSTORE_LOAD_ENDPOINT");
    add("--ca-file", words_.ca_file, "PEM file of the certificates that are trusted, instead of the system's"
    );
    to.add_flag("--insecure", words_.insecure, "Take any certificate of an https endpoint")->group("Target");
    to.add_option(
          "--access-key", words_.access_key, "Access key (else LABSTORE_LOAD_ACCESS_KEY, AWS_ACCESS_KEY_ID)"
    )
        ->group("Target");
    to.add_option(
          "--secret-key",
          words_.secret_key,
          "Secret key (else LABSTORE_LOAD_SECRET_KEY, AWS_SECRET_ACCESS_KEY)"
    )
        ->group("Target");
    add("--region", words_.region, "Region that is signed");
    add("--bucket", words_.bucket, "Bucket; created when missing, and then deleted at the end");
    add("--prefix", words_.prefix, "Beginning of all keys");
    add("--server-pid",
        words_.server_pid,
        "Process to read CPU and memory of, when the target does not show them");
}

void command_line::add_load_options(CLI::App& to) {
    const auto add = [&](const char* name, std::string& into, const char* help) {
        to.add_option(name, into, help)->group("Load")->capture_default_str();
    };
    add("--mix",
        words_.mix,
        "Shares of the operations instead of the scenario's: get=45,stat=30,put=15,delete=10");
    add("--size",
        words_.sizes,
        "Object sizes: 4KiB, uniform:1KiB-1MiB, lognormal:64KiB,1.2 or list:4KiB*70,1MiB*30");
    add("--objects", words_.objects, "Objects; there are never more");
    add("--concurrency", words_.concurrency, "Connections, each with one request at a time (8; capacity: 100)"
    );
    add("--threads", words_.threads, "Threads that the connections are spread over");
    add("--timeout", words_.timeout, "Limit of one request");
    add("--signing", words_.signing, "Signature in the header or in the URL: header or presigned");
    add("--payload", words_.payload, "Bodies signed by their SHA-256 or not: signed or unsigned");
    add("--list-keys", words_.list_keys, "Keys of one page of a listing");
    add("--part-size", words_.part_size, "Size of a part of a multipart upload");
    add("--parts", words_.parts, "Parts of a multipart upload");
    add("--seed", words_.seed, "Number that all random choices follow from");
    to.add_flag("--verify", words_.verify, "Compare every byte read with what was written")->group("Load");
    to.add_flag("--keep", words_.keep, "Leave the objects and the bucket")->group("Load");
}

void command_line::add_pace_options(CLI::App& to) {
    const auto add = [&](const char* name, std::string& into, const char* help) {
        to.add_option(name, into, help)->group("Load")->capture_default_str();
    };
    add("--rate",
        words_.rate,
        "Operations a second, begun by the clock (open loop); 0: by the answers (closed loop)");
    add("--arrivals", words_.arrivals, "Gaps of an open loop: even or poisson");
    add("--ramp", words_.ramp, "Time for the rate to grow, or for the connections to begin; not measured");
    add("--warm-up", words_.warm_up, "Time after it that is not measured either (2s)");
    add("--duration", words_.duration, "Time that is measured (60s, or a day when --count is given)");
    add("--count", words_.count, "Measured operations after which the run ends; 0: by time");
}

void command_line::add_capacity_options(CLI::App& to) {
    const auto add = [&](const char* name, std::string& into, const char* help) {
        to.add_option(name, into, help)->group("Capacity")->capture_default_str();
    };
    add("--scenario", words_.scenario, "What is loaded");
    add("--sla", words_.sla, "Latency that must hold: avg, p50, p90, p99, p99.9 or max");
    add("--target-utilization", words_.target_utilization, "Share of the capacity to plan with");
    add("--desired-rate", words_.desired_rate, "Operations a second that are wanted; 0: no one asks");
    add("--growth", words_.growth, "Growth of the desired rate: 5%/month or 60%/year");
    add("--step", words_.step, "Time for which each rate is measured");
    add("--warm-up", words_.warm_up, "Time before it that is not (1s)");
    add("--pprof",
        given_.capacity.pprof,
        "The server's profiling listener, http://127.0.0.1:6060: tells whether its locks are the bottleneck");
    add("--validation", words_.validation, "Time for which each predicted rate is measured");
    to.add_flag("--validate", given_.capacity.validate, "Measure at the predicted rates and tell the error")
        ->group("Capacity");
    to.add_option("--json", given_.json_file, "Write the result as JSON")->group("Result");
    to.add_option("--html", given_.html_file, "Write the result as a page with charts")->group("Result");
    to.add_flag("--quiet", given_.quiet, "No figures while it runs")->group("Result");
}

void command_line::add_result_options(CLI::App& to) {
    to.add_option(
          "--expect", words_.expect, "What must be reached: throughput>10000,avg<1ms,p99<10ms,errors=0"
    )
        ->group("Result");
    to.add_option("--json", given_.json_file, "Write the result as JSON")->group("Result");
    to.add_option("--csv", given_.csv_file, "Write the result as CSV")->group("Result");
    to.add_option("--html", given_.html_file, "Write the result as a page with charts")->group("Result");
    to.add_flag("--quiet", given_.quiet, "No figures while it runs")->group("Result");
}

boost::system::result<void, command_line::ended> command_line::parse(
    int argument_count, const char* const* arguments
) {
    // CLI11 speaks in exceptions; this is the border where they become exit codes.
    try {
        app_.parse(argument_count, arguments);
        return {};
    } catch (const CLI::Success& wanted) {
        return ended{app_.exit(wanted)};
    } catch (const CLI::ParseError& wrong) {
        std::cerr << "labstore-load: " << wrong.what() << "\nRun labstore-load --help for what there is.\n";
        return ended{exit_usage};
    }
}

std::string command_line::command() const {
    const auto chosen = app_.get_subcommands();
    return chosen.empty() ? std::string() : chosen.front()->get_name();
}

load::outcome<void> command_line::read_target(load::target& at) const {
    const auto given_or_variable = [](const std::string& given, const char* ours, const char* common) {
        for (const char* const name : {ours, common}) {
            if (!given.empty())
                break;
            if (const char* const value = std::getenv(name); value != nullptr && *value != '\0')
                return std::string(value);
        }
        return given;
    };
    at.access_key = given_or_variable(words_.access_key, "LABSTORE_LOAD_ACCESS_KEY", "AWS_ACCESS_KEY_ID");
    at.secret_key = crypto::secret(
        given_or_variable(words_.secret_key, "LABSTORE_LOAD_SECRET_KEY", "AWS_SECRET_ACCESS_KEY")
    );
    at.ca_file = words_.ca_file;
    at.verify_certificate = !words_.insecure;
    at.region = words_.region;
    at.bucket = words_.bucket;
    at.prefix = words_.prefix;
    return load::parse_endpoint(words_.endpoint, at);
}

load::outcome<void> command_line::read_load(load::options& wanted) const {
    const auto* const chosen = load::find_scenario(wanted.scenario);
    if (chosen == nullptr)
        return load::fault{"'" + wanted.scenario + "' is no scenario"};
    wanted.weights = chosen->weights;
    wanted.objects = chosen->objects;
    if (!words_.mix.empty()) {
        const auto weights = load::parse_weights(words_.mix);
        if (!weights)
            return weights.error();
        wanted.weights = *weights;
    }
    const auto sizes = load::size_distribution::parse(words_.sizes.empty() ? chosen->sizes : words_.sizes);
    const auto part_size = load::parse_size(words_.part_size);
    const auto presigned = read_choice(words_.signing, "--signing", "header", "presigned");
    const auto unsigned_payload = read_choice(words_.payload, "--payload", "signed", "unsigned");
    if (!sizes || !part_size)
        return !sizes ? sizes.error() : part_size.error();
    if (!presigned || !unsigned_payload)
        return !presigned ? presigned.error() : unsigned_payload.error();
    wanted.sizes = *sizes;
    wanted.part_size_bytes = *part_size;
    wanted.signing = *presigned ? load::signing_form::presigned : load::signing_form::header;
    wanted.payload = *unsigned_payload ? load::payload_form::unsigned_payload : load::payload_form::hashed;
    wanted.verify = words_.verify;
    wanted.keep = words_.keep;
    if (!words_.server_pid.empty()) {
        int pid = 0;
        auto good = read_integer(words_.server_pid, "--server-pid", pid);
        if (!good)
            return good;
        wanted.server_pid = pid;
    }
    return first_fault({
        words_.objects.empty() ? load::outcome<void>()
                               : read_integer(words_.objects, "--objects", wanted.objects),
        words_.concurrency.empty() ? load::outcome<void>()
                                   : read_integer(words_.concurrency, "--concurrency", wanted.concurrency),
        read_integer(words_.threads, "--threads", wanted.threads),
        read_integer(words_.list_keys, "--list-keys", wanted.list_keys),
        read_integer(words_.parts, "--parts", wanted.parts),
        read_integer(words_.seed, "--seed", wanted.seed),
        read_duration(words_.timeout, "--timeout", wanted.timeout),
    });
}

load::outcome<void> command_line::read_pace(load::pace& timing) const {
    const auto rate = load::parse_number(words_.rate);
    if (!rate)
        return load::fault{"--rate: " + rate.error().text};
    const auto poisson = read_choice(words_.arrivals, "--arrivals", "even", "poisson");
    if (!poisson)
        return poisson.error();
    timing.rate = *rate;
    timing.poisson = *poisson;
    auto good = first_fault({
        read_integer(words_.count, "--count", timing.count),
        read_duration(words_.ramp, "--ramp", timing.ramp),
        read_duration(words_.warm_up.empty() ? "2s" : words_.warm_up, "--warm-up", timing.warm_up),
    });
    if (!good)
        return good;
    timing.duration = timing.count > 0 ? std::chrono::hours(24) : duration_default;
    if (!words_.duration.empty())
        return read_duration(words_.duration, "--duration", timing.duration);
    return {};
}

load::outcome<void> command_line::read_capacity(load::capacity_question& asked) const {
    const auto sla = load::parse_expectations(words_.sla);
    const auto utilization = load::parse_number(words_.target_utilization);
    const auto desired = load::parse_number(words_.desired_rate);
    const auto growth = load::parse_growth(words_.growth);
    if (!sla)
        return load::fault{"--sla: " + sla.error().text};
    if (sla->size() != 1)
        return load::fault{"--sla names one latency"};
    if (!utilization || !desired)
        return load::fault{
            !utilization ? "--target-utilization: " + utilization.error().text
                         : "--desired-rate: " + desired.error().text};
    if (!growth)
        return load::fault{"--growth: " + growth.error().text};
    asked.sla = sla->front();
    asked.target_utilization = *utilization;
    asked.desired_rate = *desired;
    asked.growth = *growth;
    const auto good = first_fault({
        read_duration(words_.step, "--step", asked.step),
        read_duration(words_.warm_up.empty() ? "1s" : words_.warm_up, "--warm-up", asked.warm_up),
        read_duration(words_.validation, "--validation", asked.validation),
    });
    return good ? load::validate(asked) : good;
}

load::outcome<request> command_line::read() const {
    auto made = given_;
    const bool capacity = command() == "capacity";
    made.wanted.scenario = capacity ? words_.scenario : command();
    made.wanted.concurrency = capacity ? capacity_concurrency_default : concurrency_default;
    auto good = read_target(made.wanted.at);
    if (good)
        good = read_load(made.wanted);
    if (good)
        good = capacity ? read_capacity(made.capacity) : read_pace(made.timing);
    const auto& weights = made.wanted.weights;
    if (good && capacity && weights[static_cast<std::size_t>(load::operation::delete_object)] > 0 &&
        weights[static_cast<std::size_t>(load::operation::put)] <= 0)
        good = load::fault{
            "a mix that deletes and never writes runs out of objects before its capacity is found"};
    if (good)
        good = load::validate(made.wanted, made.timing);
    if (!good)
        return good.error();
    if (!words_.expect.empty()) {
        auto expected = load::parse_expectations(words_.expect);
        if (!expected)
            return expected.error();
        made.expected = std::move(*expected);
    }
    return made;
}

}  // namespace labstore::load_cli
