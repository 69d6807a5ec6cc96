"""A light client for measurements in which the server's CPU counts and not the rate: requests that were signed beforehand,
played on many connections by one thread. wrk has no HEAD and labstore-load reads only what it wrote itself."""

import http.client
import re
import select
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .problems import Problem
from .s3_client import Answer, S3Client, quoted

HOST = "127.0.0.1"
READ_BYTES = 256 * 1024
SILENCE_SECONDS_MAX = 30
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request_bytes(client: S3Client, method: str, path: str, query: dict | None = None, body: bytes = b"") -> bytes:
    """A whole request with a signature in its head; good for the fifteen minutes that clocks may differ."""
    text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted((query or {}).items()))
    headers = client.signed_headers(method, path, text, body)
    if body or method in ("PUT", "POST"):
        headers["content-length"] = str(len(body))
    lines = [f"{method} {path}{'?' + text if text else ''} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Reader:
    """Finds the end of each answer in what a connection receives. One request is under way at a time."""

    def __init__(self):
        self.head = b""
        self.body_left = -1  # below 0: the head is not complete
        self.status = 0

    def take(self, piece: bytes, to_head: bool) -> bool:
        """True when the answer is complete. Bytes behind it are an error of the server."""
        if self.body_left < 0:
            self.head += piece
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return False
            head, rest = self.head[: end + 2], len(self.head) - end - 4
            self.status = int(head[9:12])
            length = LENGTH.search(head)
            if length is None and self.status not in (204, 304):
                raise Problem(f"an answer without a length: {head[:200]!r}")
            self.body_left = 0 if to_head or length is None else int(length.group(1))
            self.head = b""
        else:
            rest = len(piece)
        if rest > self.body_left:
            raise Problem("an answer is longer than it says")
        self.body_left -= rest
        if self.body_left > 0:
            return False
        self.body_left = -1
        return True


class Lane:
    """One connection and what it has done."""

    def __init__(self, port: int, number: int):
        self.socket = socket.create_connection((HOST, port), timeout=SILENCE_SECONDS_MAX)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.number, self.reader = number, Reader()
        self.done, self.started, self.unsent, self.to_head = 0, 0.0, memoryview(b""), False

    def begin(self, request: bytes) -> bool:
        """False when the kernel took only a part of it."""
        self.started, self.to_head = time.perf_counter(), request.startswith(b"HEAD ")
        self.unsent = memoryview(request)
        return self.push()

    def push(self) -> bool:
        try:
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            return False
        return True


@dataclass
class Played:
    seconds: float = 0.0
    errors: int = 0
    by_connection: list[int] = field(default_factory=list)  # requests that each completed
    latencies_s: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(self.by_connection)

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def latency_ms(self, quantile: float) -> float:
        ordered = sorted(self.latencies_s)
        return 1000 * ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]


def play(port: int, request_of: Callable[[int], bytes | None], connections: int, seconds: float) -> Played:
    """Each connection sends the next request when the answer to its last one is complete: a closed loop. `request_of` is
    asked with a running number and ends the run with None; so does the time. What is under way then is waited for."""
    played, lanes, poll = Played(), {}, select.epoll()
    try:
        for number in range(connections):
            lane = Lane(port, number)
            lanes[lane.socket.fileno()] = lane
            poll.register(lane.socket, select.EPOLLIN)
        start = time.perf_counter()
        end, asked, busy, over = start + seconds, 0, 0, False

        def next_one(lane: Lane) -> None:
            nonlocal asked, busy, over
            request = None if over or time.perf_counter() >= end else request_of(asked)
            if request is None:
                over = True
                return
            asked, busy = asked + 1, busy + 1
            if not lane.begin(request):
                poll.modify(lane.socket, select.EPOLLIN | select.EPOLLOUT)

        for lane in lanes.values():
            next_one(lane)
        while busy:
            ready = poll.poll(SILENCE_SECONDS_MAX)
            if not ready:
                raise Problem(f"no answer for {SILENCE_SECONDS_MAX} s, {busy} requests are under way")
            for descriptor, event in ready:
                lane = lanes[descriptor]
                if event & select.EPOLLOUT and lane.push():
                    poll.modify(lane.socket, select.EPOLLIN)
                if not event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                    continue
                piece = lane.socket.recv(READ_BYTES)
                if not piece:
                    raise Problem("the server closed a connection")
                if not lane.reader.take(piece, lane.to_head):
                    continue
                busy -= 1
                lane.done += 1
                played.errors += lane.reader.status >= 300
                played.latencies_s.append(time.perf_counter() - lane.started)
                next_one(lane)
        played.seconds = time.perf_counter() - start
        played.by_connection = [lane.done for lane in lanes.values()]
    finally:
        poll.close()
        for lane in lanes.values():
            lane.socket.close()
    return played


class Session:
    """One kept connection for one request after the other, with whole answers."""

    def __init__(self, client: S3Client, timeout_seconds: float = 120):
        self.client = client
        self.link = http.client.HTTPConnection(client.host, client.port, timeout=timeout_seconds)

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_) -> None:
        self.link.close()

    def call(self, method: str, path: str, query: dict | None = None, body: bytes = b"", **headers: str) -> Answer:
        """Headers that are given are not signed. Raises Problem for anything but success."""
        text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in sorted((query or {}).items()))
        signed = self.client.signed_headers(method, path, text, body)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        self.link.request(method, path + ("?" + text if text else ""), body=body, headers=signed | more)
        got = self.link.getresponse()
        answer = Answer(got.status, got.read())
        self.etag = got.getheader("ETag") or ""
        if not answer.ok:
            raise Problem(f"{method} {path}: {answer.status} {answer.code}")
        return answer


class Counters:
    """One reading of /-/metrics; over https with a certificate to `trust`."""

    def __init__(self, port: int, trust: Path | None = None):
        if trust:
            context = ssl.create_default_context(cafile=str(trust))
            link = http.client.HTTPSConnection(HOST, port, timeout=SILENCE_SECONDS_MAX, context=context)
        else:
            link = http.client.HTTPConnection(HOST, port, timeout=SILENCE_SECONDS_MAX)
        try:
            link.request("GET", "/-/metrics")
            got = link.getresponse()
            self.lines = got.read().decode().splitlines()
            if got.status != 200:
                raise Problem(f"/-/metrics: {got.status}")
        finally:
            link.close()

    def __getitem__(self, name: str) -> float:
        """The sum of a family over all its labels, or one series by its whole name with labels."""
        found = [float(line.rsplit(" ", 1)[1]) for line in self.lines if line.startswith((name + " ", name + "{"))]
        if not found:
            raise Problem(f"/-/metrics has no {name}")
        return sum(found)
