#!/usr/bin/env python3
"""Writes the vectors that auth's tests replay.

    make_vectors.py botocore > vectors/botocore.txt
    make_vectors.py aws-suite DIRECTORY > vectors/aws_sigv4.txt

`botocore` drives the installed botocore with the clock stopped and records the requests it would have sent; nothing
goes over a network. `aws-suite` reads tests/aws-signing-test-suite/v4 of the public repository awslabs/aws-c-auth and
records what was signed and the signature. The format is described in vectors/README.md.
"""

import datetime
import io
import pathlib
import sys
from email.utils import formatdate
from urllib.parse import urlsplit

ACCESS_KEY = "LABSTOREVECTORKEY"
SECRET_KEY = "vector/secret+with=punctuation0123456789"
NOW = datetime.datetime(2026, 8, 2, 12, 0, 0, tzinfo=datetime.timezone.utc)
DOMAIN = "s3.example.com"
AMZ_NOW = "20260802T120000Z"
UNSIGNED_AND_CHANGING = {"user-agent", "amz-sdk-invocation-id", "amz-sdk-request"}
KEYS = [
    "simple",
    "two words",
    "plus+plus",
    "per%cent %2B",
    "../..//up",
    "/leading",
    "trailing/",
    "a?b&c=d#e",
    "Übergröße/日本語",
    "emoji 😀",
    "tilde~star*quote'(paren)!",
    "semi;colon:at@dollar$comma,",
    "tab\tand\x01control",
]


def emit(name, fields):
    print(f"case {name}")
    for key, value in fields:
        print(f"{key} {value}".rstrip(" "))
    print("end\n")


def text(value):
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)


class Recorder:
    """Clients that hand their requests to us instead of to a socket."""

    def __init__(self):
        import botocore.auth
        import botocore.session
        from botocore.awsrequest import AWSResponse
        from botocore.config import Config

        self.session = botocore.session.Session()
        self.session.set_credentials(ACCESS_KEY, SECRET_KEY)
        self.config = Config
        self.response = AWSResponse
        self.sent = None
        botocore.auth.get_current_datetime = lambda *ignored, **also_ignored: NOW.replace(tzinfo=None)
        botocore.auth.formatdate = lambda *_, usegmt=False: formatdate(NOW.timestamp(), usegmt=usegmt)
        botocore.auth.time = type("time", (), {"time": staticmethod(lambda: NOW.timestamp())})

    def client(self, version, style="path", endpoint=f"http://{DOMAIN}:6789"):
        client = self.session.create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=endpoint,
            config=self.config(signature_version=version, s3={"addressing_style": style}),
        )
        client.meta.events.register("before-send.s3.*", self.capture)
        return client

    def capture(self, request, **_):
        self.sent = request
        raw = io.BytesIO(b"")
        raw.stream = lambda *args, **kwargs: iter([b""])
        return self.response(request.url, 200, {}, raw)

    def record(self, name, call, **arguments):
        self.sent = None
        try:
            call(**arguments)
        except Exception:  # the empty response does not parse for every operation; the request is recorded by then
            if self.sent is None:
                raise
        request = self.sent
        parts = urlsplit(request.url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        fields = [("time", AMZ_NOW), ("domain", DOMAIN), ("method", request.method), ("target", target)]
        fields.append(("header", f"Host: {parts.netloc}"))
        for key, value in request.headers.items():
            if key.lower() not in UNSIGNED_AND_CHANGING:
                fields.append(("header", f"{key}: {text(value)}"))
        body = request.body
        if hasattr(body, "read"):
            body = body.read()
        if body:
            fields.append(("body", (body.encode() if isinstance(body, str) else body).hex()))
        emit(name, fields)

    def record_url(self, name, client, operation, headers=(), expires=3600, method=None, **arguments):
        url = client.generate_presigned_url(operation, Params=arguments, ExpiresIn=expires, HttpMethod=method)
        parts = urlsplit(url)
        verb = method or {"get": "GET", "head": "HEAD", "put": "PUT", "delete": "DELETE", "list": "GET"}.get(
            operation.split("_")[0], "PUT"
        )
        fields = [("time", AMZ_NOW), ("domain", DOMAIN), ("method", verb)]
        fields.append(("target", f"{parts.path}?{parts.query}"))
        fields.append(("header", f"Host: {parts.netloc}"))
        fields.extend(("header", f"{key}: {value}") for key, value in headers)
        emit(name, fields)


def record_operations(recorder, client, prefix):
    for index, key in enumerate(KEYS):
        recorder.record(f"{prefix}-key-{index}", client.get_object, Bucket="bucket", Key=key)
    calls = [
        ("list-buckets", client.list_buckets, {}),
        ("list", client.list_objects_v2, {"Bucket": "bucket", "Prefix": "a b+c/", "Delimiter": "/", "MaxKeys": 7}),
        ("list-empty", client.list_objects, {"Bucket": "bucket", "Prefix": "", "Marker": "ä&=?"}),
        ("versions", client.list_object_versions, {"Bucket": "bucket", "KeyMarker": "~k"}),
        ("location", client.get_bucket_location, {"Bucket": "bucket"}),
        ("create", client.create_bucket, {"Bucket": "bucket"}),
        ("delete", client.delete_object, {"Bucket": "bucket", "Key": "k", "VersionId": "v+/="}),
        ("uploads", client.create_multipart_upload, {"Bucket": "bucket", "Key": "big file"}),
        ("part", client.upload_part, {"Bucket": "bucket", "Key": "k", "PartNumber": 3, "UploadId": "u", "Body": b"x"}),
        ("copy", client.copy_object, {"Bucket": "bucket", "Key": "k", "CopySource": {"Bucket": "b2", "Key": "ö +"}}),
        (
            "put",
            client.put_object,
            {
                "Bucket": "bucket",
                "Key": "k",
                "Body": b"hello",
                "ContentType": "text/plain; charset=utf-8",
                "Metadata": {"empty": "", "spaces": "a   b \t c", "plain": "x"},
            },
        ),
        (
            "overrides",
            client.get_object,
            {
                "Bucket": "bucket",
                "Key": "k",
                "Range": "bytes=1-2",
                "ResponseContentDisposition": 'attachment; filename="a b+c.txt"',
                "ResponseContentType": "text/plain",
            },
        ),
    ]
    for name, call, arguments in calls:
        recorder.record(f"{prefix}-{name}", call, **arguments)


def record_presigned(recorder, client, prefix):
    for index, key in enumerate(KEYS):
        recorder.record_url(f"{prefix}-key-{index}", client, "get_object", Bucket="bucket", Key=key)
    recorder.record_url(f"{prefix}-week", client, "get_object", expires=604800, Bucket="bucket", Key="k")
    recorder.record_url(f"{prefix}-second", client, "head_object", expires=1, Bucket="bucket", Key="k")
    recorder.record_url(f"{prefix}-put", client, "put_object", Bucket="bucket", Key="k")
    recorder.record_url(
        f"{prefix}-put-acl",
        client,
        "put_object",
        headers=[("x-amz-acl", "private"), ("Content-Type", "text/x")],
        Bucket="bucket",
        Key="k",
        ACL="private",
        ContentType="text/x",
    )
    recorder.record_url(f"{prefix}-delete", client, "delete_object", Bucket="bucket", Key="k", VersionId="v 1")
    recorder.record_url(f"{prefix}-list", client, "list_objects_v2", Bucket="bucket", Prefix="a b+", Delimiter="/")
    recorder.record_url(
        f"{prefix}-overrides",
        client,
        "get_object",
        Bucket="bucket",
        Key="k",
        ResponseContentDisposition='attachment; filename="ä b+c.txt"',
        ResponseExpires="Thu, 01 Jan 2026 00:00:00 GMT",
    )


def record_raw(recorder):
    """Requests that no client call makes, signed by botocore's S3 signer."""
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = botocore.auth.S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1")
    cases = [
        ("duplicate-keys", "/bucket?b=2&a=2&a=1&b=1&a=", []),
        ("valueless", "/bucket?uploads&prefix=", []),
        ("order", "/bucket?A=1&a=1&a-b=2&aa=3&_=4&~=5&%C3%A4=6", []),
        ("encoded-equals", "/bucket?prefix=a%3Db%26c%3D%3D&x=%2F%3A%2B", []),
        ("double-slashes", "//bucket//key//", []),
        ("dots", "/bucket/./a/../b", []),
        ("headers-trimmed", "/bucket/k", [("X-Amz-Meta-A", "  in \t  out  "), ("Zebra", "z")]),
        ("headers-joined", "/bucket/k", [("X-Amz-Meta-A", "one"), ("X-Amz-Meta-A", "two")]),
        ("date-header", "/bucket/k", [("Date", "replaced by the signer")]),
    ]
    for name, target, headers in cases:
        request = AWSRequest(method="GET", url=f"http://{DOMAIN}{target}", data=b"")
        for key, value in headers:
            request.headers[key] = value
        signer.add_auth(request)
        fields = [("time", AMZ_NOW), ("method", "GET"), ("target", target), ("header", f"Host: {DOMAIN}")]
        fields.extend(("header", f"{key}: {text(value)}") for key, value in request.headers.items())
        emit(f"sigv4-raw-{name}", fields)


def write_botocore():
    import botocore

    print(f"# Written by make_vectors.py with botocore {botocore.__version__}.\n")
    recorder = Recorder()
    for version, prefix in (("s3v4", "sigv4"), ("s3", "sigv2")):
        record_operations(recorder, recorder.client(version), prefix)
        record_presigned(recorder, recorder.client(version), f"{prefix}-url")
        for style_call in ("get_object", "list_objects_v2"):
            client = recorder.client(version, style="virtual")
            arguments = {"Bucket": "bucket"} | ({"Key": "ä b"} if style_call == "get_object" else {"Prefix": "x"})
            recorder.record(f"{prefix}-virtual-{style_call}", getattr(client, style_call), **arguments)
            recorder.record_url(f"{prefix}-url-virtual-{style_call}", client, style_call, **arguments)
    secure = recorder.client("s3v4", endpoint=f"https://{DOMAIN}")
    for size in (0, 1, 700):
        recorder.record(
            f"sigv4-trailer-{size}", secure.put_object, Bucket="bucket", Key="k", Body=io.BytesIO(b"a" * size)
        )
    record_raw(recorder)


def read_request(path):
    """Method, target and headers of a request file, folded lines joined."""
    lines = path.read_text(encoding="utf-8").split("\n")
    method, target = lines[0].split(" ", 1)
    target = target.rsplit(" HTTP/1.1", 1)[0]
    headers = []
    for line in lines[1:]:
        if not line.strip("\r"):
            break
        if line[0] in " \t":
            headers[-1] = headers[-1] + " " + line.strip()
        else:
            headers.append(line.replace(":", ": ", 1))
    return method, target, headers


def write_aws_suite(directory):
    print("# Written by make_vectors.py from the public SigV4 suite of awslabs/aws-c-auth.\n")
    for case in sorted(pathlib.Path(directory).iterdir()):
        normalizes = case.name.endswith("-normalized")
        if not case.is_dir() or normalizes:  # S3 takes paths as they are: the -unnormalized twins are ours
            continue
        if case.name == "post-sts-header-after":  # a token added after signing, which S3 does not allow
            continue
        for form in ("header", "query"):
            signed = case / f"{form}-signed-request.txt"
            method, target, headers = read_request(signed)
            canonical = (case / f"{form}-canonical-request.txt").read_text(encoding="utf-8").split("\n")
            sts = (case / f"{form}-string-to-sign.txt").read_text(encoding="utf-8").split("\n")
            fields = [("time", sts[1]), ("method", method), ("target", target)]
            fields += [("header", line) for line in headers if not line.lower().startswith("authorization")]
            fields += [("scope", sts[2]), ("signed-headers", canonical[-2]), ("payload-hash", canonical[-1])]
            fields += [("canonical-sha256", sts[3])]
            fields += [("signature", (case / f"{form}-signature.txt").read_text().strip())]
            emit(f"{case.name}-{form}", fields)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    if sys.argv[1:2] == ["botocore"]:
        write_botocore()
    elif sys.argv[1:2] == ["aws-suite"] and len(sys.argv) == 3:
        write_aws_suite(sys.argv[2])
    else:
        sys.exit(__doc__)
