#include "storage/version_check.hpp"

#include "storage/versioned_key.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

template <typename Facts>
Facts* find(std::vector<Facts>& all, std::uint64_t hash) {
    const auto found =
        std::lower_bound(all.begin(), all.end(), hash, [](const Facts& one, std::uint64_t wanted) {
            return one.key_hash < wanted;
        });
    return found != all.end() && found->key_hash == hash ? &*found : nullptr;
}

template <typename Facts>
void sort_by_key(std::vector<Facts>& all) {
    std::sort(all.begin(), all.end(), [](const Facts& left, const Facts& right) {
        return left.key_hash < right.key_hash;
    });
}

}  // namespace

void version_check::add(
    const std::string& where,
    std::string_view key,
    const records::object& record,
    std::uint64_t sequence,
    bool current
) {
    const auto& id = record.version_id();
    if (record.null_version() ? !id.empty()
                              : id.size() != version_id_size_bytes || sequence_of(id) != sequence)
        report_(where, "its version id is not its row's");
    const auto hash = std::hash<std::string_view>{}(key);
    if (current)
        current_.push_back({hash, sequence});
    else
        add_older(where, hash, record, sequence);
}

void version_check::add_older(
    const std::string& where, std::uint64_t hash, const records::object& record, std::uint64_t sequence
) {
    if (record.sequence() != sequence)
        report_(where, "a version's sequence is not its row's");
    if (older_.empty() || older_.back().key_hash != hash)
        older_.push_back({hash, sequence, 0, record.delete_marker(), false});
    if (!record.null_version())
        return;
    if (older_.back().null_sequence != 0)
        report_(where, "it has two null versions");
    older_.back().null_sequence = sequence;
}

void version_check::state(const std::string& where, std::string_view key, const records::key_state& state) {
    sort();
    const auto hash = std::hash<std::string_view>{}(key);
    const auto* const current = find(current_, hash);
    auto* const older = find(older_, hash);
    if (current == nullptr && older == nullptr) {
        report_(where, "its state is left and no version");
        return;
    }
    if (older != nullptr)
        older->has_state = true;
    if (state.null_sequence() != (older != nullptr ? older->null_sequence : 0))
        report_(where, "its null version is not where its state says");
    const auto newest = std::max(
        current != nullptr ? current->sequence : 0, older != nullptr ? older->newest : std::uint64_t{0}
    );
    if (state.sequence() < newest)
        report_(where, "it has a version that its state does not know");
    check_order(where, current, older);
}

void version_check::check_order(
    const std::string& where, const current_facts* current, const older_facts* older
) {
    if (older == nullptr)
        return;
    if (current != nullptr && current->sequence <= older->newest)
        report_(where, "its current version is not the newest");
    if (current == nullptr && !older->newest_is_marker)
        report_(where, "its newest version is not the current one");
}

void version_check::close() {
    sort();
    const auto without =
        std::count_if(older_.begin(), older_.end(), [](const older_facts& one) { return !one.has_state; });
    if (without != 0)
        report_("keys of one bucket", std::to_string(without) + " have versions and no state");
    current_.clear();
    older_.clear();
    sorted_ = false;
}

void version_check::sort() {
    if (sorted_)
        return;
    sort_by_key(current_);
    sort_by_key(older_);
    sorted_ = true;
}

}  // namespace labstore::storage
