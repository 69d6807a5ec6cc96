// Lifecycle rules against a model: what is removed was due, and what is due is removed.
#include "lifecycle_fixture.hpp"
#include "storage/record_codec.hpp"

#include <map>
#include <random>

namespace labstore::storage {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

/// One bucket's versions as the rules should leave them, worked out the long way.
class age_model {
  public:
    struct version {
        std::string id;
        bool marker = false;
        wall_time modified;
        std::uint64_t size_bytes = 0;
        tag_list tags;
    };

    explicit age_model(store_fixture& at) : at_(at) {
        list_versions_request request;
        request.bucket = "photos";
        for (bool more = true; more;) {
            const auto page = at.wait(at.store().list_versions(request));
            EXPECT_TRUE(page);
            for (const auto& entry : page->entries) {
                const auto& object = std::get<version_info>(entry).object;
                keys_[object.key].push_back(
                    {object.version_id,
                     object.delete_marker,
                     object.modified,
                     object.size_bytes,
                     object.attributes.tags}
                );
            }
            more = page->more;
            request.key_marker = page->next_key;
            request.version_id_marker = page->next_version_id;
        }
    }

    void follow(const lifecycle_configuration& rules, versioning_state state, wall_time now) {
        while (step(rules, state, now))
            continue;
    }

    /// Keys with the ids of their versions; markers made meanwhile without one.
    [[nodiscard]] texts text(const texts& known) const {
        texts out;
        for (const auto& [key, all] : keys_)
            for (const auto& one : all)
                out.push_back(
                    key + " " +
                    (one.marker && !is_known(known, key, one.id) ? "-" : one.id + (one.marker ? "-" : ""))
                );
        return out;
    }

    [[nodiscard]] texts ids() const {
        texts out;
        for (const auto& [key, all] : keys_)
            for (const auto& one : all)
                out.push_back(key + " " + one.id + " " + std::to_string(nanoseconds_of(one.modified)));
        return out;
    }

  private:
    [[nodiscard]] bool is_known(const texts& known, const std::string& key, const std::string& id) const {
        for (const auto& [name, all] : keys_)
            for (const auto& one : all)
                if (name == key && one.id == id &&
                    std::find(
                        known.begin(),
                        known.end(),
                        key + " " + id + " " + std::to_string(nanoseconds_of(one.modified))
                    ) != known.end())
                    return true;
        return false;
    }

    bool step(const lifecycle_configuration& rules, versioning_state state, wall_time now) {
        for (auto key = keys_.begin(); key != keys_.end(); ++key)
            for (std::size_t i = 0; i < key->second.size(); ++i)
                if (act(rules, state, now, key, i))
                    return true;
        return false;
    }

    using key_map = std::map<std::string, std::vector<version>>;

    bool act(
        const lifecycle_configuration& rules,
        versioning_state state,
        wall_time now,
        key_map::iterator key,
        std::size_t i
    ) {
        auto& all = key->second;
        version_facts facts;
        facts.key = key->first;
        facts.size_bytes = all[i].size_bytes;
        for (const auto& [name, value] : all[i].tags)
            facts.tags.emplace_back(name, value);
        facts.modified = all[i].modified;
        facts.delete_marker = all[i].marker;
        facts.latest = i == 0;
        facts.alone = all.size() == 1;
        if (i != 0)
            facts.noncurrent_since = all[i - 1].modified;
        facts.newer_noncurrent = static_cast<std::uint32_t>(i == 0 ? 0 : i - 1);
        const auto verdict = judge_version(rules, facts, 86'400s);
        if (!verdict || verdict->due > now)
            return false;
        if (verdict->action == lifecycle_action::expire_current && state != versioning_state::unversioned) {
            if (state == versioning_state::suspended)
                all.erase(
                    std::remove_if(
                        all.begin(), all.end(), [](const version& one) { return one.id == "null"; }
                    ),
                    all.end()
                );
            all.insert(all.begin(), version{"made", true, now, 0, {}});
        } else {
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (all.empty())
            keys_.erase(key);
        return true;
    }

    store_fixture& at_;
    key_map keys_;
};

class random_life {
  public:
    explicit random_life(std::uint32_t seed) : random_(seed) { EXPECT_TRUE(at_.create_bucket("photos")); }

    void run(int steps) {
        for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
            switch (pick(12)) {
                case 0:
                    change_rules();
                    break;
                case 1:
                    if (pick(4) == 0)
                        change_versioning();
                    break;
                case 2:
                    ASSERT_TRUE(at_.remove("photos", key()));
                    break;
                case 3:
                    remove_a_version();
                    break;
                case 4:
                    tag_something();
                    break;
                case 5:
                    at_.reopen();
                    break;
                case 6:
                case 7:
                    at_.time.advance(std::chrono::hours(pick(40)));
                    check();
                    break;
                default:
                    put_something();
            }
        }
        check();
    }

  private:
    std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

    std::string key() { return (pick(2) == 0 ? "a/" : "b/") + std::to_string(pick(3)); }

    tag_list tags() { return pick(2) == 0 ? tag_list{{"state", "old"}} : tag_list{}; }

    void put_something() {
        put_request request;
        request.attributes.tags = tags();
        ASSERT_TRUE(at_.put("photos", key(), std::string(pick(5), 'x'), request));
    }

    void change_versioning() {
        state_ = pick(2) == 0 ? versioning_state::enabled : versioning_state::suspended;
        calls_.set("photos", state_);
        change_rules();
    }

    void change_rules() {
        rules_.clear();
        for (std::uint32_t i = 0; i < 1 + pick(3); ++i) {
            auto rule = rule_for("r" + std::to_string(i), pick(2) == 0 ? "a/" : "");
            rule.enabled = pick(6) != 0;
            if (pick(3) == 0)
                rule.filter.tags = {{"state", "old"}};
            if (pick(4) == 0)
                rule.filter.size_greater_than = pick(4);
            if (pick(2) == 0)
                rule.expire_days = 1 + pick(3);
            else if (pick(3) == 0)
                rule.expire_markers = true;
            else if (pick(3) == 0)
                rule.expire_date =
                    std::chrono::floor<std::chrono::days>(at_.time.now()) + std::chrono::hours(24) * pick(3);
            // A null version that is replaced takes with it when the one below it became noncurrent: what both rules do
            // then depends on which comes first.
            if (state_ != versioning_state::suspended && pick(2) == 0)
                rule.noncurrent_days = 1 + pick(3);
            rules_.push_back(std::move(rule));
        }
        age_.set_rules(rules_);
    }

    void remove_a_version() {
        const auto all = calls_.list("photos");
        if (all.empty())
            return;
        auto line = all[pick(static_cast<std::uint32_t>(all.size()))];
        if (line.front() == '*')
            line.erase(0, 1);
        const auto name = line.substr(0, line.find(' '));
        auto id = line.substr(line.find(' ') + 1);
        id = id.substr(0, id.find(' '));
        ASSERT_TRUE(calls_.remove("photos", name, id));
    }

    void tag_something() {
        const auto keys = age_.keys();
        if (keys.empty())
            return;
        const auto& name = keys[pick(static_cast<std::uint32_t>(keys.size()))];
        ASSERT_TRUE(at_.wait(at_.store().replace_tags({"photos", name, {}}, tags())));
    }

    void check() {
        age_model expected(at_);
        const auto known = expected.ids();
        const auto now = at_.time.now();
        expected.follow({rules_, {}}, state_, now);
        age_.run();
        age_model found(at_);
        EXPECT_EQ(found.text(known), expected.text(known));
        if (testing::Test::HasFailure())
            return;
        const auto again = at_.store().stats().lifecycle.done;
        age_.run();
        EXPECT_EQ(at_.store().stats().lifecycle.done, again) << "nothing is done twice";
    }

    std::mt19937 random_;
    store_fixture at_{backend::memory};
    version_calls calls_{at_};
    aging age_{at_};
    versioning_state state_ = versioning_state::unversioned;
    std::vector<lifecycle_rule> rules_;
};

TEST(ageing_model, random_lives_end_as_the_rules_say) {
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        random_life life(seed);
        life.run(120);
        if (HasFailure())
            return;
    }
}

}  // namespace
}  // namespace labstore::storage
