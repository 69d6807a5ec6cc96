#include "s3/copy_source.hpp"

#include "s3/object_read.hpp"

namespace labstore::s3 {

result<storage::object_name> parse_copy_source(std::string_view header) {
    storage::object_name source;
    constexpr std::string_view version_mark = "?versionId=";
    // The mark cannot be part of a properly encoded key: there its '?' would be "%3F".
    if (const auto mark = header.rfind(version_mark); mark != std::string_view::npos) {
        const auto version = percent_decode(header.substr(mark + version_mark.size()), plus_sign::keep);
        if (!version || version->empty())
            return make_error_code(errc::invalid_copy_source);
        if (!is_version_id(*version))
            return make_error_code(errc::invalid_version_id);
        source.version_id = *version;
        header = header.substr(0, mark);
    }
    // Some clients encode the slash between bucket and key as well, so decoding comes first.
    auto decoded = percent_decode(header, plus_sign::keep);
    if (!decoded)
        return make_error_code(errc::invalid_copy_source);
    std::string_view path = *decoded;
    if (path.starts_with('/'))
        path.remove_prefix(1);
    const auto slash = path.find('/');
    if (slash == std::string_view::npos || slash == 0 || slash + 1 == path.size())
        return make_error_code(errc::invalid_copy_source);
    source.bucket = path.substr(0, slash);
    source.key = path.substr(slash + 1);
    LABSTORE_TRY(object_key_tag::validate(source.key));
    return source;
}

result<storage::object_name> find_copy_source(call& request) {
    auto source = parse_copy_source(request.header_text("x-amz-copy-source"));
    LABSTORE_TRY(source);
    const auto bucket = request.store.find_bucket(source->bucket);
    if (!bucket) {
        request.detail.elements.emplace_back("BucketName", source->bucket);
        return bucket.error();
    }
    const auto& owner = (*bucket)->owner.id;
    if (owner != request.caller.who->account_id)
        return make_error_code(errc::access_denied);
    const auto expected = request.header("x-amz-source-expected-bucket-owner");
    if (expected && *expected != owner)
        return make_error_code(errc::access_denied);
    return std::move(*source);
}

}  // namespace labstore::s3
