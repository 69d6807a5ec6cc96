#!/usr/bin/env bash
# The image's health check: exit code 0 when the server of this container is ready, 1 otherwise, with the reason on
# standard output, where `docker inspect` shows it. In bash alone, because the slim image has no HTTP client.
# It asks where the environment says the server is: in a container, set host and port there and not by flags.
# Bash speaks no TLS. With LABSTORE_SERVER_TLS_CERT the server has to say, in plain HTTP, that it is spoken there: it
# accepts and answers, and more is not known.
set -uo pipefail

port=${LABSTORE_SERVER_PORT:-6789}
host=${LABSTORE_SERVER_HOST:-127.0.0.1}
case "$host" in
    0.0.0.0 | localhost) host=127.0.0.1 ;;
    ::) host=::1 ;;
esac

if ! exec 3<>"/dev/tcp/$host/$port"; then
    echo "nobody listens on $host port $port"
    exit 1
fi 2>/dev/null
printf 'GET /-/health/ready HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" >&3
status=""
IFS= read -r -t 4 status <&3 || true
status=${status%$'\r'}
echo "${status:-no answer within 4 s}"
if [ -n "${LABSTORE_SERVER_TLS_CERT:-}" ]; then
    [[ $status == "HTTP/1.1 400 "* ]]
else
    [[ $status == "HTTP/1.1 200 "* ]]
fi
