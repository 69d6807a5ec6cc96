#include "load/load_thread.hpp"
#include "load/server_probe.hpp"

#include "labstore/load.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <numeric>

namespace labstore::load {
namespace {

using tcp = asio::ip::tcp;

constexpr std::chrono::seconds tick{1};
constexpr unsigned not_found = 404;

double seconds_between(steady::time_point from, steady::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

double own_cpu_s() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct bucket_state {
    std::string failure;
    bool created = false;
};

/// The arguments outlive the task.
awaitable<void> ensure_bucket(s3_client& client, bucket_state& state) {
    const auto there = co_await client.head_bucket();
    if (there.good())
        co_return;
    if (there.status != not_found) {
        state.failure = there.error;
        co_return;
    }
    const auto made = co_await client.create_bucket();
    state.created = made.good();
    if (!made.good() && made.error != "BucketAlreadyOwnedByYou")
        state.failure = made.error;
}

awaitable<void> remove_bucket(s3_client& client, std::string& failure) {
    const auto removed = co_await client.delete_bucket();
    if (!removed.good())
        failure = removed.error;
}

/// Where CPU time stood at one moment, ours and the server's.
struct reading {
    steady::time_point at;
    double own_cpu_s = 0;
    std::optional<server_sample> server;
};

class local_generator final : public generator {
  public:
    local_generator(const options& wanted, observer& listener, const std::atomic<bool>& stop)
        : wanted_(wanted),
          listener_(listener),
          stop_(stop),
          payloads_(wanted.sizes, wanted.seed, wanted.payload),
          threads_(wanted.threads) {
        if (wanted.weights[static_cast<std::size_t>(operation::multipart)] > 0)
            part_payloads_.emplace(
                size_distribution::fixed(wanted.part_size_bytes), wanted.seed + 1, wanted.payload
            );
        threads_.start();
    }

    outcome<void> prepare() override;
    report measure(const pace& timing) override;
    outcome<void> clean_up() override;

  private:
    [[nodiscard]] outcome<void> connect();
    [[nodiscard]] bool needs_objects() const noexcept;
    [[nodiscard]] std::string first_failure() const;
    void tell_second(double at_s, double lasted_s, bool measured, report& into);
    [[nodiscard]] reading read_usage();
    void wait_ticking(const pace& timing, steady::time_point start, report& into, reading& at_measuring);
    void add_operations(report& into, const tally& counted) const;
    void add_usage(report& into, const reading& from, const reading& to) const;

    const options wanted_;
    observer& listener_;
    const std::atomic<bool>& stop_;
    const payload_pool payloads_;
    std::optional<payload_pool> part_payloads_;
    std::vector<tcp::endpoint> endpoints_;
    std::unique_ptr<tls_client> tls_;  // to an https target
    std::optional<server_probe> probe_;
    std::optional<server_sample> last_sample_;
    live_board board_;
    bucket_state bucket_;
    runtime::io_threads threads_;
    std::vector<std::unique_ptr<load_thread>> loaders_;
    runtime::task_group tasks_;
};

outcome<void> local_generator::connect() {
    asio::io_context context;
    tcp::resolver resolver(context);
    error_code failure;
    const auto found = resolver.resolve(wanted_.at.host, wanted_.at.port, failure);
    if (failure)
        return fault{wanted_.at.host + ": " + failure.message()};
    for (const auto& each : found)
        endpoints_.push_back(each.endpoint());
    if (wanted_.at.tls) {
        auto made = tls_client::make(wanted_.at);
        if (!made)
            return made.error();
        tls_ = std::move(*made);
    }
    probe_.emplace(wanted_.at, wanted_.server_pid, endpoints_, tls_.get());
    const auto* const parts = part_payloads_ ? &*part_payloads_ : nullptr;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        const common_ground ground{wanted_, payloads_, parts, endpoints_, tls_.get(), stop_, board_};
        loaders_.push_back(std::make_unique<load_thread>(threads_.context(i), ground, i));
    }
    return {};
}

bool local_generator::needs_objects() const noexcept {
    const auto weight = [this](operation kind) {
        return wanted_.weights[static_cast<std::size_t>(kind)];
    };
    return weight(operation::get) + weight(operation::stat) + weight(operation::delete_object) +
               weight(operation::list) >
           0;
}

std::string local_generator::first_failure() const {
    for (const auto& each : loaders_)
        if (!each->failure().empty())
            return each->failure();
    return {};
}

outcome<void> local_generator::prepare() {
    auto connected = connect();
    if (!connected)
        return connected;
    auto& first = *loaders_.front();
    LABSTORE_ASSERT(tasks_.spawn(first.context().get_executor(), ensure_bucket(first.first_client(), bucket_))
    );
    tasks_.wait();
    if (!bucket_.failure.empty())
        return fault{"bucket " + wanted_.at.bucket + ": " + bucket_.failure};
    if (!needs_objects())
        return {};
    listener_.on_phase("writing " + std::to_string(wanted_.objects) + " objects");
    for (auto& each : loaders_)
        each->start_filling(tasks_);
    tasks_.wait();
    static_cast<void>(board_.take());
    const auto failure = first_failure();
    if (!failure.empty())
        return fault{"writing the objects: " + failure};
    return {};
}

outcome<void> local_generator::clean_up() {
    if (wanted_.keep || loaders_.empty())
        return {};
    listener_.on_phase("deleting the objects");
    for (auto& each : loaders_)
        each->start_emptying(tasks_);
    tasks_.wait();
    auto failure = first_failure();
    if (failure.empty() && bucket_.created) {
        auto& first = *loaders_.front();
        const bool started =
            tasks_.spawn(first.context().get_executor(), remove_bucket(first.first_client(), failure));
        LABSTORE_ASSERT(started);
        tasks_.wait();
    }
    if (!failure.empty())
        return fault{"cleaning up: " + failure};
    return {};
}

reading local_generator::read_usage() {
    reading out;
    out.server = probe_->take();
    out.at = steady::now();
    out.own_cpu_s = own_cpu_s();
    return out;
}

void local_generator::tell_second(double at_s, double lasted_s, bool measured, report& into) {
    const auto recent = board_.take();
    second_figures figures;
    figures.at_s = at_s;
    figures.operations_per_second = static_cast<double>(recent.latencies.count()) / lasted_s;
    figures.errors_per_second = static_cast<double>(recent.errors) / lasted_s;
    figures.bytes_per_second = static_cast<double>(recent.bytes) / lasted_s;
    figures.average_ms = recent.latencies.average_ns() / 1e6;
    figures.p99_ms = recent.latencies.quantile_ns(0.99) / 1e6;
    figures.max_ms = static_cast<double>(recent.latencies.max_ns()) / 1e6;
    figures.measured = measured;
    const auto sample = probe_->take();
    if (sample && last_sample_ && sample->at > last_sample_->at) {
        figures.server_cores =
            (sample->cpu_s - last_sample_->cpu_s) / seconds_between(last_sample_->at, sample->at);
        figures.server_memory_bytes = sample->memory_bytes;
    }
    last_sample_ = sample;
    into.seconds.push_back(figures);
    listener_.on_second(figures);
}

/// Waits for the run to end, tells each second, and notes the usage at the moment when measuring begins.
void local_generator::wait_ticking(
    const pace& timing, steady::time_point start, report& into, reading& at_measuring
) {
    const auto measure_start = start + timing.ramp + timing.warm_up;
    auto next = start + tick;
    auto last = start;
    bool measuring = false;
    last_sample_ = probe_->take();
    while (true) {
        const auto now = steady::now();
        if (!measuring && now >= measure_start) {
            measuring = true;
            at_measuring = read_usage();
        }
        const auto until = measuring ? next : std::min<steady::time_point>(next, measure_start);
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
        const bool over = tasks_.wait_for(std::max(wait, std::chrono::milliseconds(0)));
        const auto then = steady::now();
        if (over || then >= next) {
            const double lasted = seconds_between(last, then);
            if (!over || lasted > 0.5)
                tell_second(seconds_between(start, then), lasted, then > measure_start, into);
            last = then;
            next += tick;
        }
        if (over)
            return;
    }
}

void local_generator::add_operations(report& into, const tally& counted) const {
    const auto row = [&](std::string name, const operation_tally& of) {
        operation_report made;
        made.name = std::move(name);
        made.operations = of.latencies.count();
        made.errors = of.errors;
        made.bytes = of.bytes;
        if (into.measured_s > 0) {
            made.operations_per_second = static_cast<double>(made.operations) / into.measured_s;
            made.bytes_per_second = static_cast<double>(made.bytes) / into.measured_s;
        }
        made.latency = summarize(of.latencies);
        return made;
    };
    operation_tally total;
    for (std::size_t i = 0; i < operation_kinds; ++i) {
        const auto& of = counted.kinds[i];
        total.add(of);
        if (of.latencies.count() + of.errors > 0)
            into.operations.push_back(row(std::string(operation_name(static_cast<operation>(i))), of));
    }
    into.total = row("total", total);
}

void local_generator::add_usage(report& into, const reading& from, const reading& to) const {
    const double seconds = seconds_between(from.at, to.at);
    const auto operations = static_cast<double>(into.total.operations + into.total.errors);
    if (seconds <= 0)
        return;
    into.client_cores = (to.own_cpu_s - from.own_cpu_s) / seconds;
    if (operations > 0)
        into.client_cpu_us_per_operation = (to.own_cpu_s - from.own_cpu_s) * 1e6 / operations;
    if (!from.server || !to.server || to.server->at <= from.server->at)
        return;
    server_usage usage;
    const double cpu_s = to.server->cpu_s - from.server->cpu_s;
    usage.cores = cpu_s / seconds_between(from.server->at, to.server->at);
    usage.cpu_us_per_operation = operations > 0 ? cpu_s * 1e6 / operations : 0;
    usage.memory_bytes = to.server->memory_bytes;
    usage.source = probe_->source();
    into.server = usage;
}

report local_generator::measure(const pace& timing) {
    report out;
    out.scenario = wanted_.scenario;
    out.endpoint = url_of(wanted_.at);
    out.started_at = format_iso8601(system_clock().now());
    out.concurrency = wanted_.concurrency;
    out.threads = wanted_.threads;
    out.target_rate = timing.rate;
    out.object_sizes = wanted_.sizes.text();
    out.objects = wanted_.objects;
    out.signing = wanted_.signing == signing_form::presigned ? "presigned" : "header";
    out.verified = wanted_.verify;
    listener_.on_phase("loading");
    const auto start = steady::now();
    for (auto& each : loaders_)
        each->start_measuring(tasks_, timing, start);
    reading from;
    wait_ticking(timing, start, out, from);
    const auto to = read_usage();
    out.interrupted = stop_.load();
    tally counted;
    const auto measure_start = start + timing.ramp + timing.warm_up;
    auto end = measure_start;
    bool used_up = false;
    for (const auto& each : loaders_) {
        counted.add(each->counted());
        end = std::max(end, each->last_end());
        used_up = used_up || each->used_up();
        out.reconnects += each->reconnects();
    }
    if (!out.interrupted && !used_up && timing.count == 0)
        end = std::max<steady::time_point>(end, measure_start + timing.duration);
    out.measured_s = seconds_between(measure_start, end);
    out.errors = counted.errors;
    out.unserved = counted.unserved;
    add_operations(out, counted);
    if (from.at != steady::time_point())
        add_usage(out, from, to);
    return out;
}

}  // namespace

std::unique_ptr<generator> make_generator(
    const options& wanted, observer& listener, const std::atomic<bool>& stop
) {
    return std::make_unique<local_generator>(wanted, listener, stop);
}

}  // namespace labstore::load
