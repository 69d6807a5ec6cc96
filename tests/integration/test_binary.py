"""The binary as its operator meets it: exit codes, settings, signals, health, profiles, and what it never tells."""
import hashlib
import http.client
import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from conftest import client_of
from server_process import SECRET_KEY, ServerProcess, clean_environment, free_port, run

ROOT = Path(__file__).resolve().parents[2]


# -- arguments and settings --------------------------------------------------------------------------------------------


def test_version_and_help():
    assert run("version").stdout.startswith("labstore-server 0.")
    assert run("--version").returncode == 0
    usage = run("serve", "--help")
    assert usage.returncode == 0 and "--storage-path" in usage.stdout and "--durability" in usage.stdout
    assert "admin-secret-key" not in usage.stdout


@pytest.mark.parametrize(
    "arguments, named",
    [
        ((), "subcommand"),
        (("server",), "server"),
        (("serve", "--prot", "1"), "--prot"),
        (("serve", "--port"), "--port"),
        (("serve", "--port", "many"), "--port"),
        (("serve", "--port", "1", "--port", "2"), "--port"),
        (("serve", "--durability", "always"), "--durability"),
        (("serve", "--admin-secret-key", "abcdefgh"), "--admin-secret-key"),
        (("--config", "/nonexistent.yml", "serve"), "/nonexistent.yml"),
        (("--pprof=maybe", "serve"), "--pprof"),
        (("--pprof", "maybe", "serve"), "--pprof"),
        (("serve", "--accept-acl-headers", "maybe"), "--accept-acl-headers"),
        (("serve", "--accept-acl-headers", "on", "off"), "off"),
        (("check", "--port", "1"), "--port"),
    ],
)
def test_a_wrong_command_line_names_the_place(arguments, named, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert named in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", [("on",), ("yes",), (), ("=on",), ("=true",)])
def test_a_switch_takes_its_value_in_every_form(form, tmp_path):
    def shown(*arguments):
        done = run("config", *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return next(line for line in done.stdout.splitlines() if "accept-acl-headers" in line)

    joined = form and form[0].startswith("=")
    arguments = [f"--accept-acl-headers{form[0]}"] if joined else ["--accept-acl-headers", *form]
    assert "accept-acl-headers: on" in shown(*arguments)
    assert "accept-acl-headers: off" in shown("--accept-acl-headers", "off")
    assert "accept-acl-headers: on" in shown(*arguments, "--port", "7000")


def test_a_switch_does_not_take_the_command_for_its_value(tmp_path):
    assert "pprof: on" in run("--pprof", "config", cwd=tmp_path).stdout
    assert "pprof: on" in run("--pprof", "on", "config", cwd=tmp_path).stdout


def test_wrong_variables_and_files_name_the_place(tmp_path):
    done = run("serve", environment=clean_environment(LABSTORE_SERVER_PRT="1"), cwd=tmp_path)
    assert done.returncode == 2 and "LABSTORE_SERVER_PRT" in done.stderr
    done = run("serve", environment=clean_environment(LABSTORE_SERVER_THREADS="x"), cwd=tmp_path)
    assert done.returncode == 2 and "LABSTORE_SERVER_THREADS" in done.stderr
    (tmp_path / "labstore.yml").write_text("benchmark:\n  x: 1\nserver:\n  port: 1\n  prot: 1\n")
    done = run("serve", cwd=tmp_path)
    assert done.returncode == 2 and "labstore.yml:5" in done.stderr


def test_config_shows_the_strongest_source_and_no_secret(tmp_path):
    (tmp_path / "labstore.yml").write_text("server:\n  port: 1003\n  region: from-file\n  backlog: 99\n")
    environment = clean_environment(
        LABSTORE_SERVER_PORT="1002",
        LABSTORE_SERVER_REGION="from-environment",
        LABSTORE_SERVER_ADMIN_ACCESS_KEY="operator",
        LABSTORE_SERVER_ADMIN_SECRET_KEY="planted-secret-of-config",
    )
    done = run("config", "--port", "1001", environment=environment, cwd=tmp_path)
    assert done.returncode == 0
    assert "port: 1001  # --port" in done.stdout
    assert "region: from-environment  # LABSTORE_SERVER_REGION" in done.stdout
    assert "backlog: 99  # labstore.yml:4" in done.stdout
    assert "head-size-max: 16KiB  # default" in done.stdout
    assert "planted" not in done.stdout + done.stderr
    again = run("--pprof", "config", cwd=tmp_path)
    assert "pprof: on  # --pprof" in again.stdout


def test_the_reference_is_in_the_documents():
    done = run("config", "--reference")
    assert done.returncode == 0
    assert done.stdout in (ROOT / "docs" / "configuration.md").read_text()


@pytest.mark.parametrize("keys", [("ab", "long-enough-secret"), ("operator", "short"), ("minioadmin", "minioadmin")])
def test_weak_credentials_are_refused_before_anything_is_made(keys, tmp_path):
    environment = clean_environment(
        LABSTORE_SERVER_ADMIN_ACCESS_KEY=keys[0], LABSTORE_SERVER_ADMIN_SECRET_KEY=keys[1]
    )
    done = run("serve", "--storage-path", tmp_path / "data", environment=environment)
    assert done.returncode == 2
    assert "LABSTORE_SERVER_ADMIN_" in done.stderr
    assert not (tmp_path / "data").exists()


# -- starting ----------------------------------------------------------------------------------------------------------


def test_start_and_stop(server_factory):
    server = server_factory()
    assert stat.S_IMODE(server.storage_path.stat().st_mode) == 0o700
    assert server.get("/-/health/live") == (200, b'{"status":"live"}\n')
    assert server.get("/-/health/ready") == (200, b'{"status":"ready"}\n')
    assert server.get("/-/other")[0] == 404
    text = server.get("/-/metrics")[1].decode()
    assert "labstore_build_info{" in text
    numbers = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("process_"))
    assert float(numbers["process_cpu_seconds_total"]) > 0
    assert 1 << 20 < float(numbers["process_resident_memory_bytes"]) < float(numbers["process_virtual_memory_bytes"])
    assert float(numbers["process_open_fds"]) > 3
    assert abs(float(numbers["process_start_time_seconds"]) - time.time()) < 600
    log = server.log_with("serving")
    assert "serving" in log and str(server.port) in log and "commit" in log and str(server.storage_path) in log
    assert server.stop() == 0
    for path in server.storage_path.rglob("*"):
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, f"{path} is open to others"


def test_sigint_stops_too_and_sighup_does_not(server_factory):
    server = server_factory()
    server.signal(signal.SIGHUP)
    time.sleep(0.3)
    assert server.get("/-/health/ready")[0] == 200
    server.signal(signal.SIGINT)
    assert server.wait() == 0


def test_the_credential_is_made_once_shown_once_and_private(server_factory, tmp_path):
    server = server_factory(keys=None)
    shown = dict(line.strip().split(": ") for line in server.out().splitlines() if line.startswith("    "))
    server.access_key, server.secret_key = shown["access key"], shown["secret key"]
    assert len(server.access_key) == 20 and len(server.secret_key) == 40
    assert client_of(server).list_buckets()["Buckets"] == []
    owner = client_of(server).list_buckets()["Owner"]["ID"]
    stored = server.storage_path / "credentials.json"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert server.secret_key not in server.log()
    assert server.stop() == 0

    again = server_factory(keys=None, folder=server.folder, port=server.port)
    again.access_key, again.secret_key = server.access_key, server.secret_key
    assert again.out().count("secret key") == 1, "shown at the first start only"
    assert client_of(again).list_buckets()["Owner"]["ID"] == owner


def test_a_second_process_on_the_path_is_refused(server_factory):
    server = server_factory()
    second = ServerProcess(server.folder, port=free_port())
    done = run("serve", "--port", second.port, "--storage-path", server.storage_path)
    assert done.returncode == 1
    assert str(server.storage_path) in done.stderr and "in use" in done.stderr and str(server.pid) in done.stderr
    done = run("check", "--storage-path", server.storage_path)
    assert done.returncode == 2 and "in use" in done.stderr
    assert server.get("/-/health/ready")[0] == 200


def test_a_port_in_use_is_refused(server_factory, tmp_path):
    server = server_factory()
    done = run("serve", "--port", server.port, "--storage-path", tmp_path / "other")
    assert done.returncode == 1
    assert f"127.0.0.1:{server.port}" in done.stderr


def test_a_newer_format_and_a_foreign_folder_are_refused(tmp_path):
    newer = tmp_path / "newer"
    newer.mkdir()
    (newer / "format.json").write_text('{"format_version": 2, "deployment_id": "x"}')
    done = run("serve", "--storage-path", newer)
    assert done.returncode == 1 and "newer version" in done.stderr
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("dear")
    done = run("serve", "--storage-path", foreign)
    assert done.returncode == 1 and "letter.txt" in done.stderr
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]


def test_weaker_durability_is_said_at_start(server_factory):
    server = server_factory("--durability", "interval=50")
    log = server.log_with("serving")
    assert "weaker durability" in log and "interval=50" in log
    assert b'labstore_durability_info{mode="interval=50"} 1' in server.get("/-/metrics")[1]
    assert "weaker durability" not in server_factory().log_with("serving")


def test_check_of_a_stopped_store(server_factory):
    server = server_factory()
    s3 = client_of(server)
    s3.create_bucket(Bucket="checked")
    for size in (0, 10, 100_000, 3_000_000):
        s3.put_object(Bucket="checked", Key=f"size-{size}", Body=os.urandom(size))
    assert server.stop() == 0
    done = run("check", "--storage-path", server.storage_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "whole: 1 bucket, 4 objects" in done.stdout
    assert run("check", "--storage-path", server.folder / "missing").returncode == 2
    assert not (server.folder / "missing").exists()


# -- stopping ----------------------------------------------------------------------------------------------------------


class Writer(threading.Thread):
    """PUTs until the server is gone and remembers what was acknowledged."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.client = client_of(server, config=no_retries())
        self.prefix = name
        self.acknowledged = {}

    def run(self):
        number = 0
        while True:
            number += 1
            key, body = f"{self.prefix}/{number}", os.urandom(1 + number * 7919 % 200_000)
            try:
                self.client.put_object(Bucket="drain", Key=key, Body=body)
            except (ClientError, BotoCoreError):
                return
            self.acknowledged[key] = hashlib.md5(body).hexdigest()


def no_retries():
    from botocore.config import Config

    return Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)


def test_sigterm_under_load_loses_no_acknowledged_write(server_factory):
    server = server_factory()
    client_of(server).create_bucket(Bucket="drain")
    writers = [Writer(server, f"writer-{number}") for number in range(4)]
    for writer in writers:
        writer.start()
    time.sleep(1.5)
    assert server.stop() == 0
    for writer in writers:
        writer.join(30)
        assert not writer.is_alive()
    acknowledged = {key: digest for writer in writers for key, digest in writer.acknowledged.items()}
    assert len(acknowledged) > 20
    again = server_factory(folder=server.folder, port=server.port)
    s3 = client_of(again)
    for key, digest in acknowledged.items():
        assert hashlib.md5(s3.get_object(Bucket="drain", Key=key)["Body"].read()).hexdigest() == digest


def open_request(server, size):
    """A PUT whose body is half sent, through a presigned URL."""
    url = client_of(server).generate_presigned_url("put_object", Params={"Bucket": "drain", "Key": "slow"})
    target = url.removeprefix(server.endpoint)
    connection = socket.create_connection(("127.0.0.1", server.port), 30)
    head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {size}\r\n\r\n"
    connection.sendall(head.encode() + b"x" * (size // 2))
    return connection


def test_a_request_in_flight_is_finished(server_factory):
    server = server_factory()
    client_of(server).create_bucket(Bucket="drain")
    size = 200_000
    with open_request(server, size) as connection:
        time.sleep(0.5)
        server.signal()
        time.sleep(0.5)
        assert server.process.poll() is None
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), 2).close()
        connection.sendall(b"x" * (size - size // 2))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert server.wait() == 0
    again = server_factory(folder=server.folder, port=server.port)
    assert client_of(again).head_object(Bucket="drain", Key="slow")["ContentLength"] == size


def test_the_drain_is_bounded(server_factory):
    server = server_factory("--drain-time-max", "1s")
    client_of(server).create_bucket(Bucket="drain")
    with open_request(server, 200_000):
        time.sleep(0.5)
        started = time.monotonic()
        assert server.stop() == 0
        assert 0.5 < time.monotonic() - started < 5
    again = server_factory(folder=server.folder, port=server.port)
    assert client_of(again).list_objects_v2(Bucket="drain")["KeyCount"] == 0


def test_a_second_signal_ends_at_once(server_factory):
    server = server_factory("--drain-time-max", "1m")
    client_of(server).create_bucket(Bucket="drain")
    with open_request(server, 200_000):
        time.sleep(0.5)
        server.signal()
        time.sleep(0.5)
        started = time.monotonic()
        server.signal()
        assert server.wait(10) == 1
        assert time.monotonic() - started < 2


def test_idle_connections_do_not_hold_up_the_stop(server_factory):
    server = server_factory()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    kept = http.client.HTTPConnection("127.0.0.1", server.port)
    kept.request("GET", "/-/health/live")
    kept.getresponse().read()
    started = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - started < 5
    for connection in (*idle, kept):
        connection.close()


# -- what it never tells -----------------------------------------------------------------------------------------------


def test_no_secret_in_the_log_at_any_level(server_factory):
    server = server_factory("--log-level", "trace", "--log-format", "json")
    s3 = client_of(server)
    s3.create_bucket(Bucket="secrets")
    s3.put_object(Bucket="secrets", Key="k", Body=b"x", Metadata={"colour": "green"})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "secrets", "Key": "k"})
    assert server.get(url.removeprefix(server.endpoint))[0] == 200
    signature = url.split("Signature=")[1].split("&")[0]
    wrong = ServerProcess(server.folder, port=server.port, keys=(server.access_key, "planted-wrong-secret"))
    with pytest.raises(ClientError):
        client_of(wrong).list_buckets()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/secrets", headers={
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, "
                         "Signature=feedfacefeedfacefeedface",
        "x-amz-security-token": "planted-session-token",
        "Cookie": "session=planted-cookie",
    })
    connection.getresponse().read()
    connection.close()
    assert server.stop() == 0
    log = server.log() + server.out()
    assert "green" in log, "headers are dumped at this level"
    for secret in (SECRET_KEY, signature, "planted-wrong-secret", "planted-session-token", "planted-cookie",
                   "feedfacefeedface"):
        assert secret not in log and secret[:12] not in log.replace(server.access_key, ""), secret


def test_an_access_line_per_request_and_no_heads_at_info(server_factory):
    server = server_factory()
    s3 = client_of(server)
    s3.create_bucket(Bucket="logged")
    s3.put_object(Bucket="logged", Key="k", Body=b"x", Metadata={"colour": "green"})
    with pytest.raises(ClientError):
        s3.get_object(Bucket="logged", Key="missing")
    assert server.stop() == 0
    log = server.log()
    lines = [line for line in log.splitlines() if "/logged" in line]
    assert len(lines) == 3 and "PutObject" in lines[1] and "NoSuchKey" in lines[2] and "404" in lines[2]
    assert "green" not in log and "\x1b" not in log
