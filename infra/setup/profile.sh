#!/usr/bin/env bash
# Runs a release server with the profiler's listener, takes a CPU profile while you load it, and opens it.
#
#   profile.sh [--seconds N] [--view] [serve options]      default: 30 s from 5 s after the start
#
# --view opens `go tool pprof` on port 8081 when go is installed; otherwise the file is named and can be opened later.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=30 view=0 port=${LABSTORE_PPROF_PORT:-6060}
while [ $# -gt 0 ]; do
    case "$1" in
        --seconds) seconds=$2; shift 2 ;;
        --view) view=1; shift ;;
        *) break ;;
    esac
done

build_preset release labstore-server
binary=$(server_binary release)
profile="$build_root/cpu-$(date +%Y%m%d-%H%M%S).pb.gz"
"$binary" --pprof --pprof-port "$port" serve --storage-path ./labstore-data "$@" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT
sleep 5
kill -0 "$server" 2>/dev/null || die "the server did not stay up"
say "profiling for $seconds s: load the server now"
curl --fail --silent --show-error --output "$profile" "http://127.0.0.1:$port/debug/pprof/profile?seconds=$seconds"
say "profile: $profile"
if [ "$view" -eq 1 ] && command -v go >/dev/null; then
    go tool pprof -http=:8081 "$binary" "$profile"
else
    say "open it with: go tool pprof -http=:8081 $binary $profile"
fi
