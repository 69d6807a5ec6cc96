#include "blob/orphan_sweep.hpp"

#include "blob/segment_format.hpp"

namespace labstore::blob {
namespace {

constexpr std::size_t files_per_step_max = 64;
constexpr std::string_view sidecar_suffix = ".owner";

std::string take_last(std::vector<std::string>& from) {
    auto out = std::move(from.back());
    from.pop_back();
    return out;
}

/// A missing directory holds nothing.
result<std::vector<std::string>> list_if_there(file_system& files, const std::string& path) {
    auto names = files.list(path);
    if (!names && names.error() == errc::no_such_key)
        return std::vector<std::string>();
    return names;
}

}  // namespace

awaitable<result<void>> orphan_sweep::step(referee& judge, maintenance_report& report) {
    if (done_)
        co_return result<void>();
    auto work = [this] {
        return next_suspects();
    };
    auto suspects = co_await host_.pool.run(work);
    LABSTORE_CO_TRY(suspects);
    std::vector<large_locator> orphans;
    for (const auto& file : *suspects) {
        const ref which{.locator = encode_locator(file.where), .size_bytes = file.size_bytes};
        const auto live = co_await judge.is_live(file.whose, which);
        LABSTORE_CO_TRY(live);
        if (!*live)
            orphans.push_back(file.where);
    }
    auto remove = [this, &orphans]() -> result<void> {
        for (const auto& where : orphans)
            LABSTORE_TRY(large_.remove(where));
        return {};
    };
    const auto removed = co_await host_.pool.run(remove);
    LABSTORE_CO_TRY(removed);
    report.orphans_removed += orphans.size();
    report.more = report.more || !done_;
    co_return result<void>();
}

result<void> orphan_sweep::next_directory() {
    const auto root = host_.paths.blobs();
    if (!started_) {
        auto parents = list_if_there(host_.files, root);
        if (!parents)
            return parents.error();
        parents_ = std::move(*parents);
        started_ = true;
    }
    while (directories_.empty()) {
        if (parents_.empty()) {
            done_ = true;
            return {};
        }
        const auto parent = root + "/" + take_last(parents_);
        auto below = list_if_there(host_.files, parent);
        if (!below)
            return below.error();
        for (const auto& name : *below)
            directories_.push_back(parent + "/" + name);
    }
    auto names = list_if_there(host_.files, take_last(directories_));
    if (!names)
        return names.error();
    names_ = std::move(*names);
    return {};
}

result<std::vector<orphan_sweep::suspect>> orphan_sweep::next_suspects() {
    std::vector<suspect> out;
    for (std::size_t looked_at = 0; looked_at < files_per_step_max && !done_; ++looked_at) {
        if (names_.empty()) {
            LABSTORE_TRY(next_directory());
            continue;
        }
        const auto name = take_last(names_);
        auto found = examine(name);
        if (!found && found.error() == errc::no_such_key)
            continue;  // removed meanwhile
        if (!found) {
            host_.report(found.error() == errc::corrupt ? "corrupt" : "blob_unreadable", name);
            continue;
        }
        if (*found)
            out.push_back(std::move(**found));
    }
    return out;
}

result<std::optional<orphan_sweep::suspect>> orphan_sweep::examine(const std::string& name) {
    const std::optional<suspect> nothing;
    if (name.ends_with(sidecar_suffix)) {
        if (const auto id = parse_blob_name(name.substr(0, name.size() - sidecar_suffix.size())))
            LABSTORE_TRY(examine_sidecar(*id));
        return nothing;
    }
    const auto id = parse_blob_name(name);
    if (!id)
        return nothing;
    auto opened = host_.files.open(host_.paths.blob_file(*id), open_mode::read);
    if (!opened)
        return opened.error();
    auto footer = read_blob_footer(**opened);
    if (!footer)
        return footer.error();
    suspect out{
        .where = {.name = *id, .footer_id = footer->id},
        .whose = std::move(footer->whose),
        .size_bytes = footer->payload_size};
    auto run = footer->run;
    if (footer->id != *id) {
        auto clone = read_sidecar(*id);
        if (!clone && clone.error() != errc::no_such_key)
            return clone.error();
        if (!clone) {
            // A link whose owner never became durable was never acknowledged.
            LABSTORE_TRY(large_.remove(out.where));
            return nothing;
        }
        out.whose = std::move(clone->whose);
        run = clone->run;
    }
    if (run == host_.run)
        return nothing;
    return std::optional<suspect>(std::move(out));
}

result<void> orphan_sweep::examine_sidecar(const blob_id& id) {
    const auto opened = host_.files.open(host_.paths.blob_file(id), open_mode::read);
    if (opened || opened.error() != errc::no_such_key)
        return {};
    const auto clone = read_sidecar(id);
    if (!clone)
        return clone.error();
    if (clone->run == host_.run)
        return {};  // its link is about to be made
    return host_.files.unlink(host_.paths.blob_sidecar(id));
}

result<clone_owner> orphan_sweep::read_sidecar(const blob_id& id) const {
    const auto content = read_small_file(host_.files, host_.paths.blob_sidecar(id), owner_size_max + 4 * KiB);
    if (!content)
        return content.error();
    return decode_clone_owner(as_bytes(*content));
}

}  // namespace labstore::blob
