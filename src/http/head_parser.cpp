#include "http/head_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <limits>

namespace labstore::http {
namespace {

namespace beast = boost::beast;
using beast_error = beast::error_code;

/// Beast's parser with the fields kept as views instead of copies. It is given a whole head and nothing of
/// the body, so that the body's functions are never reached.
class view_parser final : public beast::http::basic_parser<true> {
  public:
    explicit view_parser(parsed_head& out) : out_(out) {
        header_limit(std::numeric_limits<std::uint32_t>::max());
        body_limit(boost::none);
    }

    std::string_view target;
    int version = 0;

  private:
    void
    on_request_impl(beast::http::verb, beast::string_view method_text, beast::string_view target_text, int version_number, beast_error&)
        override {
        out_.head.method_text = {method_text.data(), method_text.size()};
        target = {target_text.data(), target_text.size()};
        version = version_number;
    }

    void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value, beast_error&)
        override {
        out_.headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }

    void on_response_impl(int, beast::string_view, int, beast_error&) override {}

    void on_header_impl(beast_error&) override {}

    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override {}

    std::size_t on_body_impl(beast::string_view body, beast_error&) override { return body.size(); }

    void on_chunk_header_impl(std::uint64_t, beast::string_view, beast_error&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, beast_error&) override {
        return body.size();
    }

    void on_finish_impl(beast_error&) override {}

    parsed_head& out_;
};

bool agree(const view_parser& parser, const parsed_head& out) {
    const auto& facts = out.facts;
    const auto length = parser.content_length();
    const bool same_length = length.has_value() == facts.content_length.has_value() &&
                             (!length.has_value() || *length == *facts.content_length);
    // Not keep_alive(): Beast heeds Proxy-Connection there. The gate alone decides on reuse.
    return same_length && parser.chunked() == facts.chunked && (parser.version == 11) == facts.version_1_1 &&
           out.headers.size() == facts.header_count && out.head.method_text == facts.method &&
           (facts.target == "/" || parser.target.ends_with(facts.target));
}

void fill_head(parsed_head& out) {
    auto& head = out.head;
    head.method = to_method(head.method_text);
    head.target = out.facts.target;
    head.host = out.facts.host;
    head.headers = out.headers;
    const auto question = head.target.find('?');
    head.path = head.target.substr(0, question);
    head.has_query = question != std::string_view::npos;
    head.query = head.has_query ? head.target.substr(question + 1) : std::string_view();
}

}  // namespace

http::method to_method(std::string_view text) noexcept {
    if (text == "GET")
        return method::get;
    if (text == "PUT")
        return method::put;
    if (text == "HEAD")
        return method::head;
    if (text == "POST")
        return method::post;
    if (text == "DELETE")
        return method::delete_;
    if (text == "OPTIONS")
        return method::options;
    return method::other;
}

refusal parse_head(std::string_view bytes, parsed_head& out) {
    out.headers.clear();
    out.head = {};
    auto verdict = judge_head(bytes);
    out.facts = verdict.facts;
    if (verdict.why != refusal::none)
        return verdict.why;
    view_parser parser(out);
    beast_error failure;
    const auto used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), failure);
    if (failure || used != bytes.size() || !parser.is_header_done() || !agree(parser, out))
        return refusal::parsers_disagree;
    fill_head(out);
    return refusal::none;
}

}  // namespace labstore::http
