#include "support/storage/store_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace labstore::storage {
namespace {

constexpr std::chrono::seconds settle_max{10};
constexpr std::chrono::milliseconds settle_pause{2};

std::string make_folder() {
    auto pattern_path = (std::filesystem::temp_directory_path() / "labstore_storage_XXXXXX").string();
    LABSTORE_ASSERT(::mkdtemp(pattern_path.data()) != nullptr);
    return pattern_path;
}

void rethrow(const std::exception_ptr& failure) {
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace

options store_fixture::test_options() {
    options out;
    out.part_size_bytes_min = 16;
    out.put_size_bytes_max = 8 * MiB;
    out.object_size_bytes_max = 16 * MiB;
    out.clean_up_delay = std::chrono::milliseconds(0);
    out.maintenance_interval = std::chrono::milliseconds(2);
    return out;
}

store_fixture::store_fixture(backend kind, options settings)
    : kind_(kind), settings_(settings), pool_({.threads = 2, .queue_size_max = 4096}) {
    if (kind_ == backend::local) {
        path_ = make_folder();
    } else {
        auto index = std::make_unique<meta::memory_store>();
        auto blobs = std::make_unique<blob::memory_blob_store>();
        memory_index_ = index.get();
        memory_blobs_ = blobs.get();
        index_ = std::move(index);
        blobs_ = std::move(blobs);
    }
    open();
}

store_fixture::~store_fixture() {
    shut();
    if (!path_.empty())
        std::filesystem::remove_all(path_);
}

void store_fixture::open() {
    if (kind_ == backend::local) {
        meta::options index_settings;
        index_settings.path = path_ + "/index";
        index_settings.mode = meta::durability::none;
        auto index = meta::open_local(index_settings, pool_);
        LABSTORE_ASSERT(index);
        index_ = std::move(*index);
        blob::options blob_settings;
        blob_settings.path = path_;
        blob_settings.mode = blob::durability::none;
        blob_settings.packed_size_bytes_max = 64 * KiB;
        blob_settings.segment_size_bytes = 4 * MiB;
        blob_settings.remove_delay = std::chrono::milliseconds(0);
        auto blobs = blob::open_local(blob_settings, pool_, blob::posix_file_system());
        LABSTORE_ASSERT(blobs);
        blobs_ = std::move(*blobs);
    }
    auto opened = storage::open(settings_, *index_, *blobs_, time, pool_);
    LABSTORE_ASSERT(opened);
    store_ = std::move(*opened);
}

void store_fixture::reopen() {
    shut();
    open();
}

void store_fixture::shut() {
    stop_maintenance();
    store_.reset();
    if (kind_ == backend::memory)
        return;
    if (blobs_) {
        LABSTORE_ASSERT(blobs_->close());
    }
    if (index_) {
        LABSTORE_ASSERT(index_->close());
    }
    blobs_.reset();
    index_.reset();
}

void store_fixture::start_maintenance() {
    if (threads_)
        return;
    threads_ = std::make_unique<runtime::io_threads>(1);
    tasks_ = std::make_unique<runtime::task_group>();
    threads_->start();
    store_->start_maintenance(threads_->context(0).get_executor(), *tasks_);
}

void store_fixture::stop_maintenance() {
    if (!threads_)
        return;
    tasks_->stop();
    tasks_->wait();
    threads_->stop();
    threads_->join();
    tasks_.reset();
    threads_.reset();
}

bool store_fixture::settle(const std::function<bool()>& holds) {
    const bool running = threads_ != nullptr;
    start_maintenance();
    const auto end = std::chrono::steady_clock::now() + settle_max;
    while (!holds() && std::chrono::steady_clock::now() < end)
        std::this_thread::sleep_for(settle_pause);
    if (!running)
        stop_maintenance();
    return holds();
}

void store_fixture::run(awaitable<void> task) {
    runtime::asio::io_context context;
    runtime::asio::co_spawn(context, std::move(task), rethrow);
    context.run();
}

void store_fixture::run_all(std::vector<awaitable<void>> tasks) {
    runtime::asio::io_context context;
    for (auto& task : tasks)
        runtime::asio::co_spawn(context, std::move(task), rethrow);
    context.run();
}

result<bucket_info> store_fixture::create_bucket(const std::string& name) {
    return wait(store_->create_bucket(bucket_name::trusted(name), test_owner(), "us-east-1"));
}

result<put_result> store_fixture::put(
    const std::string& bucket, const std::string& key, const std::string& bytes, put_request request
) {
    return wait(put_bytes(*store_, bucket, key, bytes, std::move(request)));
}

result<std::string> store_fixture::get(
    const std::string& bucket, const std::string& key, std::uint64_t piece
) {
    auto reader = wait(store_->open_object({bucket, key, {}}));
    if (!reader)
        return reader.error();
    return wait(read_all(**reader, piece));
}

result<object_info> store_fixture::stat(const std::string& bucket, const std::string& key) {
    return wait(store_->stat_object({bucket, key, {}}));
}

result<delete_result> store_fixture::remove(
    const std::string& bucket, const std::string& key, delete_conditions conditions
) {
    return wait(store_->delete_object({bucket, key, {}}, std::move(conditions)));
}

result<std::string> store_fixture::create_upload(const std::string& bucket, const std::string& key) {
    create_upload_request request;
    request.bucket = bucket;
    request.key = key;
    request.owner = test_owner();
    return wait(store_->create_upload(std::move(request)));
}

result<part_info> store_fixture::put_part(
    const std::string& bucket,
    const std::string& key,
    const std::string& upload_id,
    std::uint32_t number,
    const std::string& bytes,
    std::optional<checksum_value> checksum
) {
    auto stream = wait(store_->begin_part(bucket, key, upload_id, number, bytes.size()));
    if (!stream)
        return stream.error();
    auto filled = wait(fill(**stream, bytes));
    LABSTORE_TRY(filled);
    put_part_request request{md5_hex(bytes), std::move(checksum)};
    return wait(store_->put_part(std::move(*stream), std::move(request)));
}

result<put_result> store_fixture::complete(
    const std::string& bucket,
    const std::string& key,
    const std::string& upload_id,
    const std::vector<part_info>& parts
) {
    complete_request request;
    request.bucket = bucket;
    request.key = key;
    request.upload_id = upload_id;
    for (const auto& part : parts)
        request.parts.push_back({part.number, '"' + part.etag + '"', std::nullopt});
    return wait(store_->complete_upload(std::move(request)));
}

std::vector<std::string> store_fixture::list(list_request request) {
    std::vector<std::string> out;
    for (;;) {
        auto page = wait(store_->list_objects(request));
        LABSTORE_ASSERT(page);
        LABSTORE_ASSERT(page->entries.size() <= request.limit);
        for (const auto& entry : page->entries) {
            if (const auto* object = std::get_if<listed_object>(&entry))
                out.emplace_back(object->key);
            else
                out.push_back(std::string(std::get<std::string_view>(entry)) + "*");
        }
        if (!page->more)
            return out;
        request.after = page->next;
    }
}

awaitable<result<void>> fill(upload_stream& stream, std::string_view bytes) {
    while (!bytes.empty()) {
        auto room = co_await stream.prepare();
        LABSTORE_CO_TRY(room);
        const auto size = std::min(bytes.size(), room->size());
        std::memcpy(room->data(), bytes.data(), size);
        stream.advance(size);
        bytes.remove_prefix(size);
    }
    co_return result<void>();
}

awaitable<result<put_result>> put_bytes(
    object_store& store, std::string bucket, std::string key, std::string bytes, put_request request
) {
    auto stream = co_await store.begin_object(std::move(bucket), std::move(key), bytes.size());
    LABSTORE_CO_TRY(stream);
    auto filled = co_await fill(**stream, bytes);
    LABSTORE_CO_TRY(filled);
    request.etag = md5_hex(bytes);
    if (request.owner.id.empty())
        request.owner = test_owner();
    auto done = co_await store.put_object(std::move(*stream), std::move(request));
    co_return done;
}

awaitable<result<std::string>> read_all(object_reader& reader, std::uint64_t piece) {
    std::string out;
    while (out.size() < reader.info().size_bytes) {
        const auto size = std::min(piece, reader.info().size_bytes - out.size());
        auto bytes = co_await reader.read(out.size(), size);
        LABSTORE_CO_TRY(bytes);
        LABSTORE_ASSERT(!bytes->empty() && bytes->size() <= size);
        out.append(as_text(*bytes));
    }
    co_return out;
}

awaitable<result<std::string>> get_bytes(object_store& store, std::string bucket, std::string key) {
    object_name name{std::move(bucket), std::move(key), {}};
    auto reader = co_await store.open_object(std::move(name));
    LABSTORE_CO_TRY(reader);
    auto bytes = co_await read_all(**reader, 1 * MiB);
    LABSTORE_CO_TRY(bytes);
    // Whatever was read must be one whole version.
    LABSTORE_ASSERT(
        (*reader)->info().etag.find('-') != std::string::npos || (*reader)->info().etag == md5_hex(*bytes)
    );
    co_return bytes;
}

std::string md5_hex(std::string_view bytes) {
    const auto digest = crypto::md5(as_bytes(bytes));
    return to_hex(digest);
}

account test_owner() {
    return {std::string(64, 'a'), "owner"};
}

std::string pattern(std::size_t size, std::uint32_t seed) {
    std::string out(size, '\0');
    std::uint32_t state = seed * 2654435761U + 12345U;
    for (auto& byte : out) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<char>(state >> 24);
    }
    return out;
}

checksum_value checksum_of(crypto::checksum_algorithm algorithm, std::string_view bytes) {
    crypto::checksum checksum(algorithm);
    checksum.update(as_bytes(bytes));
    return {algorithm, false, checksum.finish()};
}

}  // namespace labstore::storage
