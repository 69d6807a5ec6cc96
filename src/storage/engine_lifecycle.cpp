#include "storage/engine.hpp"
#include "storage/lifecycle_judge.hpp"
#include "storage/lifecycle_pass.hpp"
#include "storage/row_keys.hpp"

#include <algorithm>
#include <utility>

namespace labstore::storage {
namespace {

/// What a forecast walks, in this order.
constexpr std::string_view forecast_kinds = "ouv";

class forecaster {
  public:
    forecaster(services& all, bucket_ptr bucket, lifecycle_forecast_request request)
        : all_(all),
          bucket_(std::move(bucket)),
          config_(bucket_->config),
          request_(std::move(request)),
          judge_(all_, bucket_, config_, request_.until) {}

    /// From `position`, a row's key or the kind alone. Empty at the end: where the next page begins.
    awaitable<result<std::string>> walk(std::string position) {
        const char kind = position.front();
        meta::scan_request scan;
        scan.prefix = std::string(1, kind);
        scan.after = position;
        scan.limit = std::min(left_, meta::page_rows_max);
        // The versions of one key are looked at together.
        if (kind == row_keys::version_kind)
            scan.skip_to = [](std::string_view row_key) {
                const auto parsed = row_keys::parse(row_key);
                return parsed ? row_keys::past_key(row_keys::version_kind, parsed->key) : std::string();
            };
        auto page = co_await all_.index.scan(partition_of(*bucket_), std::move(scan));
        LABSTORE_CO_TRY(page);
        left_ -= std::min(left_, page->rows.size());
        for (const auto& row : page->rows) {
            auto visited = co_await visit(kind, row);
            LABSTORE_CO_TRY(visited);
            position = row.key;
        }
        collect();
        if (kind == row_keys::version_kind && !page->rows.empty())
            position = row_keys::past_key(kind, row_keys::parse(position)->key);
        if (!page->more) {
            const auto at = forecast_kinds.find(kind) + 1;
            position = at < forecast_kinds.size() ? std::string(1, forecast_kinds[at]) : std::string();
        }
        co_return position;
    }

    /// Rows that this page may still look at.
    [[nodiscard]] std::size_t left() const noexcept { return left_; }

    [[nodiscard]] std::vector<lifecycle_forecast> take() { return std::move(out_); }

  private:
    /// What the judge found stands before what is found later.
    void collect() {
        for (auto& found : judge_.take_findings())
            out_.push_back(
                {found.action,
                 found.due,
                 std::move(found.rule_id),
                 std::move(found.key),
                 std::move(found.version_id),
                 found.size_bytes}
            );
    }

    awaitable<result<void>> visit(char kind, const meta::row& row) {
        auto parsed = row_keys::parse(row.key);
        if (!parsed)
            co_return errc::corrupt;
        if (kind == row_keys::upload_kind)
            co_return visit_upload(parsed->key, parsed->rest, row.value);
        if (kind == row_keys::object_kind) {
            const auto current = decode<records::object>(row.value);
            LABSTORE_CO_TRY(current);
            judge_.visit_record(parsed->key, *current, {true, true, {}, 0}, std::nullopt);
            co_return result<void>();
        }
        auto visited = co_await judge_.visit_older(std::move(parsed->key));
        co_return visited;
    }

    result<void> visit_upload(const std::string& key, std::string_view id, std::string_view value) {
        const auto upload = decode<records::upload>(value);
        LABSTORE_TRY(upload);
        const auto verdict = judge_upload(
            config_->lifecycle, key, time_of(upload->initiated_ns()), all_.settings.lifecycle_day
        );
        if (verdict && verdict->due <= request_.until)
            out_.push_back({verdict->action, verdict->due, verdict->rule->id, key, to_hex(as_bytes(id)), 0});
        return {};
    }

    services& all_;
    bucket_ptr bucket_;
    std::shared_ptr<const bucket_config> config_;
    lifecycle_forecast_request request_;
    lifecycle_judge judge_;
    std::size_t left_ = std::max<std::size_t>(request_.limit, 1);
    std::vector<lifecycle_forecast> out_;
};

}  // namespace

awaitable<result<void>> engine::run_lifecycle() {
    auto done = co_await lifecycle_pass(all_, [] { return false; });
    co_return done;
}

awaitable<void> engine::follow_rules(runtime::task_group& tasks) {
    while (!tasks.stopping()) {
        // A failure here is tried again after the pause: what is due stays due.
        [[maybe_unused]] auto done = co_await lifecycle_pass(all_, [&tasks] { return tasks.stopping(); });
        auto slept = co_await runtime::sleep_for(all_.settings.lifecycle_interval, tasks);
        if (!slept)
            break;
    }
}

awaitable<result<lifecycle_forecast_page>> engine::forecast_lifecycle(lifecycle_forecast_request request) {
    auto bucket = all_.buckets.find(request.bucket);
    if (!bucket)
        co_return errc::no_such_bucket;
    auto position = std::string(forecast_kinds.substr(0, 1));
    if (!request.after.empty()) {
        auto given = from_hex(request.after);
        if (!given || given->empty() || forecast_kinds.find(given->front()) == std::string_view::npos)
            co_return errc::invalid_argument;
        position = std::move(*given);
    }
    lifecycle_forecast_page out;
    if (!bucket->config || bucket->config->lifecycle.rules.empty())
        co_return out;
    forecaster walker(all_, std::move(bucket), std::move(request));
    while (!position.empty() && walker.left() != 0) {
        auto next = co_await walker.walk(std::move(position));
        LABSTORE_CO_TRY(next);
        position = std::move(*next);
    }
    out.entries = walker.take();
    if (!position.empty())
        out.next = to_hex(as_bytes(position));
    co_return out;
}

}  // namespace labstore::storage
