#include "storage/checksums.hpp"

#include "labstore/crypto.hpp"

namespace labstore::storage {

result<bool> is_composite(crypto::checksum_algorithm algorithm, checksum_type asked) {
    const bool composite_possible = algorithm != crypto::checksum_algorithm::crc64nvme;
    const bool full_possible = crypto::is_crc(algorithm);
    switch (asked) {
        case checksum_type::composite:
            if (!composite_possible)
                return errc::invalid_request;
            return true;
        case checksum_type::full_object:
            if (!full_possible)
                return errc::invalid_request;
            return false;
        case checksum_type::unspecified:
            break;
    }
    return composite_possible;
}

std::optional<checksum_value> checksum_of_parts(
    crypto::checksum_algorithm algorithm, bool composite, const std::vector<records::part>& parts
) {
    checksum_value out{algorithm, composite, {}};
    crypto::checksum over_parts(algorithm);
    for (const auto& part : parts) {
        const auto& own = part.checksum();
        if (!part.has_checksum() || own.algorithm() != static_cast<std::uint32_t>(algorithm))
            return std::nullopt;
        if (composite)
            over_parts.update(as_bytes(own.value()));
        else if (out.bytes.empty())
            out.bytes = own.value();
        else
            out.bytes = crypto::combine_crc(algorithm, out.bytes, own.value(), part.size_bytes());
    }
    if (composite)
        out.bytes = over_parts.finish();
    return out;
}

std::string md5_of_parts(const std::vector<records::part>& parts) {
    crypto::digest digest(crypto::digest_kind::md5);
    for (const auto& part : parts)
        digest.update(as_bytes(part.etag_md5()));
    return digest.finish();
}

}  // namespace labstore::storage
