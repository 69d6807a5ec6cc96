#!/usr/bin/env bash
# Builds the libFuzzer targets with clang 19 and runs each, from a copy of its corpus in the tree.
#
#   fuzz.sh [--seconds N] [--results FILE] [target...]      default: 30 s each, all targets
#
# A crashing input is left in build/fuzz-findings/<target>/ and named; add it to the target's corpus with the fix.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=30 table="" chosen=()
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=$2; shift 2 ;;
        --results) table=$2; shift 2 ;;
        -*) die "unknown option $1" ;;
        *) chosen+=("${1%_fuzz}"); shift ;;
    esac
done

command -v clang++-19 >/dev/null || die "clang++-19 is missing: infra/setup/install-dependencies.sh fuzz"
build_preset fuzz fuzz_targets

note() {
    say "fuzz $1: $2 $3"
    if [ -n "$table" ]; then
        printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$table"
    fi
}

# fuzz_one PROGRAM: the corpus stays as it is in the tree; what this run finds worth keeping is merged into build/ only.
fuzz_one() {
    local program=$1 name corpus grown found log
    name=$(basename "$program" _fuzz)
    corpus=$(find "$project_root/tests/fuzz" -mindepth 2 -type d -name "$name" -print -quit)
    grown="$build_root/fuzz-corpus/$name" found="$build_root/fuzz-findings/$name" log="$build_root/fuzz-$name.log"
    mkdir -p "$grown" "$found"
    local folders=("$grown")
    [ -d "$corpus" ] && folders+=("$corpus")
    if "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -artifact_prefix="$found/" \
        -print_final_stats=1 "${folders[@]}" >"$log" 2>&1 </dev/null; then
        note "$name" passed "$(awk '/number_of_executed_units/ {print $2}' "$log") runs"
    else
        tail -n 40 "$log"
        note "$name" failed "see build/fuzz-$name.log and build/fuzz-findings/$name"
        return 1
    fi
}

failed=0 ran=0
while IFS= read -r program; do
    name=$(basename "$program" _fuzz)
    if [ ${#chosen[@]} -gt 0 ] && [[ " ${chosen[*]} " != *" $name "* ]]; then
        continue
    fi
    ran=$((ran + 1))
    fuzz_one "$program" || failed=$((failed + 1))
done < <(find "$build_root/fuzz" -type f -name '*_fuzz' -perm -u+x | sort)

[ "$ran" -gt 0 ] || die "no fuzz target of that name"
say "fuzz: $ran targets, $failed with findings"
[ "$failed" -eq 0 ]
