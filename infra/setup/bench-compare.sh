#!/usr/bin/env bash
# Is the working tree slower than an earlier commit? Builds both, runs their benchmarks in turn, compares them by statistics.
#
#   bench-compare.sh [BASE] [options]              the micro-benchmarks; options of infra/bench/compare.py
#   bench-compare.sh [BASE] --end-to-end [options] whole servers under load: CPU of the server an operation (end_to_end.py)
#   bench-compare.sh --self-test [options]         no alarm on equal code, every slowdown of 10 % found
#
# BASE is a commit, branch or tag. Without it: where this branch left main; on main, the last commit when something is
# changed and the one before it when not. The base is checked out and built below build/bench-compare. Exit code: 0 nothing
# is worse, 1 something is, 2 wrong usage, 3 something does not build or run. Results: build/results/bench-compare*.json.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"

readonly exit_usage=2 exit_broken=3
tools="$project_root/infra/bench"
base_root="$build_root/bench-compare/base"

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; }

# The compiler's cache is to see the same paths in both trees.
export CCACHE_NOHASHDIR=1

default_base() {
    local fork
    fork=$(git merge-base HEAD main 2>/dev/null) || fork=$(git rev-parse HEAD)
    if [ "$fork" != "$(git rev-parse HEAD)" ]; then
        echo "$fork"
    elif [ -n "$(git status --porcelain)" ]; then
        echo HEAD
    else
        echo HEAD~1
    fi
}

check_out_base() {
    if [ -e "$base_root/.git" ]; then
        git -C "$base_root" checkout --quiet --force --detach "$1"
    else
        rm -rf "$base_root"
        git worktree prune
        git worktree add --quiet --force --detach "$base_root" "$1"
    fi
}

# build_tree ROOT TARGET...
build_tree() {
    (
        project_root=$1
        build_root="$1/build"
        export CCACHE_BASEDIR=$1
        build_preset release "${@:2}" >&2
    ) || exit "$exit_broken"
}

# build_benchmarks ROOT [target...]: those of --module, or all that the tree declares.
build_benchmarks() {
    local declared
    declared=$(PYTHONPATH="$tools" python3 -B -c 'import programs, sys; print("\n".join(programs.declared_modules(sys.argv[1])))' "$1")
    [ ${#modules[@]} -gt 0 ] && declared=$(printf '%s\n' "${modules[@]}")
    local names
    mapfile -t names <<<"$declared"
    build_tree "$1" "${@:2}" "${names[@]/%/_bench}"
}

mode=micro
base=
modules=()
options=()
while [ $# -gt 0 ]; do
    case "$1" in
        --end-to-end) mode=end-to-end ;;
        --self-test) mode=self-test ;;
        --module) modules+=("${2:-}"); options+=("$1" "${2:-}"); shift ;;
        -h | --help) usage; exit 0 ;;
        --*=*) options+=("$1") ;;
        --*) options+=("$1" "${2:-}"); shift ;;
        *) [ -z "$base" ] || { usage >&2; exit "$exit_usage"; }; base=$1 ;;
    esac
    shift
done

if [ "$mode" = self-test ]; then
    build_benchmarks "$project_root" self_test_bench
    exec python3 -B "$tools/compare.py" --self-test --tree "$build_root/release" --json "$results/bench-compare-self-test.json" "${options[@]}"
fi

base=$(git rev-parse --verify --quiet "${base:-$(default_base)}^{commit}") || { say "no such commit" >&2; exit "$exit_usage"; }
name=$(git log -1 --format='%h %s' "$base")
say "base: $name" >&2
check_out_base "$base" || exit "$exit_broken"
if [ "$mode" = end-to-end ]; then
    build_tree "$base_root" labstore-server
    build_tree "$project_root" labstore-server labstore-load
    exec python3 -B "$tools/end_to_end.py" --base "$base_root/build/release/labstore-server" --tree "$build_root/release/labstore-server" \
        --load "$build_root/release/labstore-load" --base-name "$name" --json "$results/bench-compare-end-to-end.json" "${options[@]}"
fi
build_benchmarks "$base_root"
build_benchmarks "$project_root"
exec python3 -B "$tools/compare.py" --base "$base_root/build/release" --tree "$build_root/release" --base-name "$name" \
    --json "$results/bench-compare.json" "${options[@]}"
