"""Large objects: a GET of 1 GiB beside nginx, a multipart upload of 1 GiB and what bounds it, an upload of 10,000 parts."""

import hashlib
import os
import re
import socket
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import figures
from .figures import Figure
from .floor import HOST, Target, labstore, nginx
from .player import READ_BYTES, SILENCE_SECONDS_MAX, Session, play, request_bytes
from .problems import Problem
from .s3_client import S3Client
from .usage import Usage

GIB = 1 << 30
BUCKET = "large"
PART_BYTES = 64 << 20
UPLOADERS = 4
SMALL_PARTS = 10_000
SMALL_PART_BYTES = 1024
FULL = 0.85  # of a resource, as labstore-load capacity has it


def drain(port: int, request: bytes) -> tuple[int, float]:
    """(bytes of the body, seconds). The kernel throws the body away (tcp(7), MSG_TRUNC): the client costs next to nothing."""
    with socket.create_connection((HOST, port), timeout=SILENCE_SECONDS_MAX) as link:
        start = time.perf_counter()
        link.sendall(request)
        head = b""
        while b"\r\n\r\n" not in head:
            piece = link.recv(4096)
            if not piece:
                raise Problem(f"the connection ended in the head of an answer: {head[:200]!r}")
            head += piece
        status, length = int(head[9:12]), re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
        if status != 200 or length is None:
            raise Problem(f"no object of a known length came: {head[:200]!r}")
        size, got, room = int(length.group(1)), len(head) - head.index(b"\r\n\r\n") - 4, bytearray(4 * READ_BYTES)
        while got < size:
            more = link.recv_into(room, len(room), socket.MSG_TRUNC)
            if more == 0:
                raise Problem(f"the body ended after {got} of {size} bytes")
            got += more
        return got, time.perf_counter() - start


def get_turn(target: Target, request: bytes, seconds: float, size: int) -> tuple[float, float]:
    """(MiB a second, CPU seconds a GET) of as many GETs as fit the time."""
    count, took, before = 0, 0.0, target.cpu_seconds()
    while took < seconds:
        got, one = drain(target.port, request)
        if got != size:
            raise Problem(f"{got} bytes came instead of {size}")
        count, took = count + 1, took + one
    return count * size / took / (1 << 20), (target.cpu_seconds() - before) / count


def measure_get(folder: Path, arguments) -> list[Figure]:
    size = arguments.size_mib << 20
    folders = {part: folder / part for part in ("labstore", "nginx")}
    for each in folders.values():
        each.mkdir()
    server, client = labstore(folders["labstore"], arguments.option)
    with server, nginx(folders["nginx"]) as peer:
        client.make_bucket(BUCKET)
        (folders["nginx"] / "root" / BUCKET).mkdir()
        body = os.urandom(1 << 20) * arguments.size_mib
        with Session(client) as session:
            session.call("PUT", f"/{BUCKET}/object", body=body)
        (folders["nginx"] / "root" / BUCKET / "object").write_bytes(body)
        os.sync()
        del body
        bare = f"GET /{BUCKET}/object HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
        drain(server.port, request_bytes(client, "GET", f"/{BUCKET}/object"))  # checked once: what is warm is sent as it is
        drain(peer.port, bare)
        ours, theirs = [], []
        for number in range(arguments.rounds):
            turns = [(ours, server, request_bytes(client, "GET", f"/{BUCKET}/object")), (theirs, peer, bare)]
            for outcomes, target, request in turns if number % 2 == 0 else turns[::-1]:
                outcomes.append(get_turn(target, request, arguments.seconds, size))
    rates = [mine[0] / other[0] for mine, other in zip(ours, theirs)]
    costs = [mine[1] / max(other[1], 1e-9) for mine, other in zip(ours, theirs)]
    what = f"GET {arguments.size_mib} MiB"
    return [
        Figure(f"{what}, rate by nginx's", statistics.median(rates), "", 0.9, True, spread(rates)),
        Figure(f"{what}, CPU by nginx's", statistics.median(costs), "", 1.1, False, spread(costs)),
        Figure(f"{what}, LabStore", statistics.median(one[0] for one in ours), "MiB/s"),
        Figure(f"{what}, nginx", statistics.median(one[0] for one in theirs), "MiB/s"),
        Figure(f"{what}, CPU of LabStore", 1000 * statistics.median(one[1] for one in ours), "ms"),
        Figure(f"{what}, CPU of nginx", 1000 * statistics.median(one[1] for one in theirs), "ms"),
    ]


def spread(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def text_of(document: bytes, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>".encode(), document)
    if found is None:
        raise Problem(f"an answer without {name}: {document[:200]!r}")
    return found.group(1).decode()


def completion(etags: list[str]) -> bytes:
    """The document of CompleteMultipartUpload for parts 1, 2, ..."""
    rows = (f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1))
    return f"<CompleteMultipartUpload>{''.join(rows)}</CompleteMultipartUpload>".encode()


def upload(client: S3Client, key: str, part: bytes, etag: str, parts: int) -> None:
    """A multipart upload on UPLOADERS connections, all parts of the same bytes; `etag` is theirs."""
    path, local = f"/{BUCKET}/{key}", threading.local()
    sessions: list[Session] = []

    def send(number: int) -> None:
        if not hasattr(local, "session"):
            local.session = Session(client)
            sessions.append(local.session)
        local.session.call("PUT", path, {"partNumber": str(number), "uploadId": upload_id}, part)

    with Session(client) as main, ThreadPoolExecutor(UPLOADERS) as pool:
        upload_id = text_of(main.call("POST", path, {"uploads": ""}).body, "UploadId")
        list(pool.map(send, range(1, parts + 1)))
        done = main.call("POST", path, {"uploadId": upload_id}, completion([etag] * parts))
        if b"<Error>" in done.body:
            raise Problem(f"completing the upload: {done.body[:300]!r}")
    for session in sessions:
        session.link.close()


class HashedOnce(S3Client):
    """Signs bodies by a hash that is known, so that the client does not hash 1 GiB beside the server."""

    def __init__(self, client: S3Client, body: bytes):
        super().__init__(f"http://{client.host}:{client.port}", client.access_key, client.secret_key)
        self.body, self.digest = body, hashlib.sha256(body).hexdigest()

    def payload_hash(self, body: bytes) -> str:
        return self.digest if body is self.body else super().payload_hash(body)


def write_files(folder: Path, part: bytes, parts: int) -> None:
    """The same bytes as files, each synced: what the disk can do."""

    def write(number: int) -> None:
        with open(folder / f"file-{number}", "wb", buffering=0) as file:
            sent = 0
            while sent < len(part):
                sent += file.write(memoryview(part)[sent:])
            os.fdatasync(file.fileno())

    with ThreadPoolExecutor(UPLOADERS) as pool:
        list(pool.map(write, range(parts)))
    for number in range(parts):
        (folder / f"file-{number}").unlink()


def measure_upload(folder: Path, arguments) -> list[Figure]:
    parts = max(1, (arguments.size_mib << 20) // PART_BYTES)
    mib = parts * PART_BYTES >> 20
    part = os.urandom(PART_BYTES)
    server, client = labstore(folder, arguments.option)
    uploads: list[Usage] = []
    files: list[Usage] = []
    hashing_s = []
    with server:
        client.make_bucket(BUCKET)
        signer, etag = HashedOnce(client, part), f'"{hashlib.md5(part).hexdigest()}"'
        for number in range(arguments.rounds):
            with Usage(server) as usage:
                upload(signer, f"object-{number}", part, etag, parts)
            uploads.append(usage)
            with Usage() as usage:
                write_files(folder, part, parts)
            files.append(usage)
            before = time.process_time()
            hashlib.sha256(part), hashlib.md5(part)
            hashing_s.append((time.process_time() - before) * parts)
            with Session(client) as session:
                session.call("DELETE", f"/{BUCKET}/object-{number}")
    rates = [mib / one.seconds for one in uploads]
    middle = sorted(uploads, key=lambda one: one.seconds)[len(uploads) // 2]
    name, share = middle.fullest()
    others = ", ".join(f"{other} {busy:.0%}" for other, busy in middle.shares().items() if other != name)
    what = f"multipart upload of {mib} MiB"
    return [
        Figure(f"{what}: fullest resource, {name}", share, "", FULL, True, others),
        Figure(what, statistics.median(rates), "MiB/s", note=f"{UPLOADERS} connections, parts of {PART_BYTES >> 20} MiB"),
        Figure("the same bytes as synced files", statistics.median(mib / one.seconds for one in files), "MiB/s"),
        Figure(f"{what}, CPU of the server", statistics.median(one.server_cpu_s for one in uploads), "s"),
        Figure("SHA-256 and MD5 of it by OpenSSL, one core", statistics.median(hashing_s), "s"),
        Figure(f"{what}, CPU of the client", statistics.median(one.client_cpu_s for one in uploads), "s"),
    ]


def measure_parts(folder: Path, arguments) -> list[Figure]:
    """10,000 small parts, as an object of 5 TiB has them; the least size of a part is lowered for it."""
    server, client = labstore(folder, ["--part-size-min", "1", *arguments.option])
    body = os.urandom(SMALL_PART_BYTES)
    etag = f'"{hashlib.md5(body).hexdigest()}"'
    seconds, cpu, rates = [], [], []
    with server, Session(client) as session:
        client.make_bucket(BUCKET)
        for number in range(arguments.rounds):
            path = f"/{BUCKET}/many-{number}"
            upload_id = text_of(session.call("POST", path, {"uploads": ""}).body, "UploadId")
            requests = [
                request_bytes(client, "PUT", path, {"partNumber": str(part), "uploadId": upload_id}, body)
                for part in range(1, SMALL_PARTS + 1)
            ]
            sent = play(server.port, lambda asked: requests[asked] if asked < SMALL_PARTS else None, 16, 600)
            if sent.errors or sent.requests != SMALL_PARTS:
                raise Problem(f"{sent.errors} of {SMALL_PARTS} parts failed, {sent.requests} were sent")
            rates.append(sent.rate)
            with Usage(server) as usage:
                done = session.call("POST", path, {"uploadId": upload_id}, completion([etag] * SMALL_PARTS))
            if b"<Error>" in done.body:
                raise Problem(f"completing the upload: {done.body[:300]!r}")
            seconds.append(usage.seconds)
            cpu.append(usage.server_cpu_s)
            got, _ = drain(server.port, request_bytes(client, "GET", path))
            if got != SMALL_PARTS * SMALL_PART_BYTES:
                raise Problem(f"the object has {got} bytes")
    what = f"Complete of {SMALL_PARTS:,} parts"
    return [
        Figure(what, statistics.median(seconds), "s", 1.0, False, spread(seconds)),
        Figure(f"{what}, CPU of the server", statistics.median(cpu), "s"),
        Figure("parts uploaded before it, by a client in Python", statistics.median(rates), "a second"),
    ]


CASES = {"get": measure_get, "upload": measure_upload, "parts": measure_parts}


def add_parser(commands) -> None:
    command = commands.add_parser("large", help="1 GiB down and up, and an upload of 10,000 parts")
    figures.add_options(command, CASES, rounds=3, seconds=3)
    command.add_argument("--size-mib", type=int, default=1024, metavar="N", help="of the large object; 1024")


def run(arguments) -> int:
    return figures.run(arguments, CASES)
