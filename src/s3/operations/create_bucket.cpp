#include "s3/features.hpp"
#include "s3/operations/operations.hpp"
#include "s3/payload_reader.hpp"
#include "s3/tagging.hpp"
#include "s3/xml/requests.hpp"

#include <algorithm>

namespace labstore::s3::operations {

namespace {

constexpr std::string_view first_region = "us-east-1";
constexpr std::string_view lock_header = "x-amz-bucket-object-lock-enabled";

/// "eu-central-1" and its like: something that could be a region, though not this one.
bool looks_like_region(std::string_view text) noexcept {
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    };
    return text == "EU" ||
           (std::count(text.begin(), text.end(), '-') >= 2 && std::all_of(text.begin(), text.end(), is_word));
}

result<void> check_location(call& request, const std::string& location) {
    if (location.empty() || location == request.settings.region || location == first_region)
        return {};
    request.detail.elements.emplace_back("LocationConstraint", location);
    if (looks_like_region(location))
        return request.fail(
            errc::invalid_location,
            "The " + location +
                " location constraint is incompatible for the region specific endpoint this request was sent "
                "to."
        );
    return request.fail_with(
        400, "InvalidLocationConstraint", "The specified location-constraint is not valid"
    );
}

result<void> check_headers(call& request) {
    const auto lock = request.header_text(lock_header);
    if (!lock.empty() && !equal_ignoring_case(lock, "true") && !equal_ignoring_case(lock, "false"))
        return request.fail_argument(
            "Value for x-amz-bucket-object-lock-enabled must be true or false", lock_header, std::string(lock)
        );
    const auto ownership = request.header_text("x-amz-object-ownership");
    const bool enforced = ownership.empty() || ownership == "BucketOwnerEnforced";
    if (!enforced && ownership != "BucketOwnerPreferred" && ownership != "ObjectWriter")
        return request.fail_argument(
            "Invalid x-amz-object-ownership header", "x-amz-object-ownership", std::string(ownership)
        );
    if (!enforced && !request.settings.accept_acl_headers)
        return request.fail(
            errc::not_implemented, "Object ownership other than BucketOwnerEnforced is not implemented."
        );
    const auto acl = check_acl_headers(request);
    if (!acl && request.detail.code == "AccessControlListNotSupported")
        return request.fail_with(
            400,
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
        );
    return acl;
}

/// Has the bucket that is there the lock and the tags that were asked for?
bool is_as_wanted(const call& request, bool locked, const storage::tag_list& tags) {
    const auto there = request.store.find_bucket(request.target.bucket);
    if (!there || (locked && !(*there)->object_lock))
        return false;
    return tags.empty() || ((*there)->config && (*there)->config->tags == tags);
}

}  // namespace

awaitable<result<void>> create_bucket(call& request) {
    const auto allowed = check_headers(request);
    LABSTORE_CO_TRY(allowed);
    auto name = bucket_name::parse(request.target.bucket);
    LABSTORE_CO_TRY(name);
    auto reading = receive_document(request, request.settings.xml_size_bytes_max);
    const auto text = co_await std::move(reading);
    LABSTORE_CO_TRY(text);
    const auto wish = xml::parse_create_bucket(*text);
    LABSTORE_CO_TRY(wish);
    if (wish->unsupported)
        co_return request.fail(errc::not_implemented, "Directory buckets are not implemented.");
    const auto located = check_location(request, wish->location);
    LABSTORE_CO_TRY(located);

    const auto tagged = check_tags(request, wish->tags, bucket_tags_max);
    LABSTORE_CO_TRY(tagged);
    storage::new_bucket wanted;
    const bool locked = equal_ignoring_case(request.header_text(lock_header), "true");
    wanted.object_lock = locked;
    wanted.tags = wish->tags;
    auto creating = request.store.create_bucket(
        std::move(*name), request.account(), request.settings.region, std::move(wanted)
    );
    const auto created = co_await std::move(creating);
    // The first region of S3 answers 200 when the owner creates a bucket again; all later ones 409. So do we where the
    // bucket is not what was asked for.
    const bool again = !created && to_errc(created.error()) == errc::bucket_already_owned_by_you &&
                       is_as_wanted(request, locked, wish->tags);
    if (!created && !(again && request.settings.region == first_region))
        co_return created.error();
    http::response_head head(200);
    head.add("Location", '/' + request.target.bucket);
    auto answering = respond_empty(request, std::move(head));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
