#include "storage/version_walk.hpp"

#include "storage/record_codec.hpp"
#include "storage/row_keys.hpp"
#include "storage/walk.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {
namespace {

/// With a delimiter most of what is read may lie under one prefix: begin small, grow while rows count.
constexpr std::size_t first_page_rows = 16;
constexpr std::size_t page_rows_factor = 4;

/// The rows of one kind, as one look found them.
struct stream {
    char kind;
    std::string after;  // rows strictly greater are still to come
    const meta::page* page = nullptr;
    std::size_t next = 0;

    void begin(const meta::page& found) {
        page = &found;
        next = 0;
    }

    /// What was passed since the look is skipped.
    [[nodiscard]] const meta::row* head() {
        const auto& rows = page->rows;
        while (next < rows.size() && rows[next].key <= after)
            ++next;
        return next < rows.size() ? &rows[next] : nullptr;
    }

    [[nodiscard]] bool is_out() { return head() == nullptr && page->more; }
};

class version_walker {
  public:
    explicit version_walker(version_walk_request request) : request_(std::move(request)) {
        const auto passed = roll_up(request_.after_key, request_.prefix, request_.delimiter);
        if (passed)
            pass_prefix(*passed);
        else if (!request_.after_key.empty() && request_.after_sequence)
            pass_version(request_.after_key, *request_.after_sequence);
        else if (!request_.after_key.empty())
            pass_key(request_.after_key);
        page_rows_ = request_.delimiter.empty() ? meta::page_rows_max : first_page_rows;
    }

    /// Current versions, the others, and the newest of the others of the key in whose middle we are.
    [[nodiscard]] std::vector<meta::scan_request> next_scans() const {
        // One more tells whether there are more, and the row of the key in whose middle we are may have to be passed.
        const auto limit = std::min(page_rows_, request_.limit - out.entries.size() + 2);
        std::vector<meta::scan_request> scans;
        for (const auto* each : {&current_, &older_}) {
            auto& scan = scans.emplace_back();
            scan.prefix = each->kind + row_keys::escape(request_.prefix);
            scan.after = each->after;
            scan.limit = limit;
        }
        if (middle_) {
            auto& scan = scans.emplace_back();
            scan.prefix = row_keys::versions_of(middle_->key);
            scan.limit = 1;
            scan.keys_only = true;
        }
        return scans;
    }

    /// False when the walk is over.
    result<bool> take(std::vector<meta::page> pages) {
        newest_of_middle_.clear();
        if (pages.size() == 3 && !pages[2].rows.empty())
            newest_of_middle_ = pages[2].rows.front().key;
        current_.begin(out.pages.emplace_back(std::move(pages[0])));
        older_.begin(out.pages.emplace_back(std::move(pages[1])));
        seen_.reset();
        passed_prefixes_ = false;
        while (!current_.is_out() && !older_.is_out()) {
            const auto* const current = current_.head();
            const auto* const older = older_.head();
            if (current == nullptr && older == nullptr)
                return false;
            auto more = take_smaller(current, older);
            if (!more || !*more)
                return more;
        }
        if (!passed_prefixes_)
            page_rows_ = std::min(meta::page_rows_max, page_rows_ * page_rows_factor);
        return true;
    }

    version_walk_page out;

  private:
    /// The versions of this key down to this sequence have been passed.
    struct place {
        std::string key;
        std::uint64_t sequence = 0;
    };

    void pass_prefix(std::string_view prefix) {
        middle_.reset();
        for (auto* each : {&current_, &older_})
            each->after = row_keys::past_prefix(each->kind, prefix);
    }

    void pass_key(const std::string& key) {
        middle_.reset();
        for (auto* each : {&current_, &older_})
            each->after = row_keys::past_key(each->kind, key);
    }

    /// A later look may find an older version of the key in row 'o', which therefore is not passed.
    void pass_version(const std::string& key, std::uint64_t sequence) {
        current_.after = row_keys::before_key(row_keys::object_kind, key);
        older_.after = row_keys::version(key, sequence);
        middle_ = place{key, sequence};
    }

    result<bool> take_smaller(const meta::row* current, const meta::row* older) {
        std::optional<row_keys::parsed_key> of_current;
        std::optional<row_keys::parsed_key> of_older;
        if (current != nullptr && !(of_current = row_keys::parse(current->key)))
            return errc::corrupt;
        if (older != nullptr && !(of_older = row_keys::parse(older->key)))
            return errc::corrupt;
        if (of_older && (!of_current || of_older->key < of_current->key))
            return take_older(std::move(of_older->key), *of_older, *older);
        return take_current(std::move(of_current->key), *current);
    }

    result<bool> take_current(std::string key, const meta::row& row) {
        const auto record = decode<records::object>(row.value);
        if (!record)
            return errc::corrupt;
        seen_ = key;
        ++current_.next;
        if (middle_ && middle_->key == key && record->sequence() >= middle_->sequence)
            return true;
        return add(std::move(key), row, record->sequence(), true);
    }

    result<bool> take_older(std::string key, const row_keys::parsed_key& parsed, const meta::row& row) {
        const auto sequence = row_keys::version_sequence(parsed.rest);
        if (!sequence)
            return errc::corrupt;
        bool latest = seen_ != key;
        if (middle_ && middle_->key == key)
            latest = latest && row.key == newest_of_middle_;
        seen_ = key;
        ++older_.next;
        return add(std::move(key), row, *sequence, latest);
    }

    result<bool> add(std::string key, const meta::row& row, std::uint64_t sequence, bool latest) {
        if (out.entries.size() == request_.limit) {
            out.more = true;
            return false;
        }
        if (const auto prefix = roll_up(key, request_.prefix, request_.delimiter)) {
            pass_prefix(*prefix);
            passed_prefixes_ = true;
            out.entries.push_back({std::string(*prefix), std::nullopt, false});
            return true;
        }
        out.entries.push_back({key, row, latest});
        // The rows at hand go on from where they are; the next look begins behind this version.
        pass_version(key, sequence);
        return true;
    }

    version_walk_request request_;
    stream current_{row_keys::object_kind, {}, nullptr, 0};
    stream older_{row_keys::version_kind, {}, nullptr, 0};
    std::optional<place> middle_;
    std::string newest_of_middle_;     // its row; empty without one
    std::optional<std::string> seen_;  // the key of the row taken last, in this look
    std::size_t page_rows_ = first_page_rows;
    bool passed_prefixes_ = false;
};

}  // namespace

runtime::awaitable<result<version_walk_page>> walk_versions(
    meta::store& index, version_walk_request request
) {
    if (request.limit == 0)
        co_return version_walk_page{};
    const auto partition = request.partition;
    version_walker state(std::move(request));
    for (;;) {
        auto scans = state.next_scans();
        auto pages = co_await index.scan_together(partition, std::move(scans));
        LABSTORE_CO_TRY(pages);
        auto more = state.take(std::move(*pages));
        LABSTORE_CO_TRY(more);
        if (!*more)
            co_return std::move(state.out);
    }
}

}  // namespace labstore::storage
