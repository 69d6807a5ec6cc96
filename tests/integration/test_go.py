"""What is written in Go: the AWS SDK for Go with its default settings (go/sdk), and histories of concurrent clients that
porcupine judges (go/history)."""
import json
import os
import shutil
import subprocess
import sysconfig
import threading
import time
from pathlib import Path

import pytest

from conftest import client_of

SOURCE = Path(__file__).resolve().parent / "go"
BUILT = Path(__file__).resolve().parents[2] / "build" / "go-client"
SDK_STEPS = 9
BUILD_SECONDS_MAX = 600


def go():
    """The toolchain that comes with the tests' own Python packages, else the machine's."""
    beside_python = Path(sysconfig.get_path("scripts")) / "go"
    found = str(beside_python) if beside_python.exists() else shutil.which("go")
    if found is None:
        pytest.skip("go is not installed")
    return found


def run_go(*arguments):
    done = subprocess.run(
        [go(), *arguments], cwd=SOURCE, env=os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"},
        capture_output=True, text=True, timeout=BUILD_SECONDS_MAX,
    )
    assert done.returncode == 0, f"go {arguments}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.fixture(name="programs", scope="module")
def built_programs():
    BUILT.mkdir(parents=True, exist_ok=True)
    run_go("build", "-o", f"{BUILT}/", "./...")
    return BUILT


def environment_of(server, bucket):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "S3_ENDPOINT": server.endpoint,
        "S3_BUCKET": bucket,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }


def judge(programs, server, bucket, picture, seconds, *options):
    """The history's size and how much of it has no answer, once it is known to be linearizable."""
    done = subprocess.run(
        [programs / "history", "-seconds", str(seconds), "-picture", picture, *options],
        env=environment_of(server, bucket), capture_output=True, text=True, timeout=seconds + 180,
    )
    assert done.returncode == 0, f"see {picture}\n{done.stdout}\n{done.stderr[-3000:]}"
    said = json.loads(done.stdout)
    assert said["verdict"] == "Ok", said
    return said["operations"], said["unknown"]


def test_the_go_sdk_works_with_its_defaults(programs, server, bucket):
    done = subprocess.run(
        [programs / "sdk"], env=environment_of(server, bucket), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert done.stdout.count("held: ") == SDK_STEPS, done.stdout


def test_the_judge_of_histories_finds_what_is_wrong(programs):
    run_go("test", "./history")


@pytest.mark.parametrize("versioning", ["unversioned", "Enabled", "Suspended"])
def test_histories_are_linearizable(programs, server, s3, bucket, tmp_path, versioning):
    if versioning != "unversioned":
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": versioning})
    # An InternalError fails the run. Without an answer may be what a busy machine was too slow for, but hardly more.
    operations, unknown = judge(programs, server, bucket, tmp_path / "history.html", 3)
    assert operations > 200 and unknown * 20 < operations


@pytest.mark.parametrize("versioning", ["unversioned", "Enabled"])
def test_histories_are_linearizable_across_kills(programs, server_factory, tmp_path, versioning):
    server = server_factory()
    s3 = client_of(server)
    s3.create_bucket(Bucket="histories")
    if versioning != "unversioned":
        s3.put_bucket_versioning(Bucket="histories", VersioningConfiguration={"Status": versioning})
    kills, ended = [], threading.Event()

    def kill_again_and_again():
        while not ended.wait(1.5):
            server.process.kill()
            server.wait()
            time.sleep(0.1)
            server.start()
            kills.append(time.monotonic())

    killer = threading.Thread(target=kill_again_and_again)
    killer.start()
    try:
        operations, unknown = judge(programs, server, "histories", tmp_path / "history.html", 8)
    finally:
        ended.set()
        killer.join()
    assert len(kills) >= 2 and unknown > 0 and operations > 200
