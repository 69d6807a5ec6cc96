#!/usr/bin/env bash
# runtime-packages.sh PROGRAM: the Debian packages that own the shared libraries PROGRAM loads, one a line.
# For the image, which installs these and nothing else.
set -euo pipefail
# shellcheck source=infra/setup/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=${1:?usage: runtime-packages.sh PROGRAM}
libraries=$(ldd "$program")
if grep -q 'not found' <<<"$libraries"; then
    die "$program does not find all of its libraries: $(grep 'not found' <<<"$libraries")"
fi

# dpkg knows a library by the path in its package, which has /usr in front or not: /lib is a link to /usr/lib.
owner_of() {
    local path=$1
    dpkg-query --search "$path" 2>/dev/null || dpkg-query --search "/usr$path" 2>/dev/null ||
        dpkg-query --search "${path#/usr}" 2>/dev/null || die "no package owns $path"
}

while IFS= read -r path; do
    owner_of "$path" | sed 's/:.*//'
done < <(awk '$2 == "=>" { print $3 }' <<<"$libraries") | sort -u
