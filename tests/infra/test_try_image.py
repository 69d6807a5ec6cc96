"""The image for real: built, started as the compose service, used, stopped, removed. See infra/setup/try-image.sh."""
import os
import shutil
import subprocess

import pytest
from conftest import SETUP


def reason_to_skip():
    """None where a Docker engine answers, or where LABSTORE_TEST_DOCKER=1 says to start one."""
    if os.environ.get("LABSTORE_TEST_DOCKER") == "1":
        return None
    if not shutil.which("docker"):
        return "no docker here; LABSTORE_TEST_DOCKER=1, as root, installs and starts one"
    found = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=60)
    if found.returncode != 0:
        return "no Docker engine answers; LABSTORE_TEST_DOCKER=1, as root, starts one"
    return None


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_image_is_built_started_used_and_stopped():
    reason = reason_to_skip()
    if reason:
        pytest.skip(reason)
    asked = os.environ.get("LABSTORE_TEST_DOCKER") == "1"
    answer = subprocess.run(
        [str(SETUP / "try-image.sh"), *(["--install"] if asked else [])],
        capture_output=True,
        text=True,
        timeout=3500,
        stdin=subprocess.DEVNULL,
    )
    if answer.returncode == 77 and not asked:
        pytest.skip(answer.stderr.strip().splitlines()[-1])
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr[-4000:]
    assert "try-image: passed" in answer.stdout
