"""A small file system filled up (promise P10): writes answer 507, reads, lists and deletes go on, and space comes back
without a restart."""
import time

import pytest

from harness import BUCKET, Ext4, Server, check_store, content, why_no_loop_device
from s3_client import Refused

OBJECT_BYTES = 700_000
LARGE_BYTES = 3_000_000


@pytest.fixture(name="disk")
def small_disk(tmp_path):
    reason = why_no_loop_device()
    if reason:
        pytest.skip(reason)
    disk = Ext4(tmp_path, 192)
    yield disk
    disk.remove()


def fill(client, prefix, size, bytes_min, seconds):
    """Puts objects until the store says it is full; answers the keys that were acknowledged. Space of what was deleted
    just before may come back late, but `bytes_min` have to fit within `seconds`."""
    keys = []
    end = time.monotonic() + seconds
    while len(keys) < 1000:
        key = f"{prefix}{len(keys)}"
        try:
            client.put(BUCKET, key, content(key, 0, size))
        except Refused as refusal:
            assert refusal.status == 507, refusal
            if len(keys) * size >= bytes_min:
                return keys
            assert time.monotonic() < end, f"only {len(keys) * size} bytes fitted after {seconds} s"
            time.sleep(0.25)
            continue
        keys.append(key)
    raise AssertionError("the disk never became full")


def all_readable(client, keys, size):
    for key in keys:
        assert client.get(BUCKET, key) == content(key, 0, size), key


def put_within(client, key, size, seconds):
    """Puts one object, again and again until there is room; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            return client.put(BUCKET, key, content(key, 0, size))
        except Refused as refusal:
            assert refusal.status == 507, refusal
            assert time.monotonic() < end, f"no room for {key} after {seconds} s"
            time.sleep(0.25)


@pytest.mark.parametrize("size", [OBJECT_BYTES, LARGE_BYTES], ids=["packed", "large"])
def test_full_disk_and_back(tmp_path, disk, size):
    server = Server(disk.mount_point / "store", tmp_path / "server.log")
    server.start()
    client = server.client()
    client.create_bucket(BUCKET)
    try:
        for round_number in range(3):
            keys = fill(client, f"r{round_number}-", size, 80 << 20, 60)
            all_readable(client, keys, size)
            assert sorted(client.list(BUCKET)) == sorted(keys)
            client.delete_many(BUCKET, keys[::2])
            for key in keys[1::2]:
                client.delete(BUCKET, key)
            assert client.list(BUCKET) == []
            # 90 % of what was freed can be used again, without a restart and within a minute.
            again = [f"a{round_number}-{i}" for i in range(int(len(keys) * 0.9))]
            for key in again:
                put_within(client, key, size, 60)
            all_readable(client, again, size)
            client.delete_many(BUCKET, again)
        assert server.stop() == 0
        check_store(disk.mount_point / "store")
    finally:
        server.kill()


def test_full_by_a_stranger_and_a_cut_while_full(tmp_path, disk):
    storage_path = disk.mount_point / "store"
    server = Server(storage_path, tmp_path / "server.log")
    server.start()
    client = server.client()
    client.create_bucket(BUCKET)
    try:
        keys = []
        for number in range(20):
            keys.append(f"k{number}")
            client.put(BUCKET, keys[-1], content(keys[-1], 0, OBJECT_BYTES))
        stranger = disk.mount_point / "stranger"
        with open(stranger, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * (1 << 20))
            except OSError:
                pass
        refused = 0
        for number in range(300):
            try:
                client.put(BUCKET, f"late{number}", content(f"late{number}", 0, OBJECT_BYTES))
                keys.append(f"late{number}")
            except Refused as refusal:
                assert refusal.status == 507, refusal
                refused += 1
                break
        assert refused == 1
        all_readable(client, keys, OBJECT_BYTES)
        client.delete(BUCKET, keys[0])
        disk.cut()
        server.kill()
        disk.remount()
        check_store(storage_path)
        server.start()
        client = server.client()
        assert sorted(client.list(BUCKET)) == sorted(keys[1:])
        all_readable(client, keys[1:], OBJECT_BYTES)
        client.delete(BUCKET, keys[1])
        stranger.unlink()
        put_within(client, "after", OBJECT_BYTES, 60)
        all_readable(client, keys[2:] + ["after"], OBJECT_BYTES)
    finally:
        server.kill()
