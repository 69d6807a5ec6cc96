#include "profiling/stack_walk.hpp"

#include <gperftools/stacktrace.h>
#include <ucontext.h>

#include <algorithm>

namespace labstore::profiling {
namespace {

void* interrupted_instruction(const void* context) noexcept {
    const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
    return reinterpret_cast<void*>(registers.gregs[REG_RIP]);
#elif defined(__aarch64__)
    return reinterpret_cast<void*>(registers.pc);
#else
#error "say where this processor keeps the instruction pointer"
#endif
}

}  // namespace

std::span<void* const> walk_stack(stack_room& room, int skip) noexcept {
    const int depth = ::GetStackTrace(room.data(), static_cast<int>(room.size()), skip + 1);
    return {room.data(), static_cast<std::size_t>(std::max(depth, 0))};
}

std::span<void* const> walk_interrupted_stack(stack_room& room, const void* context) noexcept {
    room[0] = interrupted_instruction(context);
    const int room_left = static_cast<int>(room.size()) - 1;
    const int depth = ::GetStackTraceWithContext(room.data() + 1, room_left, 0, context);
    const std::span<void* const> found(room.data() + 1, static_cast<std::size_t>(std::max(depth, 0)));
    // Unwinders differ in whether they begin with the interrupted instruction or with the handler's own frames.
    const auto start = std::ranges::find(found, room[0]);
    if (start != found.end())
        return {start, found.end()};
    return {room.data(), found.size() + 1};
}

}  // namespace labstore::profiling
