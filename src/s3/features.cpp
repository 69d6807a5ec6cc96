#include "s3/features.hpp"

#include <algorithm>
#include <array>

namespace labstore::s3 {

namespace {

constexpr std::array<std::string_view, 3> encryption_prefixes{
    "x-amz-server-side-encryption", "x-amz-copy-source-server-side-encryption", "x-amz-sse-"};

constexpr std::array<std::string_view, 8> canned_acls{
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
};

error_code refuse_acl(call& request) {
    return request.fail_with(400, "AccessControlListNotSupported", "The bucket does not allow ACLs");
}

}  // namespace

result<void> refuse_unsupported(call& request) {
    for (const auto prefix : encryption_prefixes)
        if (request.has_header_with_prefix(prefix))
            return request.fail(errc::not_implemented, "Server-side encryption is not implemented.");
    if (request.header("x-amz-write-offset-bytes"))
        return request.fail(errc::not_implemented, "Appending to objects is not implemented.");
    const auto method = request.head().method;
    const bool writes = method == http::method::put || method == http::method::post;
    if (writes && request.head().find("If-Match") && request.head().find("If-None-Match"))
        return make_error_code(errc::not_implemented);
    return {};
}

result<void> check_acl_headers(call& request) {
    const bool lenient = request.settings.accept_acl_headers;
    if (request.has_header_with_prefix("x-amz-grant-") && !lenient)
        return refuse_acl(request);
    const auto acl = request.header("x-amz-acl");
    if (!acl)
        return {};
    if (std::find(canned_acls.begin(), canned_acls.end(), *acl) == canned_acls.end())
        return request.fail_argument("The canned ACL is not valid", "x-amz-acl", std::string(*acl));
    if (lenient || *acl == "private" || *acl == "bucket-owner-full-control")
        return {};
    return refuse_acl(request);
}

}  // namespace labstore::s3
