"""Object semantics through boto3 with its default settings: what AWS documents for PUT, GET, HEAD, DELETE and Copy."""
import base64
import concurrent.futures
import datetime
import hashlib
import random
import zlib

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import client_of


def code_of(error):
    return error.value.response["Error"]["Code"]


def status_of(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


ODD_KEYS = [
    "plain", "/leading", "//", "..", "../../etc/passwd", "a//b", "a/./b", "trailing/", " space ", "plus+and%percent",
    "ümläut/комета/星", "&<>\"'", "tab\tand\nnewline", "\x01\x02", "quote?#[]@!$&'()*,;=", "emoji-\U0001F600", "k" * 1024,
    "null-ish-%00", "~tilde", "back\\slash",
]


@pytest.mark.parametrize("key", ODD_KEYS, ids=range(len(ODD_KEYS)))
def test_odd_keys_round_trip(s3, bucket, key):
    body = key.encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    copied = "copied/" + key[:1000]
    s3.copy_object(Bucket=bucket, Key=copied, CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key=copied)["Body"].read() == body
    if any(ord(character) < 32 for character in key):
        # XML 1.0, in which DeleteObjects names its keys, cannot hold these characters.
        s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_object(Bucket=bucket, Key=copied)
    else:
        deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": copied}]})
        assert len(deleted["Deleted"]) == 2 and "Errors" not in deleted
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_key_limits(s3, bucket):
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k" * 1025, Body=b"x")
    assert code_of(error) == "KeyTooLongError"


@pytest.mark.parametrize("size", [0, 1, 32_767, 32_768, 32_769, 102_400, 1_048_575, 1_048_576, 1_048_577, 9_000_001])
def test_sizes_round_trip_whole_and_by_range(s3, bucket, size):
    body = random.Random(size).randbytes(size)
    put = s3.put_object(Bucket=bucket, Key="o", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="o")
    assert got["ContentLength"] == size and got["Body"].read() == body
    chance = random.Random(1)
    for _ in range(8 if size else 0):
        first = chance.randrange(size)
        last = min(size - 1, first + chance.randrange(70_000))
        part = s3.get_object(Bucket=bucket, Key="o", Range=f"bytes={first}-{last}")
        assert part["Body"].read() == body[first : last + 1]
        assert part["ContentRange"] == f"bytes {first}-{last}/{size}"


def test_ranges_as_aws_answers_them(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"0123456789")

    def get(value):
        answer = s3.get_object(Bucket=bucket, Key="o", Range=value)
        return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Body"].read()

    assert get("bytes=2-4") == (206, b"234")
    assert get("bytes=7-") == (206, b"789")
    assert get("bytes=-3") == (206, b"789")
    assert get("bytes=-30") == (206, b"0123456789")
    assert get("bytes=5-500") == (206, b"56789")
    for ignored in ("bytes=4-2", "bytes=a-b", "lines=1-2", "bytes=0-1,4-5"):
        assert get(ignored) == (200, b"0123456789"), ignored
    for outside in ("bytes=10-", "bytes=10-20", "bytes=-0"):
        with pytest.raises(ClientError) as error:
            get(outside)
        assert code_of(error) == "InvalidRange" and status_of(error) == 416
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="empty", Range="bytes=0-1")
    assert status_of(error) == 416


def test_conditional_reads(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="o", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="o")["LastModified"]
    hour = datetime.timedelta(hours=1)
    for call in (s3.get_object, s3.head_object):
        call(Bucket=bucket, Key="o", IfMatch=etag)
        call(Bucket=bucket, Key="o", IfMatch="*")
        call(Bucket=bucket, Key="o", IfNoneMatch='"other"')
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket, Key="o", IfMatch="W/" + etag)
        assert status_of(error) == 412
        call(Bucket=bucket, Key="o", IfModifiedSince=modified - hour)
        call(Bucket=bucket, Key="o", IfUnmodifiedSince=modified)
        call(Bucket=bucket, Key="o", IfMatch=etag, IfUnmodifiedSince=modified - hour)
        for arguments, status in (
            ({"IfMatch": '"other"'}, 412),
            ({"IfUnmodifiedSince": modified - hour}, 412),
            ({"IfNoneMatch": etag}, 304),
            ({"IfNoneMatch": "*"}, 304),
            ({"IfModifiedSince": modified}, 304),
            ({"IfNoneMatch": etag, "IfModifiedSince": modified - hour}, 304),
        ):
            with pytest.raises(ClientError) as error:
                call(Bucket=bucket, Key="o", **arguments)
            assert status_of(error) == status, (call, arguments)


def test_if_range_resumes_only_the_same_object(server, s3, bucket):
    def add_if_range(value):
        client = boto3.session.Session().client(
            "s3", endpoint_url=server.endpoint, aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key, region_name="us-east-1",
        )
        client.meta.events.register("before-sign.s3.GetObject", lambda request, **_: request.headers.add_header("If-Range", value))
        return client

    etag = s3.put_object(Bucket=bucket, Key="o", Body=b"0123456789")["ETag"]
    same = add_if_range(etag).get_object(Bucket=bucket, Key="o", Range="bytes=5-")
    assert (same["ResponseMetadata"]["HTTPStatusCode"], same["Body"].read()) == (206, b"56789")
    s3.put_object(Bucket=bucket, Key="o", Body=b"abcdefghij")
    other = add_if_range(etag).get_object(Bucket=bucket, Key="o", Range="bytes=5-")
    assert (other["ResponseMetadata"]["HTTPStatusCode"], other["Body"].read()) == (200, b"abcdefghij")


def test_stored_headers_and_overrides(s3, bucket):
    stored = {
        "ContentType": "text/x-test", "CacheControl": "max-age=60", "ContentDisposition": "attachment; filename=a.txt",
        "ContentEncoding": "identity", "ContentLanguage": "de", "Expires": datetime.datetime(2030, 1, 2, 3, 4, 5),
        "Metadata": {"one": "1", "two-words": "a b"},
    }
    s3.put_object(Bucket=bucket, Key="o", Body=b"x", **stored)
    for answer in (s3.get_object(Bucket=bucket, Key="o"), s3.head_object(Bucket=bucket, Key="o")):
        for name in ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Metadata"):
            assert answer[name] == stored[name], name
        assert answer["ExpiresString"] == "Wed, 02 Jan 2030 03:04:05 GMT"
    changed = s3.get_object(Bucket=bucket, Key="o", ResponseContentType="a/b", ResponseCacheControl="no-store")
    assert changed["ContentType"] == "a/b" and changed["CacheControl"] == "no-store"


def test_metadata_limit(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"", Metadata={"k": "v" * 2047})
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"", Metadata={"k": "v" * 2048})
    assert code_of(error) == "MetadataTooLarge"


CHECKSUMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.mark.parametrize("algorithm", CHECKSUMS)
def test_checksums_are_verified_stored_and_returned(s3, bucket, algorithm):
    if algorithm in ("CRC32C", "CRC64NVME"):
        pytest.importorskip("awscrt", reason="awscrt computes this checksum for boto3")
    body = random.Random(3).randbytes(300_000)
    put = s3.put_object(Bucket=bucket, Key="o", Body=body, ChecksumAlgorithm=algorithm)
    name = f"Checksum{algorithm}"
    head = s3.head_object(Bucket=bucket, Key="o", ChecksumMode="ENABLED")
    assert put[name] == head[name] and head["ChecksumType"] == "FULL_OBJECT"
    assert s3.get_object(Bucket=bucket, Key="o", ChecksumMode="ENABLED")["Body"].read() == body
    attributes = s3.get_object_attributes(Bucket=bucket, Key="o", ObjectAttributes=["Checksum", "ObjectSize", "ETag"])
    assert attributes["Checksum"][name] == put[name] and attributes["ObjectSize"] == len(body)


def test_wrong_checksums_leave_nothing(s3, bucket):
    wrong_crc = base64.b64encode((zlib.crc32(b"hello") ^ 1).to_bytes(4, "big")).decode()
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"hello", ChecksumCRC32=wrong_crc)
    assert code_of(error) == "BadDigest"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"hello", ContentMD5=base64.b64encode(b"\0" * 16).decode())
    assert code_of(error) == "BadDigest"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"hello", ContentMD5="nonsense")
    assert code_of(error) == "InvalidDigest"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_conditional_writes(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="o", Body=b"1", IfNoneMatch="*")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfNoneMatch="*")
    assert code_of(error) == "PreconditionFailed" and status_of(error) == 412
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfMatch='"other"')
    assert code_of(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="missing", Body=b"2", IfMatch=etag)
    assert code_of(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfMatch=etag, IfNoneMatch="*")
    assert code_of(error) == "NotImplemented" and status_of(error) == 501
    s3.put_object(Bucket=bucket, Key="o", Body=b"2", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == b"2"


def test_one_of_many_conditional_writers_wins(server, bucket):
    def contend(number):
        client = boto3.session.Session().client(
            "s3", endpoint_url=server.endpoint, aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key, region_name="us-east-1", config=Config(retries={"total_max_attempts": 1}),
        )
        try:
            client.put_object(Bucket=bucket, Key="prize", Body=str(number).encode(), IfNoneMatch="*")
            return number
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            return None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        winners = [n for n in pool.map(contend, range(32)) if n is not None]
    assert len(winners) == 1


def test_delete(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"x")
    s3.delete_object(Bucket=bucket, Key="o")
    s3.delete_object(Bucket=bucket, Key="o")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="o")
    assert code_of(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.head_object(Bucket=bucket, Key="o")
    assert status_of(error) == 404
    etag = s3.put_object(Bucket=bucket, Key="o", Body=b"x")["ETag"]
    with pytest.raises(ClientError) as error:
        s3.delete_object(Bucket=bucket, Key="o", IfMatch='"other"')
    assert code_of(error) == "PreconditionFailed"
    s3.delete_object(Bucket=bucket, Key="o", IfMatch=etag)


def test_version_ids_that_nobody_gave(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"x")
    for call in (s3.get_object, s3.delete_object):
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket, Key="o", VersionId="foo")
        assert code_of(error) == "InvalidArgument" and status_of(error) == 400
        assert error.value.response["Error"]["Message"] == "Invalid version id specified"
        assert error.value.response["Error"]["ArgumentName"] == "versionId"
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "o", "VersionId": "foo"}]})
    assert [e["Code"] for e in answer["Errors"]] == ["InvalidArgument"] and "Deleted" not in answer
    assert s3.get_object(Bucket=bucket, Key="o", VersionId="null")["Body"].read() == b"x"


def test_delete_objects_of_a_thousand_and_one_more(s3, bucket):
    keys = [f"k{i}" for i in range(30)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    entries = [{"Key": f"k{i}"} for i in range(1000)]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries})
    assert len(answer["Deleted"]) == 1000
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": entries[:5], "Quiet": True})
    assert "Deleted" not in quiet
    with pytest.raises(ClientError) as error:
        s3.delete_objects(Bucket=bucket, Delete={"Objects": entries + [{"Key": "one-more"}]})
    assert code_of(error) == "MalformedXML"


def test_copy_rules(s3, bucket):
    s3.put_object(Bucket=bucket, Key="o", Body=b"x" * 5000, ContentType="a/b", Metadata={"m": "1"})
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=bucket, Key="o", CopySource=f"{bucket}/o")
    assert code_of(error) == "InvalidRequest"
    for storage_class in ("STANDARD_IA", "STANDARD"):
        s3.copy_object(Bucket=bucket, Key="o", CopySource=f"{bucket}/o", StorageClass=storage_class)
        assert s3.head_object(Bucket=bucket, Key="o").get("StorageClass", "STANDARD") == storage_class
    s3.copy_object(Bucket=bucket, Key="o", CopySource=f"{bucket}/o", MetadataDirective="REPLACE", Metadata={"m": "2"})
    head = s3.head_object(Bucket=bucket, Key="o")
    assert head["Metadata"] == {"m": "2"} and head["ContentLength"] == 5000
    etag = head["ETag"]
    s3.copy_object(Bucket=bucket, Key="p", CopySource=f"{bucket}/o", CopySourceIfMatch=etag)
    assert s3.head_object(Bucket=bucket, Key="p")["Metadata"] == {"m": "2"}
    for condition in ({"CopySourceIfMatch": '"other"'}, {"CopySourceIfNoneMatch": etag}):
        with pytest.raises(ClientError) as error:
            s3.copy_object(Bucket=bucket, Key="q", CopySource=f"{bucket}/o", **condition)
        assert code_of(error) == "PreconditionFailed"
    for source, code in ((f"{bucket}/missing", "NoSuchKey"), ("no-such-bucket-here/o", "NoSuchBucket")):
        with pytest.raises(ClientError) as error:
            s3.copy_object(Bucket=bucket, Key="q", CopySource=source)
        assert code_of(error) == code


def test_a_reader_sees_one_whole_object_while_it_is_overwritten(s3, server, bucket):
    size = 12 << 20
    bodies = [bytes([letter]) * size for letter in b"ab"]
    s3.put_object(Bucket=bucket, Key="o", Body=bodies[0])
    for number in range(1, 5):
        stream = s3.get_object(Bucket=bucket, Key="o")
        first = stream["Body"].read(100_000)
        s3.put_object(Bucket=bucket, Key="o", Body=bodies[number % 2])
        assert first + stream["Body"].read() == bodies[(number - 1) % 2]


def test_buckets(s3):
    for name in ("UPPER", "ab", "a" * 64, "192.168.1.1", "under_score"):
        with pytest.raises((ClientError, Exception)) as error:
            s3.create_bucket(Bucket=name)
        if isinstance(error.value, ClientError):
            assert code_of(error) == "InvalidBucketName"
    for number in range(5):
        s3.create_bucket(Bucket=f"paging-{number}")
    names = []
    token = {}
    while True:
        page = s3.list_buckets(Prefix="paging-", MaxBuckets=2, **token)
        names += [b["Name"] for b in page["Buckets"]]
        if "ContinuationToken" not in page:
            break
        token = {"ContinuationToken": page["ContinuationToken"]}
    assert names == [f"paging-{n}" for n in range(5)]
    assert s3.get_bucket_location(Bucket="paging-0")["LocationConstraint"] is None
    s3.put_object(Bucket="paging-0", Key="o", Body=b"x")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket="paging-0")
    assert code_of(error) == "BucketNotEmpty"
    s3.delete_object(Bucket="paging-0", Key="o")
    for name in names:
        s3.delete_bucket(Bucket=name)
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket="paging-0")
    assert code_of(error) == "NoSuchBucket"


def test_a_server_has_so_many_buckets(server_factory):
    s3 = client_of(server_factory("--buckets-max", "2"))
    for name in ("first", "second"):
        s3.create_bucket(Bucket=name)
    with pytest.raises(ClientError) as error:
        s3.create_bucket(Bucket="third")
    assert code_of(error) == "TooManyBuckets" and status_of(error) == 400
    s3.delete_bucket(Bucket="first")
    s3.create_bucket(Bucket="third")


def test_probes_of_an_unconfigured_bucket(s3, bucket):
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for call, code in (
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
        (s3.get_bucket_tagging, "NoSuchTagSet"),
        (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"),
        (s3.get_object_lock_configuration, "ObjectLockConfigurationNotFoundError"),
        (s3.get_bucket_website, "NoSuchWebsiteConfiguration"),
        (s3.get_bucket_replication, "ReplicationConfigurationNotFoundError"),
    ):
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket)
        assert code_of(error) == code and status_of(error) == 404
    with pytest.raises(ClientError) as error:
        s3.put_bucket_policy(Bucket=bucket, Policy="{}")
    assert code_of(error) == "NotImplemented" and status_of(error) == 501
