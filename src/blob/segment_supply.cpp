#include "blob/segment_supply.hpp"

#include "blob/segment_walk.hpp"

#include <pthread.h>

#include <algorithm>

namespace labstore::blob {
namespace {

constexpr std::uint64_t zeros_size = 4 * MiB;  // per call: how soon a stop is seen
constexpr std::chrono::milliseconds retry_after{250};

}  // namespace

segment_supply::segment_supply(engine& host)
    : host_(host),
      target_(std::size_t{host.settings.segments_spare} + 1),
      next_number_(host.table.number_max() + 1) {}

segment_supply::~segment_supply() {
    stop();
}

void segment_supply::start() {
    thread_ = std::thread([this] { prepare_loop(); });
    ::pthread_setname_np(thread_.native_handle(), "blob-prepare");
}

void segment_supply::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_.store(true);
    }
    wake_.notify_all();
    changed_.notify_all();
    if (thread_.joinable())
        thread_.join();
}

bool segment_supply::may_take(segment_purpose purpose) {
    if (spares_.empty())
        return false;
    // The last one goes to requests only when another can be made.
    return purpose == segment_purpose::compaction || spares_.size() > 1 ||
           host_.space.has_room(host_.settings.segment_size_bytes);
}

result<segment_supply::prepared> segment_supply::take(segment_purpose purpose) {
    std::unique_lock lock(mutex_);
    const auto failures_before = failures_;
    kicked_ = true;
    wake_.notify_one();
    changed_.wait(lock, [&] { return stopping_.load() || may_take(purpose) || failures_ > failures_before; });
    if (may_take(purpose)) {
        auto out = std::move(spares_.front());
        spares_.pop_front();
        kicked_ = true;
        wake_.notify_one();
        host_.table.activate(*out.what);
        return out;
    }
    return stopping_.load() ? make_error_code(errc::cancelled) : last_error_;
}

void segment_supply::kick() {
    const std::lock_guard lock(mutex_);
    host_.space.forget();
    kicked_ = true;
    wake_.notify_one();
}

bool segment_supply::out_of_room() {
    const std::lock_guard lock(mutex_);
    return last_failed_ && last_error_ == errc::full && !may_take(segment_purpose::requests) &&
           !host_.space.has_room(host_.settings.segment_size_bytes);
}

void segment_supply::prepare_loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_.load()) {
        if (spares_.size() >= target_) {
            wake_.wait(lock, [this] { return stopping_.load() || spares_.size() < target_; });
            continue;
        }
        kicked_ = false;
        lock.unlock();
        auto made = prepare_one();
        lock.lock();
        last_failed_ = !made;
        if (made) {
            spares_.push_back(std::move(*made));
        } else {
            last_error_ = write_error(made.error());
            ++failures_;
        }
        changed_.notify_all();
        if (last_failed_)
            wake_.wait_for(lock, retry_after, [this] { return stopping_.load() || kicked_; });
    }
}

result<segment_supply::prepared> segment_supply::prepare_one() {
    auto reused = reuse_one();
    if (!reused || reused->what != nullptr)
        return reused;
    return create_one();
}

result<segment_supply::prepared> segment_supply::reuse_one() {
    bool was_unchecked = false;
    while (auto what = host_.table.take_free(was_unchecked)) {
        auto opened = host_.files.open(host_.paths.segment(what->number), open_mode::read_write);
        if (!opened) {
            host_.table.mark_damaged(*what);
            return opened.error();
        }
        std::shared_ptr<file> data = std::move(*opened);
        if (was_unchecked) {
            segment_walk walk(*data, what->incarnation, what->size);
            const auto first = walk.next();
            if (!first || *first) {
                host_.table.mark_uncounted(*what, what->size);
                continue;
            }
        }
        const auto incarnation = make_incarnation();
        if (const auto wrote = write_header(*data, *what, incarnation); !wrote) {
            host_.counts.files_retired.fetch_add(1, std::memory_order_relaxed);
            host_.report("segment_retired", host_.paths.segment(what->number) + ": header not written");
            host_.table.retire(*what);
            return wrote.error();
        }
        host_.table.start_life(*what, incarnation);
        host_.segment_files.put(what->number, std::make_shared<segment_file>(data, what->size));
        return prepared{std::move(what), std::move(data)};
    }
    return prepared{};
}

result<segment_supply::prepared> segment_supply::create_one() {
    const auto size = host_.settings.segment_size_bytes;
    if (!host_.space.has_room(size))
        return errc::full;
    auto what = std::make_shared<segment>(next_number_, static_cast<std::uint32_t>(size));
    const auto temporary = host_.paths.temporary(make_blob_id());
    auto opened = host_.files.open(temporary, open_mode::create);
    if (!opened)
        return opened.error();
    std::shared_ptr<file> data = std::move(*opened);
    const auto incarnation = make_incarnation();
    const auto make = [&]() -> result<void> {
        LABSTORE_TRY(data->allocate(size));
        LABSTORE_TRY(write_zeros(*data, size));
        LABSTORE_TRY(write_header(*data, *what, incarnation));
        LABSTORE_TRY(host_.files.rename(temporary, host_.paths.segment(what->number)));
        return host_.files.sync_directory(host_.paths.segments());
    };
    const auto made = make();
    host_.space.forget();
    // The number is never given twice, whatever became of the name.
    ++next_number_;
    if (!made) {
        // Either name may exist; what cannot be removed is empty and found at the next start.
        (void)host_.files.unlink(temporary);
        (void)host_.files.unlink(host_.paths.segment(what->number));
        return made.error();
    }
    host_.table.add(what);
    host_.table.start_life(*what, incarnation);
    host_.segment_files.put(what->number, std::make_shared<segment_file>(data, what->size));
    return prepared{std::move(what), std::move(data)};
}

result<void> segment_supply::write_zeros(file& data, std::uint64_t size_bytes) {
    for (std::uint64_t at = 0; at < size_bytes; at += zeros_size) {
        if (stopping_.load(std::memory_order_relaxed))
            return errc::cancelled;
        LABSTORE_TRY(data.write_zeros(at, std::min<std::uint64_t>(zeros_size, size_bytes - at)));
    }
    return {};
}

result<void> segment_supply::write_header(file& data, const segment& what, std::uint64_t incarnation) {
    const auto header =
        encode_segment_header({.number = what.number, .incarnation = incarnation, .size_bytes = what.size});
    const byte_span piece = as_bytes(header);
    LABSTORE_TRY(data.write(0, std::span(&piece, 1)));
    return data.sync_data();
}

}  // namespace labstore::blob
