#!/usr/bin/env bash
# Installs what is missing on Debian 12, and nothing else. Safe to run again at any time.
#
#   install-dependencies.sh [build] [test] [lint] [fuzz] [bench] [docker] [image]      default: build
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# RocksDB's CMake configuration asks for gflags and the compression libraries.
build_packages=(
    g++ cmake ninja-build ccache pkg-config ca-certificates
    libboost1.81-dev libssl-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev
    libgtest-dev libgmock-dev libbenchmark-dev libgoogle-perftools-dev
    librocksdb-dev libgflags-dev libsnappy-dev liblz4-dev libzstd-dev zlib1g-dev libbz2-dev
    libprotobuf-dev protobuf-compiler libpugixml-dev libyaml-cpp-dev
    python3
)
test_packages=(
    python3-venv clang-format-14 shellcheck
    e2fsprogs strace rclone s3cmd restic s3fs fuse3 curl procps psmisc util-linux mount
)
# Any Compose can check infra/compose.yml. Debian's is for a machine without one, so that it replaces nobody's plugin.
docker compose version >/dev/null 2>&1 || test_packages+=(docker-compose)
lint_packages=(clang-format-14 clang-tidy-19 shellcheck python3)
fuzz_packages=(clang-19 libclang-rt-19-dev)
bench_packages=(golang-go graphviz curl iperf3 wrk)
# The engine needs iptables for its bridge, and Debian only recommends it.
docker_packages=(docker.io docker-compose iptables ca-certificates)
# What try-image.sh needs beside them: a base image where no registry can be reached, and the client's environment.
image_packages=(debootstrap python3-venv)

wanted=()
for group in "${@:-build}"; do
    case "$group" in
        build) wanted+=("${build_packages[@]}") ;;
        test) wanted+=("${test_packages[@]}") ;;
        lint) wanted+=("${lint_packages[@]}") ;;
        fuzz) wanted+=("${fuzz_packages[@]}") ;;
        bench) wanted+=("${bench_packages[@]}") ;;
        docker) wanted+=("${docker_packages[@]}") ;;
        image) wanted+=("${image_packages[@]}") ;;
        *) die "unknown group $group (build, test, lint, fuzz, bench, docker, image)" ;;
    esac
done

is_installed() { [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    say "dependencies: nothing to install"
    exit 0
fi
command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get: ${missing[*]}"

export DEBIAN_FRONTEND=noninteractive
install_missing() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "${missing[@]}"
}

# The package lists of a fresh machine are empty, those of an old one may name versions that are gone.
all_known() {
    local package
    for package in "${missing[@]}"; do
        apt-cache show "$package" >/dev/null 2>&1 || return 1
    done
}

say "dependencies: installing ${missing[*]}"
if ! all_known; then
    as_root apt-get update --quiet
    install_missing
elif ! install_missing; then
    as_root apt-get update --quiet
    install_missing
fi
