"""Object lock with boto3, over a restart of the server."""
import time
from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError

from conftest import client_of


def fails(code, call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code


def in_hours(hours):
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=hours)


def test_locks_hold_over_a_restart(server_factory):
    server = server_factory()
    s3 = client_of(server)
    s3.create_bucket(Bucket="ledger", ObjectLockEnabledForBucket=True)
    until = in_hours(2)
    kept = s3.put_object(
        Bucket="ledger", Key="kept", Body=b"kept", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    held = s3.put_object(Bucket="ledger", Key="held", Body=b"held", ObjectLockLegalHoldStatus="ON")["VersionId"]
    s3.delete_object(Bucket="ledger", Key="kept")
    server.stop()
    server.start()
    s3 = client_of(server)
    assert s3.get_object_lock_configuration(Bucket="ledger")["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}
    fails("NoSuchKey", s3.get_object, Bucket="ledger", Key="kept")
    head = s3.head_object(Bucket="ledger", Key="kept", VersionId=kept)
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)
    for key, version in (("kept", kept), ("held", held)):
        fails(
            "AccessDenied", s3.delete_object, Bucket="ledger", Key=key, VersionId=version, BypassGovernanceRetention=True
        )
    answer = s3.delete_objects(
        Bucket="ledger",
        Delete={"Objects": [{"Key": "kept", "VersionId": kept}, {"Key": "held", "VersionId": held}]},
        BypassGovernanceRetention=True,
    )
    assert [failure["Code"] for failure in answer["Errors"]] == ["AccessDenied"] * 2
    assert s3.get_object(Bucket="ledger", Key="kept", VersionId=kept)["Body"].read() == b"kept"
    fails("BucketNotEmpty", s3.delete_bucket, Bucket="ledger")
    s3.put_object_legal_hold(Bucket="ledger", Key="held", LegalHold={"Status": "OFF"})
    s3.delete_object(Bucket="ledger", Key="held", VersionId=held)
    fails("NoSuchVersion", s3.get_object, Bucket="ledger", Key="held", VersionId=held)


def test_a_retention_ends(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    until = datetime.now(timezone.utc) + timedelta(seconds=2)
    s3.put_object_retention(
        Bucket=bucket, Key="k", Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until}
    )
    fails("AccessDenied", s3.delete_object, Bucket=bucket, Key="k", VersionId=version)
    while datetime.now(timezone.utc) <= until:
        time.sleep(0.1)
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    fails("NoSuchKey", s3.get_object, Bucket=bucket, Key="k")


def test_parts_are_locked_when_they_are_completed(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"all of it")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload=parts)
    retention = s3.get_object_retention(Bucket=bucket, Key="parts")["Retention"]
    assert retention["Mode"] == "GOVERNANCE"
    assert timedelta(days=364) < retention["RetainUntilDate"] - in_hours(0) <= timedelta(days=365, seconds=2)
    fails("AccessDenied", s3.delete_object, Bucket=bucket, Key="parts", VersionId=done["VersionId"])
    s3.delete_object(Bucket=bucket, Key="parts", VersionId=done["VersionId"], BypassGovernanceRetention=True)


def test_a_bucket_is_made_with_tags(s3):
    name = f"tagged-{datetime.now().timestamp():.6f}".replace(".", "-")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "team", "Value": "films"}]})
    assert s3.get_bucket_tagging(Bucket=name)["TagSet"] == [{"Key": "team", "Value": "films"}]
    s3.delete_bucket(Bucket=name)
