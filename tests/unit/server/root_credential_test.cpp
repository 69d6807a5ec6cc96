#include "server/root_credential.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <fstream>

namespace labstore::server {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RootCredential : public ::testing::Test {
  protected:
    [[nodiscard]] unsigned mode() const {
        struct stat status {};

        return ::stat(file_.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
    }

    const temporary_folder temporary_;
    const storage_folder folder_ =
        *storage_folder::open(temporary_.path(), storage_folder::when_missing::create);
    const std::string file_ = temporary_.inside("credentials.json");
    config::settings settings_;
};

TEST_F(RootCredential, IsMadeOnceKeptPrivateAndFoundAgain) {
    const auto first = find_root_credential(settings_, folder_);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_TRUE(first->made);
    EXPECT_EQ(mode(), 0600U);
    EXPECT_THAT(first->root.who.access_key, MatchesRegex("[A-Z2-7]{20}"));
    EXPECT_THAT(first->root.secret_key.reveal(), MatchesRegex("[A-Za-z0-9]{40}"));
    EXPECT_THAT(first->root.who.account_id, MatchesRegex("[0-9a-f]{64}"));

    const auto second = find_root_credential(settings_, folder_);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->made);
    EXPECT_EQ(second->root.who.access_key, first->root.who.access_key);
    EXPECT_EQ(second->root.secret_key.reveal(), first->root.secret_key.reveal());
    EXPECT_EQ(second->root.who.account_id, first->root.who.account_id);
}

TEST_F(RootCredential, SettingsWinAndKeepTheOwner) {
    const auto made = find_root_credential(settings_, folder_);
    ASSERT_TRUE(made);
    settings_.admin_access_key = "operator";
    settings_.admin_secret_key = crypto::secret("a-secret-of-my-own");
    const auto given = find_root_credential(settings_, folder_);
    ASSERT_TRUE(given);
    EXPECT_FALSE(given->made);
    EXPECT_EQ(given->root.who.access_key, "operator");
    EXPECT_EQ(given->root.who.account_id, made->root.who.account_id);
}

TEST_F(RootCredential, GivenKeysLeaveNoFile) {
    settings_.admin_access_key = "operator";
    settings_.admin_secret_key = crypto::secret("a-secret-of-my-own");
    ASSERT_TRUE(find_root_credential(settings_, folder_));
    EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(RootCredential, AnOpenFileIsClosedAgain) {
    ASSERT_TRUE(find_root_credential(settings_, folder_));
    ASSERT_EQ(::chmod(file_.c_str(), 0644), 0);
    ASSERT_TRUE(find_root_credential(settings_, folder_));
    EXPECT_EQ(mode(), 0600U);
}

TEST_F(RootCredential, ADamagedFileIsNotReplaced) {
    std::ofstream(file_) << "{}";
    const auto found = find_root_credential(settings_, folder_);
    ASSERT_FALSE(found);
    EXPECT_THAT(found.error().message, HasSubstr("credentials.json is damaged"));
    EXPECT_EQ(std::filesystem::file_size(file_), 2U);
}

TEST_F(RootCredential, IsTheOnlyOne) {
    auto found = find_root_credential(settings_, folder_);
    ASSERT_TRUE(found);
    const std::string key = found->root.who.access_key;
    const root_credential source(std::move(found->root));
    ASSERT_TRUE(source.find(key));
    EXPECT_EQ(source.find(key)->who.access_key, key);
    EXPECT_FALSE(source.find(""));
    EXPECT_FALSE(source.find(key + "x"));
    EXPECT_FALSE(source.find(key.substr(1)));
}

}  // namespace
}  // namespace labstore::server
