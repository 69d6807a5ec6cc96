// One queued line and its two written forms.
#pragma once

#include "labstore/observability/log.hpp"

#include <chrono>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace labstore::log {

/// The fields of a line, copied into one piece of text so that queueing costs two allocations at most.
class event_line {
  public:
    event_line(std::string_view event, std::span<const field> fields);

    [[nodiscard]] std::string_view event() const noexcept;
    [[nodiscard]] std::size_t size_bytes() const noexcept;

    /// Calls `visit(const field&)` for each field.
    template <typename Visit>
    void for_each(Visit visit) const {
        std::string_view rest = std::string_view(text_).substr(event_size_);
        const auto take = [&rest](std::size_t size) {
            const auto taken = rest.substr(0, size);
            rest.remove_prefix(size);
            return taken;
        };
        for (const auto& one : fields_) {
            field whole(take(one.key_size), std::string_view());
            whole.value = one.value;
            if (std::holds_alternative<std::string_view>(one.value))
                whole.value = take(one.text_size);
            visit(whole);
        }
    }

  private:
    struct packed_field {
        std::size_t key_size = 0;
        std::size_t text_size = 0;
        field::value_type value;
    };

    std::string text_;
    std::size_t event_size_ = 0;
    std::vector<packed_field> fields_;
};

struct queued_line {
    level severity = level::info;
    std::chrono::system_clock::time_point time;
    std::variant<event_line, access_entry> content;

    [[nodiscard]] std::size_t size_bytes() const noexcept;
};

/// Text leaves time and level to the sink's pattern; JSON is the whole line. Neither holds a line break.
void append_line(std::string& out, const queued_line& line, format form);

}  // namespace labstore::log
