#pragma once

#include "storage/record_codec.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::storage {

/// Of one bucket: do the rows 'o', 'v' and 'x' of each key agree? They come in this order, each kind in the order of its
/// keys. Remembers 16 bytes for each current version and 32 for each key that has others.
class version_check {
  public:
    using report_sink = std::function<void(const std::string& where, std::string_view what)>;

    explicit version_check(report_sink report) : report_(std::move(report)) {}

    /// `sequence` is the row's: of a row 'o' the record's own.
    void add(
        const std::string& where,
        std::string_view key,
        const records::object& record,
        std::uint64_t sequence,
        bool current
    );
    void state(const std::string& where, std::string_view key, const records::key_state& state);
    /// Behind the bucket's last row; forgets it.
    void close();

  private:
    struct current_facts {
        std::uint64_t key_hash = 0;
        std::uint64_t sequence = 0;
    };

    struct older_facts {
        std::uint64_t key_hash = 0;
        std::uint64_t newest = 0;
        std::uint64_t null_sequence = 0;
        bool newest_is_marker = false;
        bool has_state = false;
    };

    void add_older(
        const std::string& where, std::uint64_t hash, const records::object& record, std::uint64_t sequence
    );
    void check_order(const std::string& where, const current_facts* current, const older_facts* older);
    void sort();

    report_sink report_;
    std::vector<current_facts> current_;
    std::vector<older_facts> older_;
    bool sorted_ = false;
};

}  // namespace labstore::storage
