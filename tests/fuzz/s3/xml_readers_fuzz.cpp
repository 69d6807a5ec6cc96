// The request documents of S3: whatever is accepted keeps the promises that storage relies on, and a key that
// was accepted survives being written and read again.
#include "s3/xml/config_requests.hpp"
#include "s3/xml/lock_requests.hpp"
#include "s3/xml/requests.hpp"
#include "s3/xml/writer.hpp"

#include <cstdlib>

namespace {

using namespace labstore;
using namespace labstore::s3;

constexpr std::size_t keys_max = 8;

void require(bool holds) {
    if (!holds)
        std::abort();
}

void check_delete(std::string_view text) {
    const auto parsed = xml::parse_delete(text, keys_max);
    if (!parsed)
        return;
    require(!parsed->entries.empty() && parsed->entries.size() <= keys_max);
    xml::writer out;
    out.open_root("Delete");
    for (const auto& entry : parsed->entries) {
        require(!entry.key.empty() && entry.key.find('\0') == std::string::npos);
        out.open("Object");
        out.element("Key", entry.key);
        out.close("Object");
    }
    out.close("Delete");
    const auto again = xml::parse_delete(out.take(), keys_max);
    require(again && again->entries.size() == parsed->entries.size());
    for (std::size_t i = 0; i < parsed->entries.size(); ++i)
        require(again->entries[i].key == parsed->entries[i].key);
}

void check_complete(std::string_view text) {
    const auto parsed = xml::parse_complete(text);
    if (!parsed)
        return;
    require(!parsed->empty());
    for (const auto& part : *parsed) {
        require(part.number >= 1 && part.number <= 10'000);
        if (part.checksum)
            require(part.checksum->bytes.size() == crypto::checksum_size_bytes(part.checksum->algorithm));
    }
}

void check_website(std::string_view text) {
    const auto parsed = xml::parse_website(text);
    if (!parsed)
        return;
    require(!parsed->redirect_all || !parsed->redirect_all->host.empty());
    for (const auto& rule : parsed->rules)
        require(rule.redirect != storage::website_redirect{});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_delete(text);
    check_complete(text);
    const auto bucket = xml::parse_create_bucket(text);
    require(!bucket || bucket->location.size() <= size);
    check_website(text);
    const auto tags = xml::parse_tagging(text);
    require(!tags || tags->size() <= size);
    const auto rules = xml::parse_cors(text);
    require(!rules || !rules->empty());
    const auto lock = xml::parse_object_lock(text);
    require(!lock || !*lock || (*lock)->days.has_value() != (*lock)->years.has_value());
    const auto retention = xml::parse_retention(text);
    const auto hold = xml::parse_legal_hold(text);
    require(!retention || !hold);
    return 0;
}
