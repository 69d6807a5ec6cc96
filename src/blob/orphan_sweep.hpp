#pragma once

#include "blob/large_store.hpp"

namespace labstore::blob {

/// After an unclean stop: removes files of large blobs, written by an earlier run, that the index does not
/// name. A bounded piece per step; one step at a time.
class orphan_sweep {
  public:
    orphan_sweep(engine& host, large_store& large, bool needed)
        : host_(host), large_(large), done_(!needed) {}

    [[nodiscard]] bool done() const noexcept { return done_; }

    [[nodiscard]] awaitable<result<void>> step(referee& judge, maintenance_report& report);

  private:
    /// A file and whose it is, as far as the sweep is concerned with it.
    struct suspect {
        large_locator where;
        owner whose;
        std::uint64_t size_bytes = 0;
    };

    /// Blocks: the next suspects; empty with `done_` at the end.
    result<std::vector<suspect>> next_suspects();
    result<void> next_directory();
    result<std::optional<suspect>> examine(const std::string& name);
    result<void> examine_sidecar(const blob_id& id);
    [[nodiscard]] result<clone_owner> read_sidecar(const blob_id& id) const;

    engine& host_;
    large_store& large_;
    std::atomic<bool> done_;
    bool started_ = false;
    std::vector<std::string> parents_;
    std::vector<std::string> directories_;
    std::vector<std::string> names_;
};

}  // namespace labstore::blob
