#!/usr/bin/env bash
# From a fresh Debian 12 to a complete test run: installs what is missing, builds a release, runs everything.
#
#   test.sh [--quick] [--no-install] [--asan]
#
#   --quick        leaves out crash tests, fuzzing and the tests marked slow
#   --no-install   takes the machine as it is
#   --asan         also builds and runs the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
#
# Its last line is `N passed, N failed, N skipped`; its exit code is 0 only when nothing failed. What could not run here
# says why and counts as skipped. Logs and JUnit files: build/results/.
set -uo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root" || exit 1

quick=0 install=1 asan=0
for argument in "$@"; do
    case "$argument" in
        --quick) quick=1 ;;
        --no-install) install=0 ;;
        --asan) asan=1 ;;
        *) die "unknown option $argument" ;;
    esac
done

rm -rf "$results"
mkdir -p "$results"
stages="$results/stages.tsv"
: >"$stages"
fuzz_seconds=${LABSTORE_FUZZ_SECONDS:-10}

# Where the tests outside C++ find the program, and what --quick means to them.
LABSTORE_SERVER_BIN=$(server_binary release)
export LABSTORE_SERVER_BIN
export LABSTORE_TEST_QUICK=$quick

# The stages share a budget, so that the closing line is printed even when one of them hangs.
deadline=$((SECONDS + 60 * ${LABSTORE_TEST_MINUTES:-80}))

# stage NAME MINUTES COMMAND...: runs it and notes how long it took and how it ended.
stage() {
    local name=$1 minutes=$2 started=$SECONDS code
    shift 2
    stage_seconds=$((deadline - SECONDS < 60 * minutes ? deadline - SECONDS : 60 * minutes))
    [ "$stage_seconds" -lt 1 ] && stage_seconds=1
    say "== $name"
    "$@"
    code=$?
    [ "$code" -eq 124 ] && say "$name: stopped after its limit of $stage_seconds s"
    printf '%s\t%s\t%s\n' "$name" "$((SECONDS - started))" "$code" >>"$stages"
    return "$code"
}

# Runs a command within the time of the present stage.
bounded() { timeout --kill-after=30s "$stage_seconds" "$@" </dev/null; }

skip() {
    say "== $1: skipped, $2"
    printf '%s\tskipped\t%s\n' "$1" "$2" >>"$results/skipped.tsv"
}

finish() { python3 "$project_root/infra/setup/summarize.py" "$results"; }

run_ctest() { bounded ctest --test-dir build/release --output-on-failure --parallel "$(nproc)" --no-tests=error "$@"; }

run_pytest() {
    local name=$1 selection=()
    shift
    [ "$quick" -eq 1 ] && selection=(-m "not slow")
    bounded "$venv/bin/python" -m pytest -ra --timeout=900 --durations=10 --junitxml "$results/$name.xml" "${selection[@]}" "$@"
}

needs_of_the_build() {
    if [ "$install" -eq 1 ]; then
        infra/setup/install-dependencies.sh build test || return 1
        # A compiler for fuzzing is welcome, not needed: without it that stage is skipped and says so.
        [ "$quick" -eq 1 ] || infra/setup/install-dependencies.sh fuzz || say "no clang 19 to be had here"
    fi
    make_venv
}

stage install 20 needs_of_the_build || { finish; exit 1; }
export PATH="$venv/bin:$PATH"
stage build 40 bounded infra/setup/build.sh release || { finish; exit 1; }

stage lint 5 run_ctest -L lint --output-junit "$results/lint.xml"
stage unit 20 run_ctest -LE lint --output-junit "$results/unit.xml"

if compgen -G "tests/integration/test_*.py" >/dev/null; then
    stage integration 25 run_pytest integration tests/integration \
        --numprocesses "$(nproc)" --dist loadfile
else
    skip integration "tests/integration has no tests"
fi

stage benchmark 10 run_pytest benchmark tests/benchmark --numprocesses "$(nproc)"

if [ "$quick" -eq 1 ]; then
    skip crash "left out by --quick"
    skip fuzz "left out by --quick"
    skip leaks "left out by --quick"
else
    if compgen -G "tests/crash/test_*.py" >/dev/null; then
        stage crash 20 run_pytest crash tests/crash
    else
        skip crash "tests/crash has no tests"
    fi
    if ! command -v clang++-19 >/dev/null; then
        skip fuzz "clang++-19 is not installed"
        skip leaks "clang++-19 is not installed"
    elif [ ! -f tests/fuzz/CMakeLists.txt ]; then
        skip fuzz "tests/fuzz has no targets"
        skip leaks "tests/fuzz has no leak_canary"
    else
        stage fuzz 20 bounded infra/setup/fuzz.sh --seconds "$fuzz_seconds" --results "$results/fuzz.tsv"
        # A server of the same build at work.
        stage leaks 20 bounded infra/setup/leaks.sh --results "$results/leaks.tsv"
    fi
fi

# After the others: where a Docker engine answers, it builds the image from nothing.
stage infra 40 run_pytest infra tests/infra

if [ "$asan" -eq 1 ]; then
    stage asan 40 bounded infra/setup/sanitize.sh asan --output-junit "$results/asan.xml"
fi

finish
