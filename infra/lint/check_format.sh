#!/usr/bin/env bash
# Fails when a C++ file is not as clang-format 14 would write it; --fix writes it. Exit code 77: the tool is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

folders=(src include tests bench)
mode=check
while [ $# -gt 0 ]; do
    case "$1" in
        --fix) mode=fix ;;
        *) folders=("$@"); break ;;
    esac
    shift
done

formatter=${CLANG_FORMAT:-clang-format-14}
if ! command -v "$formatter" >/dev/null; then
    echo "format: skipped, $formatter is not installed"
    exit 77
fi
existing=()
for folder in "${folders[@]}"; do
    [ -e "$folder" ] && existing+=("$folder")
done
if [ ${#existing[@]} -eq 0 ]; then
    echo "format: nothing to check"
    exit 1
fi
# One line per file; several at a time, so each line is written at once.
export formatter style="--style=file:$PWD/.clang-format" mode
handle() {
    if [ "$mode" = fix ]; then
        "$formatter" "$style" -i "$1"
    elif ! "$formatter" "$style" --dry-run -Werror "$1" >/dev/null 2>&1; then
        echo "$1: not as $formatter writes it"
        return 1
    fi
}
export -f handle
# shellcheck disable=SC2016  # the inner shell expands it
if find "${existing[@]}" -type f \( -name '*.cpp' -o -name '*.hpp' \) -print0 |
    xargs -0 -r -n 1 -P "$(nproc)" bash -c 'handle "$1"' handle; then
    echo "format: clean"
else
    echo "format: faults above; run infra/lint/check_format.sh --fix"
    exit 1
fi
