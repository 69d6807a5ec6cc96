#include "s3/operations/operations.hpp"

namespace labstore::s3::operations {

/// GetObjectRetention and GetObjectLegalHold, as for a bucket without object lock.
awaitable<result<void>> get_object_retention(call& request) {
    co_return request.fail(errc::invalid_request, "Bucket is missing Object Lock Configuration");
}

}  // namespace labstore::s3::operations
