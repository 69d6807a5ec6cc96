#pragma once

#include "storage/record_codec.hpp"
#include "storage/services.hpp"

#include <optional>

namespace labstore::storage {

/// Answers for the index while blob compacts and sweeps. A blob is named by a part row of its upload, by the
/// current version of its key or by a noncurrent one. Complete takes it from the part row to the object, so they are
/// looked at in that order. Versions become current and noncurrent as others come and go: a blob is missing only when
/// row 'x' says that none did during the look. A blob whose token is held counts as live, because its writer may be
/// about to name it.
class index_referee final : public blob::referee {
  public:
    explicit index_referee(services& all) : all_(all) {}

    runtime::awaitable<result<bool>> is_live(const blob::owner& whose, const blob::ref& which) override;

    /// busy when nobody names the blob yet and its token is held: ask again later.
    runtime::awaitable<result<bool>> relocate(
        const blob::owner& whose, const blob::ref& from, const blob::ref& to
    ) override;

  private:
    /// The batch that makes the index name another blob in the place found.
    struct place {
        meta::batch batch;
    };

    /// Where `which` is named; with `to`, the batch replaces it there.
    runtime::awaitable<result<std::optional<place>>> find(
        const blob::owner& whose, const blob::ref& which, const blob::ref& to
    );
    /// Once, in the current version and in the others.
    runtime::awaitable<result<std::optional<place>>> find_in_key(
        const blob::owner& whose, const blob::ref& which, const blob::ref& to
    );
    runtime::awaitable<result<std::optional<place>>> find_in_upload(
        const blob::owner& whose, const blob::ref& which, const blob::ref& to
    );
    runtime::awaitable<result<std::optional<place>>> find_in_version(
        const blob::owner& whose, const blob::ref& which, const blob::ref& to, meta::row row
    );
    runtime::awaitable<result<std::optional<place>>> find_in_versions(
        const blob::owner& whose, const blob::ref& which, const blob::ref& to
    );

    services& all_;
};

}  // namespace labstore::storage
