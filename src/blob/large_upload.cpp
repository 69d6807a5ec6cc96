#include "blob/large_upload.hpp"

#include <array>

namespace labstore::blob {

large_upload::large_upload(engine& host, large_store& large)
    : host_(host), large_(large), id_(make_blob_id()), path_(host.paths.temporary(id_)) {}

awaitable<result<void>> large_upload::start() {
    auto work = [this]() -> result<void> {
        auto opened = host_.files.open(path_, open_mode::create);
        if (!opened)
            return write_error(opened.error());
        data_ = std::move(*opened);
        return {};
    };
    auto made = co_await host_.pool.run(work);
    co_return made;
}

awaitable<result<void>> large_upload::wait_idle() {
    auto start = [this](runtime::resumer<result<void>> wake) {
        result<void> outcome;
        {
            const std::lock_guard lock(mutex_);
            if (writing_) {
                waiter_.emplace(std::move(wake));
                return;
            }
            outcome = last_write_;
        }
        wake(outcome);
    };
    auto outcome = co_await runtime::suspend<result<void>>(start);
    co_return outcome;
}

awaitable<result<buffer>> large_upload::push(buffer full, std::size_t size_bytes) {
    const auto earlier = co_await wait_idle();
    LABSTORE_CO_TRY(earlier);
    if (!host_.space.has_room(size_bytes))
        co_return errc::full;
    buffer next;
    {
        const std::lock_guard lock(mutex_);
        next = std::move(buffer_);
    }
    if (next.capacity() < host_.settings.chunk_bytes) {
        auto taken = host_.buffers.take(host_.settings.chunk_bytes);
        LABSTORE_CO_TRY(taken);
        next = std::move(*taken);
    }
    if (!start_write(std::move(full), size_bytes))
        co_return errc::busy;
    co_return std::move(next);
}

bool large_upload::start_write(buffer full, std::size_t size_bytes) {
    {
        const std::lock_guard lock(mutex_);
        buffer_ = std::move(full);
        buffer_size_ = size_bytes;
        writing_ = true;
    }
    host_.jobs.begin();
    auto job = [self = shared_from_this()]() mutable {
        auto& host = self->host_;
        self->write_now();
        self.reset();
        host.jobs.end();
    };
    if (host_.pool.submit(std::move(job)))
        return true;
    host_.jobs.end();
    const std::lock_guard lock(mutex_);
    writing_ = false;
    last_write_ = make_error_code(errc::busy);
    return false;
}

void large_upload::write_now() {
    const auto bytes = byte_span(buffer_.data(), buffer_size_);
    checksums_.update(bytes);
    auto wrote = data_->write(size_bytes_, std::span(&bytes, 1));
    if (wrote) {
        data_->start_write_back(size_bytes_, bytes.size());
        size_bytes_ += bytes.size();
    } else {
        wrote = write_error(wrote.error());
    }
    std::optional<runtime::resumer<result<void>>> waiter;
    bool abandoned = false;
    {
        const std::lock_guard lock(mutex_);
        writing_ = false;
        last_write_ = wrote;
        waiter = std::exchange(waiter_, std::nullopt);
        abandoned = abandoned_;
    }
    if (abandoned)
        (void)host_.files.unlink(path_);
    if (waiter)
        (*waiter)(wrote);
}

awaitable<result<ref>> large_upload::finish(const owner& whose, byte_span last) {
    const auto earlier = co_await wait_idle();
    LABSTORE_CO_TRY(earlier);
    if (!host_.space.has_room(last.size()))
        co_return errc::full;
    auto work = [this, &whose, last]() -> result<ref> {
        return finish_now(whose, last);
    };
    auto made = co_await host_.pool.run(work);
    co_return made;
}

result<ref> large_upload::finish_now(const owner& whose, byte_span last) {
    checksums_.update(last);
    const auto payload_size = size_bytes_ + last.size();
    const auto tail = encode_blob_tail(
        {.id = id_,
         .run = host_.run,
         .payload_size = payload_size,
         .whose = whose,
         .block_crcs = checksums_.finish()}
    );
    const std::array<byte_span, 2> pieces{last, as_bytes(tail)};
    const auto publish = [&]() -> result<void> {
        LABSTORE_TRY(data_->write(size_bytes_, pieces));
        if (host_.settings.mode == durability::commit)
            LABSTORE_TRY(timed_sync(*data_, host_.counts.file_sync_seconds));
        return large_.publish(path_, id_);
    };
    if (const auto published = publish(); !published)
        return write_error(published.error());
    return ref{
        .locator = encode_locator(large_locator{.name = id_, .footer_id = id_}), .size_bytes = payload_size};
}

void large_upload::abandon() {
    {
        const std::lock_guard lock(mutex_);
        abandoned_ = true;
        if (writing_ || data_ == nullptr)
            return;
    }
    host_.jobs.begin();
    auto job = [self = shared_from_this()]() mutable {
        auto& host = self->host_;
        (void)host.files.unlink(self->path_);
        self.reset();
        host.jobs.end();
    };
    if (!host_.pool.submit(job))
        job();
}

}  // namespace labstore::blob
