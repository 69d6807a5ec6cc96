#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace labstore::allocations {

/// Every block that the process takes from its allocator, by whatever function: new, malloc, aligned_alloc, in our code and
/// in libraries. One counter for all threads but those that said `ignore_this_thread`. Process-wide.
void start_counting();

/// For the thread that plays the client.
void ignore_this_thread() noexcept;

struct figures {
    std::uint64_t blocks = 0;
    std::uint64_t bytes = 0;
};

[[nodiscard]] figures counted() noexcept;

/// From now on each block is also noted with the stack that asked for it; slow.
void note_sites();

struct site {
    std::string place;  // the innermost functions that are ours or a library's, leaf first
    std::uint64_t blocks = 0;
};

/// Since `note_sites`, most blocks first.
[[nodiscard]] std::vector<site> sites();

}  // namespace labstore::allocations
