"""The AWS SDK for JavaScript with its default settings; what it does is in javascript/work.mjs."""
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent / "javascript"
STEPS = 7


def program(name):
    """node and npm come with the tests' own Python packages, so that the version is the one that the SDK asks for."""
    beside_python = os.path.join(sysconfig.get_path("scripts"), name)
    found = beside_python if os.path.exists(beside_python) else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture(name="project", scope="module")
def installed_project():
    """The script with its packages beside it, kept between runs while package.json stays the same."""
    folder = Path(__file__).resolve().parents[2] / "build" / "javascript-client"
    wanted = (SCRIPT / "package.json").read_bytes()
    stamp = folder / "installed.json"
    folder.mkdir(parents=True, exist_ok=True)
    if not stamp.exists() or stamp.read_bytes() != wanted:
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        (folder / "package.json").write_bytes(wanted)
        done = subprocess.run(
            [program("npm"), "install", "--no-audit", "--no-fund", "--no-package-lock"],
            cwd=folder, capture_output=True, text=True, timeout=300,
        )
        assert done.returncode == 0, f"npm install: {done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        stamp.write_bytes(wanted)
    shutil.copy(SCRIPT / "work.mjs", folder)
    return folder


def test_the_javascript_sdk_works_with_its_defaults(server, bucket, project):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(
        S3_ENDPOINT=server.endpoint,
        S3_BUCKET=bucket,
        AWS_ACCESS_KEY_ID=server.access_key,
        AWS_SECRET_ACCESS_KEY=server.secret_key,
    )
    done = subprocess.run(
        [program("node"), "work.mjs"], cwd=project, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-4000:]}"
    assert done.stdout.count("held: ") == STEPS, done.stdout
