#!/usr/bin/env bash
# sanitize.sh asan|tsan [ctest options]: builds the tests with that preset and runs all but the linters.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

preset=${1:-asan}
case "$preset" in
    asan | tsan) ;;
    *) die "unknown sanitizer preset $preset (asan, tsan)" ;;
esac
build_preset "$preset"
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}
ctest --test-dir "$build_root/$preset" --output-on-failure --label-exclude 'lint|bench' --parallel "$(nproc)" \
    --no-tests=error "${@:2}"
