// Which objects exist, and which of them an operation may touch now.
#pragma once

#include "load/payloads.hpp"

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace labstore::load {

/// One thread's share of the objects, so that operations that overlap never make each other fail: an object is read by many
/// or changed by one. Its content is known at any time, from its version. Constant time but where nearly all objects are in
/// use. One thread.
class object_pool {
  public:
    /// Objects `first`, `first` + 1 ... `first` + `count` - 1, none of which exists yet.
    object_pool(std::uint64_t first, std::size_t count);

    using random = std::mt19937_64;

    /// An existing object to read, any; nullopt when none exists. Give it back by `end_read`.
    [[nodiscard]] std::optional<std::size_t> begin_read(random& from);
    void end_read(std::size_t index) noexcept;

    /// An object to write: a missing one where there is one, else any that nobody uses. Its version is already the one to
    /// write. nullopt when all are in use. Ends by `end_write`; after a failure it counts as missing.
    [[nodiscard]] std::optional<std::size_t> begin_write(random& from);
    void end_write(std::size_t index, bool written);

    /// An existing object that nobody uses, to delete; nullopt when there is none. Ends by `end_delete`.
    [[nodiscard]] std::optional<std::size_t> begin_delete(random& from);
    void end_delete(std::size_t index);

    /// Any object that was ever written, each once; nullopt after the last. For the end of all.
    [[nodiscard]] std::optional<std::size_t> take_written();

    [[nodiscard]] content_id content(std::size_t index) const noexcept;

    [[nodiscard]] std::size_t missing() const noexcept { return missing_.size(); }

    [[nodiscard]] std::size_t existing() const noexcept { return existing_.size(); }

  private:
    struct object {
        std::uint64_t version = 0;
        std::uint32_t readers = 0;
        bool written = false;
    };

    [[nodiscard]] std::optional<std::size_t> take_unused(random& from);

    const std::uint64_t first_;
    std::vector<object> objects_;
    std::vector<std::size_t> existing_;
    std::vector<std::size_t> missing_;  // the next one last
    std::size_t taken_ = 0;             // by take_written
};

}  // namespace labstore::load
