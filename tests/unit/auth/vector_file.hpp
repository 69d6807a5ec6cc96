// Reads the files of vectors/; their format is described there.
#pragma once

#include "unit/auth/signed_request.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace labstore::auth::testing {

struct signature_vector {
    std::string name;
    owned_request request;
    std::vector<std::string> domains;
    std::map<std::string, std::string> fields;  // everything that is not part of the request
};

inline std::vector<signature_vector> read_vectors(const std::string& file) {
    std::ifstream in(std::string(LABSTORE_AUTH_VECTORS) + "/" + file, std::ios::binary);
    EXPECT_TRUE(in.is_open()) << file;
    std::vector<signature_vector> out;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.starts_with('#') || line == "end")
            continue;
        const auto space = std::min(line.find(' '), line.size());
        const auto key = line.substr(0, space);
        const auto value = space == line.size() ? std::string() : line.substr(space + 1);
        if (key == "case") {
            out.push_back({value, {}, {}, {}});
        } else if (key == "method") {
            out.back().request.method = value;
        } else if (key == "target") {
            out.back().request.target = value;
        } else if (key == "header") {
            const auto colon = value.find(':');
            out.back().request.headers.emplace_back(value.substr(0, colon), trim(value.substr(colon + 1)));
        } else if (key == "domain") {
            out.back().domains.push_back(value);
        } else {
            out.back().fields[key] = value;
        }
    }
    return out;
}

}  // namespace labstore::auth::testing
