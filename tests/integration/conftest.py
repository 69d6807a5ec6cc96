"""Fixtures of the integration tests: the real server, and boto3 clients of it with the settings that boto3 has by
itself."""
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from server_process import ServerProcess, binary  # noqa: E402

boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")


def pytest_collection_modifyitems(items):
    if not binary().exists():
        reason = f"no server to test: {binary()} does not exist; build it or set LABSTORE_SERVER_BIN"
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


def client_of(server, **more):
    """An S3 client; `more` goes to boto3."""
    if getattr(server, "certificate", None):
        more.setdefault("verify", str(server.certificate))
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name="us-east-1",
        **more,
    )


@pytest.fixture(scope="session", name="server")
def shared_server(tmp_path_factory):
    """One server for all tests of a worker; they keep apart by bucket."""
    server = ServerProcess(tmp_path_factory.mktemp("shared"))
    try:
        yield server.start()
        assert server.process.poll() is None, f"the shared server died:\n{server.log()[-3000:]}"
    finally:
        server.end()


@pytest.fixture
def server_factory(tmp_path):
    """Starts servers of the test's own; `server_factory("--port", ...)` takes options of serve, and by name whatever
    ServerProcess takes."""
    started = []

    def start(*options, wait=True, folder=None, **more):
        server = ServerProcess(folder or tmp_path / f"server-{len(started)}", options=options, **more)
        started.append(server)
        return server.start(wait=wait)

    yield start
    for server in started:
        server.end()


@pytest.fixture
def s3(server):
    return client_of(server)


@pytest.fixture
def bucket(s3):
    """A fresh bucket for one test."""
    name = f"test-{uuid.uuid4().hex[:20]}"
    s3.create_bucket(Bucket=name)
    return name
