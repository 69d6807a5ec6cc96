#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace labstore {

/// Keeps texts in few large blocks. What it returned stays where it is until the arena goes, also when that is moved.
/// Belongs to one thread at a time.
class text_arena {
  public:
    static constexpr std::size_t first_block_bytes = 1024;
    static constexpr std::size_t block_bytes_max = std::size_t{64} * 1024;

    [[nodiscard]] std::string_view keep(std::string_view text) {
        if (text.size() > left_)
            add_block(text.size());
        auto* const place = at_;
        if (!text.empty())
            std::memcpy(place, text.data(), text.size());
        at_ += text.size();
        left_ -= text.size();
        return {place, text.size()};
    }

  private:
    void add_block(std::size_t wanted) {
        const auto size = std::max(wanted, next_block_bytes_);
        next_block_bytes_ = std::min(block_bytes_max, next_block_bytes_ * 4);
        // Not std::make_unique, which would fill it with zeros.
        blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
        at_ = blocks_.back().get();
        left_ = size;
    }

    std::vector<std::unique_ptr<char[]>> blocks_;
    char* at_ = nullptr;
    std::size_t left_ = 0;
    std::size_t next_block_bytes_ = first_block_bytes;
};

}  // namespace labstore
