#pragma once

#include "storage/commit.hpp"
#include "storage/object_reader.hpp"
#include "storage/referee.hpp"
#include "storage/services.hpp"

namespace labstore::storage {

/// The object_store over the two seams. Its methods stand in engine_*.cpp by subject.
class engine final : public object_store {
  public:
    engine(
        options settings,
        meta::store& index,
        blob::store& blobs,
        const clock& time,
        runtime::blocking_pool& pool
    );

    /// Reads the buckets and finishes deletions that a crash interrupted. Before any other call.
    awaitable<result<void>> load();

    awaitable<result<bucket_info>> create_bucket(
        bucket_name name, account owner, std::string region, new_bucket wanted
    ) override;
    [[nodiscard]] result<bucket_ptr> find_bucket(std::string_view name) const override;
    awaitable<result<void>> delete_bucket(std::string name) override;
    awaitable<result<bucket_page>> list_buckets(std::string prefix, std::string after, std::size_t limit)
        override;
    awaitable<result<void>> set_versioning(std::string bucket, versioning_state state) override;
    awaitable<result<void>> enable_object_lock(std::string bucket) override;
    awaitable<result<void>> configure_bucket(std::string name, config_change change) override;

    awaitable<result<std::unique_ptr<upload_stream>>> begin_object(
        std::string bucket,
        std::string key,
        std::optional<std::uint64_t> size_hint,
        write_conditions conditions
    ) override;
    awaitable<result<put_result>> put_object(std::unique_ptr<upload_stream> body, put_request request)
        override;
    awaitable<result<object_info>> stat_object(object_name name) override;
    awaitable<result<std::unique_ptr<object_reader>>> open_object(object_name name) override;
    awaitable<result<object_info>> replace_tags(object_name name, tag_list tags) override;
    awaitable<result<object_info>> change_lock(object_name name, lock_change change) override;
    awaitable<result<std::vector<part_info>>> list_object_parts(
        object_name name, std::uint32_t after, std::size_t limit
    ) override;
    awaitable<result<object_info>> find_delete_marker(object_name name) override;
    awaitable<result<delete_result>> delete_object(object_name name, delete_conditions conditions) override;
    awaitable<result<std::vector<result<delete_result>>>> delete_objects(
        std::string bucket, std::vector<delete_entry> entries
    ) override;
    awaitable<result<put_result>> copy_object(copy_request request) override;
    awaitable<result<object_page>> list_objects(list_request request) override;
    awaitable<result<version_page>> list_versions(list_versions_request request) override;

    awaitable<result<std::string>> create_upload(create_upload_request request) override;
    awaitable<result<upload_info>> find_upload(std::string bucket, std::string key, std::string upload_id)
        override;
    awaitable<result<std::unique_ptr<upload_stream>>> begin_part(
        std::string bucket,
        std::string key,
        std::string upload_id,
        std::uint32_t part_number,
        std::optional<std::uint64_t> size_hint
    ) override;
    awaitable<result<part_info>> put_part(std::unique_ptr<upload_stream> body, put_part_request request)
        override;
    awaitable<result<part_info>> copy_part(copy_part_request request) override;
    awaitable<result<put_result>> complete_upload(complete_request request) override;
    awaitable<result<void>> abort_upload(std::string bucket, std::string key, std::string upload_id) override;
    awaitable<result<part_page>> list_parts(
        std::string bucket, std::string key, std::string upload_id, std::uint32_t after, std::size_t limit
    ) override;
    awaitable<result<upload_page>> list_uploads(list_uploads_request request) override;

    [[nodiscard]] std::chrono::seconds lifecycle_day() const noexcept override {
        return all_.settings.lifecycle_day;
    }

    awaitable<result<void>> run_lifecycle() override;
    awaitable<result<lifecycle_forecast_page>> forecast_lifecycle(lifecycle_forecast_request request
    ) override;

    void start_maintenance(boost::asio::any_io_executor executor, runtime::task_group& tasks) override;

    [[nodiscard]] bool writable() const noexcept override { return all_.index.writable(); }

    [[nodiscard]] statistics stats() const override;

  private:
    /// Row 's' becomes what `wanted` makes of it.
    awaitable<result<void>> change_state(
        std::string bucket, std::function<result<bucket_state>(const bucket_info&)> wanted
    );

    awaitable<void> maintain(runtime::task_group& tasks);
    awaitable<void> follow_rules(runtime::task_group& tasks);

    // A deletion is marked by its own random state, so that its end is told from another's.
    awaitable<result<std::string>> mark_deleting(bucket_ptr bucket);
    awaitable<result<bool>> holds_objects(bucket_ptr bucket);
    awaitable<result<void>> unmark_deleting(bucket_ptr bucket, std::string mark);
    awaitable<result<void>> finish_deletion(bucket_ptr bucket, std::string mark);
    awaitable<result<void>> load_bucket(bucket_ptr bucket);
    awaitable<result<void>> load_dead_partitions();

    services all_;
    index_referee referee_;
};

}  // namespace labstore::storage
