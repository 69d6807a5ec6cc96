"""Objects that are read more than once: from the second time on the server may send them from the page cache, unlooked at
and uncopied, so the bytes are compared each time, whole and in ranges, with slow readers, and while they are replaced."""
import hashlib
import http.client
import random
import socket
import threading
import urllib.parse

import pytest
from conftest import client_of

SIZES = [16_383, 16_384, 100_000, 1_048_576, 1_048_577, 20_000_003]


def body_of(seed, size):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("size", SIZES)
def test_every_reading_gives_the_same_bytes(s3, bucket, size):
    body = body_of(size, size)
    s3.put_object(Bucket=bucket, Key="o", Body=body)
    for _ in range(4):
        assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == body
    for first, last in [(0, 0), (1, 4096), (size // 2, size - 1), (size - 1, size - 1), (4095, 12_345)]:
        answer = s3.get_object(Bucket=bucket, Key="o", Range=f"bytes={first}-{last}")
        assert answer["Body"].read() == body[first : last + 1]
        assert answer["ContentRange"] == f"bytes {first}-{min(last, size - 1)}/{size}"


def test_parts_are_sent_in_their_order(s3, bucket):
    parts = [body_of(number, 5 * 1024 * 1024 + number) for number in range(3)] + [body_of(9, 50_000)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="o")["UploadId"]
    done = []
    for number, part in enumerate(parts, 1):
        etag = s3.upload_part(Bucket=bucket, Key="o", UploadId=upload, PartNumber=number, Body=part)["ETag"]
        done.append({"PartNumber": number, "ETag": etag})
    s3.complete_multipart_upload(Bucket=bucket, Key="o", UploadId=upload, MultipartUpload={"Parts": done})
    whole = b"".join(parts)
    for _ in range(3):
        assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == whole
        border = len(parts[0])
        answer = s3.get_object(Bucket=bucket, Key="o", Range=f"bytes={border - 70_000}-{border + 70_000}")
        assert answer["Body"].read() == whole[border - 70_000 : border + 70_001]


def test_a_slow_reader_gets_all_of_it(s3, bucket, server):
    body = body_of(1, 20_000_003)
    s3.put_object(Bucket=bucket, Key="o", Body=body)
    s3.get_object(Bucket=bucket, Key="o")["Body"].read()
    url = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "o"}))
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(("127.0.0.1", server.port))
        target = f"{url.path}?{url.query}"
        peer.sendall(f"GET {target} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        assert answer.status == 200 and int(answer.headers["Content-Length"]) == len(body)
        assert hashlib.sha256(answer.read()).digest() == hashlib.sha256(body).digest()


def test_a_client_that_leaves_hurts_nobody(s3, bucket, server):
    body = body_of(2, 20_000_003)
    s3.put_object(Bucket=bucket, Key="o", Body=body)
    s3.get_object(Bucket=bucket, Key="o")["Body"].read()
    url = urllib.parse.urlsplit(s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "o"}))
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            peer.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
            peer.recv(1000)
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == body


def test_readers_of_an_object_that_is_replaced_get_one_version(s3, bucket):
    bodies = [bytes([65 + number]) * (200_000 + number) for number in range(4)]
    s3.put_object(Bucket=bucket, Key="o", Body=bodies[0])
    over = threading.Event()
    failures = []

    def read():
        while not over.is_set():
            answer = s3.get_object(Bucket=bucket, Key="o")
            if answer["Body"].read() not in bodies:
                failures.append(answer["ETag"])

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(60):
        s3.put_object(Bucket=bucket, Key="o", Body=bodies[number % len(bodies)])
    over.set()
    for reader in readers:
        reader.join()
    assert not failures


def test_space_that_is_used_again_shows_nothing_of_before(server_factory):
    """With small segments and no delay, bytes come to lie where checked ones have been."""
    server = server_factory(
        "--segment-size", "4MiB", "--remove-delay", "0ms", "--clean-up-delay", "0ms"
    )
    s3 = client_of(server)
    s3.create_bucket(Bucket="again")
    kept = {}
    for turn in range(12):
        for number in range(20):
            key = f"k{number}"
            kept[key] = body_of(turn * 1000 + number, 150_000 + 997 * number)
            s3.put_object(Bucket="again", Key=key, Body=kept[key])
        for _ in range(2):
            for key, body in kept.items():
                assert s3.get_object(Bucket="again", Key=key)["Body"].read() == body, (turn, key)
