#pragma once

#include "storage/services.hpp"

#include <memory>
#include <optional>
#include <string>

namespace labstore::storage {

/// Whose bytes a stream takes: a whole object (part number 0, a fresh token) or a part (the upload's id).
struct body_owner {
    bucket_ptr bucket;
    std::string key;
    std::string token;
    std::uint32_t part_number = 0;
};

/// The upload_stream of this engine. Until `finish` there is nothing in the index or on disk that a crash or a
/// drop would leave; from then on the caller names the blob or removes it. The token is held from before the
/// blob exists, so that compaction does not take it for an orphan.
class body_stream final : public upload_stream {
  public:
    /// Makes room at once, so that a full disk is known before the body is read; a body declared empty needs
    /// no blob.
    static runtime::awaitable<result<std::unique_ptr<body_stream>>> begin(
        services& all, body_owner whose, std::optional<std::uint64_t> size_hint
    );

    runtime::awaitable<result<std::span<std::byte>>> prepare() override;
    void advance(std::size_t size_bytes) override;

    [[nodiscard]] std::uint64_t written_bytes() const noexcept override { return written_bytes_; }

    [[nodiscard]] const body_owner& whose() const noexcept { return whose_; }

    /// The bytes are durable under the returned name; nullopt when there were none.
    runtime::awaitable<result<std::optional<blob::ref>>> finish(std::string metadata);

    body_stream(services& all, body_owner whose) : all_(all), whose_(std::move(whose)) {}

  private:
    runtime::awaitable<result<void>> make_writer(std::optional<std::uint64_t> size_hint);

    services& all_;
    body_owner whose_;
    std::unique_ptr<blob::writer> writer_;
    std::uint64_t written_bytes_ = 0;
    token_table::hold hold_;
};

}  // namespace labstore::storage
