#include "load/lock_probe.hpp"
#include "load/machine_probe.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <thread>

namespace labstore::load {
namespace {

constexpr double sustained_share = 0.97;
constexpr std::array<double, 7> shares_of_saturation{0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0};
constexpr double growth_past_saturation = 1.1;
constexpr int steps_past_saturation_max = 5;
constexpr int refinements = 3;
constexpr double rate_min = 1;

double latency_named(const latency_summary& latency, std::string_view measure) {
    if (measure == "avg")
        return latency.average_ms;
    if (measure == "p50")
        return latency.p50_ms;
    if (measure == "p90")
        return latency.p90_ms;
    if (measure == "p99")
        return latency.p99_ms;
    return measure == "max" ? latency.max_ms : latency.p999_ms;
}

/// The search for one server; lives for one call of find_capacity.
class search {
  public:
    search(
        generator& with,
        const options& wanted,
        const capacity_question& asked,
        observer& listener,
        const std::atomic<bool>& stop,
        lock_probe* locks,
        capacity_report& into
    )
        : with_(with),
          wanted_(wanted),
          asked_(asked),
          listener_(listener),
          stop_(stop),
          locks_(locks),
          into_(into) {}

    void run();
    void validate();

  private:
    [[nodiscard]] capacity_step measure(double rate, std::chrono::nanoseconds duration);
    /// A rate that failed is tried once more: on a shared machine one bad moment is no limit.
    [[nodiscard]] bool try_rate(double rate);
    void climb();
    void refine();
    void conclude();
    void check(const char* what, double rate);
    void say(const capacity_step& step) const;

    generator& with_;
    const options& wanted_;
    const capacity_question& asked_;
    observer& listener_;
    const std::atomic<bool>& stop_;
    lock_probe* const locks_;  // null: the server's locks cannot be seen
    capacity_report& into_;
    double saturation_ = 0;
    double good_ = 0;  // the highest rate that was within the SLA
    double bad_ = 0;   // the lowest above it that was not; 0: none
};

capacity_step search::measure(double rate, std::chrono::nanoseconds duration) {
    pace timing;
    timing.rate = rate;
    timing.poisson = rate > 0;
    timing.warm_up = asked_.warm_up;
    timing.duration = duration;
    const auto locks_before = locks_ != nullptr ? locks_->take() : std::nullopt;
    const auto before = sample_machine();
    const auto found = with_.measure(timing);
    const auto after = sample_machine();
    const auto locks_after = locks_before ? locks_->take() : std::nullopt;
    capacity_step step;
    step.offered = rate;
    step.achieved = found.total.operations_per_second;
    step.average_ms = found.total.latency.average_ms;
    step.sla_latency_ms = latency_named(found.total.latency, asked_.sla.measure);
    step.errors = found.total.errors;
    step.unserved = found.unserved;
    step.server_cores = found.server ? found.server->cores : 0;
    // Of what was due, not of the rate: chance makes Poisson arrivals a little more or less.
    const auto due = static_cast<double>(found.total.operations + found.total.errors + found.unserved) /
                     std::chrono::duration<double>(duration).count();
    step.sustained = step.errors == 0 && (rate == 0 || step.achieved >= sustained_share * due);
    const auto verdicts = judge(found, {asked_.sla});
    step.within_sla = verdicts.front().met;
    step.resources = machine_use(before, after);
    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const auto client_cores = std::min<std::size_t>(wanted_.threads, cores);
    step.resources.push_back({"CPU of the client", found.client_cores / static_cast<double>(client_cores)});
    if (found.server)
        step.resources.push_back({"CPU of the server", found.server->cores / static_cast<double>(cores)});
    if (locks_after)
        step.resources.push_back({std::string(locks_of_server), lock_use(*locks_before, *locks_after)});
    say(step);
    return step;
}

void search::say(const capacity_step& step) const {
    std::array<char, 200> line;
    std::snprintf(
        line.data(),
        line.size(),
        "%s %.0f op/s: %.0f answered, average %.3f ms, %s %.3f ms, %.2f server cores%s",
        step.offered > 0 ? "offered" : "closed loop",
        step.offered > 0 ? step.offered : step.achieved,
        step.achieved,
        step.average_ms,
        asked_.sla.measure.c_str(),
        step.sla_latency_ms,
        step.server_cores,
        step.good() || step.offered == 0 ? ""
        : step.sustained                 ? ": past the SLA"
                                         : ": not sustained"
    );
    listener_.on_phase(line.data());
}

bool search::try_rate(double rate) {
    for (int attempt = 0; attempt < 2 && !stop_.load(); ++attempt) {
        auto step = measure(rate, asked_.step);
        const bool good = step.good();
        into_.steps.push_back(std::move(step));
        if (good) {
            good_ = std::max(good_, rate);
            return true;
        }
    }
    bad_ = bad_ > 0 ? std::min(bad_, rate) : rate;
    return false;
}

void search::climb() {
    for (const double share : shares_of_saturation)
        if (stop_.load() || !try_rate(std::max(rate_min, share * saturation_)))
            return;
    double rate = saturation_;
    for (int i = 0; i < steps_past_saturation_max && !stop_.load(); ++i) {
        rate *= growth_past_saturation;
        if (!try_rate(rate))
            return;
    }
}

void search::refine() {
    for (int i = 0; i < refinements && bad_ > good_ && good_ > 0 && !stop_.load(); ++i)
        static_cast<void>(try_rate((good_ + bad_) / 2));
}

void search::run() {
    auto closed = measure(0, asked_.step);
    saturation_ = closed.achieved;
    const bool answered = saturation_ > 0;
    into_.steps.push_back(std::move(closed));
    if (answered && !stop_.load()) {
        climb();
        refine();
    }
    conclude();
}

void search::conclude() {
    std::vector<rate_and_latency> points;
    for (const auto& each : into_.steps)
        if (each.offered > 0 && each.sustained)
            points.push_back({each.achieved, each.sla_latency_ms});
    into_.fit = fit_capacity(points, saturation_);
    into_.server_cpu = fit_cpu(into_.steps);
    // The curve is drawn through all points; between the two rates that were tried it decides, past them it does not.
    double capacity = good_;
    if (into_.fit && bad_ > good_)
        capacity = std::clamp(into_.fit->rate_at(asked_.sla.value), good_, bad_);
    into_.plan = make_plan(asked_, capacity, into_.server_cpu);
    into_.bottleneck = name_bottleneck(into_.steps);
    into_.interrupted = stop_.load();
}

void search::check(const char* what, double rate) {
    const auto step = measure(rate, asked_.validation);
    capacity_check made;
    made.what = what;
    made.rate = rate;
    made.achieved = step.achieved;
    made.rate_error = step.achieved / rate - 1;
    made.predicted_latency_ms = into_.fit ? into_.fit->latency_ms(rate) : 0;
    made.measured_latency_ms = step.sla_latency_ms;
    made.predicted_server_cores = into_.server_cpu.cores_at(rate);
    made.measured_server_cores = step.server_cores;
    made.within_sla = step.within_sla;
    into_.checks.push_back(made);
}

void search::validate() {
    if (into_.plan.planned >= rate_min && !stop_.load())
        check("planned", into_.plan.planned);
    if (into_.plan.capacity >= rate_min && !stop_.load())
        check("capacity", into_.plan.capacity);
}

}  // namespace

outcome<capacity_report> find_capacity(
    generator& with,
    const options& wanted,
    const capacity_question& asked,
    observer& listener,
    const std::atomic<bool>& stop
) {
    std::optional<lock_probe> locks;
    if (!asked.pprof.empty()) {
        auto made = lock_probe::make(asked.pprof);
        if (!made)
            return made.error();
        locks.emplace(std::move(*made));
    }
    capacity_report found;
    found.scenario = wanted.scenario;
    found.endpoint = url_of(wanted.at);
    found.started_at = format_iso8601(system_clock().now());
    found.object_sizes = wanted.sizes.text();
    found.concurrency = wanted.concurrency;
    found.asked = asked;
    search looking(with, wanted, asked, listener, stop, locks ? &*locks : nullptr, found);
    looking.run();
    if (asked.validate)
        looking.validate();
    return found;
}

}  // namespace labstore::load
