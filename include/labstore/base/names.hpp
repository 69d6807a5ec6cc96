#pragma once

#include "labstore/base/result.hpp"

#include <compare>
#include <string>
#include <string_view>

namespace labstore {

/// A string with a meaning, so that two meanings cannot be mixed. Made only by its own `parse` or `trusted`.
template <typename Tag>
class named_string {
  public:
    /// For text that has been validated before (read back from the index, made by ourselves).
    [[nodiscard]] static named_string trusted(std::string text) { return named_string(std::move(text)); }

    /// Validates once; the error is the S3 answer.
    [[nodiscard]] static result<named_string> parse(std::string_view text) {
        if (auto valid = Tag::validate(text); !valid)
            return valid.error();
        return named_string(std::string(text));
    }

    [[nodiscard]] const std::string& str() const noexcept { return text_; }

    [[nodiscard]] friend bool operator==(const named_string&, const named_string&) = default;
    [[nodiscard]] friend std::strong_ordering operator<=>(const named_string&, const named_string&) = default;

  private:
    explicit named_string(std::string text) : text_(std::move(text)) {}

    std::string text_;
};

struct bucket_name_tag {
    /// AWS's general purpose rules: 3 to 63 of a-z 0-9 . -, letter or digit at both ends, no two dots
    /// together, not an IPv4 address, not the reserved prefixes and suffixes (xn--, sthree-, amzn-s3-demo-,
    /// -s3alias, --ol-s3, .mrap, --x-s3, --table-s3).
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    [[nodiscard]] static result<void> validate(std::string_view text);
};

using bucket_name = named_string<bucket_name_tag>;

/// Object keys: any well-formed UTF-8, 1 to 1,024 bytes. Never becomes a file name.
inline constexpr std::size_t object_key_bytes_max = 1024;

struct object_key_tag {
    [[nodiscard]] static result<void> validate(std::string_view text);
};

using object_key = named_string<object_key_tag>;

}  // namespace labstore
