"""https as clients meet it: data, versions, resumption, certificates that are wrong or change, and how connections end."""
import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.request

import pytest
from boto3.s3.transfer import TransferConfig

import aws_cli
from conftest import client_of
from metrics_page import scrape
from server_process import ACCESS_KEY, SECRET_KEY, ServerProcess, clean_environment, run

MiB = 1024 * 1024
LIVE = b"GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificates, is not on PATH")


def make_certificate(folder, name="server", *more):
    """Self-signed for localhost and 127.0.0.1; the key is made here and goes with the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    command += more or ("-nodes", "-days", "2")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return certificate, key


@pytest.fixture(scope="module", name="secure")
def secure_server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    server = ServerProcess(folder, tls=make_certificate(folder / "files"))
    try:
        yield server.start()
        assert server.process.poll() is None, f"the server died:\n{server.log()[-3000:]}"
    finally:
        server.end()


@pytest.fixture(name="secure_bucket")
def bucket_on_it(secure):
    name = f"tls-{os.urandom(8).hex()}"
    client_of(secure).create_bucket(Bucket=name)
    return name


def s_client(server, *options, text=b"", timeout=30):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", str(server.certificate), *options]
    done = subprocess.run(command, input=text, capture_output=True, timeout=timeout)
    return done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")


def wrapped(server, **more):
    """A TLS connection by Python, and its context."""
    context = ssl.create_default_context(cafile=str(server.certificate))
    link = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    return context.wrap_socket(link, server_hostname="127.0.0.1", **more), context


def answered(link):
    link.sendall(LIVE)
    return link.recv(65536)


# -- data --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 4096, 16_384, 100_000, 20 * MiB + 17])
def test_what_was_put_comes_back(secure, secure_bucket, size):
    s3 = client_of(secure)
    body = os.urandom(size)
    s3.put_object(Bucket=secure_bucket, Key="k", Body=body)
    for _ in range(2):  # the second time from memory
        assert s3.get_object(Bucket=secure_bucket, Key="k")["Body"].read() == body
    if size > 100:
        part = s3.get_object(Bucket=secure_bucket, Key="k", Range=f"bytes=50-{size - 30}")
        assert part["Body"].read() == body[50 : size - 29]


def test_multipart_and_the_location_it_tells(secure, secure_bucket, tmp_path):
    s3 = client_of(secure)
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(os.urandom(23 * MiB))
    parts = TransferConfig(multipart_threshold=5 * MiB, multipart_chunksize=5 * MiB, max_concurrency=4)
    s3.upload_file(str(sent), secure_bucket, "large", Config=parts)
    s3.download_file(secure_bucket, "large", str(got), Config=parts)
    assert got.read_bytes() == sent.read_bytes()
    upload = s3.create_multipart_upload(Bucket=secure_bucket, Key="told")["UploadId"]
    etag = s3.upload_part(Bucket=secure_bucket, Key="told", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    done = s3.complete_multipart_upload(
        Bucket=secure_bucket, Key="told", UploadId=upload, MultipartUpload={"Parts": [{"ETag": etag, "PartNumber": 1}]}
    )
    assert done["Location"].startswith("https://")


def test_aws_cli(secure, secure_bucket, tmp_path):
    def aws(*arguments):
        command = [aws_cli.program(), *arguments]
        environment = aws_cli.environment_of(secure, tmp_path)
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

    (tmp_path / "file").write_bytes(os.urandom(9 * MiB))
    aws("s3", "cp", "file", f"s3://{secure_bucket}/file")
    aws("s3", "cp", f"s3://{secure_bucket}/file", "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()


def test_curl_with_presigned_urls(secure, secure_bucket, tmp_path):
    if shutil.which("curl") is None:
        pytest.skip("curl is not on PATH")
    s3 = client_of(secure)
    sent, got = tmp_path / "sent", tmp_path / "got"
    sent.write_bytes(os.urandom(3 * MiB))
    for method, words in (("put_object", ["--upload-file", sent]), ("get_object", ["--output", got])):
        url = s3.generate_presigned_url(method, Params={"Bucket": secure_bucket, "Key": "k"})
        assert url.startswith("https://")
        command = ["curl", "--silent", "--show-error", "--fail", "--cacert", secure.certificate, "--max-time", "30", *words, url]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert got.read_bytes() == sent.read_bytes()


def test_many_requests_on_one_connection(secure):
    link, _ = wrapped(secure)
    before = scrape(secure).value("labstore_tls_handshakes_total", result="ok")
    with link:
        for _ in range(100):
            assert answered(link).startswith(b"HTTP/1.1 200 ")
    after = scrape(secure).value("labstore_tls_handshakes_total", result="ok")
    assert after - before <= 2, "each scrape is a connection, the hundred requests are none"


def test_a_slow_reader_gets_all(secure, secure_bucket):
    s3 = client_of(secure)
    body = os.urandom(24 * MiB)
    s3.put_object(Bucket=secure_bucket, Key="slow", Body=body)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": secure_bucket, "Key": "slow"})
    context = ssl.create_default_context(cafile=str(secure.certificate))
    got = bytearray()
    with urllib.request.urlopen(url, context=context, timeout=60) as answer:
        time.sleep(0.5)  # the server fills the socket and waits
        while piece := answer.read(300_001):
            got += piece
    assert bytes(got) == body


# -- what is spoken ----------------------------------------------------------------------------------------------------


def test_versions(secure):
    assert "New, TLSv1.2" in s_client(secure, "-tls1_2")
    assert "New, TLSv1.3" in s_client(secure, "-tls1_3")
    for old in ("-tls1", "-tls1_1"):
        told = s_client(secure, old, "-cipher", "ALL:@SECLEVEL=0")
        assert "Cipher is (NONE)" in told and "alert protocol version" in told, told


def test_the_least_version_can_be_raised(server_factory, tmp_path):
    server = server_factory("--tls-min-version=1.3", tls=make_certificate(tmp_path / "files"))
    assert "Cipher is (NONE)" in s_client(server, "-tls1_2")
    assert "New, TLSv1.3" in s_client(server)


def test_weak_ciphers_are_refused(secure):
    for cipher in ("AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "NULL-SHA256"):
        told = s_client(secure, "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        assert "Cipher is (NONE)" in told, told


def test_http_1_1_is_what_is_agreed_on(secure):
    assert "ALPN protocol: http/1.1" in s_client(secure, "-alpn", "h2,http/1.1")
    assert "No ALPN negotiated" in s_client(secure, "-alpn", "h2")


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_sessions_are_resumed(secure, version, tmp_path):
    """By way of a file, and by s_client's own five reconnects."""
    session = tmp_path / "session"
    # With 1.3 the ticket comes with the first answer, so the client stays until then.
    request = LIVE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    first = s_client(secure, version, "-sess_out", str(session), "-ign_eof", text=request)
    assert "200 OK" in first and "New, TLS" in first
    before = scrape(secure).value("labstore_tls_resumed_total")
    again = s_client(secure, version, "-sess_in", str(session), "-ign_eof", text=request)
    assert "Reused, TLS" in again and "200 OK" in again, again
    assert scrape(secure).value("labstore_tls_resumed_total") == before + 1


def test_reconnecting_resumes(secure):
    told = s_client(secure, "-tls1_2", "-reconnect")
    assert told.count("New, TLS") == 1 and told.count("Reused, TLS") == 5, told


def test_a_certificate_of_somebody_else_is_not_trusted(secure, tmp_path):
    other, _ = make_certificate(tmp_path, "other")
    context = ssl.create_default_context(cafile=str(other))
    with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as link, pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(link, server_hostname="127.0.0.1")
    assert secure.get("/-/health/live")[0] == 200


# -- what is no https --------------------------------------------------------------------------------------------------


def test_plain_http_is_told_what_is_wrong(secure):
    for method in (b"GET", b"PUT", b"DELETE"):
        with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as link:
            link.sendall(method + b" /bucket/key HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            link.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: link.recv(65536), b""))
        assert got.startswith(b"HTTP/1.1 400 ") and b"HTTPS" in got


def test_https_on_a_plain_port_fails_cleanly(server):
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as link, pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(link, server_hostname="localhost")
    assert server.get("/-/health/live")[0] == 200


def test_garbage_ends_the_connection_and_nothing_else(secure):
    for number in range(100):
        with socket.create_connection(("127.0.0.1", secure.port), timeout=20) as link:
            link.sendall(b"\x16\x03\x01" + os.urandom(1 + number * 7))
            link.shutdown(socket.SHUT_WR)
            try:
                while link.recv(65536):
                    pass
            except ConnectionResetError:
                pass
    assert secure.get("/-/health/live")[0] == 200


def test_slow_handshakes_are_cut(server_factory, tmp_path):
    server = server_factory("--tls-handshake-time-max=500ms", tls=make_certificate(tmp_path / "files"))
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as silent:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as halting:
            halting.sendall(b"\x16\x03\x01\x02\x00")
            assert silent.recv(1) == b"" and halting.recv(1) == b""
    link, _ = wrapped(server)
    with link:
        time.sleep(1)  # the limit is of the handshake only
        assert answered(link).startswith(b"HTTP/1.1 200 ")
    assert scrape(server).value("labstore_tls_handshakes_total", result="failed") == 1


# -- files -------------------------------------------------------------------------------------------------------------


def refused(tmp_path, certificate, key):
    done = run(
        "serve", "--port", "0", "--storage-path", tmp_path / "data", f"--tls-cert={certificate}", f"--tls-key={key}",
        environment=clean_environment(
            LABSTORE_SERVER_ADMIN_ACCESS_KEY=ACCESS_KEY, LABSTORE_SERVER_ADMIN_SECRET_KEY=SECRET_KEY
        ),
    )
    assert done.returncode == 2, done.stderr
    assert not (tmp_path / "data").exists(), "nothing is made before the files are looked at"
    return done.stderr


def test_wrong_files_end_the_start(tmp_path):
    certificate, key = make_certificate(tmp_path)
    _, other_key = make_certificate(tmp_path, "other")
    missing = tmp_path / "missing"
    assert f"tls-cert: {missing}: No such file" in refused(tmp_path, missing, key)
    assert f"tls-key: {missing}: No such file" in refused(tmp_path, certificate, missing)
    assert "is not the key of the certificate" in refused(tmp_path, certificate, other_key)
    assert "holds no certificate" in refused(tmp_path, key, key)
    expired, expired_key = make_certificate(tmp_path, "expired")
    command = ["openssl", "x509", "-in", expired, "-signkey", expired_key, "-days", "-1", "-out", expired]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=60)
    assert "expired on" in refused(tmp_path, expired, expired_key)
    locked, locked_key = make_certificate(tmp_path, "locked", "-passout", "pass:secret", "-days", "2")
    assert "passphrase" in refused(tmp_path, locked, locked_key)


def test_one_file_alone_is_no_setting(tmp_path):
    for option, other in (("tls-cert", "tls-key"), ("tls-key", "tls-cert")):
        done = run("config", f"--{option}=x", cwd=tmp_path)
        assert done.returncode == 2 and f"{option} needs {other}" in done.stderr


def serial_of(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as link:
        with context.wrap_socket(link) as secured:
            return hashlib.sha256(secured.getpeercert(binary_form=True)).hexdigest()


def test_a_new_certificate_is_taken_at_sighup(server_factory, tmp_path):
    files = tmp_path / "files"
    server = server_factory(tls=make_certificate(files))
    link, _ = wrapped(server)
    with link:
        assert answered(link)
        before = serial_of(server)
        make_certificate(files)
        server.signal(signal.SIGHUP)
        assert server.log_with("certificate in use").count("certificate in use") >= 1
        end = time.monotonic() + 10
        while serial_of(server) == before and time.monotonic() < end:
            time.sleep(0.05)
        assert serial_of(server) != before
        assert answered(link).startswith(b"HTTP/1.1 200 "), "open connections keep theirs"
    page = scrape(server)
    assert page.value("labstore_tls_reloads_total", result="ok") >= 1
    assert page.value("labstore_tls_certificate_expiry_timestamp_seconds") > time.time()
    # A broken file changes nothing.
    now = serial_of(server)
    good = (files / "server.pem").read_bytes()
    (files / "server.pem").write_text("broken\n")
    server.signal(signal.SIGHUP)
    assert "the certificate in use stays" in server.log_with("the certificate in use stays")
    assert serial_of(server) == now
    (files / "server.pem").write_bytes(good)
    assert server.stop() == 0


@pytest.mark.slow
def test_a_new_certificate_is_noticed(server_factory, tmp_path):
    files = tmp_path / "files"
    server = server_factory(tls=make_certificate(files))
    before = serial_of(server)
    make_certificate(files)
    end = time.monotonic() + 30
    while serial_of(server) == before and time.monotonic() < end:
        time.sleep(0.2)
    assert serial_of(server) != before


# -- the end -----------------------------------------------------------------------------------------------------------


def test_a_drain_ends_idle_connections_and_lets_requests_end(server_factory, tmp_path):
    server = server_factory(tls=make_certificate(tmp_path / "files"))
    s3 = client_of(server)
    s3.create_bucket(Bucket="drained")
    idle, _ = wrapped(server)
    body = os.urandom(300_000)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "drained", "Key": "k"})
    path = url.split(str(server.port), 1)[1]
    busy, _ = wrapped(server)
    shaking = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    with idle, busy, shaking:
        assert answered(idle)
        busy.sendall(f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        busy.sendall(body[:100_000])
        time.sleep(0.3)  # so that the request has begun
        server.signal(signal.SIGTERM)
        assert idle.recv(1) == b"", "told by TLS, or this would have raised"
        assert shaking.recv(1) == b""
        busy.sendall(body[100_000:])
        assert busy.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert busy.recv(1) == b""
    assert server.wait() == 0
    again = server_factory(folder=server.folder, tls=(server.certificate, tmp_path / "files" / "server.key"))
    assert client_of(again).get_object(Bucket="drained", Key="k")["Body"].read() == body


def test_no_secret_is_told(secure):
    key = (secure.certificate.parent / "server.key").read_text()
    for line in key.splitlines()[1:-1]:
        assert line not in secure.log()
