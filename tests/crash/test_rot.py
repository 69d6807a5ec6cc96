"""Bytes flipped on disk are never sent as a complete 200 (promise P8), whether the server is stopped or running."""
import random

from harness import BUCKET, Server, content
from s3_client import Refused, Unknown

SIZES = [100, 5_000, 40_000, 100 * 1024, 900_000, 1_500_000, 5_000_000]


def damage(path, chance, flips):
    """Flips single bits anywhere in the non-zero part of a file; answers how many bytes it could choose from."""
    data = bytearray(path.read_bytes())
    places = [i for i in range(0, len(data), 64) if any(data[i : i + 64])]
    if not places:
        return 0
    with open(path, "r+b") as file:
        for _ in range(flips):
            at = min(chance.choice(places) + chance.randrange(64), len(data) - 1)
            file.seek(at)
            file.write(bytes([data[at] ^ (1 << chance.randrange(8))]))
    return len(places)


def read_everything(client, expected):
    """Every complete answer holds the right bytes; anything else is an error or a cut connection."""
    good = bad = 0
    for key, size in expected.items():
        try:
            body = client.get(BUCKET, key)
        except (Refused, Unknown):
            bad += 1
            continue
        assert body == content(key, 0, size), f"wrong bytes sent for {key}"
        good += 1
    return good, bad


def test_flipped_bytes_are_never_served(tmp_path):
    storage_path = tmp_path / "store"
    chance = random.Random(20261122)
    server = Server(storage_path, tmp_path / "server.log", ["--verify-reads", "always"])
    try:
        server.start()
        client = server.client()
        client.create_bucket(BUCKET)
        expected = {}
        for number in range(140):
            key = f"k{number}"
            expected[key] = SIZES[number % len(SIZES)]
            client.put(BUCKET, key, content(key, 0, expected[key]))
        assert read_everything(client, expected) == (len(expected), 0)

        # The server is running while its data files rot.
        files = [p for p in (storage_path / "segments").rglob("*") if p.is_file()]
        files += [p for p in (storage_path / "blobs").rglob("*") if p.is_file()]
        touched = sum(1 for path in files if damage(path, chance, 6))
        assert touched > 0
        good, bad = read_everything(client, expected)
        assert bad > 0 and good > 0, (good, bad)

        # And stopped: the index too.
        assert server.stop() == 0
        index = [p for p in (storage_path / "index").iterdir() if p.suffix in (".sst", ".log")]
        assert sum(damage(path, chance, 2) for path in index) > 0
        try:
            server.start()
        except RuntimeError:
            return  # a damaged index may refuse to open, loudly
        read_everything(server.client(), expected)
    finally:
        server.kill()
