#include "profiling/function_names.hpp"

#include "labstore/profiling.hpp"
#include "profiling/elf_symbols.hpp"
#include "profiling/readable_name.hpp"

#include <dlfcn.h>

namespace labstore::profiling {
namespace {

/// Where the program itself is loaded.
const void* program_base() {
    Dl_info found{};
    const auto* here = reinterpret_cast<const void*>(&program_base);
    return ::dladdr(here, &found) != 0 ? found.dli_fbase : nullptr;
}

}  // namespace

std::vector<std::string> linker_names(std::span<const std::uint64_t> addresses) {
    const auto own = elf_symbols::load("/proc/self/exe");
    const void* const base = program_base();
    std::vector<std::string> names;
    names.reserve(addresses.size());
    for (const std::uint64_t address : addresses) {
        Dl_info found{};
        std::string_view name;
        if (::dladdr(reinterpret_cast<const void*>(address), &found) != 0) {
            if (found.dli_fbase == base && own)
                name = own->find(address - reinterpret_cast<std::uint64_t>(base));
            else if (found.dli_sname != nullptr)
                name = found.dli_sname;
        }
        names.emplace_back(name);
    }
    return names;
}

std::vector<std::string> function_names(std::span<const std::uint64_t> addresses) {
    auto names = linker_names(addresses);
    for (std::string& name : names)
        if (!name.empty())
            name = demangled(name);
    return names;
}

}  // namespace labstore::profiling
