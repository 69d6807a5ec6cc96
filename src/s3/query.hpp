#pragma once

#include "labstore/base.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace labstore::s3 {

/// A query string taken apart and decoded once; '+' is a space in it. The first of equal names counts.
class query_parameters {
  public:
    query_parameters() = default;

    /// invalid_uri for a broken escape and for what is no UTF-8.
    [[nodiscard]] static result<query_parameters> parse(std::string_view query);

    [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name).has_value(); }

    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
    [[nodiscard]] std::optional<std::string_view> find_ignoring_case(std::string_view name) const noexcept;

    /// The value, empty when absent.
    [[nodiscard]] std::string_view text(std::string_view name) const noexcept;

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const noexcept {
        return pairs_;
    }

  private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace labstore::s3
