"""Error documents as a client gets them: the elements by which a person or an SDK finds the cause."""
import hashlib
import http.client
import re
import time
import xml.etree.ElementTree as ET
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import client_of


def refuse(server, method, target, headers=()):
    """Status, headers and the elements of the error document of one plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, target, headers=dict(headers))
        answer = connection.getresponse()
        document = ET.fromstring(answer.read())
        assert document.tag == "Error"
        return answer.status, answer.headers, {element.tag: element.text for element in document}
    finally:
        connection.close()


def test_ids_in_the_document_are_those_of_the_head(server):
    for target in ("/", "/no-such-bucket/key", "/%zz"):
        _, headers, error = refuse(server, "GET", target)
        assert error["RequestId"] == headers["x-amz-request-id"]
        assert error["HostId"] == headers["x-amz-id-2"] and len(error["HostId"]) > 16


def test_a_405_names_the_methods_there_are(server, s3, bucket):
    url = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}))
    status, headers, _ = refuse(server, "OPTIONS", "/", {"Origin": "http://a.test", "Access-Control-Request-Method": "GET"})
    assert (status, headers["Allow"]) == (405, "GET")
    # What is not allowed is said to callers that are known only.
    assert refuse(server, "PATCH", url.path)[0] == 403


def test_credentials_that_cannot_be_read_are_told_why(server):
    _, _, error = refuse(server, "GET", "/", {"Authorization": "Bearer some-token"})
    assert (error["Code"], error["Message"]) == ("InvalidArgument", "Unsupported Authorization Type")
    assert (error["ArgumentName"], error["ArgumentValue"]) == ("Authorization", "Bearer")
    _, _, error = refuse(server, "GET", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256")
    assert error["Code"] == "AuthorizationQueryParametersError"
    assert error["Message"].startswith("Query-string authentication version 4 requires the X-Amz-Algorithm, ")


@pytest.mark.parametrize(
    "header, value, code, message",
    [
        ("x-amz-trailer", "x-amz-checksum-sha10", "InvalidRequest",
         "The value specified in the x-amz-trailer header is not supported"),
        ("x-amz-decoded-content-length", "many", "MissingContentLength", None),
        ("x-amz-content-sha256", "GIBBERISH", "InvalidArgument", None),
    ],
)
def test_a_header_about_the_body_that_cannot_be_is_named(server, header, value, code, message):
    """Judged before the signature, which can be any here."""
    today = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={server.access_key}/{today[:8]}/us-east-1/s3/aws4_request, "
                         "SignedHeaders=host, Signature=00",
        "x-amz-date": today,
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": "4",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Length": "0",
    }
    _, _, error = refuse(server, "PUT", "/bucket/k", headers | {header: value})
    assert error["Code"] == code
    if message:
        assert error["Message"] == message
    else:
        assert (error["ArgumentName"], error["ArgumentValue"]) == (header, value)


def test_a_wrong_signature_is_explained_without_the_secret(server, bucket):
    """The SDK's own signing, with a secret of its own."""
    s3 = boto3.client(
        "s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=server.access_key,
        aws_secret_access_key="another",
    )
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="k")
    error = refused.value.response["Error"]
    assert error["Code"] == "SignatureDoesNotMatch"
    assert error["AWSAccessKeyId"] == server.access_key
    assert error["CanonicalRequest"].startswith(f"GET\n/{bucket}/k\n")
    digest = hashlib.sha256(error["CanonicalRequest"].encode()).hexdigest()
    assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n") and error["StringToSign"].endswith(digest)
    assert len(error["SignatureProvided"]) == 64
    assert server.secret_key not in str(refused.value.response)


def test_an_unknown_key_is_named(server):
    s3 = boto3.client(
        "s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="nobody",
        aws_secret_access_key="another",
    )
    with pytest.raises(ClientError) as refused:
        s3.list_buckets()
    assert refused.value.response["Error"]["Code"] == "InvalidAccessKeyId"
    assert refused.value.response["Error"]["AWSAccessKeyId"] == "nobody"


def test_an_expired_url_says_when_it_ended(server, s3, bucket):
    url = urlsplit(s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1))
    time.sleep(2.1)
    status, _, error = refuse(server, "GET", f"{url.path}?{url.query}")
    assert (status, error["Code"], error["Message"]) == (403, "AccessDenied", "Request has expired")
    assert error["Expires"] < error["ServerTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", error["Expires"])


def test_unsigned_headers_are_listed(server, bucket):
    url = urlsplit(client_of(server, config=Config(signature_version="s3v4")).generate_presigned_url(
        "put_object", Params={"Bucket": bucket, "Key": "k"}
    ))
    headers = {"x-amz-meta-b": "1", "x-amz-acl": "private"}
    status, _, error = refuse(server, "PUT", f"{url.path}?{url.query}", headers)
    assert (status, error["Code"]) == (403, "AccessDenied")
    assert error["HeadersNotSigned"] == "x-amz-meta-b, x-amz-acl"


def test_a_key_that_is_too_long_is_measured(s3, bucket):
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="k" * 1030, Body=b"")
    error = refused.value.response["Error"]
    assert (error["Code"], error["Size"], error["MaxSizeAllowed"]) == ("KeyTooLongError", "1030", "1024")
