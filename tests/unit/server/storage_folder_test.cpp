#include "server/storage_folder.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

namespace labstore::server {
namespace {

using ::testing::HasSubstr;
using when_missing = storage_folder::when_missing;

std::string refusal(const std::string& path, when_missing policy = when_missing::create) {
    const auto opened = storage_folder::open(path, policy);
    return opened ? "opened" : opened.error().message;
}

TEST(StorageFolder, MakesAMissingPathPrivate) {
    const temporary_folder parent;
    const std::string path = parent.inside("a/b/data/");
    const auto opened = storage_folder::open(path, when_missing::create);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->path(), parent.inside("a/b/data"));

    struct stat status {};

    ASSERT_EQ(::stat(opened->path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    EXPECT_EQ(opened->deployment_id().size(), 32U);
    EXPECT_TRUE(std::filesystem::exists(parent.inside("a/b/data/format.json")));
}

TEST(StorageFolder, TheDeploymentKeepsItsId) {
    const temporary_folder folder;
    std::string id;
    {
        const auto first = storage_folder::open(folder.path(), when_missing::create);
        ASSERT_TRUE(first);
        id = first->deployment_id();
    }
    const auto second = storage_folder::open(folder.path(), when_missing::create);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->deployment_id(), id);
    const temporary_folder other;
    EXPECT_NE(storage_folder::open(other.path(), when_missing::create)->deployment_id(), id);
}

TEST(StorageFolder, ASecondUserIsRefusedUntilTheFirstIsGone) {
    const temporary_folder folder;
    {
        const auto first = storage_folder::open(folder.path(), when_missing::create);
        ASSERT_TRUE(first);
        const std::string message = refusal(folder.path());
        EXPECT_THAT(message, HasSubstr(folder.path().string()));
        EXPECT_THAT(message, HasSubstr("in use by another labstore-server"));
        EXPECT_THAT(message, HasSubstr("process " + std::to_string(::getpid())));
        EXPECT_THAT(refusal(folder.path(), when_missing::fail), HasSubstr("in use"));
    }
    EXPECT_EQ(refusal(folder.path()), "opened");
}

TEST(StorageFolder, ANewerFormatIsRefusedAndLeftAlone) {
    const temporary_folder folder;
    const std::string text = R"({"format_version": 999, "deployment_id": "new style"})";
    std::ofstream(folder.inside("format.json")) << text;
    EXPECT_THAT(refusal(folder.path()), HasSubstr("newer version"));
    std::ifstream after(folder.inside("format.json"));
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), text);
}

TEST(StorageFolder, ADamagedFormatIsRefused) {
    const temporary_folder folder;
    std::ofstream(folder.inside("format.json")) << "{\"format_version\":";
    EXPECT_THAT(refusal(folder.path()), HasSubstr("damaged"));
}

TEST(StorageFolder, AFolderOfSomethingElseIsNotTouched) {
    const temporary_folder folder;
    std::ofstream(folder.inside("thesis.tex")) << "x";
    EXPECT_THAT(refusal(folder.path()), HasSubstr("thesis.tex"));
    EXPECT_FALSE(std::filesystem::exists(folder.inside("LOCK")));
    EXPECT_FALSE(std::filesystem::exists(folder.inside("format.json")));
}

TEST(StorageFolder, AFreshFileSystemAndACrashedFirstStartAreFine) {
    const temporary_folder folder;
    std::filesystem::create_directory(folder.inside("lost+found"));
    std::ofstream(folder.inside("LOCK")) << "1";
    std::ofstream(folder.inside("format.json.new")) << "{";
    EXPECT_EQ(refusal(folder.path()), "opened");
}

TEST(StorageFolder, WithoutCreatingOnlyAStoreIsOpened) {
    const temporary_folder folder;
    EXPECT_THAT(
        refusal(folder.inside("missing"), when_missing::fail), HasSubstr("cannot open the storage path")
    );
    EXPECT_FALSE(std::filesystem::exists(folder.inside("missing")));
    EXPECT_THAT(refusal(folder.path(), when_missing::fail), HasSubstr("no store"));
    EXPECT_EQ(refusal(folder.path()), "opened");
    EXPECT_EQ(refusal(folder.path(), when_missing::fail), "opened");
}

TEST(StorageFolder, AFileIsNoFolder) {
    const temporary_folder folder;
    std::ofstream(folder.inside("file")) << "x";
    EXPECT_THAT(refusal(folder.inside("file")), HasSubstr("cannot open the storage path"));
    EXPECT_THAT(refusal(folder.inside("file/below")), HasSubstr("cannot make the folder"));
}

}  // namespace
}  // namespace labstore::server
