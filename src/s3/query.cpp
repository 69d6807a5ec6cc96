#include "s3/query.hpp"

namespace labstore::s3 {

result<query_parameters> query_parameters::parse(std::string_view query) {
    query_parameters parsed;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
        if (pair.empty())
            continue;
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), plus_sign::is_space);
        auto value = equals == std::string_view::npos
                         ? std::string{}
                         : percent_decode(pair.substr(equals + 1), plus_sign::is_space);
        if (!name || !value)
            return make_error_code(errc::invalid_uri);
        // Answers repeat what was asked, and their XML is UTF-8.
        if (!is_utf8(*name) || !is_utf8(*value))
            return make_error_code(errc::invalid_uri);
        parsed.pairs_.emplace_back(std::move(*name), std::move(*value));
    }
    return parsed;
}

std::optional<std::string_view> query_parameters::find(std::string_view name) const noexcept {
    for (const auto& [key, value] : pairs_)
        if (key == name)
            return value;
    return std::nullopt;
}

std::optional<std::string_view> query_parameters::find_ignoring_case(std::string_view name) const noexcept {
    for (const auto& [key, value] : pairs_)
        if (equal_ignoring_case(key, name))
            return value;
    return std::nullopt;
}

std::string_view query_parameters::text(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view{});
}

}  // namespace labstore::s3
