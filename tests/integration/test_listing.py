"""Listing both ways: order, prefixes, delimiters, paging and encoding."""
import itertools
import urllib.error
import urllib.request

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEYS = sorted(
    ["a", "a/1", "a/2", "a/b/3", "ab", "b/", "b/x", "c//d", "c/d", "é", "星/1", "z"], key=lambda k: k.encode()
)


@pytest.fixture(name="filled")
def filled_bucket(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def expected_listing(prefix, delimiter, after=""):
    """The model: contents and rolled-up prefixes in byte order."""
    entries = []
    for key in KEYS:
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        rest = key[len(prefix) :]
        if delimiter and delimiter in rest:
            rolled = prefix + rest[: rest.index(delimiter) + len(delimiter)]
            if not entries or entries[-1] != (rolled, True):
                entries.append((rolled, True))
        else:
            entries.append((key, False))
    return entries


def merge(page):
    entries = [(o["Key"], False) for o in page.get("Contents", [])] + [(p["Prefix"], True) for p in page.get("CommonPrefixes", [])]
    return sorted(entries, key=lambda e: e[0].encode())


CASES = list(itertools.product(["", "a", "a/", "b/", "x"], ["", "/", "//", "b"], [1, 2, 3, 1000]))


@pytest.mark.parametrize("prefix,delimiter,size", CASES)
def test_every_page_size_gives_the_same_listing(s3, filled, prefix, delimiter, size):
    expected = expected_listing(prefix, delimiter)
    options = {"Bucket": filled, "Prefix": prefix, "MaxKeys": size, **({"Delimiter": delimiter} if delimiter else {})}

    found = []
    token = {}
    while True:
        page = s3.list_objects_v2(**options, **token)
        assert page["KeyCount"] == len(merge(page)) <= size
        found += merge(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == expected

    found = []
    marker = ""
    while True:
        page = s3.list_objects(**options, Marker=marker)
        found += merge(page)
        if not page["IsTruncated"]:
            break
        marker = page["NextMarker"] if delimiter else page["Contents"][-1]["Key"]
    assert found == expected


def test_start_after_owner_and_zero(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, StartAfter="b/", FetchOwner=True)
    assert [o["Key"] for o in page["Contents"]] == [k for k in KEYS if k.encode() > b"b/"]
    assert page["Contents"][0]["Owner"]["ID"]
    assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
    empty = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert empty["KeyCount"] == 0 and empty["IsTruncated"] is False


def test_common_prefixes_of_many_keys(s3, bucket):
    for number in range(60):
        s3.put_object(Bucket=bucket, Key=f"p{number % 3}/{number}", Body=b"")
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in page["CommonPrefixes"]] == ["p0/", "p1/", "p2/"]
    assert "Contents" not in page


@pytest.mark.parametrize("query", ["prefix=%FF", "delimiter=%C3", "marker=%FF", "key-marker=%FF&uploads="])
def test_bytes_that_are_no_text_are_refused(server, bucket, query):
    request = AWSRequest("GET", f"{server.endpoint}/{bucket}?{query}")
    S3SigV4Auth(Credentials(server.access_key, server.secret_key), "s3", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(urllib.request.Request(request.url, headers=dict(request.headers.items())))
    assert error.value.code == 400
    assert "<Code>InvalidURI</Code>" in error.value.read().decode("utf-8")
