#include "allocation_count.hpp"

#include "labstore/base.hpp"
#include "labstore/profiling.hpp"
#include "profiling/stack_walk.hpp"

#include <gperftools/malloc_hook.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace labstore::allocations {
namespace {

using stack = std::vector<std::uint64_t>;

std::atomic<std::uint64_t> blocks{0};
std::atomic<std::uint64_t> bytes{0};
std::atomic<bool> noting{false};
std::mutex sites_mutex;
std::map<stack, std::uint64_t> noted;
thread_local bool ignored = false;

/// Functions that only pass a request for memory on.
bool is_plumbing(std::string_view name) noexcept {
    constexpr std::string_view beginnings[] = {
        "std::",
        "__gnu_cxx::",
        "void std::",
        "operator new",
        "tc_",
        "MallocHook",
        "boost::asio::detail::thread_info_base"};
    return name.empty() ||
           std::ranges::any_of(beginnings, [name](auto each) { return name.starts_with(each); });
}

void note_site() {
    // What is noted takes memory itself.
    ignored = true;
    profiling::stack_room room;
    const auto walked = profiling::walk_stack(room, 0);
    stack key;
    for (void* const address : walked.first(std::min<std::size_t>(walked.size(), 16)))
        key.push_back(reinterpret_cast<std::uint64_t>(address));
    {
        const std::lock_guard lock(sites_mutex);
        ++noted[key];
    }
    ignored = false;
}

void on_allocation(const void* memory, std::size_t size) {
    if (memory == nullptr || ignored)
        return;
    blocks.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(size, std::memory_order_relaxed);
    if (noting.load(std::memory_order_relaxed))
        note_site();
}

std::string place_of(const stack& addresses) {
    constexpr std::size_t functions_shown = 3;
    std::string out;
    std::size_t shown = 0;
    for (const auto& name : profiling::function_names(addresses)) {
        if (is_plumbing(name) || name.find("allocations::") != std::string::npos ||
            name.find("profiling::walk_stack") != std::string::npos)
            continue;
        out += (out.empty() ? "" : " < ") + name;
        if (++shown == functions_shown)
            break;
    }
    return out.empty() ? "(unknown)" : out;
}

}  // namespace

void start_counting() {
    LABSTORE_ASSERT(MallocHook::AddNewHook(&on_allocation));
}

void ignore_this_thread() noexcept {
    ignored = true;
}

figures counted() noexcept {
    return {blocks.load(std::memory_order_relaxed), bytes.load(std::memory_order_relaxed)};
}

void note_sites() {
    const std::lock_guard lock(sites_mutex);
    noted.clear();
    noting = true;
}

std::vector<site> sites() {
    noting = false;
    const std::lock_guard lock(sites_mutex);
    std::map<std::string, std::uint64_t> by_place;
    for (const auto& [addresses, count] : noted)
        by_place[place_of(addresses)] += count;
    std::vector<site> out;
    for (const auto& [place, count] : by_place)
        out.push_back({place, count});
    std::ranges::sort(out, std::greater(), &site::blocks);
    return out;
}

}  // namespace labstore::allocations
