#include "s3/multipart.hpp"

namespace labstore::s3 {

namespace {

constexpr std::uint64_t part_number_max = 10'000;

}  // namespace

result<std::string> upload_id_of(call& request) {
    const auto id = request.query.text("uploadId");
    if (id.empty())
        return request.fail_argument("This operation needs an uploadId", "uploadId", {});
    return std::string(id);
}

result<std::uint32_t> upload_part_number_of(call& request) {
    const auto text = request.query.text("partNumber");
    const auto number = parse_decimal(text);
    if (!number || *number == 0 || *number > part_number_max)
        return request.fail_argument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", std::string(text)
        );
    return static_cast<std::uint32_t>(*number);
}

}  // namespace labstore::s3
