#pragma once

#include "server/failure.hpp"

#include <string>

namespace labstore::server {

/// The storage path, taken for this process: locked with flock on `LOCK` until the object goes, its format
/// known. The lock ends with the process, however that ends. Used from one thread.
class storage_folder {
  public:
    enum class when_missing { create, fail };

    /// With `create`, a missing path is made with mode 0700 and an empty one gets its format.json; an empty
    /// one may hold lost+found. Refused: a path that another process holds, one of a newer format, and a
    /// folder of something else.
    [[nodiscard]] static attempt<storage_folder> open(const std::string& path, when_missing policy);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// The folder itself, for its small files.
    [[nodiscard]] int descriptor() const noexcept { return folder_.get(); }

    /// 32 hex digits, made when the store was.
    [[nodiscard]] const std::string& deployment_id() const noexcept { return deployment_id_; }

  private:
    storage_folder(std::string path, unique_fd folder) : path_(std::move(path)), folder_(std::move(folder)) {}

    attempt<void> refuse_foreign() const;
    attempt<void> lock(when_missing policy);
    attempt<void> read_format(when_missing policy);

    std::string path_;
    unique_fd folder_;
    unique_fd lock_;
    std::string deployment_id_;
};

}  // namespace labstore::server
