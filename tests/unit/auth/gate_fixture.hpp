// A verifier at a stopped time, asked about one request.
#pragma once

#include "unit/auth/signed_request.hpp"

#include "labstore/auth.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace labstore::auth::testing {

class gate_fixture : public ::testing::Test {
  protected:
    static constexpr std::string_view now = "20260802T120000Z";

    gate_fixture() : time_(at(now)) {}

    result<verified_request> verify(const owned_request& request) {
        const auto gate = make_verifier(settings_, source_, time_);
        std::vector<http::header> room;
        why_ = refusal();
        return gate->verify(request.head(room), why_);
    }

    errc error_of(const owned_request& request) {
        const auto verified = verify(request);
        return verified ? errc::ok : to_errc(verified.error());
    }

    /// Of the last refusal; empty when it said nothing beside its errc.
    std::string element(std::string_view name) {
        for (const auto& [each, value] : why_.elements())
            if (each == name)
                return value;
        return {};
    }

    static owned_request make(std::string method = "GET", std::string target = "/bucket/key") {
        owned_request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.headers = {{"Host", "s3.example.com"}, {"X-Amz-Content-Sha256", std::string(empty_sha256)}};
        return request;
    }

    static owned_request make_signed(std::string method = "GET", std::string target = "/bucket/key") {
        auto request = make(std::move(method), std::move(target));
        sign_header(request, now);
        return request;
    }

    static owned_request make_presigned(std::string target = "/bucket/key", std::string_view expires = "60") {
        owned_request request;
        request.target = std::move(target);
        request.headers = {{"Host", "s3.example.com"}};
        presign(request, now, expires);
        return request;
    }

    known_credentials source_;
    stopped_clock time_;
    options settings_;
    refusal why_;  // of the last request
};

}  // namespace labstore::auth::testing
