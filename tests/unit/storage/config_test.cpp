// What a bucket is configured with, and what is said about a version after it was written.
#include "version_fixture.hpp"

namespace labstore::storage {
namespace {

bucket_config all_of_it() {
    bucket_config config;
    config.tags = {{"team", "films"}, {"empty", ""}};
    cors_rule rule;
    rule.id = "one";
    rule.origins = {"https://*.example.org", "*"};
    rule.methods = {"GET", "PUT"};
    rule.headers = {"*"};
    rule.exposed_headers = {"ETag"};
    rule.max_age_seconds = 0;
    config.cors = {rule, {{}, {"*"}, {"GET"}, {}, {}, std::nullopt}};
    website_config site;
    site.index_suffix = "index.html";
    site.error_key = "errors/404.html";
    site.redirect_all = website_redirect{"https", "example.org", std::nullopt, std::nullopt, 0};
    site.rules = {
        {"old/", std::nullopt, {"", "", "", std::nullopt, 302}},
        {std::nullopt, std::uint16_t{404}, {"http", "elsewhere", std::nullopt, "", 0}},
        {std::nullopt, std::nullopt, {}}};
    config.website = site;
    config.default_retention = default_retention{retention_mode::compliance, 0, 7};
    lifecycle_rule first;
    first.id = "first";
    first.enabled = true;
    first.filter.form = filter_form::conjunction;
    first.filter.prefix = "a/";
    first.filter.tags = {{"k", "v"}, {"e", ""}};
    first.filter.size_greater_than = 0;
    first.filter.size_less_than = 1'000'000'000'000;
    first.expire_date = wall_time(std::chrono::seconds(1'893'456'000));
    first.noncurrent_days = 3;
    first.newer_noncurrent_versions = 2;
    lifecycle_rule second;
    second.id = "second";
    second.filter.form = filter_form::prefix_of_rule;
    second.filter.prefix = "";
    second.expire_days = 1;
    second.abort_days = 7;
    lifecycle_rule third;
    third.id = "third";
    third.expire_markers = false;
    config.lifecycle = {{first, second, third}, "varies_by_storage_class"};
    return config;
}

class configured : public testing::TestWithParam<backend> {
  protected:
    void SetUp() override { ASSERT_TRUE(at.create_bucket("photos")); }

    result<void> set(const bucket_config& wanted) {
        const config_change change = [wanted](bucket_config& config) -> result<void> {
            config = wanted;
            return {};
        };
        return at.wait(at.store().configure_bucket("photos", change));
    }

    std::shared_ptr<const bucket_config> config() { return (*at.store().find_bucket("photos"))->config; }

    store_fixture at{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(backends, configured, testing::Values(backend::memory, backend::local));

TEST_P(configured, is_kept_and_survives_a_restart) {
    EXPECT_EQ(config(), nullptr);
    ASSERT_TRUE(set(all_of_it()));
    ASSERT_NE(config(), nullptr);
    EXPECT_EQ(*config(), all_of_it());
    at.reopen();
    ASSERT_NE(config(), nullptr);
    EXPECT_EQ(*config(), all_of_it());
    ASSERT_TRUE(at.wait(at.store().set_versioning("photos", versioning_state::enabled)));
    EXPECT_EQ(*config(), all_of_it()) << "one does not undo the other";
    ASSERT_TRUE(set({}));
    EXPECT_EQ(config(), nullptr);
    EXPECT_EQ((*at.store().find_bucket("photos"))->versioning, versioning_state::enabled);
    EXPECT_TRUE(at.wait(at.store().delete_bucket("photos")));
    EXPECT_EQ(set(all_of_it()).error(), errc::no_such_bucket);
}

TEST_P(configured, a_refused_change_changes_nothing) {
    ASSERT_TRUE(set(all_of_it()));
    const config_change refuse = [](bucket_config& config) -> result<void> {
        config = {};
        return errc::invalid_argument;
    };
    EXPECT_EQ(at.wait(at.store().configure_bucket("photos", refuse)).error(), errc::invalid_argument);
    EXPECT_EQ(*config(), all_of_it());
}

awaitable<void> add_tag(object_store& store, int number, int& done_count) {
    std::string bucket = "photos";
    config_change change = [number](bucket_config& config) -> result<void> {
        config.tags.emplace_back(std::to_string(number), "x");
        return {};
    };
    auto done = co_await store.configure_bucket(std::move(bucket), std::move(change));
    if (done)
        ++done_count;
}

TEST_P(configured, changes_at_once_are_all_kept) {
    int done_count = 0;
    std::vector<awaitable<void>> tasks;
    for (int i = 0; i < 20; ++i)
        tasks.push_back(add_tag(at.store(), i, done_count));
    at.run_all(std::move(tasks));
    EXPECT_EQ(done_count, 20);
    EXPECT_EQ(config()->tags.size(), 20U);
    const auto known = *config();
    at.reopen();
    EXPECT_EQ(*config(), known) << "memory and index agree";
}

TEST_P(configured, tags_of_any_version_are_replaced_in_place) {
    version_calls calls(at);
    calls.set("photos", versioning_state::enabled);
    const auto first = at.put("photos", "a", "1")->version_id;
    const auto second = at.put("photos", "a", "2")->version_id;
    const auto before = at.wait(at.store().stat_object({"photos", "a", first}));
    const tag_list tags{{"k", "v"}, {"e", ""}};
    const auto done = at.wait(at.store().replace_tags({"photos", "a", first}, tags));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->version_id, first);
    const auto after = at.wait(at.store().stat_object({"photos", "a", first}));
    EXPECT_EQ(after->attributes.tags, tags);
    EXPECT_EQ(after->modified, before->modified);
    EXPECT_EQ(calls.get("photos", "a", first).value(), "1");
    EXPECT_TRUE(at.stat("photos", "a")->attributes.tags.empty());
    ASSERT_TRUE(at.wait(at.store().replace_tags({"photos", "a", {}}, {{"current", "1"}})));
    EXPECT_EQ(at.stat("photos", "a")->attributes.tags.size(), 1U);
    EXPECT_TRUE(calls.remove("photos", "a", second));
    EXPECT_EQ(at.stat("photos", "a")->attributes.tags, tags) << "they come along when it is current again";
    ASSERT_TRUE(at.wait(at.store().replace_tags({"photos", "a", {}}, {})));
    EXPECT_TRUE(at.stat("photos", "a")->attributes.tags.empty());
    const auto marker = calls.remove("photos", "a")->version_id;
    EXPECT_EQ(at.wait(at.store().replace_tags({"photos", "a", {}}, tags)).error(), errc::no_such_key);
    EXPECT_EQ(
        at.wait(at.store().replace_tags({"photos", "a", marker}, tags)).error(), errc::method_not_allowed
    );
    EXPECT_EQ(at.wait(at.store().replace_tags({"photos", "a", second}, tags)).error(), errc::no_such_version);
}

TEST(tags, are_replaced_whatever_the_index_answers) {
    store_fixture at(backend::memory);
    ASSERT_TRUE(at.create_bucket("photos"));
    ASSERT_TRUE(at.put("photos", "a", pattern(5'000, 1)));
    for (const auto what :
         {meta::injected::unknown_applied, meta::injected::unknown_not_applied, meta::injected::conflict}) {
        const tag_list tags{{"n", std::to_string(static_cast<int>(what))}};
        at.memory_index().inject(what);
        ASSERT_TRUE(at.wait(at.store().replace_tags({"photos", "a", {}}, tags)));
        EXPECT_EQ(at.stat("photos", "a")->attributes.tags, tags);
    }
    EXPECT_EQ(at.get("photos", "a").value(), pattern(5'000, 1));
}

}  // namespace
}  // namespace labstore::storage
