#include "server/durable_file.hpp"
#include "temporary_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

namespace labstore::server {
namespace {

class DurableFile : public ::testing::Test {
  protected:
    const temporary_folder folder_;
    const unique_fd descriptor_{::open(folder_.path().c_str(), O_RDONLY | O_DIRECTORY)};
};

TEST_F(DurableFile, WritesReplacesAndKeepsPrivate) {
    ASSERT_TRUE(write_durably(descriptor_.get(), "a.json", "first"));
    ASSERT_TRUE(write_durably(descriptor_.get(), "a.json", "second"));
    EXPECT_EQ(read_small(descriptor_.get(), "a.json", 100).value(), "second");

    struct stat status {};

    ASSERT_EQ(::stat(folder_.inside("a.json").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_FALSE(std::filesystem::exists(folder_.inside(temporary_name("a.json"))));
}

TEST_F(DurableFile, ALeftoverOfACrashIsReplaced) {
    std::ofstream(folder_.inside(temporary_name("a.json"))) << "half";
    ASSERT_TRUE(write_durably(descriptor_.get(), "a.json", "whole"));
    EXPECT_EQ(read_small(descriptor_.get(), "a.json", 100).value(), "whole");
}

TEST_F(DurableFile, ReadingHasALimitAndTellsWhatIsMissing) {
    ASSERT_TRUE(write_durably(descriptor_.get(), "a", "12345"));
    EXPECT_TRUE(read_small(descriptor_.get(), "a", 5));
    const auto large = read_small(descriptor_.get(), "a", 4);
    ASSERT_FALSE(large);
    EXPECT_EQ(to_errc(large.error()), errc::too_large);
    const auto missing = read_small(descriptor_.get(), "b", 4);
    ASSERT_FALSE(missing);
    EXPECT_TRUE(is_missing(missing.error()));
    EXPECT_FALSE(is_missing(large.error()));
}

TEST_F(DurableFile, SymbolicLinksAreNotFollowed) {
    std::ofstream(folder_.inside("secret")) << "elsewhere";
    std::filesystem::create_symlink("secret", folder_.path() / "link");
    EXPECT_FALSE(read_small(descriptor_.get(), "link", 100));
}

TEST_F(DurableFile, AFailureLeavesTheOldFile) {
    ASSERT_TRUE(write_durably(descriptor_.get(), "a", "old"));
    std::filesystem::create_directory(folder_.inside(temporary_name("a")));
    EXPECT_FALSE(write_durably(descriptor_.get(), "a", "new"));
    EXPECT_EQ(read_small(descriptor_.get(), "a", 100).value(), "old");
}

}  // namespace
}  // namespace labstore::server
