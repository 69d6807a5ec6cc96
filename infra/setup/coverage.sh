#!/usr/bin/env bash
# Line coverage of src/ by the unit and the integration tests, and what AddressSanitizer, LeakSanitizer and
# UndefinedBehaviorSanitizer say of the same run: one build is instrumented for all of them.
#
#   coverage.sh [--results FOLDER] [--unit-only]
#
#   --results    leaves JUnit files and the figure there, for infra/setup/summarize.py
#   --unit-only  without the integration tests
#
# Fails when a test fails, when a sanitizer reports anything in any process, or when fewer than LABSTORE_COVERAGE_FLOOR
# percent of the lines ran. Pages: build/coverage-report/index.html. Crash tests kill what they start, so that neither
# counters nor leaks would be written; they take no part.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"

floor=${LABSTORE_COVERAGE_FLOOR:-90}
# Unit tests that try every call, byte or key: minutes each between counters and checks, on lines that others reach too.
exhaustive='IoFault\.|RotTest\.WrongBytes|Crc\.InstructionsAgree|^model\.|^listings\.agree|^checked\.sees'
report="$build_root/coverage-report"
findings="$report/findings" servers="$report/servers"
folder="$report" integration=1
while [ $# -gt 0 ]; do
    case "$1" in
        --results) folder=$2; shift 2 ;;
        --unit-only) integration=0; shift ;;
        *) die "unknown option $1" ;;
    esac
done

make_venv
build_preset coverage
rm -rf "$report"
mkdir -p "$findings" "$folder"
folder=$(cd "$folder" && pwd)
find build/coverage -name '*.gcda' -delete

# Servers that tests start write to a file what they would say when they end: nobody reads their output then. What
# UndefinedBehaviorSanitizer says goes to their logs nevertheless, and ends them.
sanitizer_options "log_path=$findings/report"
LABSTORE_SERVER_BIN=$(server_binary coverage)
LABSTORE_LOAD_BIN="$build_root/coverage/labstore-load"
export LABSTORE_SERVER_BIN LABSTORE_LOAD_BIN

failed=0
ctest --test-dir build/coverage --output-on-failure --label-exclude lint --exclude-regex "$exhaustive" \
    --parallel "$(nproc)" --no-tests=error --output-junit "$folder/coverage.unit.xml" || failed=1
if [ "$integration" -eq 1 ]; then
    "$venv/bin/python" -m pytest -ra --timeout=900 --durations=10 --numprocesses "$(nproc)" --dist loadfile \
        --basetemp "$servers" -m "not slow and not release_only" --junitxml "$folder/coverage.integration.xml" \
        tests/integration || failed=1
    while IFS= read -r log; do
        cp "$log" "$findings/undefined.$(basename "$(dirname "$log")").$RANDOM"
    done < <(grep -rl --include='server.*' 'runtime error: ' "$servers" || true)
    rm -rf "$servers"
fi
for file in "$findings"/*; do
    [ -e "$file" ] || continue
    say "a sanitizer found something:"
    cat "$file"
    printf '%s\tfailed\t%s\n' "$(basename "$file")" "$(grep -m1 -oE '(ERROR: .*|runtime error: .*)' "$file")" >>"$folder/coverage.tsv"
    failed=1
done

# The objects of src/ only: those of the tests would cost four times as much and say little more of src/'s headers.
"$venv/bin/gcovr" --root . --object-directory build/coverage/src --filter src/ --exclude-throw-branches \
    --gcov-ignore-parse-errors=all -j "$(nproc)" --html-details "$report/index.html" --txt "$report/coverage.txt" \
    --json-summary "$report/coverage.json" build/coverage/src
"$venv/bin/python" -B infra/setup/coverage.py "$report/coverage.json" --floor "$floor" --results "$folder" || failed=1
exit "$failed"
