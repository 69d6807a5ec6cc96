#include "labstore/base/time.hpp"

#include "labstore/base/bytes.hpp"
#include "labstore/base/encoding.hpp"

#include <algorithm>
#include <array>

namespace labstore {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_weekdays{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

class real_time_clock final : public clock {
  public:
    [[nodiscard]] wall_time now() const noexcept override {
        return time_point_cast<nanoseconds>(std::chrono::system_clock::now());
    }
};

struct civil {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    int millisecond = 0;
    unsigned weekday = 0;
};

civil to_civil(wall_time time) {
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock_time(floor<milliseconds>(time - day));
    return {
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        static_cast<int>(clock_time.hours().count()),
        static_cast<int>(clock_time.minutes().count()),
        static_cast<int>(clock_time.seconds().count()),
        static_cast<int>(clock_time.subseconds().count()),
        weekday(day).c_encoding(),
    };
}

/// Nanoseconds in 64 bits reach from 1677 to 2262.
constexpr int year_min = 1678;
constexpr int year_max = 2261;

std::optional<wall_time> from_civil(const civil& parts) {
    const year_month_day date(year(parts.year), month(parts.month), day(parts.day));
    if (!date.ok() || parts.year < year_min || parts.year > year_max)
        return std::nullopt;
    if (parts.hour > 23 || parts.minute > 59 || parts.second > 60)
        return std::nullopt;
    return wall_time(
        sys_days(date).time_since_epoch() + hours(parts.hour) + minutes(parts.minute) +
        seconds(parts.second) + milliseconds(parts.millisecond)
    );
}

/// Writes fixed-width pieces one behind the other; the years of wall_time have four digits.
class writer {
  public:
    explicit writer(char* out) : out_(out) {}

    template <typename Integer>
    void number(Integer value, int digits) {
        auto rest = static_cast<unsigned>(value);
        for (int i = digits - 1; i >= 0; --i, rest /= 10)
            out_[i] = static_cast<char>('0' + rest % 10);
        out_ += digits;
    }

    void text(std::string_view piece) { out_ = std::copy(piece.begin(), piece.end(), out_); }

  private:
    char* out_;
};

void clock_of_day(writer& to, const civil& parts, std::string_view separator) {
    to.number(parts.hour, 2);
    to.text(separator);
    to.number(parts.minute, 2);
    to.text(separator);
    to.number(parts.second, 2);
}

/// Reads fixed-width pieces from the front of a text; `ok` turns false at the first mismatch and stays so.
class reader {
  public:
    explicit reader(std::string_view text) : text_(text) {}

    int number(std::size_t digits) {
        if (text_.size() < digits) {
            ok_ = false;
            return 0;
        }
        int value = 0;
        for (const char c : text_.substr(0, digits)) {
            ok_ = ok_ && c >= '0' && c <= '9';
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(digits);
        return value;
    }

    void literal(std::string_view expected) {
        ok_ = ok_ && text_.starts_with(expected);
        text_.remove_prefix(std::min(expected.size(), text_.size()));
    }

    bool optional_literal(std::string_view expected) {
        if (!text_.starts_with(expected))
            return false;
        text_.remove_prefix(expected.size());
        return true;
    }

    template <std::size_t Size>
    unsigned one_of(const std::array<std::string_view, Size>& words) {
        for (std::size_t i = 0; i < Size; ++i)
            if (optional_literal(words[i]))
                return static_cast<unsigned>(i);
        ok_ = false;
        return 0;
    }

    [[nodiscard]] bool next_is_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }

    [[nodiscard]] bool ok() const { return ok_; }

    [[nodiscard]] bool finished() const { return ok_ && text_.empty(); }

  private:
    std::string_view text_;
    bool ok_ = true;
};

void clock_of_day(reader& in, civil& parts) {
    parts.hour = in.number(2);
    in.literal(":");
    parts.minute = in.number(2);
    in.literal(":");
    parts.second = in.number(2);
}

std::optional<wall_time> parse_imf_fixdate(std::string_view text) {
    reader in(text);
    civil parts;
    in.one_of(weekdays);
    in.literal(", ");
    parts.day = static_cast<unsigned>(in.number(2));
    in.literal(" ");
    parts.month = in.one_of(months) + 1;
    in.literal(" ");
    parts.year = in.number(4);
    in.literal(" ");
    clock_of_day(in, parts);
    // SigV2 clients also write the zone as an offset of zero (RFC 2822).
    in.literal(" ");
    if (!in.optional_literal("GMT") && !in.optional_literal("+0000") && !in.optional_literal("UTC"))
        return std::nullopt;
    return in.finished() ? from_civil(parts) : std::nullopt;
}

std::optional<wall_time> parse_rfc850(std::string_view text) {
    reader in(text);
    civil parts;
    in.one_of(long_weekdays);
    in.literal(", ");
    parts.day = static_cast<unsigned>(in.number(2));
    in.literal("-");
    parts.month = in.one_of(months) + 1;
    in.literal("-");
    const int year = in.number(2);
    parts.year = year + (year < 70 ? 2000 : 1900);
    in.literal(" ");
    clock_of_day(in, parts);
    in.literal(" GMT");
    return in.finished() ? from_civil(parts) : std::nullopt;
}

std::optional<wall_time> parse_asctime(std::string_view text) {
    reader in(text);
    civil parts;
    in.one_of(weekdays);
    in.literal(" ");
    parts.month = in.one_of(months) + 1;
    in.literal(" ");
    parts.day = static_cast<unsigned>(in.optional_literal(" ") ? in.number(1) : in.number(2));
    in.literal(" ");
    clock_of_day(in, parts);
    in.literal(" ");
    parts.year = in.number(4);
    return in.finished() ? from_civil(parts) : std::nullopt;
}

}  // namespace

const clock& system_clock() noexcept {
    static const real_time_clock instance;
    return instance;
}

http_date_text http_date(wall_time time) noexcept {
    const auto parts = to_civil(time);
    http_date_text out;
    writer to(out.data());
    to.text(weekdays[parts.weekday]);
    to.text(", ");
    to.number(parts.day, 2);
    to.text(" ");
    to.text(months[parts.month - 1]);
    to.text(" ");
    to.number(parts.year, 4);
    to.text(" ");
    clock_of_day(to, parts, ":");
    to.text(" GMT");
    return out;
}

std::string format_http_date(wall_time time) {
    return std::string(as_text(http_date(time)));
}

std::optional<wall_time> parse_http_date(std::string_view text) {
    if (auto time = parse_imf_fixdate(text))
        return time;
    if (auto time = parse_rfc850(text))
        return time;
    return parse_asctime(text);
}

iso8601_text iso8601(wall_time time) noexcept {
    const auto parts = to_civil(time);
    iso8601_text out;
    writer to(out.data());
    to.number(parts.year, 4);
    to.text("-");
    to.number(parts.month, 2);
    to.text("-");
    to.number(parts.day, 2);
    to.text("T");
    clock_of_day(to, parts, ":");
    to.text(".");
    to.number(parts.millisecond, 3);
    to.text("Z");
    return out;
}

std::string format_iso8601(wall_time time) {
    return std::string(as_text(iso8601(time)));
}

std::optional<wall_time> parse_iso8601(std::string_view text) {
    reader in(text);
    civil parts;
    parts.year = in.number(4);
    in.literal("-");
    parts.month = static_cast<unsigned>(in.number(2));
    in.literal("-");
    parts.day = static_cast<unsigned>(in.number(2));
    in.literal("T");
    clock_of_day(in, parts);
    if (in.optional_literal(".")) {
        int scale = 100;
        do {
            parts.millisecond += in.number(1) * scale;
            scale /= 10;
        } while (in.ok() && in.next_is_digit());
    }
    minutes offset(0);
    if (!in.optional_literal("Z")) {
        const int sign = in.optional_literal("+") ? 1 : in.optional_literal("-") ? -1 : 0;
        if (sign == 0)
            return std::nullopt;
        const int offset_hours = in.number(2);
        in.optional_literal(":");
        offset = sign * minutes(offset_hours * 60 + in.number(2));
    }
    if (!in.finished())
        return std::nullopt;
    auto time = from_civil(parts);
    return time ? std::optional(*time - offset) : std::nullopt;
}

amz_date_text amz_date(wall_time time) noexcept {
    const auto parts = to_civil(time);
    amz_date_text out;
    writer to(out.data());
    to.number(parts.year, 4);
    to.number(parts.month, 2);
    to.number(parts.day, 2);
    to.text("T");
    clock_of_day(to, parts, "");
    to.text("Z");
    return out;
}

std::string format_amz_date(wall_time time) {
    return std::string(as_text(amz_date(time)));
}

std::optional<wall_time> parse_amz_date(std::string_view text) {
    reader in(text);
    civil parts;
    parts.year = in.number(4);
    parts.month = static_cast<unsigned>(in.number(2));
    parts.day = static_cast<unsigned>(in.number(2));
    in.literal("T");
    parts.hour = in.number(2);
    parts.minute = in.number(2);
    parts.second = in.number(2);
    in.literal("Z");
    return in.finished() ? from_civil(parts) : std::nullopt;
}

}  // namespace labstore
