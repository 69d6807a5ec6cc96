#pragma once

#include "blob/large_upload.hpp"
#include "blob/segment_committer.hpp"

namespace labstore::blob {

/// A writer that keeps its bytes in one buffer while they can be packed, and turns into a large upload when
/// they cannot.
class local_writer final : public writer {
  public:
    local_writer(engine& host, segment_committer& committer, large_store& large, owner whose);
    ~local_writer() override;

    /// Takes the first buffer, or makes the temporary file when the blob is known to be large.
    [[nodiscard]] awaitable<result<void>> start(std::optional<std::uint64_t> size_hint);

    awaitable<result<std::span<std::byte>>> prepare() override;
    void advance(std::size_t size_bytes) override;

    [[nodiscard]] std::uint64_t written_bytes() const noexcept override { return written_; }

    awaitable<result<ref>> finish(std::string metadata) override;

  private:
    result<void> grow();
    awaitable<result<void>> start_upload();
    awaitable<result<ref>> finish_packed();

    engine& host_;
    segment_committer& committer_;
    large_store& large_;
    owner whose_;
    buffer buffer_;
    std::size_t capacity_ = 0;
    std::size_t filled_ = 0;
    std::uint64_t written_ = 0;
    block_checksums checksums_;
    std::shared_ptr<large_upload> upload_;
    bool finished_ = false;
};

/// Refuses an owner that a record could not hold.
[[nodiscard]] result<void> check_owner_size(const owner& whose) noexcept;

}  // namespace labstore::blob
