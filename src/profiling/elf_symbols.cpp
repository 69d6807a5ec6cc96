#include "profiling/elf_symbols.hpp"

#include <linux/elf.h>

#include <algorithm>
#include <fstream>

namespace labstore::profiling {
namespace {

constexpr std::uint64_t table_bytes_max = 512 * MiB;
constexpr unsigned function_type = 2;  // STT_FUNC

/// Reads `size_bytes` at `offset`, all or an error.
result<std::string> read_range(std::ifstream& file, std::uint64_t offset, std::uint64_t size_bytes) {
    if (size_bytes > table_bytes_max)
        return make_error_code(errc::corrupt);
    std::string text(size_bytes, '\0');
    file.clear();
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(text.data(), static_cast<std::streamsize>(size_bytes));
    if (static_cast<std::uint64_t>(file.gcount()) != size_bytes)
        return make_error_code(errc::corrupt);
    return text;
}

template <typename Record>
result<std::vector<Record>> read_records(std::ifstream& file, std::uint64_t offset, std::uint64_t count) {
    if (count > table_bytes_max / sizeof(Record))
        return make_error_code(errc::corrupt);
    auto bytes = read_range(file, offset, count * sizeof(Record));
    LABSTORE_TRY(bytes);
    std::vector<Record> records(count);
    std::memcpy(records.data(), bytes->data(), bytes->size());
    return records;
}

}  // namespace

result<elf_symbols> elf_symbols::load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    auto heads = read_records<Elf64_Ehdr>(file, 0, 1);
    LABSTORE_TRY(heads);
    const Elf64_Ehdr& head = heads->front();
    const bool is_elf = std::memcmp(head.e_ident, ELFMAG, SELFMAG) == 0;
    if (!is_elf || head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_shentsize != sizeof(Elf64_Shdr))
        return make_error_code(errc::corrupt);
    auto sections = read_records<Elf64_Shdr>(file, head.e_shoff, head.e_shnum);
    LABSTORE_TRY(sections);
    const auto table =
        std::ranges::find_if(*sections, [](const Elf64_Shdr& one) { return one.sh_type == SHT_SYMTAB; });
    if (table == sections->end() || table->sh_link >= sections->size())
        return make_error_code(errc::corrupt);
    auto symbols = read_records<Elf64_Sym>(file, table->sh_offset, table->sh_size / sizeof(Elf64_Sym));
    LABSTORE_TRY(symbols);
    const Elf64_Shdr& strings = (*sections)[table->sh_link];
    auto names = read_range(file, strings.sh_offset, strings.sh_size);
    LABSTORE_TRY(names);

    elf_symbols loaded;
    loaded.names_ = std::move(*names);
    loaded.names_.push_back('\0');
    for (const Elf64_Sym& symbol : *symbols)
        if ((symbol.st_info & 0xF) == function_type && symbol.st_value != 0 &&
            symbol.st_name < loaded.names_.size())
            loaded.functions_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    std::ranges::sort(loaded.functions_, {}, &function::begin);
    return loaded;
}

std::string_view elf_symbols::find(std::uint64_t address) const noexcept {
    const auto after = std::ranges::upper_bound(functions_, address, {}, &function::begin);
    if (after == functions_.begin())
        return {};
    const function& found = *std::prev(after);
    if (address - found.begin >= std::max<std::uint64_t>(found.size, 1))
        return {};
    return names_.data() + found.name;
}

}  // namespace labstore::profiling
