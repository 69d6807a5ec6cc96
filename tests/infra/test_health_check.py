"""health-check.sh, the health check of the image, against servers that are well, ill and absent."""
import socket
import subprocess
import threading
import time

import pytest
from conftest import ROOT, clean_environment

from server_process import ServerProcess, binary, free_port


def check(port, host=None, **more):
    if host:
        more["LABSTORE_SERVER_HOST"] = host
    return subprocess.run(
        [str(ROOT / "infra" / "health-check.sh")],
        env=clean_environment(LABSTORE_SERVER_PORT=port, **more),
        capture_output=True, text=True, timeout=30,
    )


@pytest.fixture
def answering():
    """A listener on loopback that answers every connection with the given bytes."""
    sockets = []

    def start(answer):
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                sockets.append(connection)
                connection.recv(4096)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    for one in sockets:
        one.close()


def test_the_real_server_is_ready_and_then_gone(tmp_path):
    if not binary().exists():
        pytest.skip(f"no server: {binary()} does not exist; build it or set LABSTORE_SERVER_BIN")
    server = ServerProcess(tmp_path)
    try:
        server.start()
        for host in (None, "0.0.0.0", "localhost"):
            answer = check(server.port, host)
            assert (answer.returncode, answer.stdout) == (0, "HTTP/1.1 200 OK\n"), host
        server.stop()
        answer = check(server.port)
        assert answer.returncode == 1 and f"nobody listens on 127.0.0.1 port {server.port}" in answer.stdout
    finally:
        server.end()


def test_a_server_that_is_not_ready_is_unhealthy(answering):
    port = answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    answer = check(port)
    assert (answer.returncode, answer.stdout) == (1, "HTTP/1.1 503 Service Unavailable\n")


def test_a_server_that_says_nothing_is_given_up_in_time(answering):
    began = time.monotonic()
    answer = check(answering(b""))
    assert (answer.returncode, answer.stdout) == (1, "no answer within 4 s\n")
    assert time.monotonic() - began < 5, "the image stops the check after 5 s"


def test_nobody_listens():
    assert check(free_port()).returncode == 1


@pytest.mark.parametrize("status, code", [(b"400 Bad Request", 0), (b"503 Service Unavailable", 1)])
def test_a_server_of_https_has_to_say_so(answering, status, code):
    port = answering(b"HTTP/1.1 " + status + b"\r\n\r\n")
    answer = check(port, LABSTORE_SERVER_TLS_CERT="/certificate.pem")
    assert (answer.returncode, answer.stdout) == (code, f"HTTP/1.1 {status.decode()}\n")
    assert check(answering(b""), LABSTORE_SERVER_TLS_CERT="/certificate.pem").returncode == 1
