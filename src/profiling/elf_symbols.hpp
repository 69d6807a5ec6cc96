#pragma once

#include "labstore/base.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::profiling {

/// The functions of one ELF64 file by address, from its full symbol table (`.symtab`), so that functions in
/// anonymous namespaces have names too. Every offset and length of the file is checked before use: a damaged
/// file gives an error or fewer names. A value; safe to share once loaded.
class elf_symbols {
  public:
    /// corrupt when the file is no ELF64 file of this machine's byte order or has no symbol table.
    [[nodiscard]] static result<elf_symbols> load(const std::string& path);

    /// The mangled name of the function that holds `address` (relative to where the file is loaded); empty
    /// when none does.
    [[nodiscard]] std::string_view find(std::uint64_t address) const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return functions_.size(); }

  private:
    struct function {
        std::uint64_t begin;
        std::uint64_t size;
        std::uint32_t name;  // offset into names_
    };

    std::vector<function> functions_;  // ascending by begin
    std::string names_;                // ends with a NUL
};

}  // namespace labstore::profiling
