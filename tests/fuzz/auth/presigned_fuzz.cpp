// Credentials in the query, SigV4 and SigV2, and the canonical query they are signed in.
#include "fuzz/auth/request_text.hpp"

#include "auth/presigned.hpp"

#include <cstddef>
#include <cstdint>

using namespace labstore;
using namespace labstore::auth;

namespace {

void check_query(std::string_view raw) {
    auto query = parse_query(raw);
    if (!query)
        return;
    constexpr std::chrono::seconds week(604800);
    refusal why;
    if (const auto parsed = parse_sigv4_presigned(*query, week, why))
        testing::require(parsed->life.count() >= 1 && parsed->life <= week, "a life is within its limits");
    if (const auto parsed = parse_sigv2_presigned(*query, why))
        testing::require(!parsed->access_key.empty(), "an access key is not empty");
    sort_query(*query);
    std::string canonical;
    append_canonical_query(canonical, *query);
    // The canonical form is its own canonical form.
    auto again = parse_query(canonical);
    testing::require(again.has_value(), "a canonical query parses");
    sort_query(*again);
    std::string twice;
    append_canonical_query(twice, *again);
    testing::require(canonical == twice, "canonical once is canonical for good");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    testing::owned_request request;
    if (!testing::read_request_text(text, request)) {
        check_query(text);
        return 0;
    }
    std::vector<http::header> room;
    check_query(request.head(room).query);
    testing::check_verification(request);
    return 0;
}
