#pragma once

#include <span>
#include <string>
#include <string_view>

namespace labstore::profiling {

/// The station of a request that a stack stands in, from readable names, leaf first: the innermost function
/// that belongs to one.
///
///     net  http  auth  logging  s3  storage  meta  blob
///     commit       the group commits of meta and blob, and storage's step between them
///     admin, server, profiling, config     beside requests
///     rocksdb      its own threads
///     event-loop   Asio between requests
///     other        nothing known
[[nodiscard]] std::string station_of(std::span<const std::string_view> names);

}  // namespace labstore::profiling
