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
sanitizer_options ""
ctest --test-dir "$build_root/$preset" --output-on-failure --label-exclude 'lint|bench' --parallel "$(nproc)" \
    --no-tests=error "${@:2}"
