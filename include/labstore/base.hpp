// Job:          the vocabulary every module shares: result and errc, strong types, bytes, encodings, time,
//               assert.
// In a request: everywhere; nothing here does I/O but reading the clock and the kernel's random source.
// May use:      nothing inside the tree; of third parties only the header-only Boost.System result.
// Threads:      values and pure functions; safe everywhere.
// Failure:      `result<T>` for whatever an input can cause, LABSTORE_ASSERT for our own bugs.
#pragma once

#include "labstore/base/assert.hpp"
#include "labstore/base/bytes.hpp"
#include "labstore/base/encoding.hpp"
#include "labstore/base/errc.hpp"
#include "labstore/base/mutex.hpp"
#include "labstore/base/names.hpp"
#include "labstore/base/result.hpp"
#include "labstore/base/text_arena.hpp"
#include "labstore/base/time.hpp"
#include "labstore/base/unique_fd.hpp"
