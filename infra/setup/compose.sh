#!/usr/bin/env bash
# compose.sh ARGS...: Docker Compose on infra/compose.yml with the settings of labstore.yml.
#
#   compose.sh --profile benchmark up -d --wait benchmark-minio
#   compose.sh --which                       prints the command that would be used, or what is missing
#
# The one place that decides which Compose: the plugin (`docker compose`), else docker-compose from 1.28 on, of which
# Debian 12 packages 1.29. What 1.29 lacks is made up for here: `up --wait`. `up` also builds what this checkout builds,
# so that no stale image is measured; with unchanged sources that takes a moment. A server image of another name is
# taken as it is.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

how_to_get="infra/setup/install-dependencies.sh docker installs Debian's engine and docker-compose; \
other systems: https://docs.docker.com/compose/install/"

# Sets compose, and old to 1 when it is docker-compose 1.x.
find_compose() {
    local version
    old=0
    if docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
        return
    fi
    command -v docker-compose >/dev/null || die "Docker Compose is missing: $how_to_get"
    compose=(docker-compose)
    version=$(docker-compose version --short 2>/dev/null) ||
        die "docker-compose does not run: $(docker-compose version 2>&1)"
    version=${version#v}
    case "$version" in
        1.28.* | 1.29.*) old=1 ;;
        1.*) die "docker-compose $version knows no profiles, 1.28 is needed: $how_to_get" ;;
    esac
}

find_compose
if [ "${1:-}" = --which ]; then
    echo "${compose[@]}"
    exit 0
fi

settings=$("$project_root/infra/setup/settings.py") || exit 2
eval "$settings"
# Containers, networks and volumes carry this name. Compose would take the folder's, which says nothing.
export COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-labstore}

build=()
if [ "$BENCHMARK_LABSTORE_IMAGE" = labstore-server:benchmark ] && [[ ! " $* " =~ \ --(no-)?build\  ]]; then
    build=(--build)
fi

arguments=() services=() waits=0
while [ $# -gt 0 ]; do
    case "$old:$1" in
        *:up) arguments+=(up "${build[@]}") ;;
        1:--wait) waits=1 ;;
        1:--wait-timeout) shift ;;
        *:benchmark-*)
            arguments+=("$1")
            services+=("$1")
            ;;
        *) arguments+=("$1") ;;
    esac
    shift
done

command=("${compose[@]}" --file "$project_root/infra/compose.yml" "${arguments[@]}")
if [ "$waits" -eq 1 ]; then
    "${command[@]}"
    exec "$project_root/infra/setup/stack.py" wait "${services[@]}"
fi
exec "${command[@]}"
