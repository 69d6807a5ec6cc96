"""The aws command line client: where it is, and the environment in which it talks to a server of the tests."""
import os
import shutil
import sysconfig
from pathlib import Path

import pytest


def program():
    """Beside this Python, or on PATH."""
    beside_python = os.path.join(sysconfig.get_path("scripts"), "aws")
    found = beside_python if os.path.exists(beside_python) else shutil.which("aws")
    if found is None:
        pytest.skip("the aws cli is not installed")
    return found


def environment_of(server, folder: Path):
    """Nothing of the user's own settings; `folder` holds none either."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(
        AWS_ACCESS_KEY_ID=server.access_key,
        AWS_SECRET_ACCESS_KEY=server.secret_key,
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ENDPOINT_URL=server.endpoint,
        AWS_CONFIG_FILE=str(folder / "no-config"),
        AWS_SHARED_CREDENTIALS_FILE=str(folder / "no-credentials"),
        AWS_EC2_METADATA_DISABLED="true",
        AWS_PAGER="",
    )
    if getattr(server, "certificate", None):
        environment["AWS_CA_BUNDLE"] = str(server.certificate)
    return environment
