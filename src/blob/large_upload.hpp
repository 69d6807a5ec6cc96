#pragma once

#include "blob/large_store.hpp"

namespace labstore::blob {

/// A large blob on its way into a temporary file: while the pool writes one buffer the caller fills the
/// other. Used by one coroutine; whoever drops it unfinished calls `abandon`.
class large_upload : public std::enable_shared_from_this<large_upload> {
  public:
    large_upload(engine& host, large_store& large);

    /// Makes the temporary file.
    [[nodiscard]] awaitable<result<void>> start();

    /// Hands over `size_bytes` of `full` and gives back a buffer to fill. Awaits the write before; its error
    /// is reported here.
    [[nodiscard]] awaitable<result<buffer>> push(buffer full, std::size_t size_bytes);

    /// Writes the last bytes and the footer, syncs and gives the file its name. `last` and `whose` outlive
    /// the call.
    [[nodiscard]] awaitable<result<ref>> finish(const owner& whose, byte_span last);

    /// Removes the temporary file, after the write under way. Never blocks unless the pool is full.
    void abandon();

  private:
    [[nodiscard]] awaitable<result<void>> wait_idle();
    bool start_write(buffer full, std::size_t size_bytes);
    void write_now();
    result<ref> finish_now(const owner& whose, byte_span last);

    engine& host_;
    large_store& large_;
    const blob_id id_;
    const std::string path_;
    std::unique_ptr<file> data_;
    block_checksums checksums_{blob_block_size};
    std::uint64_t size_bytes_ = 0;

    labstore::mutex mutex_;  // guards what follows
    bool writing_ = false;
    bool abandoned_ = false;
    buffer buffer_;  // being written, afterwards to be handed back
    std::size_t buffer_size_ = 0;
    result<void> last_write_;
    std::optional<runtime::resumer<result<void>>> waiter_;
};

}  // namespace labstore::blob
