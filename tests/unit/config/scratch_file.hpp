#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace labstore::config {

/// A name for a settings file of this process: CTest runs the tests of this program side by side, each in its own.
inline std::string scratch_file() {
    const auto name = "labstore-config-test-" + std::to_string(::getpid()) + ".yml";
    return (std::filesystem::path(::testing::TempDir()) / name).string();
}

}  // namespace labstore::config
