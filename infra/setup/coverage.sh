#!/usr/bin/env bash
# Line and branch coverage of src/ and include/ by the C++ tests; the page is build/coverage-report/index.html.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"

make_venv
build_preset coverage
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --output-on-failure --label-exclude 'lint|bench' --parallel "$(nproc)" --no-tests=error
mkdir -p build/coverage-report
"$venv/bin/gcovr" --root . --object-directory build/coverage --filter src/ --filter include/ \
    --exclude-throw-branches --gcov-ignore-parse-errors=all -j "$(nproc)" \
    --html-details build/coverage-report/index.html --txt build/coverage-report/coverage.txt --print-summary "$@"
