#!/usr/bin/env bash
# From a fresh Debian 12 to a running server: installs what is missing, builds a release, serves from ./labstore-data.
# Everything after the script's name goes to `serve`; a --storage-path there replaces the default one.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

"$project_root/infra/setup/install-dependencies.sh" build
build_preset release labstore-server
say "starting $(server_binary release)"
exec "$(server_binary release)" serve --storage-path "${LABSTORE_SERVER_STORAGE_PATH:-./labstore-data}" "$@"
