// A mixed workload on a small store, and what must hold of it afterwards. Shared by the power cut and the fault tests.
#pragma once

#include "support/blob/faulty_file_system.hpp"
#include "support/blob/store_fixture.hpp"

#include <map>
#include <memory>
#include <string>

namespace labstore::blob::testing {

[[nodiscard]] options tiny_options();

/// Keys and what they were acknowledged to hold.
class crash_workload {
  public:
    /// Puts, large puts, clones, overwrites, removals and maintenance. Goes on after errors unless the power is off.
    /// Returns how many changes were acknowledged.
    int perform(store& blobs, const faulty_file_system& files, int rounds);

    /// Every acknowledged blob reads back whole.
    void expect_all_readable(store& blobs, const std::string& when) const;

    [[nodiscard]] test_index& index() noexcept { return index_; }

    [[nodiscard]] std::size_t size() const { return contents_.size(); }

  private:
    struct content {
        std::uint64_t seed = 0;
        std::size_t size = 0;
    };

    bool put_one(store& blobs, const std::string& key, std::size_t size);
    bool clone_one(store& blobs, const std::string& from, const std::string& to);
    bool remove_one(store& blobs, const std::string& key);

    test_index index_;
    std::map<std::string, content> contents_;
    std::uint64_t next_seed_ = 1;
};

/// Opens a crashed image, checks that nothing acknowledged is lost, that maintenance brings it into order, that it takes
/// new blobs and that a check of every byte finds no damage.
void expect_recovers(
    memory_file_system& image, runtime::blocking_pool& pool, crash_workload& done, const std::string& when
);

}  // namespace labstore::blob::testing
