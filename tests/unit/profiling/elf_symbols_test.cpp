#include "profiling/elf_symbols.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace labstore::profiling {
namespace {

std::string file_with(const std::string& name, std::string_view bytes) {
    // CTest runs tests side by side, each in a process of its own.
    const auto own_name = std::to_string(::getpid()) + '-' + name;
    const std::string path = (std::filesystem::path(::testing::TempDir()) / own_name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

TEST(ElfSymbols, ReadsTheTestItself) {
    const auto loaded = elf_symbols::load("/proc/self/exe");
    ASSERT_TRUE(loaded);
    EXPECT_GT(loaded->size(), 100U);
    EXPECT_EQ(loaded->find(0), "");
    EXPECT_EQ(loaded->find(~std::uint64_t{0}), "");
}

TEST(ElfSymbols, ForeignFilesAreErrors) {
    EXPECT_FALSE(elf_symbols::load("/nonexistent/file"));
    EXPECT_FALSE(elf_symbols::load(file_with("empty.elf", "")));
    EXPECT_FALSE(elf_symbols::load(file_with("text.elf", std::string(4096, 'x'))));
}

TEST(ElfSymbols, DamagedHeadsAreErrorsNeverCrashes) {
    std::ifstream self("/proc/self/exe", std::ios::binary);
    std::string head(64, '\0');
    self.read(head.data(), 64);
    ASSERT_EQ(self.gcount(), 64);
    for (std::size_t at = 16; at < head.size(); ++at) {
        std::string damaged = head;
        damaged[at] = static_cast<char>(0xFF);
        EXPECT_FALSE(elf_symbols::load(file_with("damaged.elf", damaged))) << "byte " << at;
    }
}

}  // namespace
}  // namespace labstore::profiling
