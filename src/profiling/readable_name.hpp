#pragma once

#include <string>
#include <string_view>

namespace labstore::profiling {

/// A linker's name in full C++, as c++filt shows it, but for anonymous namespaces, which viewers would cut in
/// the middle, and with words for the parts of a coroutine. Other text comes back as it is.
[[nodiscard]] std::string demangled(std::string_view mangled);

/// What a person reads in a flame graph: `demangled` without return type, parameters and "labstore::", long
/// template arguments folded.
///
///     labstore::s3::operations::put_object(labstore::s3::call&) [coroutine]   s3::operations::put_object [coroutine]
///     void std::sort<int*, std::less<int> >(int*, int*, std::less<int>)       std::sort<int*, std::less<int> >
///     a::b(int)::{lambda(auto:1)#1}::operator()<c>(c) const                    a::b::{lambda#1}::operator()<c>
[[nodiscard]] std::string readable_name(std::string_view demangled_name);

}  // namespace labstore::profiling
