"""The aws cli with its default settings: mb, cp, sync, mv, rm, presign, ls --recursive, and a file above 1 GiB."""
import filecmp
import random
import subprocess
import urllib.request

import aws_cli
import pytest

TREE_FILES = 2000
LARGE_BYTES = (1 << 30) + 12_345


@pytest.fixture(name="aws")
def run_aws(server, tmp_path):
    """Runs one aws command against the server; `aws("s3", "ls")` answers its standard output."""
    program = aws_cli.program()
    environment = aws_cli.environment_of(server, tmp_path)

    def run(*arguments, check=True):
        done = subprocess.run(
            [program, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=600
        )
        if check:
            assert done.returncode == 0, f"aws {arguments}: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        return done.stdout if check else done

    return run


def make_tree(folder, files, seed=1):
    """Files of many sizes in nested folders, with names that need encoding."""
    chance = random.Random(seed)
    names = ["plain", "with space", "plus+sign", "ümläut", "percent%41", "am&p", "quote'd", "комета"]
    for number in range(files):
        path = folder / f"d{number % 17}" / f"{chance.choice(names)} {number % 5}" / f"{chance.choice(names)}-{number}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice([0, 1, 77, 1000, 5000, 20_000])))


def same_tree(left, right):
    left_files = sorted(p.relative_to(left) for p in left.rglob("*") if p.is_file())
    right_files = sorted(p.relative_to(right) for p in right.rglob("*") if p.is_file())
    assert left_files == right_files
    different = [p for p in left_files if not filecmp.cmp(left / p, right / p, shallow=False)]
    assert not different


def test_everyday_commands(aws, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("hello\n")
    aws("s3", "mb", "s3://cli-bucket")
    aws("s3", "cp", note, "s3://cli-bucket/a/note.txt")
    aws("s3", "cp", "s3://cli-bucket/a/note.txt", "s3://cli-bucket/b/copy.txt")
    aws("s3", "mv", "s3://cli-bucket/b/copy.txt", "s3://cli-bucket/c/moved.txt")
    listing = aws("s3", "ls", "--recursive", "s3://cli-bucket")
    assert [line.split()[-1] for line in listing.splitlines()] == ["a/note.txt", "c/moved.txt"]
    assert "PRE a/" in aws("s3", "ls", "s3://cli-bucket")
    assert aws("s3", "cp", "s3://cli-bucket/c/moved.txt", "-") == "hello\n"
    url = aws("s3", "presign", "s3://cli-bucket/a/note.txt", "--expires-in", "60").strip()
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello\n"
    aws("s3", "rm", "--recursive", "s3://cli-bucket")
    assert aws("s3", "ls", "s3://cli-bucket", check=False).stdout == ""
    # An upload that was interrupted does not keep the bucket.
    aws("s3", "cp", note, "s3://cli-bucket/a/note.txt")
    aws("s3api", "create-multipart-upload", "--bucket", "cli-bucket", "--key", "interrupted")
    aws("s3", "rb", "--force", "s3://cli-bucket")
    assert "cli-bucket" not in aws("s3", "ls")


def test_sync_of_a_tree_there_and_back(aws, tmp_path):
    there = tmp_path / "there"
    back = tmp_path / "back"
    make_tree(there, TREE_FILES)
    aws("s3", "mb", "s3://tree-bucket")
    aws("s3", "sync", "--only-show-errors", there, "s3://tree-bucket/tree")
    aws("s3", "sync", "--only-show-errors", "s3://tree-bucket/tree", back)
    same_tree(there, back)
    # A second sync finds nothing to do, and --delete removes what went away.
    assert aws("s3", "sync", there, "s3://tree-bucket/tree") == ""
    gone = next(there.rglob("*.bin"))
    gone.unlink()
    assert aws("s3", "sync", "--delete", there, "s3://tree-bucket/tree").count("delete:") == 1


@pytest.mark.slow
def test_file_above_one_gibibyte_by_multipart(aws, tmp_path):
    source = tmp_path / "large.bin"
    target = tmp_path / "back.bin"
    chance = random.Random(7)
    block = chance.randbytes(1 << 20)
    with open(source, "wb") as file:
        for number in range(LARGE_BYTES >> 20):
            file.write(number.to_bytes(8, "big") + block[8:])
        file.write(block[: LARGE_BYTES & ((1 << 20) - 1)])
    aws("s3", "mb", "s3://large-bucket")
    aws("s3", "cp", "--only-show-errors", source, "s3://large-bucket/large.bin")
    head = aws("s3api", "head-object", "--bucket", "large-bucket", "--key", "large.bin", "--query", "[ContentLength,ETag]", "--output", "text")
    length, etag = head.split()
    assert int(length) == LARGE_BYTES
    assert "-" in etag
    aws("s3", "cp", "--only-show-errors", "s3://large-bucket/large.bin", target)
    assert filecmp.cmp(source, target, shallow=False)
