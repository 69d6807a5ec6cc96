#include "profiling/allocations.hpp"

#include "profiling/heap_text.hpp"
#include "profiling/stack_walk.hpp"

#include <cmath>
#include <memory>

#ifdef LABSTORE_TCMALLOC
#include <gperftools/malloc_extension.h>
#include <gperftools/malloc_hook.h>

// The allocator's own period, exported by libtcmalloc; 0 means that it samples nothing. It is read again after
// at most 16 MiB of allocations on each thread.
namespace FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead {
extern std::int64_t FLAGS_tcmalloc_sample_parameter;
}
#endif

namespace labstore::profiling {

void scale_to_all(std::int64_t& objects, std::int64_t& bytes, std::int64_t period_bytes) noexcept {
    if (objects <= 0 || bytes <= 0)
        return;
    const double average = static_cast<double>(bytes) / static_cast<double>(objects);
    const double likelihood = -std::expm1(-average / static_cast<double>(period_bytes));
    objects = std::llround(static_cast<double>(objects) / likelihood);
    bytes = std::llround(static_cast<double>(bytes) / likelihood);
}

#ifdef LABSTORE_TCMALLOC

namespace {

constexpr std::size_t stacks_max = 16 * 1024;
/// How far apart tcmalloc looks at its period while it samples nothing. Never touched, so never resident.
constexpr std::size_t unsampled_distance_bytes = 16 * 1024 * 1024;

/// Made when somebody watches for the first time and never destroyed: a thread may be in the hook still.
std::atomic<stack_table*> allocated{nullptr};

struct watchers {
    mutex guard;
    int count = 0;  // under guard
};

watchers& present_watchers() {
    static watchers all;
    return all;
}

struct thread_sampler {
    std::int64_t bytes_left = 0;
    std::uint64_t random = 0;  // 0: not begun
    bool inside = false;       // looking at a stack may allocate
};

constinit thread_local thread_sampler sampler;

/// Distances between samples are distributed so that no pattern of sizes escapes.
std::int64_t next_distance(thread_sampler& mine) noexcept {
    mine.random ^= mine.random << 13;
    mine.random ^= mine.random >> 7;
    mine.random ^= mine.random << 17;
    const double fraction = static_cast<double>((mine.random >> 11) + 1) / 9007199254740993.0;  // 2^53 + 1
    return static_cast<std::int64_t>(-std::log(fraction) * static_cast<double>(allocs_period_bytes)) + 1;
}

void on_allocation(const void* memory, std::size_t size_bytes) {
    thread_sampler& mine = sampler;
    mine.bytes_left -= static_cast<std::int64_t>(size_bytes);
    if (mine.bytes_left > 0 || mine.inside)
        return;
    mine.inside = true;
    const bool begun = mine.random != 0;
    if (!begun)
        mine.random = reinterpret_cast<std::uintptr_t>(&mine) ^ reinterpret_cast<std::uintptr_t>(memory) ^
                      0x9E3779B97F4A7C15ULL;
    mine.bytes_left = next_distance(mine);
    if (begun) {
        stack_room room;
        const auto stack = walk_stack(room, 1);
        allocated.load(std::memory_order_relaxed)
            ->add(stack, 1, static_cast<std::int64_t>(size_bytes), runtime::current_work());
    }
    mine.inside = false;
}

result<std::vector<raw_sample>> parsed(const std::string& text, bool scaled) {
    auto samples = parse_heap_text(text);
    LABSTORE_TRY(samples);
    if (scaled)
        for (raw_sample& one : *samples)
            scale_to_all(one.values[0], one.values[1], live_period_bytes);
    return samples;
}

}  // namespace

void start_allocation_sampling() {
    FLAG__namespace_do_not_use_directly_use_DECLARE_int64_instead::FLAGS_tcmalloc_sample_parameter =
        live_period_bytes;
    // Threads to come begin with the new period; this one would notice after so many bytes of its own.
    const std::unique_ptr<char[]> noticed(new char[unsampled_distance_bytes + 1]);
    // The compiler may not see that nobody needs it.
    asm volatile("" ::"r"(noticed.get()) : "memory");
}

void watch_allocations() {
    watchers& all = present_watchers();
    const std::lock_guard lock(all.guard);
    if (all.count++ > 0)
        return;
    if (allocated.load() == nullptr)
        allocated.store(new stack_table(stacks_max));
    LABSTORE_ASSERT(MallocHook::AddNewHook(&on_allocation));
}

void unwatch_allocations() {
    watchers& all = present_watchers();
    const std::lock_guard lock(all.guard);
    if (--all.count == 0)
        LABSTORE_ASSERT(MallocHook::RemoveNewHook(&on_allocation));
}

result<std::vector<raw_sample>> live_allocations() {
    std::string text;
    MallocExtension::instance()->GetHeapSample(&text);
    return parsed(text, true);
}

result<std::vector<raw_sample>> all_allocations(std::uint64_t& lost) {
    const stack_table* const table = allocated.load(std::memory_order_relaxed);
    std::vector<raw_sample> samples;
    if (table == nullptr)
        return samples;
    samples = table->read();
    lost = table->lost();
    for (raw_sample& one : samples)
        scale_to_all(one.values[0], one.values[1], allocs_period_bytes);
    return samples;
}

result<std::vector<raw_sample>> heap_growth() {
    std::string text;
    MallocExtension::instance()->GetHeapGrowthStacks(&text);
    return parsed(text, false);
}

#else

void start_allocation_sampling() {}

void watch_allocations() {}

void unwatch_allocations() {}

result<std::vector<raw_sample>> live_allocations() {
    return make_error_code(errc::not_implemented);
}

result<std::vector<raw_sample>> all_allocations(std::uint64_t& /*lost*/) {
    return make_error_code(errc::not_implemented);
}

result<std::vector<raw_sample>> heap_growth() {
    return make_error_code(errc::not_implemented);
}

#endif

}  // namespace labstore::profiling
