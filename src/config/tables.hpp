#pragma once

#include "config/option.hpp"

/// The rows of the option table by group: the one place where an option gets its name, range and help.
namespace labstore::config {

[[nodiscard]] std::vector<option> listening_options();
[[nodiscard]] std::vector<option> website_options();
[[nodiscard]] std::vector<option> authentication_options();
[[nodiscard]] std::vector<option> storage_options();
[[nodiscard]] std::vector<option> request_options();
[[nodiscard]] std::vector<option> object_options();
[[nodiscard]] std::vector<option> log_options();
[[nodiscard]] std::vector<option> resource_options();
[[nodiscard]] std::vector<option> running_options();

}  // namespace labstore::config
