#!/usr/bin/env python3
"""Compares two servers under load by the CPU that the server takes for an operation. Both run all the time, each on a store
of its own; one at a time is loaded, in random order, a few seconds a window, by the same load generator. Windows are judged
as the runs of a benchmark are (judge.py). CPU time is that of the whole server process, its background work included, by
its own accounting: see "The result" in docs/load-testing.md.

Exit code: 0 nothing is worse, 1 something is, 2 wrong usage, 3 a server or a load that does not run."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "profiling"), str(HERE.parent / "setup")]
import compare  # noqa: E402
import judge  # noqa: E402
import programs  # noqa: E402
import report  # noqa: E402
from session import Server  # noqa: E402

SCENARIOS = ("mixed", "get", "put", "stat", "list")
# What a window takes beside its measured seconds: writing the objects, and a server that answers late.
WINDOW_SECONDS_MORE = 120
WINDOW_TRIES = 5


class Untold(programs.Broken):
    """The load ran, and there is no figure of the server's CPU."""


def load_command(given, scenario, endpoint, result):
    command = [given.load, scenario, "--endpoint", endpoint, "--duration", f"{given.seconds}s", "--warm-up", "0.5s"]
    command += ["--concurrency", str(given.concurrency), "--objects", str(given.objects), "--keep", "--quiet", "--json", result]
    return [str(word) for word in command + (["--size", given.size] if scenario != "list" else [])]


def nanoseconds_per_operation(result, name):
    """Of the server, from the load generator's JSON."""
    total = result["total"]
    if total["errors"]:
        raise programs.Broken(f"{name}: {total['errors']} of {total['operations']} operations failed")
    if "server" not in result or result["server"]["cpu_us_per_operation"] <= 0:
        raise Untold(f"{name}: the server did not tell its CPU time")
    return result["server"]["cpu_us_per_operation"] * 1e3


def window(given, server, scenario, folder):
    """One figure. On a busy machine the server may be too late to tell its CPU time; then the window is repeated."""
    for _ in range(WINDOW_TRIES - 1):
        try:
            return one_window(given, server, scenario, folder)
        except Untold as error:
            compare.say(f"{error}; once more")
    return one_window(given, server, scenario, folder)


def one_window(given, server, scenario, folder):
    result = Path(folder) / "result.json"
    result.unlink(missing_ok=True)
    environment = os.environ | {
        "LABSTORE_LOAD_ACCESS_KEY": server.access_key, "LABSTORE_LOAD_SECRET_KEY": server.secret_key,
    }
    command = load_command(given, scenario, f"http://127.0.0.1:{server.port}", result)
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=given.seconds + WINDOW_SECONDS_MORE
        )
    except subprocess.TimeoutExpired as error:
        raise programs.Broken(f"{scenario}: the load does not end") from error
    if done.returncode != 0 or not result.exists():
        raise programs.Broken(f"{scenario}: the load ended with {done.returncode}: {(done.stderr or done.stdout)[-1000:]}")
    return nanoseconds_per_operation(json.loads(result.read_text()), scenario)


def compare_servers(given, rule):
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory(prefix="labstore-bench-"))
        servers = [running.enter_context(Server(binary, options=["--access-log=off"])) for binary in (given.base, given.tree)]
        names = compare.wanted(SCENARIOS, given.only)
        if not names:
            compare.say("no scenario has a name that matches")
            return compare.EXIT_USAGE
        for name in names:  # files of the store are made, caches filled
            for server in servers:
                window(given, server, name, folder)
        suite = judge.compare(names, lambda name, side: window(given, servers[side], name, folder), rule, given.seed, compare.say)
    print(report.table(suite, rule))
    print("CPU of the server an operation; " + report.summary(suite, rule))
    report.write_json(given.json, suite, rule, seed=given.seed, base=given.base_name)
    return compare.EXIT_WORSE if report.any_worse(suite) else compare.EXIT_FINE


def main():
    parser = argparse.ArgumentParser(description="Compares two servers by their CPU an operation.")
    parser.add_argument("--base", type=Path, required=True, help="server program of the base")
    parser.add_argument("--tree", type=Path, required=True, help="server program of the working tree")
    parser.add_argument("--load", type=Path, required=True, help="labstore-load")
    parser.add_argument("--base-name", default="", help="for the report")
    parser.add_argument("--only", default="", help=f"regular expression on {', '.join(SCENARIOS)}")
    parser.add_argument("--seconds", type=float, default=2, help="measured in a window (%(default)s)")
    parser.add_argument("--size", default="16KiB", help="of the objects (%(default)s)")
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=16)
    compare.add_rule_options(parser)
    given = parser.parse_args()
    rule = compare.rule_of(given)
    try:
        return compare_servers(given, rule)
    except programs.Broken as error:
        compare.say(str(error))
        return compare.EXIT_BROKEN


if __name__ == "__main__":
    sys.exit(main())
