#!/usr/bin/env bash
# One command from nothing to a profile: a release server with --pprof, load on it, captures of CPU, memory and lock
# waits, an annotated list of where the time went, and go tool pprof on port 8081 where go is installed.
#
#   profile.sh [--seconds N] [--size-kib N] [--concurrency N] [--no-view] [-- serve options]
#   profile.sh overhead [--rounds N] [--seconds N]     what profiling costs: docs/profiling.md has the figures
#   profile.sh presets [--rounds N] [--seconds N]      every preset of --workload under every load: docs/tuning.md
#   profile.sh leak-curve [--minutes N]                resident memory over a long mixed load; fails when it grows
#   profile.sh contention [--rounds N] [--seconds N] [--concurrency N]   locks waited for; fails above 1 % of wall time
#   profile.sh top PROFILE.pb.gz                       the annotated list of a profile taken before
#
# The load is labstore-load when this tree has it, else warp when it is installed, else workers of our own.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

tools="$project_root/infra/profiling"
if [ "${1:-}" = top ]; then
    exec python3 -B "$tools/profile_proto.py" "${@:2}"
fi
targets=(labstore-server)
[ -d "$project_root/src/load_cli" ] && targets+=(labstore-load)
build_preset release "${targets[@]}"
binary=$(server_binary release)
case "${1:-}" in
    overhead | contention) exec python3 -B "$tools/$1.py" --binary "$binary" "${@:2}" ;;
    leak-curve) exec python3 -B "$tools/leak_curve.py" --binary "$binary" "${@:2}" ;;
    presets)
        exec python3 -B "$tools/presets.py" --binary "$binary" --tool "$build_root/release/labstore-load" "${@:2}"
        ;;
esac
exec python3 -B "$tools/session.py" --binary "$binary" --output "$build_root/profiles" "$@"
