"""Power cuts and SIGKILL under load: every acknowledged change is there afterwards, listing exact (promises P1, P2, P11).

LABSTORE_CRASH_CYCLES sets the number of cuts (20), LABSTORE_CRASH_SEED makes a run repeatable."""
import os
import random

import pytest

from harness import BUCKET, Ext4, Server, check_store, load, verify, why_no_loop_device

CYCLES = int(os.environ.get("LABSTORE_CRASH_CYCLES", "20"))
SEED = int(os.environ.get("LABSTORE_CRASH_SEED", str(random.randrange(1 << 30))))
WORKERS = 4
READY_SECONDS_MAX = 5
# Each start takes a new segment, and a life here is shorter than a second: small segments and clean-up without delay let
# compaction run in the midst of the cuts, and keep a thousand of them within the disk.
OPTIONS = ("--segment-size", "4MiB", "--clean-up-delay", "0ms", "--remove-delay", "0ms", "--maintenance-interval", "20ms")


def crash_cycles(storage_path, log_path, crash_and_recover, kill):
    print(f"seed {SEED}, {CYCLES} cycles")
    chance = random.Random(SEED)
    expected = [{} for _ in range(WORKERS)]
    server = Server(storage_path, log_path, OPTIONS)
    server.start()
    server.client().create_bucket(BUCKET)
    acknowledged = 0
    slowest = 0.0
    try:
        for cycle in range(CYCLES):
            seconds = chance.uniform(0.15, 1.0)
            count, refused = load(server, expected, SEED + cycle, seconds, lambda power_goes: kill(server, power_goes))
            acknowledged += count
            assert not refused, f"cycle {cycle}: refused before the crash: {refused[:3]}"
            crash_and_recover(server)
            check_store(storage_path)
            slowest = max(slowest, server.start())
            verify(server, expected)
        assert server.stop() == 0
        check_store(storage_path)
    finally:
        server.kill()
    print(f"{CYCLES} crashes, {acknowledged} acknowledged changes, slowest start {slowest:.2f} s")
    assert acknowledged > CYCLES
    assert slowest < READY_SECONDS_MAX


def test_power_cuts_lose_nothing_acknowledged(tmp_path):
    reason = why_no_loop_device()
    if reason:
        pytest.skip(reason)
    disk = Ext4(tmp_path, 1024)
    storage_path = disk.mount_point / "store"

    def kill(server, power_goes):
        disk.cut(power_goes)
        server.kill()

    try:
        crash_cycles(storage_path, tmp_path / "server.log", lambda server: disk.remount(), kill)
    finally:
        disk.remove()


def test_sigkill_loses_nothing_acknowledged(tmp_path):
    crash_cycles(tmp_path / "store", tmp_path / "server.log", lambda server: None, lambda server, _: server.kill())
