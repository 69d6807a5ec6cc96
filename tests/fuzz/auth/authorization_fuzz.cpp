// The Authorization header, SigV4 and SigV2, alone and within a request.
#include "fuzz/auth/request_text.hpp"

#include "auth/authorization.hpp"

#include <cstddef>
#include <cstdint>

using namespace labstore;
using namespace labstore::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    refusal why;
    if (const auto parsed = parse_sigv4_authorization(text, why)) {
        testing::require(parsed->scope.date.size() == 8, "a date has eight digits");
        testing::require(!parsed->scope.access_key.empty(), "an access key is not empty");
        testing::require(parsed->signed_headers.size() <= signed_headers_max, "the list is bounded");
        testing::require(std::ranges::is_sorted(parsed->signed_headers), "the list is sorted");
    }
    if (const auto parsed = parse_sigv2_authorization(text, why))
        testing::require(!parsed->access_key.empty() && !parsed->signature.empty(), "both parts are there");
    testing::owned_request request;
    if (testing::read_request_text(text, request))
        testing::check_verification(request);
    return 0;
}
