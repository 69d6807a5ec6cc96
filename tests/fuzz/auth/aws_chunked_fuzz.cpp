// aws-chunked bodies: the first byte chooses mode and splits, the second the declared length, the rest is the body.
#include "fuzz/auth/request_text.hpp"
#include "unit/auth/chunked_body.hpp"

#include <cstddef>
#include <cstdint>

using namespace labstore;
using namespace labstore::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    constexpr std::array modes{
        body_mode::streaming_signed,
        body_mode::streaming_signed_trailer,
        body_mode::streaming_unsigned_trailer,
    };
    const auto mode = modes[data[0] % modes.size()];
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    std::vector<std::string> names;
    if (mode != body_mode::streaming_signed)
        names.emplace_back("x-amz-checksum-crc32");
    const auto request = testing::make_streaming(mode, data[1], names);
    const auto whole = testing::decode_all(request, body);
    const auto split = testing::decode_all(request, body, 1 + data[0] / 3 % 8, 1 + data[0] / 24);
    testing::require(whole.error == split.error, "splits do not change the answer");
    testing::require(whole.data.size() <= data[1], "never more than declared");
    if (whole.error == errc::ok) {
        testing::require(whole.data.size() == data[1], "exactly what was declared");
        testing::require(
            whole.data == split.data && whole.trailers == split.trailers, "splits do not change the data"
        );
        testing::require(whole.trailers.size() == names.size(), "every declared trailer");
    }
    return 0;
}
