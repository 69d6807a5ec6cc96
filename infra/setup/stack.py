#!/usr/bin/env python3
"""The stores of the benchmark as containers: the verbs behind `just infra benchmark-...`.

  stack.py up [STORE...]        starts them and waits until each is healthy; without names, the profile benchmark
  stack.py status               one line a store
  stack.py logs [--follow] [STORE...]
  stack.py down [STORE...]      stops and removes containers; the data stay
  stack.py clean [STORE...]     down, and removes the data
  stack.py wait SERVICE...      waits for health; compose.sh uses it for a Compose without `up --wait`

Every verb can be run again after any failure. `up` names what is missing before it starts anything: the engine,
Compose, a free port. A store that does not come up is reported with its log, and the others come up all the same.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from settings import PROJECT_ROOT, SettingsError, effective, settings_file

COMPOSE = str(PROJECT_ROOT / "infra" / "setup" / "compose.sh")
INSTALL = (
    "infra/setup/install-dependencies.sh docker installs Debian's; "
    "other systems: https://docs.docker.com/engine/install/"
)
RESTARTS_MAX = 3
POLL_SECONDS = 0.5
LOG_LINES = 20


@dataclass(frozen=True)
class Store:
    profile: str
    ports: tuple[str, ...]
    extra_volumes: tuple[str, ...] = ()
    # The first start of Ceph makes a cluster; MinIO's health is asked for every 10 s only.
    start_seconds_max: int = 120


STORES = {
    "labstore": Store("benchmark", ("LABSTORE",)),
    "minio": Store("benchmark", ("MINIO", "MINIO_CONSOLE")),
    "garage": Store("benchmark", ("GARAGE", "GARAGE_RPC", "GARAGE_WEB", "GARAGE_ADMIN")),
    "seaweedfs": Store("benchmark", ("SEAWEEDFS", "SEAWEEDFS_MASTER", "SEAWEEDFS_VOLUME", "SEAWEEDFS_FILER")),
    "rustfs": Store("benchmark", ("RUSTFS", "RUSTFS_CONSOLE")),
    "versitygw": Store("versitygw", ("VERSITYGW",)),
    "cloudserver": Store("cloudserver", ("CLOUDSERVER",), ("benchmark-cloudserver-metadata",)),
    "ceph": Store("ceph", ("CEPH",), ("benchmark-ceph-configuration",), 600),
}
PROFILES = tuple(dict.fromkeys(store.profile for store in STORES.values()))


class Refused(Exception):
    """Nothing was started; the text says what is missing and how to get it."""


def say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def service_of(store: str) -> str:
    return f"benchmark-{store}"


def project() -> str:
    return os.environ.get("COMPOSE_PROJECT_NAME") or "labstore"


def docker(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True)


def compose(*arguments: str) -> int:
    """With every profile, so that what any of them started is seen."""
    profiles = [word for profile in PROFILES for word in ("--profile", profile)]
    return subprocess.run([COMPOSE, *profiles, *arguments]).returncode


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def require_engine() -> None:
    if not shutil.which("docker"):
        raise Refused(f"docker is missing: {INSTALL}")
    answer = docker("version", "--format", "{{.Server.Version}}")
    if answer.returncode != 0:
        problem = last_line(answer.stderr)
        if "permission denied" in problem.lower():
            way = "become root, or a member of the group docker (it amounts to being root)"
        else:
            way = "start it (systemctl start docker), or choose another with `docker context use` or DOCKER_HOST"
        raise Refused(f"the Docker engine does not answer: {problem}\n{way}; if there is none: {INSTALL}")
    found = subprocess.run([COMPOSE, "--which"], capture_output=True, text=True)
    if found.returncode != 0:
        raise Refused(last_line(found.stderr))


def engine_host() -> str:
    """Where the engine listens: a path begins with unix://, everything else is another machine."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    answer = docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    return answer.stdout.strip() if answer.returncode == 0 else ""


def engine_is_local() -> bool:
    return engine_host().startswith(("unix://", "npipe://")) or not engine_host()


def is_taken(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


def require_ports(stores: list[str], settings: dict[str, str]) -> None:
    """Our own running stores hold theirs. On a remote engine Docker itself has to say it."""
    address = settings["BENCHMARK_BIND_ADDRESS"]
    taken = []
    for store in stores:
        for part in STORES[store].ports:
            name = f"BENCHMARK_{part}_PORT"
            if is_taken(address, int(settings[name])):
                taken.append(f"{service_of(store)} needs port {settings[name]} on {address}, which is taken: "
                             f"end that program (ss -ltnp 'sport = :{settings[name]}' names it), or set {name}")
    if taken:
        raise Refused("\n".join(taken))


def containers() -> dict[str, dict]:
    """What `docker inspect` says of each service of ours that has a container."""
    listed = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={project()}")
    ids = listed.stdout.split()
    if listed.returncode != 0 or not ids:
        return {}
    # One may vanish between the two calls: the answer then still has the others.
    found = json.loads(docker("inspect", *ids).stdout or "[]")
    return {one["Config"]["Labels"].get("com.docker.compose.service", ""): one for one in found}


def state_of(container: dict | None) -> str:
    """healthy, starting, unhealthy, restarting, exited, running (without a health check), or absent."""
    if container is None:
        return "absent"
    state = container["State"]
    if state["Status"] != "running":
        return state["Status"]
    return state.get("Health", {}).get("Status") or "running"


def wait_healthy(service: str, seconds_max: int) -> str | None:
    """None once it is healthy, else why it is not."""
    end = time.monotonic() + seconds_max
    shown = ""
    while True:
        container = containers().get(service)
        state = state_of(container)
        if state != shown:
            say(f"{service}: {state}")
            shown = state
        if state == "healthy":
            return None
        if state == "running":
            return "it has no health check"
        if state in ("unhealthy", "exited", "dead", "absent"):
            return f"it is {state}{last_check(container)}"
        if container["RestartCount"] >= RESTARTS_MAX:
            return f"it ended and was restarted {container['RestartCount']} times"
        if time.monotonic() > end:
            return f"it is still {state} after {seconds_max} s{last_check(container)}"
        time.sleep(POLL_SECONDS)


def last_check(container: dict | None) -> str:
    log = (container or {}).get("State", {}).get("Health", {}).get("Log") or []
    return f"; its last health check said: {log[-1]['Output'].strip()}" if log else ""


def show_log(service: str) -> None:
    container = containers().get(service)
    if container is None:
        return
    logged = docker("logs", "--tail", str(LOG_LINES), container["Id"])
    for line in (logged.stdout + logged.stderr).splitlines()[-LOG_LINES:]:
        print(f"    {service} | {line}", flush=True)


def start(store: str, settings: dict[str, str]) -> str | None:
    """None once it is healthy, else why it is not."""
    service = service_of(store)
    say(f"{service}: up")
    if compose("up", "--detach", "--no-deps", service) != 0:
        name = f"BENCHMARK_{store.upper()}_IMAGE"
        return (f"Compose could not start it, see above. Its image is {settings[name]}; {name} names another one, "
                "and docs/containers.md says where images can be had")
    return wait_healthy(service, STORES[store].start_seconds_max)


def up(stores: list[str], settings: dict[str, str]) -> int:
    require_engine()
    running = {service for service, container in containers().items() if container["State"]["Status"] == "running"}
    if engine_is_local():
        require_ports([store for store in stores if service_of(store) not in running], settings)
    elif settings["BENCHMARK_BIND_ADDRESS"].startswith("127."):
        say(f"note: the engine is at {engine_host()}, and its ports are published on its loopback only; "
            "BENCHMARK_BIND_ADDRESS=0.0.0.0 opens them to others, with a BENCHMARK_STORE_SECRET_KEY of your own")
    failed = {}
    for store in stores:
        why = start(store, settings)
        if why:
            failed[store] = why
            say(f"{service_of(store)}: {why}")
            show_log(service_of(store))
    for store in stores:
        say(f"{store}: " + (f"FAILED, {failed[store]}" if store in failed else endpoint_of(store, settings)))
    return 1 if failed else 0


def endpoint_of(store: str, settings: dict[str, str]) -> str:
    return f"http://{settings['BENCHMARK_HOST']}:{settings[f'BENCHMARK_{store.upper()}_PORT']}"


def status(settings: dict[str, str]) -> int:
    require_engine()
    found = containers()
    print(f"{'store':<12} {'state':<11} {'endpoint':<28} image")
    for store in STORES:
        container = found.get(service_of(store))
        image = container["Config"]["Image"] if container else "-"
        print(f"{store:<12} {state_of(container):<11} {endpoint_of(store, settings) if container else '-':<28} {image}")
    return 0


def down(stores: list[str]) -> int:
    require_engine()
    if not stores:
        return compose("down", "--remove-orphans")
    return compose("rm", "--stop", "--force", *map(service_of, stores))


def clean(stores: list[str]) -> int:
    require_engine()
    if not stores:
        return compose("down", "--remove-orphans", "--volumes")
    code = down(stores)
    for store in stores:
        for name in (service_of(store), *STORES[store].extra_volumes):
            volume = f"{project()}_{name}"
            if docker("volume", "inspect", volume).returncode != 0:
                continue
            removed = docker("volume", "rm", volume)
            say(f"{volume}: removed" if removed.returncode == 0 else f"{volume}: {last_line(removed.stderr)}")
            code = code or removed.returncode
    return code


def wait(services: list[str]) -> int:
    require_engine()
    failed = 0
    for service in services or sorted(containers()):
        store = service.removeprefix("benchmark-")
        why = wait_healthy(service, STORES[store].start_seconds_max if store in STORES else 120)
        if why:
            say(f"{service}: {why}")
            show_log(service)
            failed = 1
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="up | status | logs | down | clean | wait")
    for verb in ("up", "logs", "down", "clean"):
        one = verbs.add_parser(verb)
        one.add_argument("stores", nargs="*", metavar="STORE", help=", ".join(STORES))
        if verb == "logs":
            one.add_argument("--follow", "-f", action="store_true")
    verbs.add_parser("status")
    verbs.add_parser("wait").add_argument("services", nargs="*", metavar="SERVICE")
    options = parser.parse_args()
    unknown = [store for store in getattr(options, "stores", []) if store not in STORES]
    if unknown:
        parser.error(f"unknown store {', '.join(unknown)}; there are {', '.join(STORES)}")
    try:
        settings = effective(dict(os.environ), settings_file(dict(os.environ)))
        if options.verb == "up":
            usual = [store for store, facts in STORES.items() if facts.profile == "benchmark"]
            return up(options.stores or usual, settings)
        if options.verb == "status":
            return status(settings)
        if options.verb == "logs":
            require_engine()
            follow = ["--follow"] if options.follow else []
            return compose("logs", "--tail=200", *follow, *map(service_of, options.stores))
        if options.verb == "wait":
            return wait(options.services)
        return down(options.stores) if options.verb == "down" else clean(options.stores)
    except (Refused, SettingsError) as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
