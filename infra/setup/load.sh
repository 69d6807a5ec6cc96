#!/usr/bin/env bash
# Builds the load generator and runs it; everything after the script's name goes to it.
#
#   load.sh SCENARIO|capacity [options]     labstore-load --help lists both
#   load.sh target-http [seconds]           the target of docs/load-testing.md over HTTP, against a server of its own
#   load.sh target-engine [seconds]         the same for the storage engine in this process, without HTTP
#   load.sh target-capacity [options]       capacity with --validate and a look at the locks, against a server of its own
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

load_binary="$build_root/release/labstore-load"
target_seconds=${2:-30}

# start_server [options of serve]: on loopback with an empty store and a credential of its own, ended with this script.
start_server() {
    folder=$(mktemp -d)
    port=${LABSTORE_LOAD_PORT:-6799}
    export LABSTORE_LOAD_ACCESS_KEY=load-target LABSTORE_LOAD_SECRET_KEY="load-$RANDOM$RANDOM$RANDOM$RANDOM"
    export LABSTORE_LOAD_ENDPOINT="http://127.0.0.1:$port"
    LABSTORE_SERVER_ADMIN_ACCESS_KEY=$LABSTORE_LOAD_ACCESS_KEY LABSTORE_SERVER_ADMIN_SECRET_KEY=$LABSTORE_LOAD_SECRET_KEY \
        "$(server_binary release)" serve --host 127.0.0.1 --port "$port" --storage-path "$folder/data" \
        --access-log=off "$@" >"$folder/log" 2>&1 &
    server=$!
    trap stop_server EXIT
    for _ in $(seq 100); do
        kill -0 "$server" 2>/dev/null || die "the server did not stay up: $(tail -3 "$folder/log")"
        curl --fail --silent --output /dev/null "$LABSTORE_LOAD_ENDPOINT/-/health/ready" && return 0
        sleep 0.1
    done
    die "the server is not ready"
}

stop_server() {
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}

target_http() {
    build_preset release labstore-server labstore-load
    start_server
    local common=(get --size 4KiB --objects 10000 --concurrency 100 --duration "${target_seconds}s")
    say "the target: 10,000 GETs of 4 KiB a second, begun by the clock"
    # Just above 10,000 a second are offered, so that 10,000 can be passed and not only reached.
    local code=0
    "$load_binary" "${common[@]}" --rate 10100 --expect 'throughput>10000,avg<1ms,p99<10ms,errors=0,unserved=0' || code=$?
    say "the closed loop, for the most that client and server reach on this machine together"
    "$load_binary" "${common[@]}" --expect 'errors=0' || code=$?
    return "$code"
}

target_capacity() {
    build_preset release labstore-server labstore-load
    local pprof_port=${LABSTORE_LOAD_PPROF_PORT:-6798}
    start_server --pprof --pprof-port "$pprof_port"
    "$load_binary" capacity --size 4KiB --objects 10000 --sla 'p99<10ms' --desired-rate 10000 --growth 5%/month --validate \
        --pprof "http://127.0.0.1:$pprof_port" "$@"
}

case "${1:-}" in
    target-http) target_http ;;
    target-capacity) target_capacity "${@:2}" ;;
    target-engine)
        build_preset release labstore_engine_load
        exec "$build_root/release/bench/engine/labstore_engine_load" "$target_seconds"
        ;;
    *)
        build_preset release labstore-load
        exec "$load_binary" "$@"
        ;;
esac
