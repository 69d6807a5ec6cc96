"""Which bucket a request names: path style and virtual-host style, with domains that end one another."""
import base64
import hashlib
import hmac
import http.client
import time
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.config import Config

from conftest import client_of


def ask(server, method, target, host):
    """Status and body of one request with a Host of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True)
        connection.putheader("Host", host)
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def sigv2_query(server, resource, method="GET"):
    """The query of a SigV2 link, signed over `resource`."""
    expires = int(time.time()) + 600
    text = f"{method}\n\n\n{expires}\n{resource}"
    made = hmac.new(server.secret_key.encode(), text.encode(), hashlib.sha1).digest()
    signature = quote(base64.b64encode(made).decode(), safe="")
    return f"AWSAccessKeyId={server.access_key}&Expires={expires}&Signature={signature}"


@pytest.fixture
def nested(server_factory):
    """A server whose domains end one another, with an object of each of two buckets that could be mixed up."""
    server = server_factory("--domain", "example.test", "--domain", "s3x.example.test")
    s3 = client_of(server)
    for bucket in ("bkt1", "bkt1.s3x"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=bucket.encode())
    return server


def test_a_signature_for_one_bucket_does_not_serve_another(nested):
    query = sigv2_query(nested, "/bkt1/k")
    assert ask(nested, "GET", f"/k?{query}", "bkt1.s3x.example.test") == (200, "bkt1")
    assert ask(nested, "GET", f"/k?{query}", "bkt1.example.test") == (200, "bkt1")
    query = sigv2_query(nested, "/bkt1.s3x/k")
    status, body = ask(nested, "GET", f"/k?{query}", "bkt1.s3x.example.test")
    assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body
    assert ask(nested, "GET", f"/bkt1.s3x/k?{query}", "example.test") == (200, "bkt1.s3x")


@pytest.mark.parametrize("host", ["s3x.example.test", "S3X.example.test:80", "example.test", "example.test:", "127.0.0.1"])
def test_a_domain_itself_is_path_style(nested, host):
    query = sigv2_query(nested, "/bkt1/k")
    assert ask(nested, "GET", f"/bkt1/k?{query}", host) == (200, "bkt1")


def test_virtual_host_style_with_sigv4(nested):
    """boto3 signs for the host; the connection goes to the server under test."""
    s3 = boto3.client(
        "s3",
        endpoint_url="http://s3x.example.test",
        aws_access_key_id=nested.access_key,
        aws_secret_access_key=nested.secret_key,
        region_name="us-east-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    url = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": "bkt1", "Key": "k"}))
    assert url.netloc == "bkt1.s3x.example.test"
    assert ask(nested, "GET", f"{url.path}?{url.query}", url.netloc) == (200, "bkt1")


@pytest.mark.parametrize("key", ["-", "-/health/live", "-/metrics"])
def test_keys_that_look_like_admin_paths(nested, key):
    """Under the host of a bucket they are keys like any other."""
    host = "bkt1.example.test"
    assert ask(nested, "PUT", f"/{key}?{sigv2_query(nested, f'/bkt1/{key}', 'PUT')}", host)[0] == 200
    assert ask(nested, "GET", f"/{key}?{sigv2_query(nested, f'/bkt1/{key}')}", host) == (200, "")
    assert client_of(nested).head_object(Bucket="bkt1", Key=key)["ContentLength"] == 0
    status, body = ask(nested, "GET", "/-/health/live", "example.test")
    assert status == 200 and "live" in body
