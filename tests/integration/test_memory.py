"""Resident memory: idle, with a thousand idle connections, and while 5 GiB go through (the figures of the mission)."""
import http.client
import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "crash"))
from s3_client import Client  # noqa: E402  (the signed client that the crash tests use)

pytestmark = pytest.mark.release_only

MIB = 1 << 20
IDLE_BYTES_MAX = 64 * MIB
THOUSAND_IDLE_BYTES_MAX = 128 * MIB
UPLOAD_GROWTH_BYTES_MAX = 64 * MIB
UPLOAD_BYTES = 5 << 30


def resident_bytes(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


@pytest.fixture(name="own")
def own_server(server_factory):
    return server_factory()


def test_idle_and_a_thousand_idle_connections(own):
    assert resident_bytes(own.pid) <= IDLE_BYTES_MAX
    connections = []
    try:
        for _ in range(1000):
            connection = http.client.HTTPConnection("127.0.0.1", own.port, timeout=20)
            connection.request("GET", "/-/health/live")
            assert connection.getresponse().read() is not None
            connections.append(connection)
        resident = resident_bytes(own.pid)
        print(f"resident with 1,000 idle connections: {resident / MIB:.1f} MiB")
        assert resident <= THOUSAND_IDLE_BYTES_MAX
    finally:
        for connection in connections:
            connection.close()


class Body:
    """5 GiB for http.client, from one block, looking at the server's memory on the way."""

    def __init__(self, size, pid):
        self.left = size
        self.block = memoryview(bytes(range(256)) * 4096)
        self.pid = pid
        self.resident_max = 0
        self.reads = 0

    def read(self, _size=-1):
        piece = self.block[: min(len(self.block), self.left)]
        self.left -= len(piece)
        self.reads += 1
        if self.reads % 64 == 0:
            self.resident_max = max(self.resident_max, resident_bytes(self.pid))
        return piece


DOCUMENT_BYTES = 4 << 20
DOCUMENTS = 60
DOCUMENT_MEMORY_BYTES_MAX = 8 * MIB


def test_documents_that_never_end_are_turned_away(server_factory):
    """Sixty clients that each hold most of a CompleteMultipartUpload back. Without a limit they would hold 240 MiB."""
    own = server_factory("--document-memory-max", "8MiB")
    client = Client(own.port, own.access_key, own.secret_key)
    client.create_bucket("documents")
    before = resident_bytes(own.pid)
    query = [("uploadId", "0" * 32)]
    target, headers = client._sign("POST", "/documents/key", query, {"content-length": str(DOCUMENT_BYTES)})
    head = "\r\n".join([f"POST {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()])
    connections = []
    refused = 0
    try:
        for _ in range(DOCUMENTS):
            connection = socket.create_connection(("127.0.0.1", own.port), 20)
            connections.append(connection)
            try:
                connection.sendall(head.encode() + b"\r\n\r\n" + b" " * (DOCUMENT_BYTES - 1))
            except OSError:
                pass  # turned away while it was still sending
            connection.settimeout(0.5)
            try:
                answer = connection.recv(65536)
            except TimeoutError:
                continue  # the server waits for the last byte
            except ConnectionResetError:
                refused += 1
                continue
            assert answer.startswith(b"HTTP/1.1 503 ") and b"SlowDown" in answer, answer
            refused += 1
        growth = resident_bytes(own.pid) - before
        print(f"{refused} of {DOCUMENTS} turned away, resident grew by {growth / MIB:.1f} MiB")
        assert refused >= DOCUMENTS - DOCUMENT_MEMORY_BYTES_MAX // DOCUMENT_BYTES - 1
        assert growth < 4 * DOCUMENT_MEMORY_BYTES_MAX
    finally:
        for connection in connections:
            connection.close()
    # Those that went give their share back.
    assert client.list("documents") == []


@pytest.mark.slow
def test_five_gibibytes_in_one_put(own):
    client = Client(own.port, own.access_key, own.secret_key, timeout_seconds=300)
    client.create_bucket("memory-bucket")
    client.put("memory-bucket", "warm", b"x" * 100_000)
    before = resident_bytes(own.pid)
    body = Body(UPLOAD_BYTES, own.pid)
    client.put("memory-bucket", "five-gibibytes", body, {"content-length": str(UPLOAD_BYTES)})
    growth = body.resident_max - before
    print(f"resident grew by {growth / MIB:.1f} MiB during a 5 GiB PUT")
    assert growth < UPLOAD_GROWTH_BYTES_MAX
    assert int(client.request("HEAD", "/memory-bucket/five-gibibytes")[1]["Content-Length"]) == UPLOAD_BYTES
    client.delete("memory-bucket", "five-gibibytes")


def test_one_byte_past_five_gibibytes_is_refused_before_the_body(own):
    client = Client(own.port, own.access_key, own.secret_key)
    target, headers = client._sign("PUT", "/memory-bucket-2/too-large", (), {"content-length": str(UPLOAD_BYTES + 1)})
    client.create_bucket("memory-bucket-2")
    with socket.create_connection(("127.0.0.1", own.port), 20) as connection:
        lines = [f"PUT {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall(("\r\n".join(lines + ["Expect: 100-continue"]) + "\r\n\r\n").encode())
        answer = connection.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 400 ") and "EntityTooLarge" in answer
