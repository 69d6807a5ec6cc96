#include "storage/byte_pump.hpp"

#include "labstore/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace labstore::storage {
namespace {

constexpr std::uint64_t piece_bytes_max = 256 * KiB;
/// Below this a hop to another thread costs more than the hashing.
constexpr std::size_t hop_bytes_min = 32 * KiB;

class hasher {
  public:
    explicit hasher(const pump_request& request) {
        if (request.md5)
            md5_.emplace(crypto::digest_kind::md5);
        if (request.checksum)
            checksum_.emplace(*request.checksum);
    }

    runtime::awaitable<result<void>> update(services& all, byte_span bytes) {
        if (bytes.size() < hop_bytes_min) {
            hash(bytes);
            co_return result<void>();
        }
        auto work = [this, bytes]() -> result<void> {
            hash(bytes);
            return {};
        };
        auto done = co_await all.pool.run(std::move(work));
        co_return done;
    }

    [[nodiscard]] pumped finish() {
        pumped out;
        if (md5_)
            out.md5 = md5_->finish();
        if (checksum_)
            out.checksum = checksum_->finish();
        return out;
    }

  private:
    void hash(byte_span bytes) {
        if (md5_)
            md5_->update(bytes);
        if (checksum_)
            checksum_->update(bytes);
    }

    std::optional<crypto::digest> md5_;
    std::optional<crypto::checksum> checksum_;
};

runtime::awaitable<result<void>> write_all(body_stream& to, byte_span bytes) {
    while (!bytes.empty()) {
        auto room = co_await to.prepare();
        LABSTORE_CO_TRY(room);
        const auto size = std::min(bytes.size(), room->size());
        std::memcpy(room->data(), bytes.data(), size);
        to.advance(size);
        bytes = bytes.subspan(size);
    }
    co_return result<void>();
}

}  // namespace

runtime::awaitable<result<pumped>> pump(services& all, pump_request request) {
    hasher hashes(request);
    while (request.size_bytes != 0) {
        const auto wanted = std::min(request.size_bytes, piece_bytes_max);
        auto bytes = co_await request.from->read(request.offset, wanted);
        LABSTORE_CO_TRY(bytes);
        auto hashed = co_await hashes.update(all, *bytes);
        LABSTORE_CO_TRY(hashed);
        if (request.to != nullptr) {
            auto written = co_await write_all(*request.to, *bytes);
            LABSTORE_CO_TRY(written);
        }
        request.offset += bytes->size();
        request.size_bytes -= bytes->size();
    }
    co_return hashes.finish();
}

}  // namespace labstore::storage
