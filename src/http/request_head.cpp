#include "labstore/http.hpp"

namespace labstore::http {

std::optional<std::string_view> request_head::find(std::string_view name) const noexcept {
    for (const auto& field : headers)
        if (equal_ignoring_case(field.name, name))
            return field.value;
    return std::nullopt;
}

std::size_t request_head::count(std::string_view name) const noexcept {
    std::size_t found = 0;
    for (const auto& field : headers)
        if (equal_ignoring_case(field.name, name))
            ++found;
    return found;
}

}  // namespace labstore::http
