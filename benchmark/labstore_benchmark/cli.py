"""The command line: every recipe of benchmark/mod.just is one of these commands."""

import argparse
import os
import signal
import sys
from dataclasses import replace

from . import bandwidth, concurrency, floor, large, listing, scale, threads, tls, warp
from .analysis import command as analysis
from .catalog import DEFAULT_NAMES, STORES, program_of, store_named
from .containers import ContainerStore
from .endpoint import EndpointStore, store_of
from .problems import Interrupted, Problem
from .progress import say
from .results import ResultSet, new_set, open_set, shown
from .runner import Runner, use_remembered_bandwidth
from .scenarios import SCENARIOS
from .settings import RESULTS_ROOT, Settings, from_arguments

EPILOG = """\
Settings come from the options, then the environment (BENCHMARK_OBJECT_SIZE, ...), then section benchmark: of labstore.yml.
Results are kept in build/benchmark/; `latest` names the newest set there.
"""


def parser() -> argparse.ArgumentParser:
    load = argparse.ArgumentParser(add_help=False)
    load.add_argument("--mode", choices=("containers", "native"), help="stores in containers, or as programs on PATH")
    load.add_argument("--object-size", metavar="SIZE", help="of the scenarios mixed, put and get; 100KiB")
    load.add_argument("--objects", metavar="N", help="objects there are before the load begins; 1000")
    load.add_argument("--concurrent", metavar="N", help="operations at a time; 8")
    load.add_argument("--duration", metavar="TIME", help="of the load of one run; 1m. Below 8s warp has no median")
    load.add_argument("--rounds", metavar="N", help="how often every store is measured; 3")
    load.add_argument("--distribution", metavar="G/S/P/D", help="GET/STAT/PUT/DELETE in percent; 45/30/15/10")
    load.add_argument("--scenario", metavar="NAME,...", help=f"one or more of {', '.join(SCENARIOS)}")
    load.add_argument("--storage", metavar="DIR", help="where native stores keep their data; build/benchmark/storage")
    load.add_argument(
        "--version-of",
        metavar="NAME=TEXT",
        action="append",
        default=[],
        help="version of a store or of warp, for programs built from sources that call themselves development",
    )
    load.add_argument("--results", metavar="SET", help="add to this result set and leave out what it has already")

    top = argparse.ArgumentParser(
        prog="benchmark/run.sh",
        description="Load on whole servers, LabStore beside other stores.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("all", parents=[load], help="bandwidth, stores and analysis").add_argument("names", nargs="*")
    commands.add_parser("bandwidth", parents=[load], help="of the link, with iperf3")
    stores = commands.add_parser("stores", parents=[load], help="the load on every store, or on those named")
    stores.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STORES))
    commands.add_parser("store", parents=[load], help="the load on one store").add_argument("name")
    commands.add_parser(
        "garage-init", parents=[load], help="layout, key and bucket of the container benchmark-garage"
    )
    commands.add_parser("garage", parents=[load], help="garage-init, then the load on Garage")
    endpoint = commands.add_parser("endpoint", parents=[load], help="the load on any S3 endpoint")
    endpoint.add_argument("name")
    endpoint.add_argument("url")
    endpoint.add_argument("--region", default="us-east-1")
    endpoint.add_argument("--durability", choices=("synced", "partly", "unsynced", "unknown"), default="unknown")
    endpoint.add_argument("--clear", action="store_true", help="the bucket may be emptied although it holds objects")
    lowest = commands.add_parser("floor", help="CPU time of a request beside nginx's, with wrk")
    lowest.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(floor.CASES))
    lowest.add_argument("--rounds", type=int, default=5, metavar="N", help="5")
    lowest.add_argument("--seconds", type=int, default=5, metavar="N", help="of one load; 5")
    lowest.add_argument("--storage", metavar="DIR", help="where both keep their data; build/benchmark/storage")
    lowest.add_argument("--option", action="append", default=[], metavar="OPTION", help="for labstore-server serve")
    lowest.add_argument("--judge", action="store_true", help="exit code 1 when a ratio is above its aim")
    lowest.add_argument("--json", action="store_true", help="print everything as JSON")
    for recipe in (large, listing, scale, concurrency, threads, tls):
        recipe.add_parser(commands)
    commands.add_parser("list", help="stores and scenarios there are")
    report = commands.add_parser("analysis", help="tables, plots and a report of result sets")
    report.add_argument("sets", nargs="*", metavar="SET", help="taken together; default: the newest")
    report.add_argument("--compare", nargs=2, metavar=("A", "B"), help="what changed from A to B")
    report.add_argument(
        "--fail-over",
        metavar="PERCENT",
        type=float,
        help="with --compare: exit code 1 when a figure fell by more, and beyond the spread of the rounds",
    )
    report.add_argument("--json", action="store_true", help="print everything as JSON")
    report.add_argument("--write-docs", action="store_true", help="put the tables into docs/benchmarks.md")
    report.add_argument("--page", help=argparse.SUPPRESS)
    return top


def main() -> int:
    arguments = parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        return COMMANDS[arguments.command](arguments)
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except Interrupted as interrupted:
        say(
            "interrupted; everything that was started has been ended. What was measured is kept: --results SET goes on there"
        )
        return 128 + interrupted.number
    except BrokenPipeError:
        # Whoever read our output, such as `head`, has seen enough; Python must not complain while it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def interrupt(number: int, _) -> None:
    # Once: a second signal must not cut the clean-up short.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise Interrupted(number)


def set_for(arguments, settings: Settings) -> ResultSet:
    if arguments.results:
        results = open_set(arguments.results)
        kept = results.session["settings"]
        for name, value in settings.shown().items():
            if name not in ("rounds", "scenarios") and kept[name] != value:
                raise Problem(f"result set {results.folder.name} was made with {name} {kept[name]}, not {value}")
        return results
    return new_set(settings, {"warp": told_versions(arguments).get("warp") or warp.version()})


def told_versions(arguments) -> dict[str, str]:
    pairs = [text.partition("=") for text in arguments.version_of]
    if any(not value for _, _, value in pairs):
        raise Problem("--version-of wants NAME=TEXT, such as minio=RELEASE.2025-10-15")
    return {name: value for name, _, value in pairs}


def finish(runner: Runner, results: ResultSet) -> int:
    for failure in runner.failures:
        print(f"failed: {failure}", file=sys.stderr)
    say(f"results: {shown(results.folder)} ({runner.measured} runs; `just benchmark analysis` shows them)")
    if runner.measured == 0 and not runner.failures:
        raise Problem(
            "nothing was measured: " + "; ".join(f"{name}: {why}" for name, why in results.session["skipped"].items())
        )
    return 1 if runner.failures else 0


def run_stores(arguments, names: list[str]) -> int:
    settings = from_arguments(arguments)
    stores = [store_named(name) for name in names or DEFAULT_NAMES[settings.mode]]
    warp.program()
    results = set_for(arguments, settings)
    use_remembered_bandwidth(results, settings.host)
    runner = Runner(settings, results, versions=told_versions(arguments))
    runner.run(stores)
    return finish(runner, results)


def run_all(arguments) -> int:
    warp.program()
    run_bandwidth(arguments)
    code = run_stores(arguments, arguments.names)
    arguments.sets = [arguments.results or "latest"]
    arguments.compare = None
    arguments.json = arguments.write_docs = False
    analysis.run(arguments)
    return code


def run_bandwidth(arguments) -> int:
    settings = from_arguments(arguments)
    found = bandwidth.record(settings.host, bandwidth.measure(settings.host))
    bandwidth.remember(found)
    say(f"bandwidth: {bandwidth.mib_per_second(found):,.1f} MiB/s, kept for the result sets to come")
    return 0


def run_garage_init(arguments) -> int:
    settings = from_arguments(arguments)
    if settings.mode == "native":
        say("garage-init: nothing to do, native mode makes a Garage of its own for every run")
        return 0
    store = ContainerStore(store_named("garage"), settings, RESULTS_ROOT, "garage-init")
    if not store.running():
        raise Problem("the service benchmark-garage is not running: just infra benchmark-up")
    try:
        store.wait_ready()
    finally:
        store.api.close()
    say(
        f"garage-init: one node, key {store.credentials[0]}, bucket {settings.bucket} that it may read, write and own"
    )
    return 0


def run_endpoint(arguments) -> int:
    settings = replace(from_arguments(arguments), mode="endpoint")
    store = store_of(arguments.name, arguments.durability)
    warp.program()
    results = set_for(arguments, settings)
    use_remembered_bandwidth(results, settings.host)

    def open_endpoint(_, __):
        return EndpointStore(store, arguments.url, arguments.region, settings, arguments.clear)

    runner = Runner(settings, results, False, open_endpoint, told_versions(arguments))
    runner.run([store])
    return finish(runner, results)


def run_list(_) -> int:
    print("Stores:")
    for store in STORES.values():
        there = "on this machine" if program_of(store) else "no program on PATH"
        print(
            f"  {store.name:<15}{store.title:<28}{store.durability.level:<10}{store.service or 'no container':<24}{there}"
        )
    print("\nScenarios:")
    for scenario in SCENARIOS.values():
        print(f"  {scenario.name:<15}{scenario.what}")
    return 0


COMMANDS = {
    "all": run_all,
    "bandwidth": run_bandwidth,
    "stores": lambda arguments: run_stores(arguments, arguments.names),
    "store": lambda arguments: run_stores(arguments, [arguments.name]),
    "garage-init": run_garage_init,
    "garage": lambda arguments: run_stores(arguments, ["garage"]),
    "endpoint": run_endpoint,
    "floor": floor.run,
    "large": large.run,
    "listing": listing.run,
    "scale": scale.run,
    "concurrency": concurrency.run,
    "threads": threads.run,
    "tls": tls.run,
    "list": run_list,
    "analysis": analysis.run,
}
