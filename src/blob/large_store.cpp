#include "blob/large_store.hpp"

#include "blob/segment_format.hpp"

#include <array>

namespace labstore::blob {

result<blob_footer> read_blob_footer(file& data) {
    const auto file_size = data.size_bytes();
    if (!file_size)
        return file_size.error();
    if (*file_size < blob_footer_size)
        return errc::corrupt;
    std::array<std::byte, blob_footer_size> fixed;
    const auto got = data.read(*file_size - blob_footer_size, fixed);
    if (!got)
        return got.error();
    if (*got != fixed.size())
        return errc::corrupt;
    const auto tail_size = peek_blob_tail(fixed, *file_size);
    if (!tail_size)
        return tail_size.error();
    std::vector<std::byte> tail(*tail_size);
    const auto got_tail = data.read(*file_size - *tail_size, tail);
    if (!got_tail)
        return got_tail.error();
    if (*got_tail != tail.size())
        return errc::corrupt;
    return decode_blob_tail(tail);
}

std::shared_ptr<large_file> large_store::cached(const large_locator& where) {
    auto found = host_.large_files.find(where.name);
    return found != nullptr && found->footer.id == where.footer_id ? found : nullptr;
}

result<std::shared_ptr<large_file>> large_store::open(const large_locator& where) {
    if (auto found = cached(where))
        return found;
    const auto removals_before = removals_.load();
    auto opened = host_.files.open(host_.paths.blob_file(where.name), open_mode::read);
    if (!opened)
        return opened.error();
    auto footer = read_blob_footer(**opened);
    if (!footer)
        return footer.error();
    if (footer->id != where.footer_id)
        return errc::no_such_key;
    footer->whose = {};
    auto out = std::make_shared<large_file>(std::move(*opened), std::move(*footer));
    host_.large_files.put(where.name, out);
    // A file that was removed meanwhile must not be kept open by the cache: its space would stay taken.
    if (removals_.load() != removals_before)
        host_.large_files.erase(where.name);
    return out;
}

result<void> large_store::make_directories(const blob_id& id) {
    const auto index = static_cast<std::size_t>(id[0]) * 256 + static_cast<std::size_t>(id[1]);
    const std::lock_guard lock(directories_mutex_);
    if (directories_known_.test(index))
        return {};
    LABSTORE_TRY(host_.files.make_directory(host_.paths.blob_parent(id)));
    LABSTORE_TRY(host_.files.make_directory(host_.paths.blob_directory(id)));
    if (host_.settings.mode == durability::commit) {
        LABSTORE_TRY(host_.files.sync_directory(host_.paths.blobs()));
        LABSTORE_TRY(host_.files.sync_directory(host_.paths.blob_parent(id)));
    }
    directories_known_.set(index);
    return {};
}

result<void> large_store::publish(const std::string& temporary, const blob_id& id) {
    LABSTORE_TRY(make_directories(id));
    const auto path = host_.paths.blob_file(id);
    LABSTORE_TRY(host_.files.rename(temporary, path));
    if (host_.settings.mode != durability::commit) {
        host_.unsynced.store(true, std::memory_order_release);
        return {};
    }
    const auto synced = host_.files.sync_directory(host_.paths.blob_directory(id));
    if (!synced)
        (void)host_.files.unlink(path
        );  // not acknowledged; if it stays, the next sweep takes it for an orphan
    return synced;
}

result<large_locator> large_store::link(const large_locator& where, const owner& whose) {
    const auto name = make_blob_id();
    LABSTORE_TRY(make_directories(name));
    const auto sidecar =
        encode_clone_owner({.id = name, .footer_id = where.footer_id, .run = host_.run, .whose = whose});
    const auto directory = host_.paths.blob_directory(name);
    // The owner first: a second name without one would look like the original's.
    LABSTORE_TRY(write_small_file(host_, directory, host_.paths.blob_sidecar(name), sidecar));
    const auto make = [&]() -> result<void> {
        LABSTORE_TRY(host_.files.link(host_.paths.blob_file(where.name), host_.paths.blob_file(name)));
        if (host_.settings.mode == durability::commit)
            return host_.files.sync_directory(directory);
        host_.unsynced.store(true, std::memory_order_release);
        return {};
    };
    if (const auto made = make(); !made) {
        (void)host_.files.unlink(host_.paths.blob_file(name));
        (void)host_.files.unlink(host_.paths.blob_sidecar(name));
        return made.error();
    }
    return large_locator{.name = name, .footer_id = where.footer_id};
}

result<void> large_store::remove(const large_locator& where) {
    const auto gone = host_.files.unlink(host_.paths.blob_file(where.name));
    removals_.fetch_add(1);
    host_.large_files.erase(where.name);
    if (!gone && gone.error() != errc::no_such_key)
        return gone;
    if (where.name != where.footer_id) {
        const auto owner_gone = host_.files.unlink(host_.paths.blob_sidecar(where.name));
        if (!owner_gone && owner_gone.error() != errc::no_such_key)
            return owner_gone;
    }
    host_.space.forget();
    return {};
}

}  // namespace labstore::blob
