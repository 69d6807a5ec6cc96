#!/usr/bin/env bash
# tidy.sh [file...]: clang-tidy 19 with the project's .clang-tidy; every finding is an error.
#
# Without files: the sources that differ from HEAD; with --all, every source. Long: about ten seconds a file.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"

command -v clang-tidy-19 >/dev/null || die "clang-tidy-19 is missing: infra/setup/install-dependencies.sh lint"
files=()
if [ "${1:-}" = --all ]; then
    mapfile -t files < <(find src -name '*.cpp' | sort)
elif [ $# -gt 0 ]; then
    files=("$@")
else
    mapfile -t files < <({ git diff --name-only HEAD; git ls-files --others --exclude-standard; } |
        { grep -E '^src/.*\.cpp$' || true; } | sort -u)
fi
if [ ${#files[@]} -eq 0 ]; then
    say "tidy: nothing changed"
    exit 0
fi
cmake --preset dev >/dev/null
# GCC's own flags in the compile commands mean nothing to clang.
printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-Wno-unused-command-line-argument
say "tidy: ${#files[@]} files clean"
