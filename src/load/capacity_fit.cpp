#include "labstore/load/capacity.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace labstore::load {
namespace {

constexpr double months_per_year = 12;
constexpr std::string_view cpu_of_machine = "CPU of this machine";
/// A saturation that differs by 10 % from the closed loop's costs as much as one point that is off by 16 %.
constexpr double hint_weight = 2.5;

double wait_factor(double utilization, double servers) {
    return std::pow(utilization, std::sqrt(2 * (servers + 1)) - 1) / (1 - utilization);
}

/// The least squares of relative errors over base and wait, both at least 0, for given saturation and servers.
double solve(const std::vector<rate_and_latency>& points, capacity_fit& fit) {
    double count = 0;
    double sum_f = 0;
    double sum_ff = 0;
    double sum_y = 0;
    double sum_fy = 0;
    for (const auto& each : points) {
        const double factor = wait_factor(each.rate / fit.saturation, fit.servers);
        const double weight = 1 / (each.latency_ms * each.latency_ms);
        count += weight;
        sum_f += weight * factor;
        sum_ff += weight * factor * factor;
        sum_y += weight * each.latency_ms;
        sum_fy += weight * factor * each.latency_ms;
    }
    const double determinant = count * sum_ff - sum_f * sum_f;
    fit.wait_ms = determinant > 0 ? (count * sum_fy - sum_f * sum_y) / determinant : 0;
    fit.base_ms = (sum_y - fit.wait_ms * sum_f) / count;
    if (fit.wait_ms < 0) {
        fit.wait_ms = 0;
        fit.base_ms = sum_y / count;
    } else if (fit.base_ms < 0) {
        fit.base_ms = 0;
        fit.wait_ms = sum_ff > 0 ? sum_fy / sum_ff : 0;
    }
    double error = 0;
    for (const auto& each : points)
        error += std::pow(fit.latency_ms(each.rate) / each.latency_ms - 1, 2);
    return error;
}

}  // namespace

outcome<double> parse_growth(std::string_view text) {
    const fault wrong{"'" + std::string(text) + "' is no growth: wanted 5%/month or 60%/year"};
    const auto sign = text.find('%');
    if (sign == std::string_view::npos)
        return wrong;
    const auto share = parse_number(text.substr(0, sign));
    const auto period = text.substr(sign + 1);
    constexpr double percent_max = 1000;
    if (!share || *share < 0 || *share > percent_max)
        return wrong;
    const double factor = 1 + *share / 100;
    if (period.empty() || period == "/month")
        return factor;
    if (period == "/year")
        return std::pow(factor, 1 / months_per_year);
    return wrong;
}

outcome<void> validate(const capacity_question& asked) {
    constexpr std::array<std::string_view, 6> latencies{"avg", "p50", "p90", "p99", "p99.9", "max"};
    using comparison = expectation::comparison;
    const bool bounded = asked.sla.how == comparison::less || asked.sla.how == comparison::at_most;
    if (std::ranges::find(latencies, asked.sla.measure) == latencies.end() || !bounded ||
        asked.sla.value <= 0)
        return fault{"the SLA bounds one latency, such as p99<10ms"};
    if (!asked.sla.operation.empty())
        return fault{"the SLA is about all operations together"};
    if (!(asked.target_utilization > 0 && asked.target_utilization <= 1))
        return fault{"the target utilisation is above 0 and at most 1"};
    if (asked.desired_rate < 0 || asked.desired_rate > rate_max)
        return fault{"the desired rate is up to 10,000,000 operations a second"};
    using namespace std::chrono_literals;
    if (asked.step < 500ms || asked.step > 1h || asked.warm_up < 0ms || asked.warm_up > 1h)
        return fault{"a step takes 500 ms to an hour, its warm-up at most an hour"};
    if (asked.validation < 500ms || asked.validation > 24h)
        return fault{"a validation takes 500 ms to a day"};
    return {};
}

double capacity_fit::latency_ms(double rate) const {
    const double utilization = rate / saturation;
    if (utilization >= 1)
        return std::numeric_limits<double>::infinity();
    return base_ms + wait_ms * wait_factor(utilization, servers);
}

double capacity_fit::rate_at(double limit_ms) const {
    if (base_ms >= limit_ms)
        return 0;
    double low = 0;
    double high = saturation;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        (latency_ms(middle) < limit_ms ? low : high) = middle;
    }
    return low;
}

std::optional<capacity_fit> fit_capacity(
    const std::vector<rate_and_latency>& points, double saturation_hint
) {
    if (points.size() < 2)
        return std::nullopt;
    double fastest = 0;
    for (const auto& each : points) {
        if (!(each.rate > 0 && each.latency_ms > 0))
            return std::nullopt;
        fastest = std::max(fastest, each.rate);
    }
    constexpr int saturations = 200;
    const double highest = 2 * std::max(fastest, saturation_hint);
    const double lowest = fastest * 1.002;
    capacity_fit best;
    double best_error = std::numeric_limits<double>::infinity();
    for (int i = 0; i < saturations; ++i) {
        capacity_fit tried;
        tried.saturation = lowest * std::pow(highest / lowest, static_cast<double>(i) / (saturations - 1));
        const double away = saturation_hint > 0 ? tried.saturation / saturation_hint - 1 : 0;
        for (tried.servers = 1; tried.servers <= 64; tried.servers *= 2) {
            const double error = solve(points, tried) + hint_weight * away * away;
            if (error < best_error) {
                best_error = error;
                best = tried;
            }
        }
    }
    return best;
}

cpu_line fit_cpu(const std::vector<capacity_step>& steps) {
    double count = 0;
    double rates = 0;
    double cores = 0;
    double squares = 0;
    double products = 0;
    for (const auto& each : steps) {
        if (each.server_cores <= 0)
            continue;
        count += 1;
        rates += each.achieved;
        cores += each.server_cores;
        squares += each.achieved * each.achieved;
        products += each.achieved * each.server_cores;
    }
    if (rates <= 0)
        return {};
    const double determinant = count * squares - rates * rates;
    const double slope = determinant > 0 ? (count * products - rates * cores) / determinant : 0;
    const double base = (cores - slope * rates) / count;
    // Neither rest nor work takes less than nothing: then all of it belongs to the operations.
    if (slope <= 0 || base < 0)
        return {0, cores / rates * 1e6};
    return {base, slope * 1e6};
}

capacity_plan make_plan(const capacity_question& asked, double capacity, const cpu_line& server_cpu) {
    capacity_plan plan;
    plan.capacity = capacity;
    plan.planned = capacity * asked.target_utilization;
    if (asked.desired_rate <= 0)
        return plan;
    plan.required_capacity = asked.desired_rate / asked.target_utilization;
    plan.headroom = plan.planned / asked.desired_rate - 1;
    plan.machines = capacity > 0 ? std::ceil(plan.required_capacity / capacity) : 0;
    plan.server_cores = server_cpu.cores_at(plan.required_capacity);
    if (plan.planned <= asked.desired_rate)
        plan.months = 0;
    else if (asked.growth > 1)
        plan.months = std::log(plan.planned / asked.desired_rate) / std::log(asked.growth);
    return plan;
}

std::string name_bottleneck(const std::vector<capacity_step>& steps) {
    constexpr double busy = 0.85;
    const capacity_step* fullest = nullptr;
    for (const auto& each : steps)
        if (fullest == nullptr || each.achieved > fullest->achieved)
            fullest = &each;
    if (fullest == nullptr || fullest->resources.empty())
        return "nothing was measured";
    const auto top = std::ranges::max_element(fullest->resources, {}, &resource_use::utilization);
    const auto percent = std::to_string(std::lround(top->utilization * 100));
    if (top->utilization < busy) {
        const bool locks_seen = std::ranges::find(fullest->resources, locks_of_server, &resource_use::name) !=
                                fullest->resources.end();
        return "no resource that can be seen is full (the busiest is " + top->name + " at " + percent +
               " %): the server waits, for syncs of the disk" + (locks_seen ? "" : ", a lock") +
               " or a limit of its own";
    }
    if (top->name == locks_of_server)
        return top->name + ": " + percent + " % of the time a thread waited for one";
    std::string said = top->name + ", at " + percent + " % of what there is";
    if (top->name != cpu_of_machine)
        return said;
    const char* before = " (";
    for (const auto& each : fullest->resources) {
        if (!each.name.starts_with("CPU of the "))
            continue;
        said += before + each.name.substr(std::string_view("CPU of the ").size()) + " " +
                std::to_string(std::lround(each.utilization * 100)) + " %";
        before = ", ";
    }
    return said + (*before == ',' ? ")" : "");
}

}  // namespace labstore::load
