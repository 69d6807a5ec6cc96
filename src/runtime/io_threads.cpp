#include "labstore/runtime.hpp"

#include <pthread.h>

namespace labstore::runtime {

io_threads::io_threads(std::size_t count) {
    LABSTORE_ASSERT(count > 0);
    for (std::size_t i = 0; i < count; ++i)
        contexts_.push_back(std::make_unique<asio::io_context>(1));
}

io_threads::~io_threads() {
    stop();
    join();
}

void io_threads::start() {
    for (auto& context : contexts_) {
        guards_.push_back(asio::make_work_guard(*context));
        threads_.emplace_back([&context = *context] { context.run(); });
        ::pthread_setname_np(threads_.back().native_handle(), "net");
    }
}

void io_threads::stop() {
    guards_.clear();
    for (auto& context : contexts_)
        context->stop();
}

void io_threads::join() {
    for (auto& thread : threads_)
        if (thread.joinable())
            thread.join();
    threads_.clear();
}

}  // namespace labstore::runtime
