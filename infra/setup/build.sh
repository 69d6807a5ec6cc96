#!/usr/bin/env bash
# build.sh PRESET [target...]: configures and builds with as many jobs as cores and memory allow.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build_preset "${1:-dev}" "${@:2}"
