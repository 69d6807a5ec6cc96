#include "labstore/profiling.hpp"
#include "profiling/function_names.hpp"
#include "profiling/readable_name.hpp"
#include "profiling/stack_walk.hpp"

#include <dlfcn.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace labstore::profiling {
namespace {

constexpr long answer_time_max_ns = 50'000'000;

/// What the thread that is asked writes down. One question at a time.
struct question {
    std::atomic<int> thread_id{0};  // asked, and has not begun to answer
    stack_room room{};
    std::span<void* const> stack;  // in room
    const std::string_view* operation = nullptr;
    sem_t answered{};
};

question asked;

int own_id() noexcept {
    return static_cast<int>(::syscall(SYS_gettid));
}

void answer(int /*signal*/, siginfo_t* /*info*/, void* context) {
    const int saved_errno = errno;
    int mine = own_id();
    if (asked.thread_id.compare_exchange_strong(mine, 0)) {
        asked.stack = walk_interrupted_stack(asked.room, context);
        const runtime::work_label* const label = runtime::current_work();
        asked.operation = label != nullptr ? label->operation() : nullptr;
        ::sem_post(&asked.answered);
    }
    errno = saved_errno;
}

/// SIGURG is ignored by default, so a late one does no harm. Nobody here reads urgent data of sockets.
void install_handler() {
    struct sigaction action {};

    action.sa_sigaction = &answer;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    ::sigfillset(&action.sa_mask);
    LABSTORE_ASSERT(::sigaction(SIGURG, &action, nullptr) == 0);
    LABSTORE_ASSERT(::sem_init(&asked.answered, 0, 0) == 0);
}

bool wait_for_answer() {
    timespec end{};
    ::clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += answer_time_max_ns;
    if (end.tv_nsec >= 1'000'000'000) {
        end.tv_nsec -= 1'000'000'000;
        ++end.tv_sec;
    }
    for (;;) {
        if (::sem_timedwait(&asked.answered, &end) == 0)
            return true;
        if (errno != EINTR)
            return false;
    }
}

/// The addresses of its stack, leaf first; empty when it does not answer.
std::vector<std::uint64_t> ask(thread_state& thread) {
    asked.thread_id.store(thread.id);
    if (::syscall(SYS_tgkill, ::getpid(), thread.id, SIGURG) != 0) {
        asked.thread_id.store(0);
        return {};
    }
    if (!wait_for_answer()) {
        int unanswered = thread.id;
        if (asked.thread_id.compare_exchange_strong(unanswered, 0))
            return {};
        // It has begun in this very moment.
        while (::sem_wait(&asked.answered) != 0) {
        }
    }
    if (asked.operation != nullptr)
        thread.operation = *asked.operation;
    std::vector<std::uint64_t> addresses;
    for (void* const frame : asked.stack)
        addresses.push_back(reinterpret_cast<std::uintptr_t>(frame) - (addresses.empty() ? 0 : 1));
    return addresses;
}

/// What a person reads of a frame; without a name, the library it is in.
std::string frame_text(std::uint64_t address, const std::string& linker_name) {
    if (!linker_name.empty())
        return readable_name(demangled(linker_name));
    Dl_info found{};
    if (::dladdr(reinterpret_cast<const void*>(address), &found) == 0 || found.dli_fname == nullptr)
        return "?";
    const std::string_view file = found.dli_fname;
    return "[" + std::string(file.substr(file.rfind('/') + 1)) + "]";
}

std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// "7 (name) S 1 ...": the state is the first field behind the name, the times are the 12th and 13th.
void read_times(thread_state& thread, std::string_view text) {
    const auto end = text.rfind(')');
    if (end == std::string_view::npos)
        return;
    text.remove_prefix(end + 1);
    const std::uint64_t tick_ms = 1000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    for (int field = 1; !text.empty(); ++field) {
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (field == 1 && !word.empty())
            thread.state = word.front();
        const std::chrono::milliseconds time(parse_decimal(word).value_or(0) * tick_ms);
        if (field == 12)
            thread.user_time = time;
        if (field == 13) {
            thread.system_time = time;
            return;
        }
    }
}

std::vector<thread_state> list_threads() {
    std::vector<thread_state> threads;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", failure)) {
        thread_state one;
        one.id = static_cast<int>(parse_decimal(entry.path().filename().string()).value_or(0));
        one.name = read_text(entry.path() / "comm");
        while (one.name.ends_with('\n'))
            one.name.pop_back();
        read_times(one, read_text(entry.path() / "stat"));
        if (one.id != 0 && one.state != '?')
            threads.push_back(std::move(one));
    }
    std::ranges::sort(threads, {}, &thread_state::id);
    return threads;
}

/// A function of its own also when optimised: it counts itself among the frames to leave out.
[[gnu::noinline]] std::vector<std::uint64_t> own_stack() {
    stack_room room;
    std::vector<std::uint64_t> addresses;
    for (void* const frame : walk_stack(room, 1))
        addresses.push_back(reinterpret_cast<std::uintptr_t>(frame) - 1);
    return addresses;
}

}  // namespace

std::vector<thread_state> look_at_threads() {
    static mutex one_at_a_time;
    const std::lock_guard lock(one_at_a_time);
    static const bool installed = (install_handler(), true);
    static_cast<void>(installed);
    auto threads = list_threads();
    std::vector<std::uint64_t> addresses;
    std::vector<std::size_t> depths;
    for (thread_state& thread : threads) {
        const auto stack = thread.id == own_id() ? own_stack() : ask(thread);
        depths.push_back(stack.size());
        addresses.insert(addresses.end(), stack.begin(), stack.end());
    }
    const auto names = linker_names(addresses);
    std::size_t next = 0;
    for (std::size_t i = 0; i < threads.size(); ++i)
        for (std::size_t at = 0; at < depths[i]; ++at, ++next)
            threads[i].stack.push_back(frame_text(addresses[next], names[next]));
    return threads;
}

}  // namespace labstore::profiling
