#!/usr/bin/env python3
"""Writes the seeds of the three fuzzers, each in the folder of its name, from the vectors of the unit tests."""

import hashlib
import hmac
import pathlib

HERE = pathlib.Path(__file__).parent
VECTORS = HERE / "../../unit/auth/vectors/botocore.txt"
SECRET = "vector/secret+with=punctuation0123456789"
SCOPE = "20260802/us-east-1/s3/aws4_request"
EMPTY = hashlib.sha256().hexdigest()


def write(fuzzer, name, content):
    folder = HERE / fuzzer
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def requests():
    for block in VECTORS.read_text(encoding="utf-8").split("case ")[1:]:
        lines = block.split("\n")
        fields = [line.partition(" ")[::2] for line in lines[1:]]
        method = next(value for key, value in fields if key == "method")
        target = next(value for key, value in fields if key == "target")
        headers = [value for key, value in fields if key == "header"]
        yield lines[0], "\n".join([f"{method} {target}", *headers]).encode()


def sign(previous, algorithm, tail):
    key = b"AWS4" + SECRET.encode()
    for part in SCOPE.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = "\n".join([algorithm, "20260802T120000Z", SCOPE, previous, tail])
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def chunked(mode, chunks):
    """Mode as in aws_chunked_fuzz.cpp: 0 signed, 1 signed with trailer, 2 unsigned with trailer."""
    previous = "5" * 64
    body = b""
    for chunk in [*chunks, b""]:
        body += b"%x" % len(chunk)
        if mode != 2:
            previous = sign(previous, "AWS4-HMAC-SHA256-PAYLOAD", EMPTY + "\n" + hashlib.sha256(chunk).hexdigest())
            body += b";chunk-signature=" + previous.encode()
        body += b"\r\n" + chunk + (b"\r\n" if chunk else b"")
    if mode != 0:
        body += b"x-amz-checksum-crc32:AAAAAA==\r\n"
    if mode == 1:
        digest = hashlib.sha256(b"x-amz-checksum-crc32:AAAAAA==\n").hexdigest()
        body += b"x-amz-trailer-signature:" + sign(previous, "AWS4-HMAC-SHA256-TRAILER", digest).encode() + b"\r\n"
    return bytes([mode, sum(map(len, chunks))]) + body + b"\r\n"


if __name__ == "__main__":
    for case, content in requests():
        if "-key-" not in case or case.endswith("-key-3"):
            write("presigned" if "-url" in case else "authorization", case, content)
    for index, chunks in enumerate([[], [b"a"], [b"hello", b" ", b"world"], [b"\r\n0\r\n\r\n", bytes(100)]]):
        for mode in range(3):
            write("aws_chunked", f"mode{mode}-{index}", chunked(mode, chunks))
