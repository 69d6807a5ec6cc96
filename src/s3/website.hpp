// What a website answers with, decided from its configuration alone.
// Source: "Hosting a static website using Amazon S3", "Using advanced conditional redirects" in the S3 user guide.
#pragma once

#include "labstore/storage/bucket_config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::s3 {

struct redirection {
    unsigned status = 0;
    std::string location;
};

/// Of a request what redirections depend on.
struct website_visit {
    std::string_view host;  // as sent, with its port
    bool secure = false;
    std::string_view key;     // decoded
    std::string_view target;  // path and query as sent
};

/// The bucket that a Host header names: what stands before one of `domains`, else all of it. Without the port, in
/// lower case.
[[nodiscard]] std::string website_bucket(std::string_view host, const std::vector<std::string>& domains);

/// The key of the page to be shown: that of the index document for "" and "folder/".
[[nodiscard]] std::string page_key(const storage::website_config& site, std::string_view key);

/// Of the whole site; nullopt when it has pages.
[[nodiscard]] std::optional<redirection> redirect_all(
    const storage::website_config& site, const website_visit& visit
);

/// By the first rule whose conditions hold: before the page is looked for without `error_status`, after that has
/// failed with it.
[[nodiscard]] std::optional<redirection> redirect_by_rule(
    const storage::website_config& site, const website_visit& visit, std::optional<unsigned> error_status
);

}  // namespace labstore::s3
