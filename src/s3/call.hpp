#pragma once

#include "labstore/auth.hpp"
#include "labstore/http.hpp"
#include "labstore/s3.hpp"
#include "labstore/storage.hpp"
#include "s3/address.hpp"
#include "s3/error_table.hpp"
#include "s3/query.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace labstore::s3 {

class md5_station;

using runtime::awaitable;

/// One request on its way through the operations: who calls, what is named, where to answer. Lives in the
/// coroutine of service::handle; operations take it by reference.
class call {
  public:
    call(
        http::exchange& request,
        storage::object_store& objects,
        const options& limits,
        runtime::limit& documents,
        md5_station& hashes,
        const clock& now
    )
        : exchange(request),
          store(objects),
          settings(limits),
          time(now),
          md5(hashes),
          document_memory(documents, 0) {}

    [[nodiscard]] const http::request_head& head() const noexcept { return exchange.head(); }

    /// A header; where `hoists` an x-amz-* query parameter counts as the header of that name.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;

    /// The same without the absent case: empty.
    [[nodiscard]] std::string_view header_text(std::string_view name) const noexcept {
        return header(name).value_or(std::string_view{});
    }

    /// SDKs move x-amz-* headers into a URL when they presign it. Only SigV4 signs every parameter: in a SigV2
    /// link anybody could have added one, so there they mean nothing.
    [[nodiscard]] bool hoists() const noexcept;

    /// Is there any header whose name begins so? `prefix` in lower case.
    [[nodiscard]] bool has_header_with_prefix(std::string_view prefix) const noexcept;

    [[nodiscard]] storage::account account() const {
        return {caller.who->account_id, caller.who->display_name};
    }

    /// An error whose message says more than the table's.
    [[nodiscard]] error_code fail(errc error, std::string message) {
        detail.message = std::move(message);
        return make_error_code(error);
    }

    /// An InvalidArgument that names the argument, as AWS does.
    [[nodiscard]] error_code fail_argument(std::string message, std::string_view name, std::string value);

    /// An S3 code that the table does not know because only one operation gives it. `code` is a literal.
    [[nodiscard]] error_code fail_with(unsigned status, std::string_view code, std::string message);

    http::exchange& exchange;
    storage::object_store& store;
    const options& settings;
    const clock& time;
    md5_station& md5;               // of all bodies
    auth::verified_request caller;  // set by the station that verifies, read by all after it
    query_parameters query;
    address target;
    storage::bucket_ptr bucket;  // of requests that name an existing bucket
    error_detail detail;
    runtime::limit::holding document_memory;  // of the XML read and to be sent, until the request is over
};

/// An operation answers through the exchange and returns ok, or returns an error without having answered.
using operation = awaitable<result<void>> (*)(call&);

// -- answers

/// 200 with an XML document. slow_down, and nothing is answered, when there is no memory for it to wait in: a client
/// takes its time reading, and thousands of them must not fill the machine.
awaitable<result<void>> respond_xml(call& request, std::string document, http::response_head head);
/// The same with nothing but the document.
awaitable<result<void>> respond_xml(call& request, std::string document);
/// A status without a body (200 with Content-Length 0, or 204).
awaitable<result<void>> respond_empty(call& request, http::response_head head);

}  // namespace labstore::s3
