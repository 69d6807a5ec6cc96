#!/usr/bin/env python3
"""Reads labstore.yml once and gives its settings as environment variables; a variable that is already set wins.

  settings.py                      export lines for a shell:  eval "$(python3 infra/setup/settings.py)"
  settings.py --format json        one JSON object
  settings.py -- COMMAND ARGS...   runs COMMAND with the settings in its environment

The key minio-port of the section `benchmark:` is BENCHMARK_MINIO_PORT, the key port of `server:` is
LABSTORE_SERVER_PORT. All of BENCHMARK_SETTINGS comes out, with its default when neither the environment nor the file
has it; of the server's options only what stands in the file, for the server knows its own defaults.

The file is --config, else LABSTORE_SERVER_CONFIG, else labstore.yml at the top of the checkout. Both sections are flat,
and the reader knows just that much YAML, so that it needs nothing but Python: `key: value`, lists as `[a, b]` or `- a`
lines, quotes, comments. Anything else there is an error that names the line, never a guess.
"""

import argparse
import difflib
import json
import os
import re
import shlex
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]

# Every setting of the section `benchmark:` and its default. labstore.yml and compose.yml repeat them, and a test holds
# the three together.
BENCHMARK_SETTINGS = {
    "mode": "containers",
    "object-size": "100KiB",
    "objects": "1000",
    "concurrent": "8",
    "duration": "1m",
    "rounds": "3",
    "get-percent": "45",
    "stat-percent": "30",
    "put-percent": "15",
    "delete-percent": "10",
    "bucket": "warp-benchmark-bucket",
    "store-access-key": "labstore-benchmark",
    "store-secret-key": "labstore-benchmark-only",
    "host": "127.0.0.1",
    "bind-address": "127.0.0.1",
    "labstore-port": "7789",
    "minio-port": "9000",
    "minio-console-port": "9001",
    "garage-port": "3900",
    "garage-rpc-port": "3901",
    "garage-web-port": "3902",
    "garage-admin-port": "3903",
    "seaweedfs-port": "8333",
    "seaweedfs-master-port": "9333",
    "seaweedfs-volume-port": "8080",
    "seaweedfs-filer-port": "8888",
    "rustfs-port": "10000",
    "rustfs-console-port": "10001",
    "versitygw-port": "7070",
    "cloudserver-port": "8000",
    "ceph-port": "7480",
    "labstore-image": "labstore-server:benchmark",
    "minio-image": "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
    "garage-image": "docker.io/dxflrs/garage:v2.1.0",
    "seaweedfs-image": "docker.io/chrislusf/seaweedfs:4.00",
    "rustfs-image": "docker.io/rustfs/rustfs:1.0.0-alpha.69",
    "versitygw-image": "docker.io/versity/versitygw:v1.8.0",
    "cloudserver-image": "ghcr.io/scality/cloudserver:9.3.0",
    "ceph-image": "quay.io/ceph/demo:latest-squid",
    "build-base-image": "docker.io/library/debian:12",
    "runtime-base-image": "docker.io/library/debian:12-slim",
    "build-network": "default",
    "garage-rpc-secret": "6c616273746f72652d62656e63686d61726b2d6761726167652d6f6e6c792e2e",
}
PREFIXES = {"server": "LABSTORE_SERVER_", "benchmark": "BENCHMARK_"}

MODES = ("containers", "native")
KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]*):(?:\s+(.*))?$")


class SettingsError(Exception):
    """A setting that cannot be used; its text names the file and line, or the variable, and the way out."""


def variable_of(section: str, key: str) -> str:
    return PREFIXES[section] + key.upper().replace("-", "_")


def without_comment(text: str) -> str:
    """A # begins a comment at the start or after a blank, outside quotes."""
    quote = ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and (index == 0 or text[index - 1] in " [,"):
            quote = char
        elif char == "#" and (index == 0 or text[index - 1] == " "):
            return text[:index].rstrip()
    return text.rstrip()


def scalar(text: str, place: str) -> str:
    text = text.strip()
    if text[:1] in ("'", '"'):
        if len(text) < 2 or text[-1] != text[0] or text[0] in text[1:-1] or "\\" in text:
            raise SettingsError(f"{place}: quotes that this reader does not understand: {text}")
        return text[1:-1]
    if text[:1] and text[0] in "&*!|>%@`{}":
        raise SettingsError(f"{place}: {text[0]} begins a kind of YAML that is not read here; quote the value")
    if ": " in text or text.endswith(":"):
        raise SettingsError(f"{place}: a value cannot be a mapping; quote it if the colon is meant")
    return text


def value_of(text: str, place: str) -> str:
    if text.startswith("["):
        if not text.endswith("]"):
            raise SettingsError(f"{place}: a list [a, b] has to end on its line")
        parts = [part for part in text[1:-1].split(",") if part.strip()]
        return ",".join(scalar(part, place) for part in parts)
    return scalar(text, place)


def read_sections(text: str, name: str) -> dict[str, dict[str, tuple[str, str]]]:
    """The two sections of a file: key to value and place. Other sections belong to other tools and are passed over."""
    found: dict[str, dict[str, tuple[str, str]]] = {section: {} for section in PREFIXES}
    section, listed = "", ""
    for number, raw in enumerate(text.splitlines(), 1):
        place, line = f"{name}:{number}", without_comment(raw)
        if not line.strip() or line.strip() == "---":
            continue
        if not line[0].isspace() and not line.startswith("-"):
            match = KEY.match(line)
            section, listed = (match.group(1) if match else ""), ""
            if section in PREFIXES and match and match.group(2):
                raise SettingsError(f"{place}: {section}: takes lines of `key: value` below it")
            continue
        if section not in PREFIXES:
            continue
        if "\t" in raw[: len(raw) - len(raw.lstrip())]:
            raise SettingsError(f"{place}: YAML is indented with blanks, not tabs")
        entry = line.strip()
        if entry.startswith("- ") and listed:
            value, where = found[section][listed]
            item = scalar(entry[2:], place)
            found[section][listed] = (f"{value},{item}" if value else item, where)
            continue
        match = KEY.match(entry)
        if not match:
            raise SettingsError(f"{place}: not a `key: value`: {entry}")
        key, value = match.group(1), match.group(2) or ""
        if key in found[section]:
            raise SettingsError(f"{place}: {key} stands at {found[section][key][1]} already")
        found[section][key] = (value_of(value.strip(), place), place)
        listed = "" if value else key
    return found


def settings_file(environment: dict[str, str], named: str | None = None) -> Path | None:
    """The file in force; None when there is none and none was named."""
    chosen = named or environment.get("LABSTORE_SERVER_CONFIG")
    if chosen:
        if not Path(chosen).is_file():
            raise SettingsError(f"{chosen}: no such file")
        return Path(chosen)
    usual = PROJECT_ROOT / "labstore.yml"
    return usual if usual.is_file() else None


def check(settings: dict[str, str], places: dict[str, str]) -> None:
    """What would otherwise fail late and in the words of another program."""

    def refuse(name: str, why: str) -> None:
        raise SettingsError(f"{places.get(name, name)}: {name} is '{settings[name]}', {why}")

    ports: dict[str, str] = {}
    for name, value in settings.items():
        if name.startswith("BENCHMARK_") and name.endswith("_PORT"):
            if not value.isdecimal() or not 1 <= int(value) <= 65535:
                refuse(name, "wanted a port from 1 to 65535")
            if value in ports:
                refuse(name, f"which {ports[value]} has already")
            ports[value] = name
    if settings["BENCHMARK_MODE"] not in MODES:
        refuse("BENCHMARK_MODE", f"wanted one of {', '.join(MODES)}")
    shares = ["BENCHMARK_GET_PERCENT", "BENCHMARK_STAT_PERCENT", "BENCHMARK_PUT_PERCENT", "BENCHMARK_DELETE_PERCENT"]
    for name in (*shares, "BENCHMARK_OBJECTS", "BENCHMARK_CONCURRENT", "BENCHMARK_ROUNDS"):
        if not settings[name].isdecimal():
            refuse(name, "wanted a whole number")
    total = sum(int(settings[name]) for name in shares)
    if total != 100:
        refuse(shares[0], f"and with STAT, PUT and DELETE the percentages make {total}, not 100")


def effective(environment: dict[str, str], file: Path | None) -> dict[str, str]:
    """Every setting by the name of its variable: the environment, else the file, else the default. An empty variable
    counts as absent, as it does for the server."""
    sections = read_sections(file.read_text(), str(file)) if file else {section: {} for section in PREFIXES}
    settings = {variable_of("benchmark", key): default for key, default in BENCHMARK_SETTINGS.items()}
    places: dict[str, str] = {}
    for section, entries in sections.items():
        for key, (value, place) in entries.items():
            if section == "benchmark" and key not in BENCHMARK_SETTINGS:
                near = difflib.get_close_matches(key, BENCHMARK_SETTINGS, 1)
                raise SettingsError(f"{place}: unknown setting {key}" + (f"; did you mean {near[0]}?" if near else ""))
            if section == "benchmark" and not value:
                raise SettingsError(f"{place}: {key} has no value; without the line its default holds")
            settings[variable_of(section, key)] = value
            places[variable_of(section, key)] = place
    for name in settings:
        if environment.get(name):
            settings[name] = environment[name]
            places[name] = "environment"
    check(settings, places)
    return settings


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog="-- COMMAND ARGS... runs a command with the settings in its environment",
    )
    parser.add_argument("--config", metavar="FILE", help="instead of labstore.yml at the top of the checkout")
    parser.add_argument("--format", choices=("shell", "json"), default="shell")
    arguments, command = sys.argv[1:], []
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, command = arguments[:cut], arguments[cut + 1 :]
    options = parser.parse_args(arguments)
    try:
        settings = effective(dict(os.environ), settings_file(dict(os.environ), options.config))
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if command:
        os.execvpe(command[0], command, dict(os.environ) | settings)
    if options.format == "json":
        print(json.dumps(settings, indent=2))
    else:
        for name, value in settings.items():
            print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
