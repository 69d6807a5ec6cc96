#pragma once

#include "s3/call.hpp"
#include "s3/xml/lifecycle_request.hpp"

#include <string>
#include <vector>

namespace labstore::s3 {

inline constexpr std::size_t lifecycle_rules_max = 1'000;

/// The rules as they are kept, held against what AWS refuses, in its words. malformed_xml, invalid_argument,
/// invalid_request; not_implemented for transitions, since there is one storage class only.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
[[nodiscard]] result<std::vector<storage::lifecycle_rule>> settle_rules(
    call& request, std::vector<xml::lifecycle_rule_text> texts
);

/// The LifecycleConfiguration document.
[[nodiscard]] std::string lifecycle_document(const std::vector<storage::lifecycle_rule>& rules);

/// x-amz-expiration, where a rule of the request's bucket will expire this current version. Costs a null check where the
/// bucket has no configuration.
void add_expiration(http::response_head& head, const call& request, const storage::object_info& object);
/// The same of a version just written under the request's key.
void add_expiration(http::response_head& head, const call& request, const storage::put_result& stored);

/// x-amz-abort-date and x-amz-abort-rule-id, where a rule will abort an upload begun then.
void add_abort_date(http::response_head& head, const call& request, wall_time initiated);

}  // namespace labstore::s3
