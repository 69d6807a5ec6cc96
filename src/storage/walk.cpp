#include "storage/walk.hpp"

#include "storage/row_keys.hpp"

#include <algorithm>

namespace labstore::storage {
namespace {

/// The object key of a row, where it lies or unescaped into `names`.
result<std::string_view> key_of(std::string_view row_key, text_arena& names) {
    if (const auto plain = row_keys::plain_key(row_key))
        return *plain;
    const auto parsed = row_keys::parse(row_key);
    if (!parsed)
        return errc::corrupt;
    return names.keep(parsed->key);
}

class walker {
  public:
    explicit walker(walk_request request) : request_(std::move(request)), cursor_(request_.after_row) {
        out.entries.reserve(std::min(request_.limit, meta::page_rows_max));
        if (const auto passed = roll_up(request_.after_name, request_.prefix, request_.delimiter))
            cursor_ = std::max(cursor_, row_keys::past_prefix(request_.kind, *passed));
    }

    /// One row for each entry: the first one below a common prefix stands for all.
    [[nodiscard]] meta::scan_request next_scan() const {
        meta::scan_request scan;
        scan.prefix = request_.kind + row_keys::escape(request_.prefix);
        scan.after = cursor_;
        scan.limit = std::min(request_.limit - out.entries.size(), meta::page_rows_max);
        if (!request_.delimiter.empty())
            scan.skip_to = [this](std::string_view row_key) {
                return past_common_prefix(row_key);
            };
        return scan;
    }

    /// False when the walk is over.
    result<bool> take(meta::page page) {
        out.pages.push_back(std::move(page));
        const auto& taken = out.pages.back();
        for (const auto& row : taken.rows) {
            const auto key = key_of(row.key, out.names);
            if (!key)
                return to_errc(key.error());
            if (const auto prefix = roll_up(*key, request_.prefix, request_.delimiter))
                out.entries.push_back({*prefix, std::nullopt});
            else
                out.entries.push_back({*key, row});
        }
        out.more = taken.more && out.entries.size() == request_.limit;
        if (!taken.more || out.more)
            return false;
        // A page may end before it is full, by its size.
        const auto& last = out.entries.back();
        cursor_ = last.row ? std::string(last.row->key) : row_keys::past_prefix(request_.kind, last.name);
        return true;
    }

    walk_page out;

  private:
    /// Behind all rows that roll up with this one; empty for one that stands for itself.
    [[nodiscard]] std::string past_common_prefix(std::string_view row_key) const {
        text_arena names;
        const auto key = key_of(row_key, names);
        const auto prefix = key ? roll_up(*key, request_.prefix, request_.delimiter) : std::nullopt;
        return prefix ? row_keys::past_prefix(request_.kind, *prefix) : std::string();
    }

    walk_request request_;
    std::string cursor_;
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
