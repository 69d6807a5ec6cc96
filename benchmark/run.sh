#!/usr/bin/env bash
# The benchmark of whole servers: run.sh all | bandwidth | stores | store NAME | ... ; run.sh --help lists everything.
#
# Makes build/benchmark-venv when it is missing or its pins changed, takes the settings of labstore.yml as environment
# where that is not set already, and hands over to the Python package beside this file.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../infra/setup/lib.sh"

pins="$project_root/benchmark/requirements.txt"
benchmark_venv="$build_root/benchmark-venv"

make_benchmark_venv() {
    if [ -x "$benchmark_venv/bin/python" ] && cmp -s "$pins" "$benchmark_venv/.requirements"; then
        return 0
    fi
    say "benchmark: making build/benchmark-venv" >&2
    python3 -m venv --clear "$benchmark_venv" ||
        die "python3 cannot make a virtual environment: apt-get install python3-venv"
    "$benchmark_venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins" ||
        die "the packages of benchmark/requirements.txt (duckdb, termgraph) could not be installed"
    cp "$pins" "$benchmark_venv/.requirements"
}

# Two calls at a time must not clear each other's environment; the lock ends with this block, not with the benchmark.
mkdir -p "$build_root"
(
    flock 9
    make_benchmark_venv
) 9>"$build_root/.benchmark-venv.lock"

if [ -f "$project_root/infra/setup/settings.py" ]; then
    settings=$(cd "$project_root" && python3 infra/setup/settings.py) || exit 2  # it has said what is wrong
    eval "$settings"
fi

export PYTHONPATH="$project_root/benchmark${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1
exec "$benchmark_venv/bin/python" -m labstore_benchmark "$@"
