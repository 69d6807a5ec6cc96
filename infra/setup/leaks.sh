#!/usr/bin/env bash
# What AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer say of a whole server at work. The preset `fuzz` has
# most of the server's modules built with them already, so CI adds the server itself and this session of a minute.
#
#   leaks.sh [--seconds N] [--results FILE]      default: 10 s for each load
#
# The load comes from the release build. infra/setup/leaks.py says what is asked and what counts as a finding.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

command -v clang++-19 >/dev/null || die "clang++-19 is missing: infra/setup/install-dependencies.sh fuzz"
build_preset release labstore-load
build_preset fuzz labstore-server leak_canary
sanitizer_options ""
exec python3 -B "$project_root/infra/setup/leaks.py" --server "$(server_binary fuzz)" \
    --load "$build_root/release/labstore-load" --canary "$build_root/fuzz/tests/fuzz/leak_canary" "$@"
