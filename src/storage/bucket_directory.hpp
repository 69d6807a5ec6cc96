#pragma once

#include "labstore/storage/types.hpp"

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
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] bucket_page page(const std::string& prefix, const std::string& after, std::size_t limit)
        const;

  private:
    mutable labstore::shared_mutex mutex_;
    std::map<std::string, bucket_ptr, std::less<>> by_name_;
};

}  // namespace labstore::storage
