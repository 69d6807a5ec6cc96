#include "load/object_pool.hpp"

namespace labstore::load {

object_pool::object_pool(std::uint64_t first, std::size_t count) : first_(first), objects_(count) {
    existing_.reserve(count);
    missing_.reserve(count);
    for (std::size_t i = count; i > 0; --i)
        missing_.push_back(i - 1);
}

content_id object_pool::content(std::size_t index) const noexcept {
    return {first_ + index, objects_[index].version};
}

std::optional<std::size_t> object_pool::begin_read(random& from) {
    if (existing_.empty())
        return std::nullopt;
    const auto index = existing_[from() % existing_.size()];
    ++objects_[index].readers;
    return index;
}

void object_pool::end_read(std::size_t index) noexcept {
    --objects_[index].readers;
}

/// Removed from the existing ones.
std::optional<std::size_t> object_pool::take_unused(random& from) {
    if (existing_.empty())
        return std::nullopt;
    const auto start = from() % existing_.size();
    for (std::size_t i = 0; i < existing_.size(); ++i) {
        const auto place = (start + i) % existing_.size();
        const auto index = existing_[place];
        if (objects_[index].readers != 0)
            continue;
        existing_[place] = existing_.back();
        existing_.pop_back();
        return index;
    }
    return std::nullopt;
}

std::optional<std::size_t> object_pool::begin_write(random& from) {
    std::optional<std::size_t> index;
    if (missing_.empty()) {
        index = take_unused(from);
    } else {
        index = missing_.back();
        missing_.pop_back();
    }
    if (index) {
        ++objects_[*index].version;
        objects_[*index].written = true;
    }
    return index;
}

void object_pool::end_write(std::size_t index, bool written) {
    if (!written) {
        missing_.push_back(index);
        return;
    }
    existing_.push_back(index);
}

std::optional<std::size_t> object_pool::begin_delete(random& from) {
    return take_unused(from);
}

void object_pool::end_delete(std::size_t index) {
    missing_.push_back(index);
}

std::optional<std::size_t> object_pool::take_written() {
    while (taken_ < objects_.size() && !objects_[taken_].written)
        ++taken_;
    return taken_ < objects_.size() ? std::optional(taken_++) : std::nullopt;
}

}  // namespace labstore::load
