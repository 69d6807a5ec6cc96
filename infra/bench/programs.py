"""The Google Benchmark programs of a build: what they hold, and the CPU time of one benchmark in a process of its own."""
import json
import os
import re
import subprocess
from pathlib import Path

RUN_SECONDS_MAX = 300
# Benchmarks whose work is done by threads that Google Benchmark does not time say themselves what they used.
PROCESS_COUNTER = "cpu_us_per_"
NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


class Broken(Exception):
    """A program that does not run, or a benchmark that fails: there is nothing to compare."""


def module_of(program):
    return program.name.removesuffix("_bench")


def built_programs(build, modules=()):
    """The benchmark programs below a build folder."""
    found = sorted(path for path in Path(build).glob("bench/**/*_bench") if path.is_file() and os.access(path, os.X_OK))
    return [path for path in found if not modules or module_of(path) in modules]


def declared_modules(source):
    """Names of all benchmark programs that a source tree builds, self_test excepted: its times say nothing."""
    text = "\n".join(path.read_text() for path in sorted(Path(source).glob("bench/*/CMakeLists.txt")))
    return [name for name in re.findall(r"labstore_bench\s*\(\s*(\w+)", text) if name != "self_test"]


def run(command, environment=None):
    try:
        done = subprocess.run(
            [str(word) for word in command], capture_output=True, text=True, timeout=RUN_SECONDS_MAX,
            env=os.environ | (environment or {}),
        )
    except subprocess.TimeoutExpired as error:
        raise Broken(f"{command[0]}: not done after {RUN_SECONDS_MAX} s") from error
    if done.returncode != 0:
        raise Broken(f"{' '.join(str(word) for word in command)} ended with {done.returncode}: {done.stderr[-1000:]}")
    return done.stdout


def names_of(program):
    return run([program, "--benchmark_list_tests=true"]).split("\n")[:-1]


def suite_of(programs):
    """{"module/benchmark": program}"""
    return {f"{module_of(program)}/{name}": program for program in programs for name in names_of(program)}


def exactly(name):
    """Google Benchmark's filter is an extended regular expression of POSIX, searched for."""
    return "^" + re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", name) + "$"


def time_in(answer, name):
    """Nanoseconds of CPU an iteration, from the program's JSON."""
    rows = json.loads(answer)["benchmarks"]
    if len(rows) != 1:
        raise Broken(f"{name}: {len(rows)} benchmarks of that name")
    row = rows[0]
    if row.get("error_occurred"):
        raise Broken(f"{name}: {row.get('error_message')}")
    for key, value in row.items():
        if key.startswith(PROCESS_COUNTER):
            value *= 1e3
            break
    else:
        value = row["cpu_time"] * NANOSECONDS[row["time_unit"]]
    if value <= 0:
        raise Broken(f"{name}: no CPU time was measured")
    return value


def cpu_time(program, name, seconds, environment=None):
    """One run of one benchmark, of about `seconds`."""
    benchmark = name.partition("/")[2]
    options = ["--benchmark_format=json", f"--benchmark_min_time={seconds}", f"--benchmark_filter={exactly(benchmark)}"]
    return time_in(run([program, *options], environment), name)
