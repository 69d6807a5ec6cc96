"""Versions with boto3 against the real server: the life of a key, many clients at once, a kill in the middle."""
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from conftest import client_of
from server_process import run


def enable(s3, bucket, status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def history(s3, bucket):
    """(key, version id, is latest, is a delete marker) of all pages; of one page the versions come first."""
    entries = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7}):
        found = [(e, False) for e in page.get("Versions", [])] + [(e, True) for e in page.get("DeleteMarkers", [])]
        assert len(found) <= 7
        entries += [(e["Key"], e["VersionId"], e["IsLatest"], marker) for e, marker in found]
    return entries


def empty(s3, bucket):
    while entries := history(s3, bucket):
        objects = [{"Key": key, "VersionId": version} for key, version, _, _ in entries]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects[:1000]})
        assert "Errors" not in answer


def test_life_of_a_key(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"before")
    assert "VersionId" not in s3.head_object(Bucket=bucket, Key="k")
    enable(s3, bucket)
    assert s3.head_object(Bucket=bucket, Key="k")["VersionId"] == "null"
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"two")["VersionId"]
    hidden = s3.delete_object(Bucket=bucket, Key="k")
    assert hidden["DeleteMarker"]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k")
    assert error.value.response["Error"]["Code"] == "NoSuchKey"
    assert error.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="k", VersionId=hidden["VersionId"])
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 405
    assert history(s3, bucket) == [
        ("k", two, False, False),
        ("k", one, False, False),
        ("k", "null", False, False),
        ("k", hidden["VersionId"], True, True),
    ]
    for version, body in (("null", b"before"), (one, b"one"), (two, b"two")):
        assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == body
    s3.delete_object(Bucket=bucket, Key="k", VersionId=hidden["VersionId"])
    s3.delete_object(Bucket=bucket, Key="k", VersionId=two)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"one"
    s3.copy_object(Bucket=bucket, Key="k", CopySource={"Bucket": bucket, "Key": "k", "VersionId": "null"})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"before"
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert error.value.response["Error"]["Code"] == "BucketNotEmpty"
    empty(s3, bucket)
    s3.delete_bucket(Bucket=bucket)


def test_many_clients_on_one_key(s3, server, bucket):
    enable(s3, bucket)

    def put(number):
        return client_of(server).put_object(Bucket=bucket, Key="hot", Body=b"%d" % number)["VersionId"]

    def hide(_):
        return client_of(server).delete_object(Bucket=bucket, Key="hot")["VersionId"]

    with ThreadPoolExecutor(8) as pool:
        made = [*pool.map(put, range(40)), *pool.map(hide, range(5)), *pool.map(put, range(40))]
    entries = history(s3, bucket)
    assert sorted(version for _, version, _, _ in entries) == sorted(made)
    assert [version for _, version, latest, _ in entries if latest] == [max(made)]
    assert sum(marker for _, _, _, marker in entries) == 5
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: empty(client_of(server), bucket), range(4)))
    assert history(s3, bucket) == []


def test_what_was_answered_survives_a_kill(server_factory, tmp_path):
    server = server_factory(folder=tmp_path / "killed")
    s3 = client_of(server)
    s3.create_bucket(Bucket="photos")
    enable(s3, "photos")
    told = []
    for number in range(20):
        told.append(("k", s3.put_object(Bucket="photos", Key="k", Body=b"%d" % number)["VersionId"]))
        if number % 4 == 3:
            told.append(("k", s3.delete_object(Bucket="photos", Key="k")["VersionId"]))
        if number % 5 == 4:
            key, version = told.pop(len(told) // 2)
            s3.delete_object(Bucket="photos", Key=key, VersionId=version)
    server.signal(signal.SIGKILL)
    server.wait()
    server = server_factory(folder=tmp_path / "killed")
    s3 = client_of(server)
    assert s3.get_bucket_versioning(Bucket="photos")["Status"] == "Enabled"
    assert sorted((key, version) for key, version, _, _ in history(s3, "photos")) == sorted(told)
    server.stop()
    done = run("check", "--storage-path", server.storage_path)
    assert done.returncode == 0, done.stdout + done.stderr
