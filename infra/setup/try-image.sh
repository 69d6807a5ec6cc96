#!/usr/bin/env bash
# Builds the server's image, starts it as the compose service, uses it with a real client, stops it, says what it saw.
#
#   try-image.sh [--install] [--builder classic|buildkit] [--root DIR]
#
#   --install   installs what is missing (Debian's docker.io, docker-compose, debootstrap); needs root
#   --builder   default: whichever docker takes by itself
#   --root DIR  keeps the private engine's images there, so that the next try builds from its cache
#
# It uses the engine that answers. When none does, and we are root, it starts one of its own: data, sockets and pid file
# in a folder of their own, no change to the machine's firewall or routes, ended by its process id. When that engine can
# reach no registry, the base image is made by debootstrap from this machine's Debian mirror and imported under the tag
# that infra/Dockerfile.backend asks for. Nothing of it is left running, and what it made in an engine of yours is
# removed but for the image labstore-server:try and the build cache. Exit code 77: it cannot be tried here, and why.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$project_root"

install=0 builder="" root="" scratch="" engine_pid=""
while [ $# -gt 0 ]; do
    case "$1" in
        --install) install=1 ;;
        --builder) builder=${2:?--builder classic or buildkit}; shift ;;
        --root) root=${2:?--root DIR}; shift ;;
        *) die "unknown option $1" ;;
    esac
    shift
done
case "$builder" in
    "") ;;
    classic) export DOCKER_BUILDKIT=0 ;;
    buildkit) export DOCKER_BUILDKIT=1 ;;
    *) die "unknown builder $builder (classic, buildkit)" ;;
esac
# docker-compose 1.29 hands the build to the docker command, so that one choice holds for both.
export COMPOSE_DOCKER_CLI_BUILD=1

cannot() {
    say "cannot try the image here: $*" >&2
    exit 77
}

engine_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Whatever happened: our containers and volumes go, then our engine, by the id we started it with.
clean_up() {
    local code=$?
    trap - EXIT
    if [ "${started:-0}" -eq 1 ]; then
        infra/setup/stack.py clean >/dev/null 2>&1 || say "could not remove everything of project $COMPOSE_PROJECT_NAME"
    fi
    if [ -n "$engine_pid" ]; then
        kill -TERM "$engine_pid" 2>/dev/null || true
        wait "$engine_pid" 2>/dev/null || true
        say "the private engine has ended"
    fi
    if [ -n "$scratch" ]; then
        # An engine that has ended leaves mounts of its own behind, such as the network's namespace.
        awk -v folder="$scratch/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort -r | while IFS= read -r mount; do
            umount "$mount" || true
        done
        rm -rf --one-file-system "$scratch" || true
    fi
    exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The engine, and in private whether it is ours.
private=0
scratch=$(mktemp -d "${TMPDIR:-/tmp}/labstore-try.XXXXXX")
# Only what is missing: somebody else's engine is not to be replaced by Debian's.
if [ "$install" -eq 1 ]; then
    engine_answers || command -v dockerd >/dev/null || infra/setup/install-dependencies.sh docker
    infra/setup/install-dependencies.sh image
fi
start_private_engine() {
    [ "$(id -u)" -eq 0 ] || cannot "no Docker engine answers, and only root can start one of its own"
    command -v dockerd >/dev/null || cannot "no Docker engine answers and dockerd is missing: try-image.sh --install"
    root=${root:-$scratch/root}
    mkdir -p "$root"
    export DOCKER_HOST="unix://$scratch/docker.sock"
    nice -n 10 dockerd --host "$DOCKER_HOST" --pidfile "$scratch/dockerd.pid" \
        --data-root "$(realpath "$root")" --exec-root "$scratch/exec" \
        --bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
        >"$scratch/dockerd.log" 2>&1 </dev/null &
    engine_pid=$!
    private=1
    for _ in $(seq 300); do
        engine_answers && return
        kill -0 "$engine_pid" 2>/dev/null || break
        sleep 0.2
    done
    tail -n 20 "$scratch/dockerd.log" >&2
    die "the private Docker engine did not come up"
}
if engine_answers; then
    say "using the engine that answers: $(docker version --format '{{.Server.Version}}')"
else
    start_private_engine
    say "started a private engine: $(docker version --format '{{.Server.Version}}'), pid $engine_pid"
fi
compose_command=$(infra/setup/compose.sh --which)
say "compose: $compose_command"

settings=$(infra/setup/settings.py)
eval "$settings"
export COMPOSE_PROJECT_NAME=labstore-try BENCHMARK_LABSTORE_IMAGE=labstore-server:try
if [ "$private" -eq 1 ]; then
    # Without firewall rules of its own this engine has no way out for a bridge; a build takes the machine's network.
    export BENCHMARK_BUILD_NETWORK=host
fi

# "deb" lines for Debian 12 as this machine's apt has them, else the public mirror.
apt_sources() {
    local found
    # shellcheck disable=SC2016  # the words in $() are apt's
    found=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 ~ /^bookworm/ && $3 == "main" { print "deb", $1, $2, $3 }' | sort -u)
    grep -q ' bookworm main$' <<<"$found" || found="deb http://deb.debian.org/debian bookworm main"
    printf '%s\n' "$found"
}

# make_base NAME...: Debian 12 from debootstrap, trimmed as the slim image is, with this machine's way to its mirror.
make_base() {
    local tree="$scratch/base" mirror name id
    command -v debootstrap >/dev/null ||
        cannot "no registry can be reached and debootstrap is missing: try-image.sh --install"
    mirror=$(apt_sources | awk '$3 == "bookworm" { print $2; exit }')
    say "base: debootstrap of Debian 12"
    nice -n 10 debootstrap --variant=minbase bookworm "$tree" "$mirror" >"$scratch/debootstrap.log" 2>&1 ||
        { tail -n 20 "$scratch/debootstrap.log" >&2; die "debootstrap failed"; }
    apt_sources >"$tree/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(http|https|Check-|Retries)' >"$tree/etc/apt/apt.conf.d/50this-machine" || true
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale lintian >"$tree/etc/dpkg/dpkg.cfg.d/slim"
    rm -rf "$tree"/usr/share/{doc,man,info,locale,lintian}/* "$tree"/var/lib/apt/lists/* "$tree"/var/cache/apt/*.bin \
        "$tree"/var/cache/apt/archives/*.deb
    id=$(tar --create --directory "$tree" . | docker import --change 'CMD ["bash"]' -)
    rm -rf "$tree"
    for name in "$@"; do
        docker tag "$id" "$name"
    done
}

bases=() base_origin="as the engine has it or pulls it"
for name in "$BENCHMARK_BUILD_BASE_IMAGE" "$BENCHMARK_RUNTIME_BASE_IMAGE"; do
    if ! docker image inspect "$name" >/dev/null 2>&1 && ! docker pull --quiet "$name" >/dev/null 2>"$scratch/pull.log"; then
        bases+=("$name")
    fi
done
if [ ${#bases[@]} -gt 0 ]; then
    [ "$private" -eq 1 ] || cannot "the engine cannot pull ${bases[*]}: $(tail -n 1 "$scratch/pull.log"); \
BENCHMARK_BUILD_BASE_IMAGE and BENCHMARK_RUNTIME_BASE_IMAGE name others"
    make_base "${bases[@]}"
    base_origin="made by debootstrap"
fi

say "building the image; a first build takes a quarter of an hour on two cores"
began=$SECONDS
nice -n 10 infra/setup/compose.sh --profile benchmark build benchmark-labstore >"$scratch/build.log" 2>&1 ||
    { tail -n 40 "$scratch/build.log" >&2; die "the image did not build"; }
build_seconds=$((SECONDS - began))
say "built in $build_seconds s"

# From here on a real user's steps: start, use, stop, start again on the same data, remove.
make_venv
free_port='import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
BENCHMARK_LABSTORE_PORT=$(python3 -c "$free_port")
export BENCHMARK_LABSTORE_PORT
export AWS_ACCESS_KEY_ID=$BENCHMARK_STORE_ACCESS_KEY AWS_SECRET_ACCESS_KEY=$BENCHMARK_STORE_SECRET_KEY
export AWS_DEFAULT_REGION=us-east-1 AWS_ENDPOINT_URL="http://127.0.0.1:$BENCHMARK_LABSTORE_PORT"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
aws() { "$venv/bin/aws" "$@"; }
container_of_server() { docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME"; }
expect() {
    [ "$2" = "$3" ] || die "$1 is '$2', expected '$3'"
    say "$1: $2"
}

started=1
infra/setup/stack.py up labstore
id=$(container_of_server)
expect "user" "$(docker exec "$id" id -un)" labstore
expect "process 1" "$(docker exec "$id" cat /proc/1/comm)" labstore-server
expect "owner and mode of /data" "$(docker exec "$id" stat --format '%U:%G %a' /data)" "labstore:labstore 700"

head -c 5000000 /dev/urandom >"$scratch/sent"
aws s3 mb s3://try-image
aws s3 cp --quiet "$scratch/sent" s3://try-image/folder/object
aws s3 cp --quiet s3://try-image/folder/object "$scratch/received"
cmp "$scratch/sent" "$scratch/received" || die "the object came back different"
expect "objects listed" "$(aws s3 ls --recursive s3://try-image | awk '{ print $3, $4 }')" "5000000 folder/object"
# The access log is written by a thread of its own, a moment later.
for _ in $(seq 50); do
    docker logs "$id" >"$scratch/server.log" 2>&1
    grep --quiet 'method=GET path=/try-image/folder/object status=200' "$scratch/server.log" && break
    sleep 0.1
done
grep --quiet 'method=GET path=/try-image/folder/object status=200' "$scratch/server.log" ||
    die "the download is not in the access log"

began=$SECONDS
docker stop --time 40 "$id" >/dev/null
expect "exit code after SIGTERM" "$(docker inspect --format '{{.State.ExitCode}}' "$id")" 0
say "stopped in $((SECONDS - began)) s"
infra/setup/stack.py down
expect "containers after down" "$(container_of_server)" ""
infra/setup/stack.py up labstore
aws s3 cp --quiet s3://try-image/folder/object "$scratch/again"
cmp "$scratch/sent" "$scratch/again" || die "the object did not survive the container"
say "the object survived the container: it is in the volume"
aws s3 rb --force s3://try-image >/dev/null

infra/setup/stack.py clean
started=0
expect "containers after clean" "$(container_of_server)" ""
volumes=$(docker volume ls --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")
expect "volumes after clean" "$volumes" ""

size=$(docker image inspect --format '{{.Size}}' labstore-server:try)
base_size=$(docker image inspect --format '{{.Size}}' "$BENCHMARK_RUNTIME_BASE_IMAGE")
say "base: $((base_size / 1000000)) MB, $base_origin"
say "image: $((size / 1000000)) MB with its base, built in $build_seconds s by ${builder:-the usual} builder"
say "try-image: passed"
