#include "load/load_thread.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <numeric>

namespace labstore::load {
namespace {

constexpr std::size_t read_buffer_bytes = 256 * KiB;
constexpr std::chrono::milliseconds watch_interval{50};
constexpr std::chrono::milliseconds pause_after_failure{20};
constexpr std::chrono::seconds grace_after_stop{2};  // for requests on their way
constexpr int attempts_max = 3;
constexpr unsigned not_found = 404;

bool no_answer(const done& ended) noexcept {
    return !ended.good() && ended.status == 0;
}

}  // namespace

std::size_t share_start(std::size_t total, std::size_t index, std::size_t parts) noexcept {
    return total / parts * index + std::min(index, total % parts);
}

std::size_t share_of(std::size_t total, std::size_t index, std::size_t parts) noexcept {
    return total / parts + (index < total % parts ? 1 : 0);
}

load_thread::worker::worker(load_thread& home, std::size_t connection_number)
    : number(connection_number),
      link(home.context_, home.ground_.endpoints, home.ground_.tls, home.read_buffer_),
      client(
          {home.ground_.wanted, home.ground_.payloads, home.ground_.part_payloads, home.heads_},
          link,
          connection_number
      ),
      timer(home.context_) {}

load_thread::load_thread(asio::io_context& context, common_ground ground, std::size_t index)
    : context_(context),
      ground_(ground),
      index_(index),
      read_buffer_(read_buffer_bytes),
      heads_(ground.wanted.at, ground.wanted.signing),
      pool_(
          share_start(ground.wanted.objects, index, ground.wanted.threads),
          share_of(ground.wanted.objects, index, ground.wanted.threads)
      ),
      random_(ground.wanted.seed * 7919 + index),
      watch_timer_(context) {
    const auto first = share_start(ground.wanted.concurrency, index, ground.wanted.threads);
    const auto count = share_of(ground.wanted.concurrency, index, ground.wanted.threads);
    for (std::size_t i = 0; i < count; ++i)
        workers_.push_back(std::make_unique<worker>(*this, first + i));
}

std::uint64_t load_thread::reconnects() const noexcept {
    return std::accumulate(
        workers_.begin(),
        workers_.end(),
        std::uint64_t{0},
        [](auto sum, const auto& each) { return sum + each->link.reconnects(); }
    );
}

void load_thread::start(runtime::task_group& tasks, bool heeds_stop) {
    heeds_stop_ = heeds_stop;
    running_ = workers_.size();
    const bool started = tasks.spawn(context_.get_executor(), watch());
    LABSTORE_ASSERT(started);
}

void load_thread::start_filling(runtime::task_group& tasks) {
    failure_.clear();
    start(tasks, true);
    for (auto& each : workers_)
        LABSTORE_ASSERT(tasks.spawn(context_.get_executor(), fill(*each)));
}

void load_thread::start_emptying(runtime::task_group& tasks) {
    failure_.clear();
    start(tasks, false);
    for (auto& each : workers_)
        LABSTORE_ASSERT(tasks.spawn(context_.get_executor(), empty(*each)));
}

void load_thread::start_measuring(
    runtime::task_group& tasks, const pace& timing, steady::time_point start_time
) {
    timing_ = timing;
    schedule_.reset();
    if (timing.rate > 0)
        schedule_.emplace(timing, index_, ground_.wanted.threads, ground_.wanted.seed);
    start_ = start_time;
    measure_start_ = start_ + timing.ramp + timing.warm_up;
    end_ = measure_start_ + timing.duration;
    count_left_ = share_of(timing.count, index_, ground_.wanted.threads);
    used_up_ = false;
    counted_ = tally();
    last_end_ = measure_start_;
    start(tasks, true);
    for (auto& each : workers_)
        LABSTORE_ASSERT(tasks.spawn(context_.get_executor(), run(*each)));
}

/// Time limits, the stop flag and the live figures, while workers run.
awaitable<void> load_thread::watch() {
    auto stopped_by = steady::time_point::max();
    while (running_ > 0) {
        watch_timer_.expires_after(watch_interval);
        error_code ignored;
        co_await watch_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        const auto now = steady::now();
        const bool stopping = heeds_stop_ && ground_.stop.load(std::memory_order_relaxed);
        if (!stopping)
            stopped_by = now + grace_after_stop;
        for (auto& each : workers_) {
            each->link.expire(now < stopped_by ? now : steady::time_point::max());
            if (stopping)
                each->timer.cancel();
        }
        publish();
    }
}

void load_thread::publish() {
    ground_.board.put(recent_);
    recent_.latencies.clear();
    recent_.errors = 0;
    recent_.bytes = 0;
}

void load_thread::worker_ended() {
    if (--running_ == 0)
        watch_timer_.cancel();
}

awaitable<void> load_thread::wait_until(worker& me, steady::time_point when) {
    me.timer.expires_at(when);
    error_code ignored;
    co_await me.timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

awaitable<void> load_thread::fill(worker& me) {
    int failed = 0;
    while (pool_.missing() > 0 && failure_.empty() && !ground_.stop.load(std::memory_order_relaxed)) {
        const auto ended = co_await write(me);
        if (!ended)
            break;
        failed = ended->good() ? 0 : failed + 1;
        if (failed == attempts_max)
            failure_ = ended->error;
        else if (failed > 0)
            co_await wait_until(me, steady::now() + pause_after_failure);
    }
    worker_ended();
}

awaitable<void> load_thread::empty(worker& me) {
    for (auto index = pool_.take_written(); index; index = pool_.take_written()) {
        const auto ended = co_await me.client.remove(pool_.content(*index));
        if (!ended.good() && ended.status != not_found && failure_.empty())
            failure_ = ended.error;
        if (no_answer(ended))
            break;
    }
    if (me.uploads > 0) {
        const auto ended = co_await me.client.remove_multipart();
        if (!ended.good() && failure_.empty())
            failure_ = ended.error;
    }
    worker_ended();
}

/// True when this thread has begun all the measured operations that fall to it; else counts one.
bool load_thread::out_of_count(bool measured) {
    if (timing_.count == 0 || !measured)
        return false;
    if (count_left_ == 0)
        return true;
    --count_left_;
    return false;
}

awaitable<void> load_thread::run(worker& me) {
    if (!schedule_ && timing_.ramp.count() > 0) {
        const auto delay = timing_.ramp * me.number / ground_.wanted.concurrency;
        co_await wait_until(me, start_ + delay);
    }
    while (!ground_.stop.load(std::memory_order_relaxed) && !used_up_) {
        const auto now = steady::now();
        const auto begun = schedule_ ? start_ + schedule_->due() : now;
        if (now >= end_ || begun >= end_)
            break;
        const bool measured = begun >= measure_start_;
        if (out_of_count(measured))
            break;
        if (schedule_) {
            schedule_->advance();
            if (begun > now) {
                co_await wait_until(me, begun);
                if (ground_.stop.load(std::memory_order_relaxed))
                    break;
            }
        }
        auto kind = choose();
        auto ended = co_await perform(me, kind);
        if (!ended && ground_.wanted.weights[static_cast<std::size_t>(operation::put)] > 0) {
            kind = operation::put;
            ended = co_await write(me);
        }
        if (!ended) {
            used_up_ = true;
            break;
        }
        record(kind, begun, measured, *ended);
        if (no_answer(*ended))
            co_await wait_until(me, steady::now() + pause_after_failure);
    }
    // What was due and found no free connection did not happen, which no latency tells.
    if (running_ == 1 && schedule_ && timing_.count == 0 && !used_up_) {
        static_cast<void>(schedule_->skip_until(measure_start_ - start_));
        const auto until =
            ground_.stop.load(std::memory_order_relaxed) ? std::min(end_, steady::now()) : end_;
        counted_.unserved = schedule_->skip_until(until - start_);
    }
    worker_ended();
}

operation load_thread::choose() {
    const auto& weights = ground_.wanted.weights;
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    double at = std::uniform_real_distribution<double>(0, total)(random_);
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0)
            continue;
        last = i;
        if (at < weights[i])
            break;
        at -= weights[i];
    }
    return static_cast<operation>(last);
}

/// nullopt when there is no object left that it could be done to, nor an operation that would make one.
awaitable<std::optional<done>> load_thread::perform(worker& me, operation kind) {
    switch (kind) {
        case operation::put:
            co_return co_await write(me);
        case operation::list: {
            const content_id after{random_() % ground_.wanted.objects, 0};
            co_return co_await me.client.list(after);
        }
        case operation::multipart:
            ++me.uploads;
            co_return co_await me.client.multipart(me.uploads);
        default:
            break;
    }
    co_return co_await read_or_delete(me, kind);
}

awaitable<std::optional<done>> load_thread::read_or_delete(worker& me, operation kind) {
    const bool deletes = kind == operation::delete_object;
    const auto index = deletes ? pool_.begin_delete(random_) : pool_.begin_read(random_);
    if (!index)
        co_return std::nullopt;
    const auto content = pool_.content(*index);
    done ended;
    if (deletes) {
        ended = co_await me.client.remove(content);
        pool_.end_delete(*index);
    } else {
        if (kind == operation::get)
            ended = co_await me.client.get(content);
        else
            ended = co_await me.client.stat(content);
        pool_.end_read(*index);
    }
    co_return ended;
}

awaitable<std::optional<done>> load_thread::write(worker& me) {
    const auto index = pool_.begin_write(random_);
    if (!index)
        co_return std::nullopt;
    const auto ended = co_await me.client.put(pool_.content(*index));
    pool_.end_write(*index, ended.good());
    co_return ended;
}

void load_thread::record(operation kind, steady::time_point begun, bool measured, const done& ended) {
    const auto now = steady::now();
    const auto took = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (now - begun).count()));
    auto& of_kind = counted_.kinds[static_cast<std::size_t>(kind)];
    if (ended.good()) {
        recent_.latencies.record(took);
        recent_.bytes += ended.bytes;
    } else {
        ++recent_.errors;
    }
    if (!measured)
        return;
    last_end_ = std::max(last_end_, now);
    if (ended.good()) {
        of_kind.latencies.record(took);
        of_kind.bytes += ended.bytes;
    } else {
        ++of_kind.errors;
        ++counted_.errors[ended.error];
    }
}

}  // namespace labstore::load
