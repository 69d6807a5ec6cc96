#pragma once

#include "labstore/http.hpp"
#include "labstore/s3.hpp"
#include "labstore/storage.hpp"
#include "s3/cors.hpp"

namespace labstore::s3 {

/// The exchange of a request that a page of another origin made: whatever is answered, errors too, says whether that
/// page may read it. Only made for requests with an Origin header; passes everything else on.
class cors_exchange final : public http::exchange {
  public:
    explicit cors_exchange(http::exchange& below) : below_(below) {}

    /// Looks up what the bucket allows. Nothing without a bucket that allows something.
    void prepare(const storage::object_store& store, const std::vector<std::string>& domains);

    [[nodiscard]] const http::request_head& head() const noexcept override { return below_.head(); }

    [[nodiscard]] runtime::op_context& context() noexcept override { return below_.context(); }

    [[nodiscard]] std::string_view remote_address() const noexcept override {
        return below_.remote_address();
    }

    [[nodiscard]] bool is_secure() const noexcept override { return below_.is_secure(); }

    [[nodiscard]] http::annotations& notes() noexcept override { return below_.notes(); }

    [[nodiscard]] std::optional<std::uint64_t> body_size_bytes() const noexcept override {
        return below_.body_size_bytes();
    }

    [[nodiscard]] bool body_undeclared() const noexcept override { return below_.body_undeclared(); }

    runtime::awaitable<result<std::size_t>> read_body(mutable_byte_span room) override {
        return below_.read_body(room);
    }

    runtime::awaitable<result<void>> respond(http::response_head head, std::string body) override {
        return below_.respond(with_headers(std::move(head)), std::move(body));
    }

    runtime::awaitable<result<void>> respond_head_only(http::response_head head, std::uint64_t size_bytes)
        override {
        return below_.respond_head_only(with_headers(std::move(head)), size_bytes);
    }

    runtime::awaitable<result<void>> start(http::response_head head, std::uint64_t size_bytes) override {
        return below_.start(with_headers(std::move(head)), size_bytes);
    }

    runtime::awaitable<result<void>> write(byte_span bytes) override { return below_.write(bytes); }

    runtime::awaitable<result<std::uint64_t>> write_from_file(
        int descriptor, std::uint64_t offset, std::uint64_t size_bytes
    ) override {
        return below_.write_from_file(descriptor, offset, size_bytes);
    }

    void abort() noexcept override { below_.abort(); }

    runtime::awaitable<result<void>> start_chunked(http::response_head head) override {
        return below_.start_chunked(with_headers(std::move(head)));
    }

    runtime::awaitable<result<void>> finish_chunked() override { return below_.finish_chunked(); }

    [[nodiscard]] bool responded() const noexcept override { return below_.responded(); }

    [[nodiscard]] bool peer_gone() const noexcept override { return below_.peer_gone(); }

  private:
    [[nodiscard]] http::response_head with_headers(http::response_head head) const;

    http::exchange& below_;
    header_list headers_;
};

}  // namespace labstore::s3
