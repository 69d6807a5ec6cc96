#pragma once

#include "admin/capture_store.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The pages and texts that people read.
namespace labstore::admin {

/// Everything there is, as links.
[[nodiscard]] std::string index_page();

/// The captures kept, each with what can be done with it.
[[nodiscard]] std::string captures_page(const std::vector<capture_store::capture>& captures);

/// One page with everything it needs inside; nothing is loaded from elsewhere. `base` may be null.
[[nodiscard]] std::string flamegraph_page(const profiling::profile& shown, const profiling::profile* base);

/// One paragraph for each thread.
[[nodiscard]] std::string threads_text(const std::vector<profiling::thread_state>& threads);

/// src/admin/flamegraph.html; the data goes in the place of {DATA}.
extern const std::string_view flamegraph_template;

}  // namespace labstore::admin
