"""Lifecycle with boto3 against the real server, with days of two seconds: what goes, what stays, across a kill."""
import datetime
import json
import re
import signal
import time

import pytest
from botocore.awsrequest import AWSRequest
from botocore.auth import S3SigV4Auth
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from conftest import client_of
import server_process
import urllib.error
import urllib.request

DAY_SECONDS = 2
OPTIONS = ("--lifecycle-day", f"{DAY_SECONDS}s", "--lifecycle-interval", "100ms")
PATIENCE_SECONDS = 60


def set_rules(s3, bucket, *rules):
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)})


def rule(name, prefix="", **actions):
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": prefix}, **actions}


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def history(s3, bucket):
    page = s3.list_object_versions(Bucket=bucket)
    return page.get("Versions", []) + page.get("DeleteMarkers", [])


def wait_for(what):
    """The state comes; how long that takes is not judged here."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come")


def report(server, query, keys=None):
    """The lines of /-/lifecycle, signed."""
    url = f"{server.endpoint}/-/lifecycle?{query}"
    request = AWSRequest("GET", url, headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    key, secret = keys or (server_process.ACCESS_KEY, server_process.SECRET_KEY)
    S3SigV4Auth(Credentials(key, secret), "s3", "us-east-1").add_auth(request)
    with urllib.request.urlopen(urllib.request.Request(url, headers=dict(request.headers)), timeout=10) as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines()]


@pytest.fixture
def quick(server_factory):
    server = server_factory(*OPTIONS)
    s3 = client_of(server)
    s3.create_bucket(Bucket="ages")
    return server, s3


def test_current_versions_and_uploads_go(quick):
    _, s3 = quick
    for key in ("a/1", "a/2", "b/1"):
        s3.put_object(Bucket="ages", Key=key, Body=b"x")
    s3.create_multipart_upload(Bucket="ages", Key="a/upload")
    s3.create_multipart_upload(Bucket="ages", Key="b/upload")
    abort = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
    set_rules(s3, "ages", rule("r", "a/", Expiration={"Days": 1}, **abort))
    wait_for(lambda: keys(s3, "ages") == ["b/1"])
    wait_for(lambda: [u["Key"] for u in s3.list_multipart_uploads(Bucket="ages")["Uploads"]] == ["b/upload"])


def test_versions_markers_and_a_kill(quick):
    server, s3 = quick
    s3.put_bucket_versioning(Bucket="ages", VersioningConfiguration={"Status": "Enabled"})
    for number in range(30):
        s3.put_object(Bucket="ages", Key=f"k{number % 10}", Body=b"x")
    s3.put_object(Bucket="ages", Key="stays", Body=b"x")
    set_rules(
        s3,
        "ages",
        rule("old", "k", Expiration={"Days": 1}, NoncurrentVersionExpiration={"NoncurrentDays": 1}),
        rule("marks", "k", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 1}),
    )
    wait_for(lambda: len(history(s3, "ages")) < 31)
    server.signal(signal.SIGKILL)
    server.wait()
    server.start()
    wait_for(lambda: [entry["Key"] for entry in history(s3, "ages")] == ["stays"])
    server.stop()
    done = server_process.run("check", "--storage-path", str(server.storage_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_headers_say_when_and_why(s3, bucket):
    set_rules(
        s3,
        bucket,
        rule("two days/", "a/", Expiration={"Days": 2}, AbortIncompleteMultipartUpload={"DaysAfterInitiation": 3}),
    )
    now = datetime.datetime.now(datetime.timezone.utc)
    due = (now + datetime.timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    wanted = f'expiry-date="{due:%a, %d %b %Y} 00:00:00 GMT", rule-id="two%20days%2F"'
    assert s3.put_object(Bucket=bucket, Key="a/k", Body=b"x")["Expiration"] == wanted
    assert s3.head_object(Bucket=bucket, Key="a/k")["Expiration"] == wanted
    assert s3.get_object(Bucket=bucket, Key="a/k")["Expiration"] == wanted
    assert s3.copy_object(Bucket=bucket, Key="a/copy", CopySource=f"{bucket}/a/k")["Expiration"] == wanted
    assert "Expiration" not in s3.put_object(Bucket=bucket, Key="b", Body=b"x")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a/m")
    assert upload["AbortRuleId"] == "two%20days%2F"
    assert upload["AbortDate"] == due + datetime.timedelta(days=1)
    named = {"Bucket": bucket, "Key": "a/m", "UploadId": upload["UploadId"]}
    part = s3.upload_part(PartNumber=1, Body=b"x", **named)
    listed = s3.list_parts(**named)
    assert (listed["AbortDate"], listed["AbortRuleId"]) == (upload["AbortDate"], upload["AbortRuleId"])
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    assert s3.complete_multipart_upload(MultipartUpload=parts, **named)["Expiration"] == wanted


def test_the_report_is_for_the_owner(server, s3, bucket):
    set_rules(s3, bucket, rule("r", "a/", Expiration={"Days": 2}))
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"x" * number)
    s3.put_object(Bucket=bucket, Key="b", Body=b"x")
    lines = report(server, f"bucket={bucket}")
    assert [(line["key"], line["size_bytes"]) for line in lines] == [(f"a/{n}", n) for n in range(5)]
    assert {(line["action"], line["rule_id"]) for line in lines} == {("expire_current", "r")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\.000Z", line["due"]) for line in lines)
    paged, after = [], ""
    while True:
        page = report(server, f"after={after}&bucket={bucket}&limit=2" if after else f"bucket={bucket}&limit=2")
        paged += [line for line in page if "key" in line]
        if not page or "next" not in page[-1]:
            break
        after = page[-1]["next"]
    assert paged == lines
    assert report(server, f"bucket={bucket}&days=1") == []
    for query, keys_used, status in (
        (f"bucket={bucket}", (server_process.ACCESS_KEY, "wrong"), 403),
        ("bucket=none", None, 404),
        ("", None, 400),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            report(server, query, keys_used)
        assert error.value.code == status
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{server.endpoint}/-/lifecycle?bucket={bucket}", timeout=10)
    assert error.value.code == 403


def test_transitions_are_refused(s3, bucket):
    with pytest.raises(ClientError) as error:
        set_rules(s3, bucket, rule("r", Transitions=[{"Days": 1, "StorageClass": "GLACIER"}]))
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
