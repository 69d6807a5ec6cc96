#include "meta/committer.hpp"

#include "labstore/observability.hpp"

#include <pthread.h>

namespace labstore::meta {
namespace {

rocksdb::Slice slice(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

committer::committer(const options& settings, database& target) : settings_(settings), database_(target) {
    start_revisions();
    thread_ = std::thread([this] { commit_loop(); });
    ::pthread_setname_np(thread_.native_handle(), "index-commit");
}

committer::~committer() {
    stop();
}

void committer::submit(partition_id partition, batch changes, sync mode, runtime::resumer<answer> wake) {
    errc refusal = errc::ok;
    bool idle = false;
    const auto since = std::chrono::steady_clock::now();
    {
        const std::lock_guard lock(mutex_);
        idle = idle_;
        if (stopping_)
            refusal = errc::fatal;
        else if (queue_.size() >= settings_.queue_size_max)
            refusal = errc::busy;
        else
            queue_.push_back({partition, std::move(changes), mode, std::move(wake), since});
    }
    if (refusal != errc::ok) {
        if (refusal == errc::busy)
            queue_refused_.fetch_add(1, std::memory_order_relaxed);
        wake(make_error_code(refusal));
        return;
    }
    // Not under the lock: the woken thread often takes this one's CPU, and everybody else would wait for the lock meanwhile.
    if (idle)
        wake_.notify_one();
}

void committer::retry_recovery() {
    if (database_.current() != database::condition::out_of_space)
        return;
    {
        const std::lock_guard lock(mutex_);
        retry_ = true;
    }
    wake_.notify_one();
}

void committer::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable())
        thread_.join();
}

bool committer::is_undecided(std::string_view stored_key) const {
    if (!any_undecided_.load(std::memory_order_acquire))
        return false;
    const std::lock_guard lock(undecided_mutex_);
    return undecided_.contains(std::string(stored_key));
}

stats committer::statistics() const {
    stats now;
    now.batches = batches_.load(std::memory_order_relaxed);
    now.groups = groups_.load(std::memory_order_relaxed);
    now.group_size_max = group_size_max_.load(std::memory_order_relaxed);
    now.conflicts = conflicts_.load(std::memory_order_relaxed);
    now.queue_refused = queue_refused_.load(std::memory_order_relaxed);
    now.queue_length_max = settings_.queue_size_max;
    now.group_sizes = group_sizes_.value();
    now.commit_seconds = commit_seconds_.value();
    const std::lock_guard lock(mutex_);
    now.queue_length = queue_.size();
    return now;
}

void committer::commit_loop() {
    std::vector<waiting> group;
    std::unique_lock lock(mutex_);
    while (true) {
        idle_ = true;
        wake_.wait(lock, [this] { return stopping_ || retry_ || !queue_.empty(); });
        idle_ = false;
        if (queue_.empty() && !retry_)
            return;
        retry_ = false;
        group.swap(queue_);
        lock.unlock();
        commit(group);
        const auto done = std::chrono::steady_clock::now();
        for (auto& one : group) {
            commit_seconds_.observe(done - one.since);
            one.wake(std::move(one.outcome));
        }
        group.clear();
        lock.lock();
    }
}

void committer::commit(std::vector<waiting>& group) {
    // A pinned block must not outlive the database it came from.
    read_.Reset();
    if (!ready_to_write(group))
        return;
    rows_.Clear();
    pending_.clear();
    sync_wanted_ = false;
    const auto first_revision = last_revision_;
    const bool alone = group.size() == 1;
    for (auto& one : group)
        judge(one, alone);
    if (rows_.Count() == 0)
        return;
    const auto outcome = database_.write(rows_, sync_wanted_ && settings_.mode == durability::commit);
    if (outcome != write_outcome::applied)
        last_revision_ = first_revision;
    conclude(group, outcome);
}

/// False when the whole group has its answer already.
bool committer::ready_to_write(std::vector<waiting>& group) {
    if (database_.current() == database::condition::out_of_space && database_.recover()) {
        start_revisions();
        const std::lock_guard lock(undecided_mutex_);
        undecided_.clear();
        any_undecided_.store(false, std::memory_order_release);
    }
    const auto now = database_.current();
    if (now == database::condition::running)
        return true;
    for (auto& one : group)
        one.outcome = make_error_code(now == database::condition::fatal ? errc::fatal : errc::full);
    return false;
}

void committer::judge(waiting& one, bool alone) {
    for (const auto& condition : one.changes.preconditions) {
        const auto verdict = judge_condition(one, condition);
        if (verdict == errc::ok)
            continue;
        one.outcome = make_error_code(verdict);
        if (verdict == errc::conflict)
            conflicts_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    one.accepted = true;
    if (!one.changes.mutations.empty()) {
        ++last_revision_;
        add_rows(one, alone);
        sync_wanted_ = sync_wanted_ || one.mode == sync::as_configured;
    }
    one.outcome = last_revision_;
}

errc committer::judge_condition(waiting& one, const precondition& condition) {
    LABSTORE_ASSERT(!condition.key.empty());
    const auto stored_key = encode_key(one.partition, condition.key);
    std::optional<stored_value> found;
    if (const auto pending = pending_.find(stored_key); pending != pending_.end()) {
        one.judged_on_group = true;
        if (pending->second.value != nullptr)
            found = stored_value{pending->second.rev, *pending->second.value};
    } else {
        auto read = read_row(stored_key);
        if (!read)
            return to_errc(read.error());
        found = *read;
    }
    bool holds = false;
    switch (condition.what) {
        case precondition::kind::absent:
            holds = !found.has_value();
            break;
        case precondition::kind::present:
            holds = found.has_value();
            break;
        case precondition::kind::equals_revision:
            holds = found.has_value() && found->rev == condition.rev;
            break;
        case precondition::kind::equals_value:
            holds = found.has_value() && found->value == condition.value;
            break;
    }
    return holds ? errc::ok : errc::conflict;
}

result<std::optional<stored_value>> committer::read_row(const std::string& stored_key) {
    read_.Reset();
    auto* db = database_.reading();
    const auto status =
        db->Get(read_options(rocksdb::kReadAllTier), db->DefaultColumnFamily(), stored_key, &read_);
    if (status.IsNotFound())
        return std::optional<stored_value>();
    if (!status.ok()) {
        log::write(log::level::error, "index read failed", {{"status", status.ToString()}});
        return read_errc(status);
    }
    const auto decoded = decode_value({read_.data(), read_.size()});
    if (!decoded)
        return decoded.error();
    return std::optional<stored_value>(*decoded);
}

void committer::add_rows(waiting& one, bool alone) {
    const auto rev = encode_revision(last_revision_);
    for (const auto& change : one.changes.mutations) {
        LABSTORE_ASSERT(!change.key.empty());
        LABSTORE_ASSERT(!change.value || !change.value->empty());
        auto stored_key = encode_key(one.partition, change.key);
        rocksdb::Status status;
        if (change.value) {
            const rocksdb::Slice key = stored_key;
            const std::array<rocksdb::Slice, 2> value{
                rocksdb::Slice(rev.data(), rev.size()), slice(*change.value)};
            status = rows_.Put(rocksdb::SliceParts(&key, 1), rocksdb::SliceParts(value.data(), 2));
        } else {
            status = rows_.Delete(stored_key);
        }
        LABSTORE_ASSERT(status.ok());
        if (!alone)
            pending_[std::move(stored_key)] = {change.value ? &*change.value : nullptr, last_revision_};
    }
}

void committer::conclude(std::vector<waiting>& group, write_outcome outcome) {
    switch (outcome) {
        case write_outcome::applied: {
            std::uint64_t applied = 0;
            for (const auto& one : group)
                applied += one.accepted ? 1 : 0;
            batches_.fetch_add(applied, std::memory_order_relaxed);
            groups_.fetch_add(1, std::memory_order_relaxed);
            group_sizes_.observe(static_cast<double>(applied));
            if (applied > group_size_max_.load(std::memory_order_relaxed))
                group_size_max_.store(applied, std::memory_order_relaxed);
            return;
        }
        case write_outcome::refused:
            fail_accepted(group, errc::full);
            return;
        case write_outcome::dead:
            fail_accepted(group, errc::fatal);
            return;
        case write_outcome::undecided:
            remember_undecided(group);
            fail_accepted(group, errc::unknown);
            return;
    }
}

void committer::fail_accepted(std::vector<waiting>& group, errc why) {
    for (auto& one : group) {
        if (one.accepted)
            one.outcome = make_error_code(why);
        else if (one.judged_on_group)
            // Turned down because of rows that were not written after all: its judgement does not stand.
            one.outcome = make_error_code(errc::busy);
    }
}

void committer::remember_undecided(const std::vector<waiting>& group) {
    const std::lock_guard lock(undecided_mutex_);
    for (const auto& one : group)
        if (one.accepted)
            for (const auto& change : one.changes.mutations)
                undecided_.insert(encode_key(one.partition, change.key));
    any_undecided_.store(true, std::memory_order_release);
}

void committer::start_revisions() {
    last_revision_ = database_.last_sequence();
}

}  // namespace labstore::meta
