#!/usr/bin/env python3
"""Compares the micro-benchmarks of two builds on this machine, or a build with itself (--self-test). The work of building
both is done by infra/setup/bench-compare.sh, which calls this; how it judges is told in judge.py.

Exit code: 0 nothing is worse, 1 something is, 2 wrong usage, 3 a program that does not run."""
import argparse
import functools
import re
import secrets
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import judge  # noqa: E402
import programs  # noqa: E402
import report  # noqa: E402

EXIT_FINE, EXIT_WORSE, EXIT_USAGE, EXIT_BROKEN = range(4)
# What bench/self_test reads: this benchmark's loop does so many percent more.
SLOWED_VARIABLE = "LABSTORE_BENCH_SLOWED"
SLOWED_PERCENT = 10


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def wanted(names, only):
    return [name for name in names if re.search(only, name)]


def compare_builds(given, rule):
    """Base against tree."""
    base, tree = (programs.suite_of(programs.built_programs(build, given.module)) for build in (given.base, given.tree))
    for suite in (base, tree):
        for name in [name for name in suite if name.startswith("self_test/")]:
            del suite[name]
    common = wanted(sorted(base.keys() & tree.keys()), given.only)
    if not common:
        say("no benchmark of both builds has a name that matches")
        return EXIT_USAGE

    def measure(name, side):
        return programs.cpu_time((base, tree)[side][name], name, given.seconds)

    suite = judge.compare(common, measure, rule, given.seed, say)
    only_base, only_tree = (wanted(left.keys() - right.keys(), given.only) for left, right in ((base, tree), (tree, base)))
    print(report.table(suite, rule))
    print(report.summary(suite, rule, only_base, only_tree))
    report.write_json(
        given.json, suite, rule, seed=given.seed, base=given.base_name, only_base=sorted(only_base), only_tree=sorted(only_tree)
    )
    return EXIT_WORSE if report.any_worse(suite) else EXIT_FINE


def self_test(given, rule):
    """Equal code must raise no alarm; one slowed benchmark must be found, and no other one named."""
    suite = programs.suite_of(programs.built_programs(given.tree))
    plain = [name for name in sorted(suite) if name.startswith("self_test/")]
    if not plain:
        raise programs.Broken("this build has no program self_test_bench")

    def measure(name, side, slowed=None):
        environment = {SLOWED_VARIABLE: f"{slowed}:{SLOWED_PERCENT}"} if slowed and side == judge.TREE else {}
        return programs.cpu_time(suite[name], name, given.seconds, environment)

    say("equal code: every benchmark against itself")
    equal = judge.compare(wanted(sorted(suite), given.only), measure, rule, given.seed, say)
    print(report.table(equal, rule))
    faults = [f"{name}: an alarm on equal code" for name, series in equal.items() if series.verdict == "worse"]
    for slowed in plain:
        name = slowed.partition("/")[2]
        say(f"{name} made {SLOWED_PERCENT} % slower")
        found = judge.compare(plain, functools.partial(measure, slowed=name), rule, given.seed, say)
        print(report.table(found, rule))
        faults += [f"{one}: an alarm while {name} was slowed" for one, series in found.items()
                   if series.verdict == "worse" and one != slowed]
        if found[slowed].verdict != "worse":
            faults.append(f"{slowed}: {SLOWED_PERCENT} % slower, judged {found[slowed].verdict}")
    report.write_json(given.json, equal, rule, seed=given.seed, faults=faults)
    for fault in faults:
        print(fault)
    print(f"self-test: {len(faults)} faults" if faults else
          f"self-test: no alarm on {len(equal)} equal benchmarks; {len(plain)} of {len(plain)} slowdowns found, and only those")
    return EXIT_WORSE if faults else EXIT_FINE


def add_rule_options(parser):
    rule = judge.Rule()
    parser.add_argument("--threshold", type=float, default=rule.threshold, help="a change below this share never fails (%(default)s)")
    parser.add_argument("--alpha", type=float, default=rule.alpha, help="probability of a false alarm, of all together (%(default)s)")
    parser.add_argument("--rounds", type=int, default=rule.rounds, help="before each look (%(default)s)")
    parser.add_argument("--looks", type=int, default=rule.looks, help="what is undecided is measured so often at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="of the order of the runs; drawn and printed without it")
    parser.add_argument("--json", type=Path, required=True, help="where all figures go")


def rule_of(given):
    if given.seed is None:
        given.seed = secrets.randbelow(1 << 31)
    say(f"seed {given.seed}")
    return judge.Rule(threshold=given.threshold, alpha=given.alpha, rounds=given.rounds, looks=given.looks)


def main():
    parser = argparse.ArgumentParser(description="Compares the micro-benchmarks of two builds.")
    parser.add_argument("--tree", type=Path, required=True, help="build folder of the working tree")
    parser.add_argument("--base", type=Path, help="build folder of the base")
    parser.add_argument("--base-name", default="", help="for the report")
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--only", default="", help="regular expression on module/benchmark")
    parser.add_argument("--module", action="append", default=[], help="only this program's benchmarks; may be repeated")
    parser.add_argument("--seconds", type=float, default=0.1, help="of one run of one benchmark (%(default)s)")
    add_rule_options(parser)
    given = parser.parse_args()
    if (given.base is None) != given.self_test:
        parser.error("either --base or --self-test")
    rule = rule_of(given)
    try:
        return self_test(given, rule) if given.self_test else compare_builds(given, rule)
    except programs.Broken as error:
        say(str(error))
        return EXIT_BROKEN


if __name__ == "__main__":
    sys.exit(main())
