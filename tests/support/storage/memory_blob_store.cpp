#include "support/storage/memory_blob_store.hpp"

#include <algorithm>
#include <utility>

namespace labstore::blob {

class memory_blob_store::memory_writer final : public writer {
  public:
    memory_writer(memory_blob_store& owner_store, owner whose)
        : store_(owner_store), whose_(std::move(whose)), room_(owner_store.room_bytes_) {
        store_.writers_.fetch_add(1);
    }

    ~memory_writer() override { store_.writers_.fetch_sub(1); }

    awaitable<result<std::span<std::byte>>> prepare() override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        if (const auto failure = store_.failure_of(blob_call::prepare))
            co_return *failure;
        if (filled_ == room_.size())
            filled_ = 0;
        co_return std::span<std::byte>(room_).subspan(filled_);
    }

    void advance(std::size_t size_bytes) override {
        LABSTORE_ASSERT(size_bytes <= room_.size() - filled_);
        bytes_.append(as_text(byte_span(room_).subspan(filled_, size_bytes)));
        filled_ += size_bytes;
    }

    [[nodiscard]] std::uint64_t written_bytes() const noexcept override { return bytes_.size(); }

    awaitable<result<ref>> finish(std::string metadata) override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        if (const auto failure = store_.failure_of(blob_call::finish))
            co_return *failure;
        whose_.metadata = std::move(metadata);
        auto made = store_.add(std::move(whose_), std::make_shared<const std::string>(std::move(bytes_)));
        std::function<void()> hook;
        {
            const std::lock_guard lock(store_.mutex_);
            hook = store_.after_finish_;
        }
        if (hook)
            hook();
        co_return made;
    }

  private:
    memory_blob_store& store_;
    owner whose_;
    std::vector<std::byte> room_;
    std::size_t filled_ = 0;  // of the room, since it was last full
    std::string bytes_;
};

class memory_blob_store::memory_reader final : public reader {
  public:
    memory_reader(memory_blob_store& owner_store, std::shared_ptr<const std::string> bytes)
        : store_(owner_store), bytes_(std::move(bytes)) {}

    [[nodiscard]] std::optional<file_range> checked_in_memory(
        std::uint64_t, std::uint64_t
    ) noexcept override {
        return std::nullopt;
    }

    [[nodiscard]] std::uint64_t size_bytes() const noexcept override { return bytes_->size(); }

    awaitable<result<byte_span>> read(std::uint64_t offset, std::uint64_t size_bytes) override {
        co_await runtime::asio::post(runtime::asio::use_awaitable);
        if (const auto failure = store_.failure_of(blob_call::read))
            co_return *failure;
        LABSTORE_ASSERT(size_bytes > 0 && offset + size_bytes <= bytes_->size());
        const auto size = std::min<std::uint64_t>(size_bytes, store_.room_bytes_);
        co_return as_bytes(*bytes_).subspan(offset, size);
    }

  private:
    memory_blob_store& store_;
    std::shared_ptr<const std::string> bytes_;
};

memory_blob_store::memory_blob_store(std::size_t room_bytes) : room_bytes_(room_bytes) {}

memory_blob_store::~memory_blob_store() = default;

void memory_blob_store::inject(blob_call which, errc failure, std::uint64_t skip) {
    const std::lock_guard lock(mutex_);
    failures_[which].emplace(calls_[which] + skip, failure);
}

void memory_blob_store::after_finish(std::function<void()> hook) {
    const std::lock_guard lock(mutex_);
    after_finish_ = std::move(hook);
}

void memory_blob_store::compact_next_time() {
    const std::lock_guard lock(mutex_);
    compact_ = true;
}

void memory_blob_store::lose(const std::string& locator) {
    const std::lock_guard lock(mutex_);
    blobs_.erase(locator);
}

std::map<std::string, memory_blob_store::blob_record> memory_blob_store::contents() const {
    const std::lock_guard lock(mutex_);
    return blobs_;
}

std::size_t memory_blob_store::count() const {
    const std::lock_guard lock(mutex_);
    return blobs_.size();
}

std::uint64_t memory_blob_store::bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t total = 0;
    for (const auto& [locator, blob] : blobs_)
        total += blob.bytes->size();
    return total;
}

std::uint64_t memory_blob_store::moved() const {
    const std::lock_guard lock(mutex_);
    return moved_;
}

std::uint64_t memory_blob_store::cloned() const {
    const std::lock_guard lock(mutex_);
    return cloned_;
}

awaitable<result<std::unique_ptr<writer>>>
memory_blob_store::create(owner whose, std::optional<std::uint64_t>) {
    co_await runtime::asio::post(runtime::asio::use_awaitable);
    if (const auto failure = failure_of(blob_call::create))
        co_return *failure;
    co_return std::unique_ptr<writer>(std::make_unique<memory_writer>(*this, std::move(whose)));
}

awaitable<result<std::unique_ptr<reader>>> memory_blob_store::open(ref which) {
    co_await runtime::asio::post(runtime::asio::use_awaitable);
    if (const auto failure = failure_of(blob_call::open))
        co_return *failure;
    const std::lock_guard lock(mutex_);
    const auto found = blobs_.find(which.locator);
    if (found == blobs_.end())
        co_return errc::no_such_key;
    co_return std::unique_ptr<reader>(std::make_unique<memory_reader>(*this, found->second.bytes));
}

awaitable<result<ref>> memory_blob_store::clone(ref which, owner whose) {
    co_await runtime::asio::post(runtime::asio::use_awaitable);
    if (const auto failure = failure_of(blob_call::clone))
        co_return *failure;
    std::shared_ptr<const std::string> bytes;
    {
        const std::lock_guard lock(mutex_);
        const auto found = blobs_.find(which.locator);
        if (found == blobs_.end())
            co_return errc::no_such_key;
        bytes = found->second.bytes;
        ++cloned_;
    }
    co_return add(std::move(whose), std::move(bytes));
}

awaitable<result<void>> memory_blob_store::remove(std::vector<ref> which) {
    co_await runtime::asio::post(runtime::asio::use_awaitable);
    if (const auto failure = failure_of(blob_call::remove))
        co_return *failure;
    const std::lock_guard lock(mutex_);
    for (const auto& one : which)
        blobs_.erase(one.locator);
    co_return result<void>();
}

awaitable<result<maintenance_report>> memory_blob_store::maintain(referee& judge) {
    maintenance_report report;
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(compact_, false))
            co_return report;
    }
    auto blobs = contents();
    for (auto& [locator, blob] : blobs) {
        auto where = locator;
        auto done = co_await move(judge, std::move(where), std::move(blob), report);
        LABSTORE_CO_TRY(done);
    }
    co_return report;
}

awaitable<result<void>> memory_blob_store::move(
    referee& judge, std::string locator, blob_record blob, maintenance_report& report
) {
    const ref from{locator, blob.bytes->size()};
    auto live = co_await judge.is_live(blob.whose, from);
    LABSTORE_CO_TRY(live);
    if (*live) {
        const auto to = add(blob.whose, blob.bytes);
        auto relocated = co_await judge.relocate(blob.whose, from, to);
        if (!relocated || !*relocated)
            lose(to.locator);
        if (!relocated)
            co_return to_errc(relocated.error()) == errc::busy ? result<void>() : relocated.error();
        report.bytes_moved += blob.bytes->size();
    } else {
        ++report.orphans_removed;
    }
    const std::lock_guard lock(mutex_);
    ++moved_;
    blobs_.erase(locator);
    co_return result<void>();
}

std::optional<errc> memory_blob_store::failure_of(blob_call which) {
    const std::lock_guard lock(mutex_);
    const auto number = calls_[which]++;
    auto& waiting = failures_[which];
    const auto found = waiting.find(number);
    if (found == waiting.end())
        return std::nullopt;
    const auto failure = found->second;
    waiting.erase(found);
    return failure;
}

ref memory_blob_store::add(owner whose, std::shared_ptr<const std::string> bytes) {
    const std::lock_guard lock(mutex_);
    ref made{"memory:" + std::to_string(++last_id_), bytes->size()};
    blobs_.emplace(made.locator, blob_record{std::move(whose), std::move(bytes)});
    return made;
}

}  // namespace labstore::blob
