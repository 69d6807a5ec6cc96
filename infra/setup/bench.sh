#!/usr/bin/env bash
# bench.sh [module...] [-- Google Benchmark options]: builds the release preset and runs the micro-benchmarks.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

modules=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    modules+=("$1")
    shift
done
[ "${1:-}" = -- ] && shift
build_preset release
ran=0
while IFS= read -r program; do
    module=$(basename "$program" _bench)
    if [ ${#modules[@]} -gt 0 ] && [[ " ${modules[*]} " != *" $module "* ]]; then
        continue
    fi
    ran=$((ran + 1))
    say "== $module"
    "$program" "$@"
done < <(find "$build_root/release" -type f -name '*_bench' -perm -u+x | sort)
[ "$ran" -gt 0 ] || die "no benchmark of that name"
