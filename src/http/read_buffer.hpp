#pragma once

#include "labstore/base.hpp"

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace labstore::http {

/// Keeps the storage of read buffers that idle connections gave back. One per I/O thread, used by it alone.
class buffer_pool {
  public:
    explicit buffer_pool(std::size_t buffer_size_bytes) : buffer_size_bytes_(buffer_size_bytes) {}

    [[nodiscard]] std::size_t buffer_size_bytes() const noexcept { return buffer_size_bytes_; }

    [[nodiscard]] std::unique_ptr<std::byte[]> take() {
        if (free_.empty())
            return std::make_unique_for_overwrite<std::byte[]>(buffer_size_bytes_);
        auto taken = std::move(free_.back());
        free_.pop_back();
        return taken;
    }

    void give(std::unique_ptr<std::byte[]> storage) {
        if (free_.size() < free_max)
            free_.push_back(std::move(storage));
    }

  private:
    static constexpr std::size_t free_max = 64;

    std::size_t buffer_size_bytes_;
    std::vector<std::unique_ptr<std::byte[]>> free_;
};

/// Bytes read from a socket and not used up yet, flat, behind the head that is being served. Holds storage
/// only while there is something in it or about to be.
class read_buffer {
  public:
    explicit read_buffer(buffer_pool& pool) : pool_(pool) {}

    ~read_buffer() { release(); }

    read_buffer(const read_buffer&) = delete;
    read_buffer& operator=(const read_buffer&) = delete;

    [[nodiscard]] byte_span unread() const noexcept { return {storage_.get() + begin_, end_ - begin_}; }

    [[nodiscard]] std::string_view unread_text() const noexcept { return as_text(unread()); }

    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    /// Room behind the unread bytes. Takes storage when there is none.
    [[nodiscard]] mutable_byte_span room() {
        if (!storage_)
            storage_ = pool_.take();
        return {storage_.get() + end_, pool_.buffer_size_bytes() - end_};
    }

    void filled(std::size_t bytes) noexcept { end_ += bytes; }

    void consume(std::size_t bytes) noexcept {
        LABSTORE_ASSERT(bytes <= end_ - begin_);
        begin_ += bytes;
        if (begin_ == end_)
            begin_ = end_ = kept_;
    }

    /// Consumes a head whose bytes stay where they are until `compact`: views look at them.
    void keep_head(std::size_t bytes) noexcept {
        LABSTORE_ASSERT(bytes <= end_ - begin_);
        begin_ += bytes;
        kept_ = begin_;
    }

    /// Ends `keep_head` and moves what is unread to the front.
    void compact() noexcept {
        kept_ = 0;
        move_unread();
    }

    /// Makes room by moving the unread bytes back to the kept ones.
    void move_unread() noexcept {
        if (begin_ != kept_ && begin_ != end_)
            std::memmove(storage_.get() + kept_, storage_.get() + begin_, end_ - begin_);
        end_ = kept_ + (end_ - begin_);
        begin_ = kept_;
    }

    /// Gives the storage back. Nothing may be unread or kept.
    void release() noexcept {
        if (storage_)
            pool_.give(std::move(storage_));
        begin_ = end_ = kept_ = 0;
    }

  private:
    buffer_pool& pool_;
    std::unique_ptr<std::byte[]> storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t kept_ = 0;
};

}  // namespace labstore::http
