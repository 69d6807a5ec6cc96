"""The judgement of bench-compare on made-up measurements, and its programs with stand-ins. Nothing here is timed: whether
it finds real slowdowns on a real machine is shown by `just bench-compare --self-test`."""
import itertools
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra" / "bench"))

import compare  # noqa: E402
import end_to_end  # noqa: E402
import judge  # noqa: E402
import programs  # noqa: E402
import report  # noqa: E402

# The interval is the dear part, and 200 draws place its ends well enough for a verdict.
QUICK = judge.Rule(resamples=200)
NAMES = [f"module/benchmark_{number}" for number in range(12)]


class Machine:
    """Measures made-up benchmarks: lognormal noise, bursts of other work, and a drift that builds share."""

    def __init__(self, seed, noise=0.02, bursts=0.05, drift=0.1, slowed=None):
        self.draw = random.Random(seed)
        self.noise, self.bursts, self.drift = noise, bursts, drift
        self.slowed = slowed or {}
        self.calls = 0

    def measure(self, name, side):
        self.calls += 1
        value = 1000.0 * (1 + NAMES.index(name)) * (1 + self.drift * math.sin(self.calls / 150))
        value *= math.exp(self.draw.gauss(0, self.noise))
        if self.draw.random() < self.bursts:
            value *= 1 + self.draw.expovariate(4)
        return value * (self.slowed.get(name, 1.0) if side == judge.TREE else 1.0)


def verdicts(machine, seed, rule=QUICK):
    return {name: series.verdict for name, series in judge.compare(NAMES, machine.measure, rule, seed).items()}


# -- false alarms and power ------------------------------------------------------------------------------------------


def test_equal_builds_raise_next_to_no_alarm():
    suites = 200
    alarms = sum("worse" in verdicts(Machine(seed, noise=0.04), seed).values() for seed in range(suites))
    # alpha is 1 %, so two are expected at the very most; more than seven come by chance once in a thousand.
    assert alarms <= 7


def test_without_the_threshold_the_alarms_keep_to_alpha():
    """The test itself, apart from the size of the change: at alpha 10 %, 200 suites."""
    rule = judge.Rule(threshold=0.0, alpha=0.1, resamples=40, looks=2)
    alarms = sum("worse" in verdicts(Machine(seed, noise=0.05), seed, rule).values() for seed in range(200))
    assert alarms <= 34  # 20 expected at most; 35 and more would be chance once in a thousand


@pytest.mark.parametrize("noise", [0.005, 0.02, 0.04])
def test_ten_percent_more_is_found_and_nothing_else(noise):
    for seed in range(30):
        slow = NAMES[seed % len(NAMES)]
        found = verdicts(Machine(seed, noise=noise, slowed={slow: 1.1}), seed)
        assert [name for name, verdict in found.items() if verdict == "worse"] == [slow], f"seed {seed}"


def test_ten_percent_less_is_told_as_better():
    for seed in range(20):
        found = verdicts(Machine(seed, slowed={NAMES[3]: 1 / 1.1}), seed)
        assert [name for name, verdict in found.items() if verdict == "better"] == [NAMES[3]], f"seed {seed}"


def test_a_change_below_the_threshold_is_no_failure_however_certain():
    for seed in range(20):
        series = judge.compare(NAMES, Machine(seed, 0.002, 0, slowed={NAMES[0]: 1.03}).measure, QUICK, seed)[NAMES[0]]
        assert series.verdict == "same"
        assert series.ratio == pytest.approx(1.03, abs=0.01)


def test_only_what_is_undecided_is_measured_again():
    quiet = Machine(5, noise=0.001, bursts=0)
    judge.compare(NAMES, quiet.measure, QUICK, 5)
    assert quiet.calls == len(NAMES) * QUICK.rounds * 4
    wild = Machine(5, noise=0.6)
    series = judge.compare(NAMES, wild.measure, QUICK, 5)
    assert len(NAMES) * QUICK.rounds * 4 < wild.calls <= len(NAMES) * QUICK.rounds * QUICK.looks * 4
    assert all(len(one.rounds) <= QUICK.rounds * QUICK.looks for one in series.values())


def test_a_seed_repeats_the_order_of_the_runs():
    def order(seed):
        seen = []

        def measure(name, side):
            seen.append((name, side))
            return 1.0 + len(seen) % 7 / 1000

        judge.compare(NAMES, measure, QUICK, seed)
        return seen

    assert order(1) == order(1)
    assert order(1) != order(2)
    for name, runs in itertools.groupby(order(1), key=lambda run: run[0]):
        sides = [side for _, side in runs]
        assert sides.count(judge.BASE) == sides.count(judge.TREE), name


# -- the parts of it -------------------------------------------------------------------------------------------------


def tails_by_counting(rounds):
    """The definition: every way in which the runs of each round could have been dealt to the builds."""
    ranks = judge.doubled_ranks(judge.aligned(rounds))
    ways = [[sum(chosen) for chosen in itertools.combinations(base + tree, len(tree))] for base, tree in ranks]
    sums = [sum(each) for each in itertools.product(*ways)]
    seen = sum(sum(tree) for _, tree in ranks)
    return sum(each >= seen for each in sums) / len(sums), sum(each <= seen for each in sums) / len(sums)


@pytest.mark.parametrize("seed", range(10))
def test_the_distribution_is_the_one_of_the_definition(seed):
    draw = random.Random(seed)
    values = (lambda: draw.choice((1.0, 2.0, 3.0))) if seed % 2 else draw.random  # with ties and without
    rounds = [([values(), values()], [values(), values()]) for _ in range(4)]
    assert judge.rank_sum_tails(rounds) == pytest.approx(tails_by_counting(rounds))


def test_a_wholly_separate_build_has_the_smallest_probability_there_is():
    rounds = [([1.0, 1.01], [2.0, 2.01])] * 6
    assert judge.rank_sum_tails(rounds) == (pytest.approx(6**-6), 1)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rule = judge.Rule(resamples=400)
    inside = 0
    for seed in range(300):
        draw = random.Random(seed)
        rounds = [tuple([math.exp(draw.gauss(0, 0.05)) * factor for _ in range(2)] for factor in (1, 1.2)) for _ in range(6)]
        low, high = judge.interval_of(rounds, rule, seed)
        inside += low <= 1.2 <= high
    assert inside >= 0.9 * 300


def test_what_a_round_shares_cancels():
    rounds = [([factor, factor * 1.01], [factor * 1.2, factor * 1.21]) for factor in (1, 10, 0.1, 7, 3, 1)]
    assert judge.ratio_of(rounds) == pytest.approx(1.2, rel=0.01)


def test_holm_by_hand():
    assert judge.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert judge.holm([0.5, 0.9]) == [1.0, 1.0]


# -- programs and report ---------------------------------------------------------------------------------------------


def test_names_of_benchmarks_are_matched_as_they_are():
    name = "bench_put/4096/20/process_time/real_time<a|b>(c)"
    for pattern, text, hit in ((programs.exactly(name), name, 0), (programs.exactly("a.b"), "aXb", 1)):
        grep = subprocess.run(["grep", "--quiet", "--extended-regexp", "--", pattern], input=text, text=True)
        assert grep.returncode == hit


def answer(**row):
    return json.dumps({"benchmarks": [{"name": "x", "time_unit": "us", "cpu_time": 2.5} | row]})


def test_which_time_counts():
    assert programs.time_in(answer(), "m/x") == 2500
    assert programs.time_in(answer(cpu_us_per_op=40.0), "m/x") == 40_000
    for broken in (answer(error_occurred=True, error_message="no"), answer(cpu_time=0.0), '{"benchmarks": []}'):
        with pytest.raises(programs.Broken):
            programs.time_in(broken, "m/x")


STAND_IN = """#!/usr/bin/env -S python3 -I -S
import json, os, sys
times = {times}
if "--benchmark_list_tests=true" in sys.argv:
    print("\\n".join(times))
else:
    wanted = next(word for word in sys.argv if word.startswith("--benchmark_filter="))[len("--benchmark_filter=^"):-1]
    count = os.path.getsize(__file__ + ".count") if os.path.exists(__file__ + ".count") else 0
    open(__file__ + ".count", "a").write("x")
    time = times[wanted] * (1 + (count * 7919 % 13) / 1000)
    print(json.dumps({{"benchmarks": [{{"name": wanted, "cpu_time": time, "time_unit": "ns"}}]}}))
"""


@pytest.fixture
def build(tmp_path):
    """Writes a build folder with one program that answers the given times, give or take a percent."""

    def write(name, times):
        program = tmp_path / name / "bench" / "toy" / "toy_bench"
        program.parent.mkdir(parents=True)
        program.write_text(STAND_IN.format(times=times))
        program.chmod(0o755)
        return tmp_path / name

    return write


def run_compare(tmp_path, *options):
    command = [sys.executable, ROOT / "infra/bench/compare.py", "--json", tmp_path / "out.json", "--seed", "7"]
    command += ["--rounds", "4", "--looks", "2", *options]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)


def test_two_builds_from_programs_to_exit_code(build, tmp_path):
    base = build("base", {"steady": 100, "slower": 100, "gone": 5})
    tree = build("tree", {"steady": 100, "slower": 112, "added": 5})
    done = run_compare(tmp_path, "--base", base, "--tree", tree, "--base-name", "abc a commit")
    assert done.returncode == compare.EXIT_WORSE, done.stderr
    assert "seed 7" in done.stderr
    written = json.loads((tmp_path / "out.json").read_text())
    assert {name: row["verdict"] for name, row in written["benchmarks"].items()} == {"toy/slower": "worse", "toy/steady": "same"}
    assert (written["only_base"], written["only_tree"]) == (["toy/gone"], ["toy/added"])
    assert (written["seed"], written["base"]) == (7, "abc a commit")
    assert "new, not compared: toy/added" in done.stdout
    assert "vanished, not compared: toy/gone" in done.stdout
    only = run_compare(tmp_path, "--base", base, "--tree", tree, "--only", "steady")
    assert only.returncode == compare.EXIT_FINE, only.stderr
    assert "slower" not in only.stdout


def test_what_does_not_run_is_not_called_equal(build, tmp_path):
    base, tree = build("base", {"steady": 100}), build("tree", {"steady": 0})
    assert run_compare(tmp_path, "--base", base, "--tree", tree).returncode == compare.EXIT_BROKEN
    assert run_compare(tmp_path, "--base", base, "--tree", tree, "--only", "nothing").returncode == compare.EXIT_USAGE
    assert run_compare(tmp_path, "--tree", tree).returncode == compare.EXIT_USAGE


LOAD_STAND_IN = """#!/usr/bin/env -S python3 -I -S
import os, json, sys
target = sys.argv[sys.argv.index("--json") + 1]
turn = os.path.getsize(__file__ + ".count") if os.path.exists(__file__ + ".count") else 0
open(__file__ + ".count", "a").write("x")
answers = {answers}
json.dump(answers[min(turn, len(answers) - 1)], open(target, "w"))
"""


@pytest.mark.parametrize(
    "answers, expected",
    [
        ([{"total": {"errors": 0}, "server": {"cpu_us_per_operation": 31.5}}], 31_500),
        ([{"total": {"errors": 0}}, {"total": {"errors": 0}, "server": {"cpu_us_per_operation": 2.0}}], 2000),
        ([{"total": {"errors": 0}, "server": {"cpu_us_per_operation": 0}}], None),
        ([{"total": {"errors": 1, "operations": 9}, "server": {"cpu_us_per_operation": 1.0}}], None),
    ],
)
def test_a_window_of_the_load_gives_the_cpu_of_an_operation(tmp_path, answers, expected):
    load = tmp_path / "load"
    load.write_text(LOAD_STAND_IN.replace("{answers}", repr(answers)))
    load.chmod(0o755)
    given = SimpleNamespace(load=load, seconds=1, concurrency=1, objects=1, size="1KiB")
    server = SimpleNamespace(port=1, access_key="a", secret_key="b")
    if expected is None:
        with pytest.raises(programs.Broken):
            end_to_end.window(given, server, "get", tmp_path)
    else:
        assert end_to_end.window(given, server, "get", tmp_path) == expected


def test_the_table_begins_with_the_worst():
    suite = judge.compare(NAMES, Machine(3, slowed={NAMES[4]: 1.3, NAMES[8]: 0.7}).measure, QUICK, 3)
    lines = report.table(suite, QUICK).split("\n")
    assert lines[2].startswith(NAMES[4]) and "worse" in lines[2]
    assert len(lines) == 2 + len(NAMES)


def test_every_benchmark_of_the_tree_would_be_built():
    declared = programs.declared_modules(ROOT)
    folders = {path.parent.name for path in ROOT.glob("bench/*/*_bench.cpp")} - {"self_test"}
    assert set(declared) == folders


@pytest.mark.skipif(
    not os.access(ROOT / "build/release/bench/self_test/self_test_bench", os.X_OK), reason="build/release has no self_test_bench"
)
def test_the_real_program_does_the_extra_work_it_is_told_to():
    """By the number of steps that it reports, not by its time."""
    program = ROOT / "build/release/bench/self_test/self_test_bench"
    name = "self_test/arithmetic"

    def steps(environment):
        options = ["--benchmark_format=json", "--benchmark_min_time=0.001", f"--benchmark_filter={programs.exactly('arithmetic')}"]
        return json.loads(programs.run([program, *options], environment))["benchmarks"][0]["steps"]

    assert name in programs.suite_of([program])
    assert steps({}) == 100
    assert steps({compare.SLOWED_VARIABLE: f"arithmetic:{compare.SLOWED_PERCENT}"}) == 110
    assert steps({compare.SLOWED_VARIABLE: f"allocate:{compare.SLOWED_PERCENT}"}) == 100
