#!/usr/bin/env bash
# crash.sh [pytest options]: builds a release and runs tests/crash against it. Most of them need root and a loop device.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"
make_venv
build_preset release labstore-server
LABSTORE_SERVER_BIN=$(server_binary release)
export LABSTORE_SERVER_BIN
exec "$venv/bin/python" -m pytest -ra tests/crash "$@"
