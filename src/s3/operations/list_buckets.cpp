#include "s3/listing.hpp"
#include "s3/operations/operations.hpp"
#include "s3/xml/writer.hpp"

namespace labstore::s3::operations {

namespace {

constexpr std::uint64_t max_buckets_limit = 10'000;

struct wish {
    std::string prefix;
    std::string region;
    std::string after;
    std::uint64_t limit = max_buckets_limit;
};

result<wish> read_wish(call& request) {
    wish wanted;
    wanted.prefix = request.query.text("prefix");
    wanted.region = request.query.text("bucket-region");
    if (const auto text = request.query.find("max-buckets")) {
        const auto number = parse_decimal(*text);
        if (!number || *number == 0 || *number > max_buckets_limit)
            return request.fail_argument(
                "Argument max-buckets must be an integer between 1 and 10000",
                "max-buckets",
                std::string(*text)
            );
        wanted.limit = *number;
    }
    if (const auto token = request.query.find("continuation-token")) {
        auto after = decode_token(*token);
        if (!after)
            return request.fail_argument(
                "The continuation token provided is incorrect", "continuation-token", std::string(*token)
            );
        wanted.after = std::move(*after);
    }
    return wanted;
}

bool shows(const call& request, const wish& wanted, const storage::bucket_info& bucket) {
    return bucket.owner.id == request.caller.who->account_id &&
           (wanted.region.empty() || wanted.region == bucket.region);
}

std::string write_document(
    const call& request, const wish& wanted, const std::vector<storage::bucket_info>& buckets, bool more
) {
    xml::writer out;
    out.open_root("ListAllMyBucketsResult");
    write_owner(out, "Owner", request.account());
    out.open("Buckets");
    for (const auto& bucket : buckets) {
        out.open("Bucket");
        out.element("Name", bucket.name);
        out.element("CreationDate", format_iso8601(bucket.created));
        out.element("BucketRegion", bucket.region);
        out.close("Bucket");
    }
    out.close("Buckets");
    if (request.query.has("prefix"))
        out.element("Prefix", wanted.prefix);
    if (more)
        out.element("ContinuationToken", encode_token(buckets.back().name));
    out.close("ListAllMyBucketsResult");
    return out.take();
}

}  // namespace

awaitable<result<void>> list_buckets(call& request) {
    auto wanted = read_wish(request);
    LABSTORE_CO_TRY(wanted);
    std::vector<storage::bucket_info> shown;
    bool more = false;
    // Storage knows no callers: pages are read until enough of the caller's own were seen, and one beyond.
    for (bool reading = true; reading;) {
        auto listing = request.store.list_buckets(wanted->prefix, wanted->after, 1000);
        auto page = co_await std::move(listing);
        LABSTORE_CO_TRY(page);
        for (auto& bucket : page->buckets) {
            wanted->after = bucket.name;
            if (!shows(request, *wanted, bucket))
                continue;
            if (shown.size() == wanted->limit) {
                more = true;
                break;
            }
            shown.push_back(std::move(bucket));
        }
        reading = page->more && !more && !page->buckets.empty();
    }
    auto answering = respond_xml(request, write_document(request, *wanted, shown, more));
    const auto answered = co_await std::move(answering);
    co_return answered;
}

}  // namespace labstore::s3::operations
