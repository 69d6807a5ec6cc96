# Every verb of the project; each calls a script that also runs without just. `just` alone lists them.
set positional-arguments

# The stores of the benchmark as containers (infra/mod.just)
mod infra

# Load on whole servers and what it shows (benchmark/mod.just)
mod benchmark

[private]
default:
    @just --list --unsorted

# Configure and build a preset: dev, release, asan, tsan, coverage, fuzz
build preset="dev" *targets:
    infra/setup/build.sh "$@"

# Build a release and serve from ./labstore-data; arguments go to `serve`
run *options:
    infra/setup/run.sh "$@"

# Install what is missing, build, run every test; --quick leaves out the long ones
test *options:
    infra/setup/test.sh "$@"

# Layers, tree, code, sizes, format, and the canaries that prove each of them can fail
lint:
    python3 infra/lint/check_layers.py
    python3 infra/lint/check_tree.py
    python3 infra/lint/check_code.py
    python3 infra/lint/check_sizes.py
    infra/lint/check_format.sh
    python3 -B -m unittest discover -s infra/lint/tests

# Write every C++ file as clang-format 14 has it, and the generated tables of the docs
fmt:
    infra/lint/check_format.sh --fix
    python3 infra/lint/check_layers.py --write-docs

# clang-tidy over the changed sources, over the named ones, or over all with --all
tidy *files:
    infra/setup/tidy.sh "$@"

# Unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan *options:
    infra/setup/sanitize.sh asan "$@"

# Unit tests under ThreadSanitizer
tsan *options:
    infra/setup/sanitize.sh tsan "$@"

# A whole server with ASan, LSan and UBSan under load and under wrong requests (what CI runs)
leaks *options:
    infra/setup/leaks.sh "$@"

# Line coverage of src/ by unit and integration tests, and the sanitizers' findings in the same run
coverage *options:
    infra/setup/coverage.sh "$@"

# Micro-benchmarks of single functions (the whole server is measured under benchmark/)
bench *modules:
    infra/setup/bench.sh "$@"

# Is the tree slower than a commit? [BASE] [--only REGEX] [--end-to-end]; --self-test proves that it would be noticed
bench-compare *options:
    infra/setup/bench-compare.sh "$@"

# Every fuzz target for 30 seconds, or those named
fuzz *targets:
    infra/setup/fuzz.sh "$@"

# Every fuzz target for an hour
fuzz-long *targets:
    infra/setup/fuzz.sh --seconds 3600 "$@"

# Crash tests as CI runs them: power cuts, kills, failing disks, full disks, rot
crash *options:
    infra/setup/crash.sh "$@"

# 1,000 power cuts and 1,000 kills
crash-long *options:
    LABSTORE_CRASH_CYCLES=1000 LABSTORE_CRASH_DEEP=1 infra/setup/crash.sh "$@"

# Fill a store without HTTP and time opening and listing: PATH OBJECTS SIZE_BYTES [BUCKET]
scale path objects="1000000" size="0" *bucket:
    infra/setup/build.sh release labstore_scale
    build/release/bench/scale/labstore_scale "$@"

# Load on an S3 server: a scenario (mixed, get, put ...) and its options; `just load --help` lists them
load *options:
    infra/setup/load.sh "$@"

# 10,000 signed GETs of 4 KiB a second at concurrency 100 against a server of its own, then as many as go
load-target-http seconds="30":
    infra/setup/load.sh target-http "$@"

# The same for the storage engine alone, in process
load-target-engine seconds="30":
    infra/setup/load.sh target-engine "$@"

# What a server of its own carries within P99 < 10 ms, what is its bottleneck, and whether the prediction holds
load-target-capacity *options:
    infra/setup/load.sh target-capacity "$@"

# The outside S3 suite, when S3TESTS_DIR names a checkout (see tests/conformance/README.md)
conformance *options:
    tests/conformance/run.sh "$@"

# Profiles of a server under load, an annotated list, go tool pprof; `overhead` measures the cost, `contention` the locks
profile *options:
    infra/setup/profile.sh "$@"

# Resident memory of a release server under a mixed load (10 minutes, or --minutes N): fails when it grows
leak-curve *options:
    infra/setup/profile.sh leak-curve "$@"

# Docs against the code: tables, links, titles
docs-check:
    python3 infra/lint/check_layers.py
    python3 infra/lint/check_tree.py
