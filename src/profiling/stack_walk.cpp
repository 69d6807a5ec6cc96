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
    // Unwinders differ in whether they give the interrupted instruction as the first frame.
    const int room_left = static_cast<int>(room.size()) - 1;
    const int depth = ::GetStackTraceWithContext(room.data() + 1, room_left, 0, context);
    const auto found = static_cast<std::size_t>(std::max(depth, 0));
    if (found > 0 && room[1] == room[0])
        return {room.data() + 1, found};
    return {room.data(), found + 1};
}

}  // namespace labstore::profiling
