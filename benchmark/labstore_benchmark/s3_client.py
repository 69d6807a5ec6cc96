"""The few S3 calls the benchmark makes itself, signed with version 4: is a store ready, what does it hold."""

import hashlib
import hmac
import http.client
import time
import urllib.parse
import xml.etree.ElementTree as xml
from dataclasses import dataclass

from .problems import Problem

TIMEOUT_SECONDS = 10


@dataclass
class Answer:
    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The S3 error code, or the beginning of whatever came instead."""
        try:
            found = next((node.text for node in xml.fromstring(self.body).iter() if node.tag.endswith("Code")), None)
        except xml.ParseError:
            found = None
        return found or self.body[:200].decode(errors="replace").strip()


class S3Client:
    """Path style, one connection per call: it is for a handful of calls, not for load. Raises OSError when nobody
    answers; an answer of any status is returned."""

    def __init__(self, url: str, access_key: str, secret_key: str, region: str = "us-east-1"):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Problem(f"'{url}' is no endpoint: write http://HOST:PORT or https://HOST")
        self.tls = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.tls else 80)
        self.access_key, self.secret_key, self.region = access_key, secret_key, region

    @property
    def netloc(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def call(self, method: str, path: str, query: dict | None = None, body: bytes = b"") -> Answer:
        target = urllib.parse.quote(path, safe="/-_.~")
        pairs = sorted((query or {}).items())
        text = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)
        headers = self.signed_headers(method, target, text, body)
        kind = http.client.HTTPSConnection if self.tls else http.client.HTTPConnection
        connection = kind(self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, target + ("?" + text if text else ""), body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        except http.client.HTTPException as error:
            raise OSError(f"no HTTP answer: {error!r}") from error
        finally:
            connection.close()

    def signed_headers(self, method: str, path: str, query: str, body: bytes) -> dict:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        digest = self.payload_hash(body)
        headers = {"host": self.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        canonical = "\n".join((method, path, query, lines, names, digest))
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for part in (moment[:8], self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def payload_hash(self, body: bytes) -> str:
        return hashlib.sha256(body).hexdigest()

    def make_bucket(self, bucket: str) -> Answer:
        """2xx also when the caller has it already."""
        answer = self.call("PUT", f"/{bucket}")
        return Answer(200, b"") if answer.status == 409 and answer.code == "BucketAlreadyOwnedByYou" else answer

    def bucket_exists(self, bucket: str) -> bool:
        return self.call("HEAD", f"/{bucket}").ok

    def held(self, bucket: str) -> tuple[int, int]:
        """Objects in a bucket and their bytes."""
        objects = total = 0
        token = None
        while True:
            query = {"list-type": "2"} | ({"continuation-token": token} if token else {})
            answer = self.call("GET", f"/{bucket}", query)
            if not answer.ok:
                raise OSError(f"listing {bucket}: {answer.status} {answer.code}")
            root = xml.fromstring(answer.body)
            sizes = [int(node.text or 0) for node in root.iter() if local_name(node) == "Size"]
            objects, total = objects + len(sizes), total + sum(sizes)
            token = next((node.text for node in root.iter() if local_name(node) == "NextContinuationToken"), None)
            if not token:
                return objects, total


def quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def local_name(node: xml.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def fault_of(client: S3Client, bucket: str) -> str | None:
    """Why the store cannot be used yet, or None: a bucket, an object put, read back and deleted is what ready means."""
    body = b"is this store ready?"
    steps = (
        ("making the bucket", lambda: None if client.bucket_exists(bucket) else client.make_bucket(bucket)),
        ("a PUT", lambda: client.call("PUT", f"/{bucket}/ready-check", body=body)),
        ("a GET", lambda: client.call("GET", f"/{bucket}/ready-check")),
        ("a DELETE", lambda: client.call("DELETE", f"/{bucket}/ready-check")),
    )
    for what, step in steps:
        try:
            answer = step()
        except OSError as error:
            return f"{what}: {error}"
        if answer is not None and not answer.ok:
            return f"{what}: {answer.status} {answer.code}"
        if what == "a GET" and answer is not None and answer.body != body:
            return f"{what}: other bytes than were put"
    return None
