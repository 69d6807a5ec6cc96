#include "labstore/crypto.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace labstore::crypto {

void secret::wipe() noexcept {
    // Up to its capacity, for what a longer earlier text or a move left behind the end. Does not allocate.
    text_.resize(text_.capacity());
    OPENSSL_cleanse(text_.data(), text_.size());
    text_.clear();
}

secret& secret::operator=(const secret& other) {
    if (this != &other) {
        wipe();
        text_ = other.text_;
    }
    return *this;
}

secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        other.wipe();
    }
    return *this;
}

secret::secret(secret&& other) noexcept : text_(std::move(other.text_)) {
    other.wipe();
}

secret::~secret() {
    wipe();
}

}  // namespace labstore::crypto
