#pragma once

#include "labstore/meta.hpp"
#include "labstore/storage/types.hpp"
#include "storage/bucket_state.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

/// Every bucket by name, in memory, so that no request looks its bucket up in the index. Thread-safe: a
/// look-up is one shared lock and a map search.
class bucket_directory {
  public:
    [[nodiscard]] bucket_ptr find(std::string_view name) const;
    void insert(bucket_ptr bucket);
    /// Only when this very bucket is there: a later one of the same name stays.
    void erase(const bucket_info& bucket);
    /// What row 's' of this bucket said in its revision `rev`, unless something newer is known. The bucket as it is known
    /// now; without a place in the directory, as it would be.
    bucket_ptr learn_state(const bucket_ptr& bucket, const bucket_state& state, meta::revision rev);
    /// What row 'b' said in its revision `rev`, likewise.
    void learn_config(
        const bucket_info& bucket, std::shared_ptr<const bucket_config> config, meta::revision rev
    );
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bucket_page page(const std::string& prefix, const std::string& after, std::size_t limit)
        const;

  private:
    struct place {
        bucket_ptr bucket;
        meta::revision state_rev = 0;   // of row 's', from which versioning and time index are known
        meta::revision config_rev = 0;  // of row 'b', from which the configuration is known
    };

    mutable labstore::shared_mutex mutex_;
    std::map<std::string, place, std::less<>> by_name_;
};

}  // namespace labstore::storage
