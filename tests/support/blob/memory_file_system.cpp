#include "support/blob/memory_file_system.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>

namespace labstore::blob::testing {
namespace {

constexpr std::size_t sector_size = 512;
constexpr page zero_page{};

std::size_t pages_of(std::uint64_t size_bytes) {
    return (size_bytes + page_size - 1) / page_size;
}

const page_pointer& page_at(const std::vector<page_pointer>& pages, std::size_t index) {
    static const page_pointer none;
    return index < pages.size() ? pages[index] : none;
}

void set_page(std::vector<page_pointer>& pages, std::size_t index, page_pointer content) {
    if (index >= pages.size())
        pages.resize(index + 1);
    pages[index] = std::move(content);
}

/// Sectors of one page taken from either of two states.
page_pointer torn(const page_pointer& before, const page_pointer& after, std::mt19937_64& random) {
    auto out = before ? std::make_shared<page>(*before) : std::make_shared<page>();
    for (std::size_t at = 0; at < page_size; at += sector_size) {
        if (random() % 2 == 0)
            continue;
        if (after)
            std::copy_n(after->data() + at, sector_size, out->data() + at);
        else
            std::fill_n(out->data() + at, sector_size, std::byte{0});
    }
    return out;
}

std::shared_ptr<node> cut_file(const node& what, std::mt19937_64& random) {
    auto out = std::make_shared<node>(false);
    out->size = what.size_dirty && random() % 2 == 0 ? what.size : what.synced_size;
    for (std::size_t i = 0; i < pages_of(out->size); ++i) {
        const auto& before = page_at(what.synced_pages, i);
        const auto& after = page_at(what.pages, i);
        page_pointer content = before;
        if (what.dirty.contains(i)) {
            const auto fate = random() % 3;
            if (fate == 0)
                content = after;
            else if (fate == 1)
                content = torn(before, after, random);
        }
        if (content)
            set_page(out->pages, i, std::make_shared<page>(*content));
    }
    out->synced_pages = out->pages;
    out->synced_size = out->size;
    return out;
}

}  // namespace

memory_file::memory_file(memory_file_system& owner, std::shared_ptr<node> what)
    : owner_(owner), what_(std::move(what)) {
    ++what_->uses;
}

memory_file::~memory_file() {
    const std::lock_guard lock(owner_.mutex_);
    owner_.end_use(*what_);
}

result<std::size_t> memory_file::read(std::uint64_t offset, mutable_byte_span into) {
    const std::lock_guard lock(owner_.mutex_);
    return memory_file_system::read_node(*what_, offset, into);
}

std::size_t memory_file::read_cached(std::uint64_t offset, mutable_byte_span into) noexcept {
    if (owner_.cold_.load())
        return 0;
    const std::lock_guard lock(owner_.mutex_);
    return memory_file_system::read_node(*what_, offset, into);
}

result<void> memory_file::write(std::uint64_t offset, std::span<const byte_span> pieces) {
    const std::lock_guard lock(owner_.mutex_);
    for (const auto& piece : pieces) {
        if (offset + piece.size() > what_->size)
            LABSTORE_TRY(owner_.resize(*what_, offset + piece.size()));
        memory_file_system::write_node(*what_, offset, piece);
        offset += piece.size();
    }
    return {};
}

result<void> memory_file::sync_data() {
    const std::lock_guard lock(owner_.mutex_);
    memory_file_system::sync_node(*what_);
    if (owner_.how_.any_sync_carries_names)
        owner_.sync_names_of(*owner_.root_);
    return {};
}

result<void> memory_file::allocate(std::uint64_t size_bytes) {
    const std::lock_guard lock(owner_.mutex_);
    return owner_.resize(*what_, size_bytes);
}

result<void> memory_file::write_zeros(std::uint64_t offset, std::uint64_t size_bytes) {
    const std::vector<std::byte> zeros(size_bytes);
    const byte_span piece = zeros;
    return write(offset, std::span(&piece, 1));
}

result<std::uint64_t> memory_file::size_bytes() {
    const std::lock_guard lock(owner_.mutex_);
    return what_->size;
}

void memory_file::lose_unsynced() {
    const std::lock_guard lock(owner_.mutex_);
    what_->dirty.clear();
    what_->size_dirty = false;
}

memory_file_system::memory_file_system(behaviour how) : how_(how) {}

std::shared_ptr<node> memory_file_system::find(const std::string& path) const {
    auto at = root_;
    std::size_t from = 0;
    while (from < path.size()) {
        const auto to = std::min(path.find('/', from), path.size());
        if (to > from) {
            const auto next = at->names.find(path.substr(from, to - from));
            if (next == at->names.end())
                return nullptr;
            at = next->second;
        }
        from = to + 1;
    }
    return at;
}

std::pair<std::shared_ptr<node>, std::string> memory_file_system::place(const std::string& path) const {
    const auto slash = path.rfind('/');
    return {find(slash == std::string::npos ? "" : path.substr(0, slash)), path.substr(slash + 1)};
}

result<void> memory_file_system::resize(node& what, std::uint64_t size_bytes) {
    const auto before = pages_of(what.size);
    const auto after = pages_of(size_bytes);
    if (after > before && (used_pages_ + after - before) * page_size > how_.capacity_bytes)
        return errc::full;
    used_pages_ += after;
    used_pages_ -= before;
    what.size_dirty = what.size_dirty || what.size != size_bytes;
    what.size = size_bytes;
    return {};
}

void memory_file_system::end_use(node& what) {
    LABSTORE_ASSERT(what.uses > 0);
    if (--what.uses == 0)
        used_pages_ -= pages_of(what.size);
}

std::size_t memory_file_system::read_node(const node& what, std::uint64_t offset, mutable_byte_span into) {
    if (offset >= what.size)
        return 0;
    const auto size = std::min<std::uint64_t>(into.size(), what.size - offset);
    std::size_t done = 0;
    while (done < size) {
        const auto at = offset + done;
        const auto inside = at % page_size;
        const auto count = std::min<std::uint64_t>(page_size - inside, size - done);
        if (const auto& content = page_at(what.pages, at / page_size))
            std::copy_n(content->data() + inside, count, into.data() + done);
        else
            std::fill_n(into.data() + done, count, std::byte{0});
        done += count;
    }
    return size;
}

void memory_file_system::write_node(node& what, std::uint64_t offset, byte_span bytes) {
    while (!bytes.empty()) {
        const auto index = offset / page_size;
        const auto inside = offset % page_size;
        const auto count = std::min<std::uint64_t>(page_size - inside, bytes.size());
        const auto& old = page_at(what.pages, index);
        const auto piece = bytes.first(count);
        if (count == page_size && std::memcmp(piece.data(), zero_page.data(), page_size) == 0) {
            set_page(what.pages, index, nullptr);
        } else {
            // A page is never changed in place: the synced state may share it.
            auto fresh = old ? std::make_shared<page>(*old) : std::make_shared<page>();
            std::ranges::copy(piece, fresh->data() + inside);
            set_page(what.pages, index, std::move(fresh));
        }
        what.dirty.insert(index);
        offset += count;
        bytes = bytes.subspan(count);
    }
}

void memory_file_system::sync_node(node& what) {
    for (const auto index : what.dirty)
        set_page(what.synced_pages, index, page_at(what.pages, index));
    what.dirty.clear();
    if (what.size_dirty)
        what.synced_size = what.size;
    what.size_dirty = false;
}

void memory_file_system::sync_names_of(node& directory) {
    directory.synced_names = directory.names;
    for (const auto& [name, what] : directory.names)
        if (what->directory)
            sync_names_of(*what);
}

result<std::unique_ptr<file>> memory_file_system::open(const std::string& path, open_mode mode) {
    const std::lock_guard lock(mutex_);
    auto what = find(path);
    if (mode == open_mode::create) {
        if (what)
            return errc::conflict;
        const auto [parent, name] = place(path);
        if (!parent)
            return errc::no_such_key;
        what = std::make_shared<node>(false);
        what->uses = 1;
        parent->names[name] = what;
    }
    if (!what)
        return errc::no_such_key;
    return std::make_unique<memory_file>(*this, std::move(what));
}

result<void> memory_file_system::make_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [parent, name] = place(path);
    if (!parent)
        return errc::no_such_key;
    if (!parent->names.contains(name))
        parent->names[name] = std::make_shared<node>(true);
    return {};
}

result<void> memory_file_system::sync_directory(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto what = find(path);
    if (!what)
        return errc::no_such_key;
    what->synced_names = what->names;
    if (how_.any_sync_carries_names)
        sync_names_of(*root_);
    return {};
}

result<void> memory_file_system::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto [old_parent, old_name] = place(from);
    const auto [new_parent, new_name] = place(to);
    if (!old_parent || !new_parent || !old_parent->names.contains(old_name))
        return errc::no_such_key;
    if (const auto replaced = new_parent->names.find(new_name); replaced != new_parent->names.end())
        end_use(*replaced->second);
    new_parent->names[new_name] = old_parent->names[old_name];
    old_parent->names.erase(old_name);
    return {};
}

result<void> memory_file_system::link(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    const auto what = find(from);
    const auto [parent, name] = place(to);
    if (!what || !parent)
        return errc::no_such_key;
    if (parent->names.contains(name))
        return errc::conflict;
    parent->names[name] = what;
    ++what->uses;
    return {};
}

result<void> memory_file_system::unlink(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto [parent, name] = place(path);
    if (!parent || !parent->names.contains(name))
        return errc::no_such_key;
    end_use(*parent->names[name]);
    parent->names.erase(name);
    return {};
}

result<std::vector<std::string>> memory_file_system::list(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto what = find(path);
    if (!what)
        return errc::no_such_key;
    std::vector<std::string> names;
    for (const auto& [name, child] : what->names)
        names.push_back(name);
    return names;
}

result<space> memory_file_system::free_space(const std::string&) {
    const auto free = how_.capacity_bytes - std::min(used_bytes(), how_.capacity_bytes);
    return space{.total_bytes = how_.capacity_bytes, .available_bytes = free};
}

result<void> memory_file_system::sync_all(const std::string&) {
    const std::lock_guard lock(mutex_);
    sync_names_of(*root_);
    const std::function<void(node&)> sync_below = [&](node& what) {
        sync_node(what);
        for (const auto& [name, child] : what.names)
            sync_below(*child);
    };
    sync_below(*root_);
    return {};
}

std::unique_ptr<memory_file_system> memory_file_system::after_power_cut(std::uint64_t seed) const {
    const std::lock_guard lock(mutex_);
    std::mt19937_64 random(seed);
    auto out = std::make_unique<memory_file_system>(how_);
    std::map<const node*, std::shared_ptr<node>> made;
    const std::function<std::shared_ptr<node>(const node&)> cut = [&](const node& what) {
        if (const auto known = made.find(&what); known != made.end())
            return known->second;
        if (!what.directory) {
            auto copy = cut_file(what, random);
            out->used_pages_ += pages_of(copy->size);
            made[&what] = copy;
            return copy;
        }
        auto copy = std::make_shared<node>(true);
        made[&what] = copy;
        auto chosen = what.synced_names;
        for (const auto& [name, child] : what.names) {
            const auto synced = what.synced_names.find(name);
            const bool changed = synced == what.synced_names.end() || synced->second != child;
            if (changed && random() % 2 == 0)
                chosen[name] = child;
        }
        for (const auto& [name, child] : what.synced_names)
            if (!what.names.contains(name) && random() % 2 == 0)
                chosen.erase(name);
        for (const auto& [name, child] : chosen) {
            copy->names[name] = cut(*child);
            ++copy->names[name]->uses;
        }
        copy->synced_names = copy->names;
        return copy;
    };
    out->root_ = cut(*root_);
    return out;
}

std::vector<std::string> memory_file_system::all_files() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    const std::function<void(const node&, const std::string&)> walk = [&](const node& what,
                                                                          const std::string& path) {
        for (const auto& [name, child] : what.names) {
            if (child->directory)
                walk(*child, path + name + "/");
            else
                out.push_back(path + name);
        }
    };
    walk(*root_, "/");
    return out;
}

std::string memory_file_system::content(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto what = find(path);
    LABSTORE_ASSERT(what != nullptr);
    std::string out(what->size, '\0');
    (void)read_node(*what, 0, std::as_writable_bytes(std::span(out)));
    return out;
}

void memory_file_system::overwrite(const std::string& path, std::uint64_t offset, byte_span bytes) {
    const std::lock_guard lock(mutex_);
    const auto what = find(path);
    LABSTORE_ASSERT(what != nullptr && offset + bytes.size() <= what->size);
    write_node(*what, offset, bytes);
    sync_node(*what);
}

}  // namespace labstore::blob::testing
