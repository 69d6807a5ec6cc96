#include "storage/walk.hpp"

#include "storage/row_keys.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

/// With a delimiter most of a page may turn out to lie under one prefix: begin small, grow while rows count.
constexpr std::size_t first_page_rows = 16;
constexpr std::size_t page_rows_min = 2;
constexpr std::size_t page_rows_factor = 4;

class walker {
  public:
    explicit walker(walk_request request) : request_(std::move(request)), cursor_(request_.after_row) {
        if (const auto passed = roll_up(request_.after_name, request_.prefix, request_.delimiter))
            cursor_ = std::max(cursor_, row_keys::past_prefix(request_.kind, *passed));
        if (request_.delimiter.empty())
            page_rows_ = std::min(request_.limit, meta::page_rows_max);
    }

    [[nodiscard]] meta::scan_request next_scan() const {
        meta::scan_request scan;
        scan.prefix = request_.kind + row_keys::escape(request_.prefix);
        scan.after = cursor_;
        scan.limit = page_rows_;
        if (!request_.delimiter.empty())
            scan.limit = std::min(page_rows_, request_.limit - out.entries.size() + 1);
        return scan;
    }

    /// False when the walk is over.
    result<bool> take(meta::page page) {
        const auto rows = page.rows.size();
        std::size_t passed = 0;
        for (auto& row : page.rows) {
            if (row.key <= cursor_) {
                ++passed;
                continue;
            }
            if (full()) {
                out.more = true;
                return false;
            }
            if (auto taken = take_row(std::move(row)); !taken)
                return to_errc(taken.error());
        }
        if (!page.more)
            return false;
        // Without roll-up the next row is the next entry; else it may still belong to the last prefix.
        if (full() && request_.delimiter.empty()) {
            out.more = true;
            return false;
        }
        if (request_.delimiter.empty())
            page_rows_ = std::min(request_.limit - out.entries.size(), meta::page_rows_max);
        else if (passed * 2 > rows)
            page_rows_ = std::max(page_rows_min, page_rows_ / page_rows_factor);
        else if (passed == 0)
            page_rows_ = std::min(meta::page_rows_max, page_rows_ * page_rows_factor);
        return true;
    }

    walk_page out;

  private:
    [[nodiscard]] bool full() const { return out.entries.size() == request_.limit; }

    result<void> take_row(meta::row row) {
        auto parsed = row_keys::parse(row.key);
        if (!parsed)
            return errc::corrupt;
        if (const auto prefix = roll_up(parsed->key, request_.prefix, request_.delimiter)) {
            cursor_ = row_keys::past_prefix(request_.kind, *prefix);
            out.entries.push_back({std::string(*prefix), std::nullopt});
        } else {
            cursor_ = row.key;
            out.entries.push_back({std::move(parsed->key), std::move(row)});
        }
        return {};
    }

    walk_request request_;
    std::string cursor_;
    std::size_t page_rows_ = first_page_rows;
};

}  // namespace

std::optional<std::string_view> roll_up(
    std::string_view key, std::string_view prefix, std::string_view delimiter
) {
    if (delimiter.empty() || !key.starts_with(prefix))
        return std::nullopt;
    const auto at = key.find(delimiter, prefix.size());
    if (at == std::string_view::npos)
        return std::nullopt;
    return key.substr(0, at + delimiter.size());
}

runtime::awaitable<result<walk_page>> walk(meta::store& index, walk_request request) {
    if (request.limit == 0)
        co_return walk_page{};
    const auto partition = request.partition;
    walker state(std::move(request));
    for (;;) {
        auto scan = state.next_scan();
        auto page = co_await index.scan(partition, std::move(scan));
        LABSTORE_CO_TRY(page);
        auto more = state.take(std::move(*page));
        LABSTORE_CO_TRY(more);
        if (!*more)
            co_return std::move(state.out);
    }
}

}  // namespace labstore::storage
