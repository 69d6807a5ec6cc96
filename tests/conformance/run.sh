#!/usr/bin/env bash
# Runs the outside S3 suite in $S3TESTS_DIR against a release server and compares the outcomes; see README.md.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../infra/setup/lib.sh"

suite=${S3TESTS_DIR:-}
[ -n "$suite" ] || die "set S3TESTS_DIR to a checkout of ceph/s3-tests; tests/conformance/README.md says how"
[ -d "$suite/s3tests/functional" ] || die "$suite is no checkout of ceph/s3-tests"
suite=$(cd "$suite" && pwd)
python=${S3TESTS_PYTHON:-python3}
output="$build_root/conformance"
rm -rf "$output"
mkdir -p "$output"

endpoint=${S3TESTS_ENDPOINT:-} access_key=${S3TESTS_ACCESS_KEY:-} secret_key=${S3TESTS_SECRET_KEY:-}

# A server of our own, on a free port, with a store that is thrown away.
start_server() {
    local port binary
    build_preset release labstore-server
    binary=$(server_binary release)
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    access_key=conformance-main secret_key=conformance-secret-0123456789
    LABSTORE_SERVER_ADMIN_ACCESS_KEY=$access_key LABSTORE_SERVER_ADMIN_SECRET_KEY=$secret_key \
        "$binary" serve --host 127.0.0.1 --port "$port" --storage-path "$output/store" >"$output/server.log" 2>&1 &
    server=$!
    trap 'kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$output/store"' EXIT
    endpoint="http://127.0.0.1:$port"
    for _ in $(seq 100); do
        curl --silent --fail --output /dev/null "$endpoint/-/health/ready" && return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    tail -n 20 "$output/server.log"
    die "the server did not become ready"
}

write_suite_config() {
    local rest=${endpoint#http://}
    python3 - "$1" "${rest%%:*}" "${rest##*:}" "$access_key" "$secret_key" <<'PY'
import configparser, sys

path, host, port, key, secret = sys.argv[1:]
config = configparser.ConfigParser(interpolation=None)
config["DEFAULT"] = {"host": host, "port": port, "is_secure": "False", "ssl_verify": "False"}
config["fixtures"] = {"bucket prefix": "conformance-{random}-", "iam name prefix": "c-{random}-", "iam path prefix": "/c-{random}/"}
for section in ("s3 main", "s3 alt", "s3 tenant", "iam", "iam root", "iam alt root"):
    user = {"user_id": key, "display_name": key, "email": "main@example.com", "access_key": key, "secret_key": secret}
    config[section] = user | ({"tenant": "other"} if section == "s3 tenant" else {})
with open(path, "w") as file:
    config.write(file)
PY
}

[ -n "$endpoint" ] || start_server
if [ -n "${S3TESTS_RUNNER:-}" ]; then
    results="$output/results.json"
    "$S3TESTS_RUNNER" --endpoint "$endpoint" --main "$access_key" "$secret_key" --json "$results" "$@"
else
    results="$output/results.xml"
    write_suite_config "$output/suite.conf"
    (cd "$suite" && S3TEST_CONF="$output/suite.conf" "$python" -m pytest -q -p no:cacheprovider --timeout=120 \
        --junitxml "$results" s3tests/functional "$@") || true
fi
[ -s "$results" ] || die "the suite left no results"
python3 "$project_root/tests/conformance/check_outcomes.py" "$results"
