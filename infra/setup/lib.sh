# Shared by the scripts of infra/setup; sourced, never run.
# shellcheck shell=bash disable=SC2034  # its variables are for those who source it

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_root="$project_root/build"
venv="$build_root/venv"
results="$build_root/results"

say() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*"; }

die() {
    say "error: $*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root or sudo: $*"
    fi
}

# One job per core, but never more than memory allows: a translation unit with Asio and coroutines takes some 1.5 GiB.
build_jobs() {
    local cores memory_kib fitting
    cores=$(nproc)
    memory_kib=$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)
    fitting=$((memory_kib / (1536 * 1024)))
    [ "$fitting" -lt 1 ] && fitting=1
    echo $((cores < fitting ? cores : fitting))
}

# build_preset PRESET [target...]
build_preset() {
    local preset=$1 targets=()
    shift
    [ $# -gt 0 ] && targets=(--target "$@")
    (cd "$project_root" && cmake --preset "$preset") || return 1
    (cd "$project_root" && cmake --build --preset "$preset" --parallel "$(build_jobs)" "${targets[@]}")
}

# server_binary PRESET: where the build of that preset put the server.
server_binary() { echo "$build_root/$1/labstore-server"; }

# The virtual environment of the tests, made anew when the pinned versions change.
make_venv() {
    local pins="$project_root/tests/requirements.txt" stamp="$venv/.requirements"
    if [ -x "$venv/bin/python" ] && cmp -s "$pins" "$stamp"; then
        return 0
    fi
    python3 -m venv --clear "$venv" || return 1
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$pins" || return 1
    cp "$pins" "$stamp"
}
