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

# sanitizer_options [more]: what every run under sanitizers asks of them, unless the environment says otherwise. Use after
# return is not looked for: GCC 12 gives the frames of such functions too little alignment for objects of alignas(64), which
# UndefinedBehaviorSanitizer then reports (https://github.com/llvm/llvm-project/pull/152819 mends the same in LLVM).
sanitizer_options() {
    local more=${1:+:$1}
    export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=0:strict_string_checks=1}$more
    export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}$more
    export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}$more
}

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
