// What people write on a command line, read strictly: sizes, durations, numbers, distributions of object sizes.
#pragma once

#include "labstore/base.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace labstore::load {

/// What is wrong, in words for the person at the terminal.
struct fault {
    std::string text;
};

template <typename T = void>
using outcome = boost::system::result<T, fault>;

/// "4096", "4KiB", "1.5MiB", "64MB"; KiB, MiB, GiB count in 1024, KB, MB, GB in 1000. At most 5 TiB.
[[nodiscard]] outcome<std::uint64_t> parse_size(std::string_view text);
/// "250us", "10ms", "30s", "1.5m", "2h"; seconds when there is no unit. 0 to 365 days.
[[nodiscard]] outcome<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// A plain decimal number, perhaps with a fraction or an exponent; finite.
[[nodiscard]] outcome<double> parse_number(std::string_view text);

/// "100 KiB", "1.5 MiB".
[[nodiscard]] std::string size_text(double size_bytes);

/// How large objects are. A value: copied freely, safe everywhere.
///     "4KiB"                                   all the same
///     "uniform:1KiB-1MiB"                      each size between them as likely
///     "lognormal:64KiB,1.2" or ",16MiB" after  median and sigma of the logarithm, cut at the last (16 medians)
///     "list:4KiB*70,64KiB*20,1MiB*10"          sizes with weights
class size_distribution {
  public:
    [[nodiscard]] static outcome<size_distribution> parse(std::string_view text);
    [[nodiscard]] static size_distribution fixed(std::uint64_t size_bytes);

    /// The size that a share of `probability` (0 to 1) of all objects does not exceed.
    [[nodiscard]] std::uint64_t quantile_bytes(double probability) const;

    [[nodiscard]] std::uint64_t max_bytes() const noexcept { return max_bytes_; }

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// `count` sizes that stand for the distribution: its quantiles at the middles of `count` equal shares.
    [[nodiscard]] std::vector<std::uint64_t> samples(std::size_t count) const;

  private:
    enum class kind { uniform, lognormal, list };

    struct weighted {
        std::uint64_t size_bytes = 0;
        double share_up_to = 0;  // of all objects, this size and the smaller ones together
    };

    [[nodiscard]] static outcome<size_distribution> parse_uniform(std::string_view text);
    [[nodiscard]] static outcome<size_distribution> parse_lognormal(std::string_view text);
    [[nodiscard]] static outcome<size_distribution> parse_list(std::string_view text);

    kind kind_ = kind::uniform;
    std::uint64_t min_bytes_ = 0;
    std::uint64_t max_bytes_ = 0;
    double median_bytes_ = 0;
    double sigma_ = 0;
    std::vector<weighted> list_;  // ascending
    std::string text_;
};

}  // namespace labstore::load
