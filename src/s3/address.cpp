#include "s3/address.hpp"

#include "labstore/auth.hpp"

namespace labstore::s3 {

result<address> parse_address(
    std::string_view host, std::string_view path, const std::vector<std::string>& domains
) {
    address named;
    if (path.empty() || path.front() != '/')
        return make_error_code(errc::invalid_uri);
    path.remove_prefix(1);
    named.bucket = auth::virtual_host_bucket(host, domains);
    if (named.bucket.empty()) {
        const auto slash = path.find('/');
        auto bucket = percent_decode(path.substr(0, slash), plus_sign::keep);
        if (!bucket)
            return make_error_code(errc::invalid_uri);
        named.bucket = std::move(*bucket);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        // "//key" names no bucket at all; taking it as the service would list buckets instead.
        if (named.bucket.empty() && !path.empty())
            return make_error_code(errc::invalid_bucket_name);
    }
    auto key = percent_decode(path, plus_sign::keep);
    if (!key)
        return make_error_code(errc::invalid_uri);
    named.key = std::move(*key);
    return named;
}

}  // namespace labstore::s3
