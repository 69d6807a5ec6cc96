#include "labstore/profiling.hpp"
#include "profiling/elf_symbols.hpp"

#include <cxxabi.h>
#include <dlfcn.h>

#include <cstdlib>
#include <memory>

namespace labstore::profiling {
namespace {

void replace_all(std::string& text, std::string_view old_part, std::string_view new_part) {
    for (std::size_t at = 0; (at = text.find(old_part, at)) != std::string::npos; at += new_part.size())
        text.replace(at, old_part.size(), new_part);
}

std::string demangled(std::string_view mangled) {
    const std::string name(mangled);
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free
    );
    if (status != 0)
        return name;
    std::string shown(plain.get());
    // Viewers cut whatever stands in parentheses, and would leave "blob::::write".
    replace_all(shown, "(anonymous namespace)::", "");
    replace_all(shown, "[clone .actor]", "[coroutine]");
    replace_all(shown, "[clone .destroy]", "[coroutine end]");
    return shown;
}

/// Where the program itself is loaded.
const void* program_base() {
    Dl_info found{};
    const auto* here = reinterpret_cast<const void*>(&program_base);
    return ::dladdr(here, &found) != 0 ? found.dli_fbase : nullptr;
}

}  // namespace

std::vector<std::string> function_names(std::span<const std::uint64_t> addresses) {
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
        names.push_back(name.empty() ? std::string() : demangled(name));
    }
    return names;
}

}  // namespace labstore::profiling
