"""Multipart through boto3: order, sizes, ETags, checksums, copies, listings and races."""
import base64
import hashlib
import random
import urllib.request
import zlib

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

MIB = 1 << 20
PART = 5 * MIB


def code_of(error):
    return error.value.response["Error"]["Code"]


def upload(s3, bucket, key, bodies, **options):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key, **options)["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    return upload_id, parts


def test_upload_read_back_by_part_and_range(s3, bucket):
    bodies = [random.Random(n).randbytes(size) for n, size in enumerate((PART, PART + 7, 1234))]
    upload_id, parts = upload(s3, bucket, "o", bodies, ContentType="a/b", Metadata={"m": "1"})
    done = s3.complete_multipart_upload(Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": parts})
    digest = hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest()
    assert done["ETag"] == f'"{digest}-3"'
    whole = b"".join(bodies)
    got = s3.get_object(Bucket=bucket, Key="o")
    assert got["Body"].read() == whole and got["ContentType"] == "a/b" and got["Metadata"] == {"m": "1"}
    for number, body in enumerate(bodies, 1):
        part = s3.get_object(Bucket=bucket, Key="o", PartNumber=number)
        assert part["Body"].read() == body and part["PartsCount"] == 3
    across = s3.get_object(Bucket=bucket, Key="o", Range=f"bytes={PART - 10}-{2 * PART + 20}")
    assert across["Body"].read() == whole[PART - 10 : 2 * PART + 21]
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="o", PartNumber=4)
    assert code_of(error) == "InvalidPart"
    # A Complete that is repeated answers the same again, whatever its condition; another one is refused.
    again = s3.complete_multipart_upload(
        Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
    )
    assert again["ETag"] == done["ETag"]
    with pytest.raises(ClientError) as error:
        s3.complete_multipart_upload(Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": parts[:2]})
    assert code_of(error) == "InvalidPart"


def test_complete_refuses_what_aws_refuses(s3, bucket):
    upload_id, parts = upload(s3, bucket, "o", [b"a" * PART, b"b" * 100, b"c" * 100])

    def complete(chosen, **options):
        return s3.complete_multipart_upload(
            Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": chosen}, **options
        )

    for chosen, code in (
        ([parts[1], parts[0]], "InvalidPartOrder"),
        ([parts[0], parts[0]], "InvalidPartOrder"),
        (parts, "EntityTooSmall"),
        ([{"PartNumber": 9, "ETag": parts[0]["ETag"]}], "InvalidPart"),
        ([{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}], "InvalidPart"),
    ):
        with pytest.raises(ClientError) as error:
            complete(chosen)
        assert code_of(error) == code
        if code == "EntityTooSmall":
            told = error.value.response["Error"]
            assert (told["PartNumber"], told["ProposedSize"], told["MinSizeAllowed"]) == ("2", "100", str(PART))
            assert told["ETag"] == parts[1]["ETag"].strip('"')
    s3.put_object(Bucket=bucket, Key="o", Body=b"here")
    with pytest.raises(ClientError) as error:
        complete(parts[:2], IfNoneMatch="*")
    assert code_of(error) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == b"here"
    complete(parts[:2])
    assert s3.head_object(Bucket=bucket, Key="o")["ContentLength"] == PART + 100
    with pytest.raises(ClientError) as error:
        s3.upload_part(Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=1, Body=b"late")
    assert code_of(error) == "NoSuchUpload"


def test_parts_can_be_replaced_listed_and_aborted(s3, bucket):
    upload_id, _ = upload(s3, bucket, "o", [b"a" * 10, b"b" * 20, b"c" * 30])
    s3.upload_part(Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=2, Body=b"B" * 25)
    first = s3.list_parts(Bucket=bucket, Key="o", UploadId=upload_id, MaxParts=2)
    assert [(p["PartNumber"], p["Size"]) for p in first["Parts"]] == [(1, 10), (2, 25)] and first["IsTruncated"]
    rest = s3.list_parts(Bucket=bucket, Key="o", UploadId=upload_id, PartNumberMarker=first["NextPartNumberMarker"])
    assert [p["PartNumber"] for p in rest["Parts"]] == [3]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload_id]
    s3.abort_multipart_upload(Bucket=bucket, Key="o", UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    for call in (s3.abort_multipart_upload, s3.list_parts):
        with pytest.raises(ClientError) as error:
            call(Bucket=bucket, Key="o", UploadId=upload_id)
        assert code_of(error) == "NoSuchUpload"


def test_unfinished_uploads_go_with_their_bucket(s3, bucket):
    upload_id, _ = upload(s3, bucket, "o", [b"a" * 10, b"b" * 20])
    s3.put_object(Bucket=bucket, Key="object", Body=b"here")
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert code_of(error) == "BucketNotEmpty"
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload_id]
    s3.delete_object(Bucket=bucket, Key="object")
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError) as error:
        s3.upload_part(Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=3, Body=b"late")
    assert code_of(error) == "NoSuchBucket"
    s3.create_bucket(Bucket=bucket)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_uploads_are_listed_with_markers_and_delimiter(s3, bucket):
    made = []
    for key in ("a/1", "a/2", "b", "b", "c/d/e"):
        made.append((key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]))
    found = []
    marker = {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **marker)
        found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert found == made
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [p["Prefix"] for p in rolled["CommonPrefixes"]] == ["a/", "c/"]
    assert [u["Key"] for u in rolled["Uploads"]] == ["b", "b"]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix="a/")["Uploads"]] == ["a/1", "a/2"]


def test_part_copy_with_and_without_range(s3, bucket):
    source = random.Random(5).randbytes(PART + 100)
    s3.put_object(Bucket=bucket, Key="source", Body=source)
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="o")["UploadId"]
    copies = []
    for number, span in ((1, None), (2, "bytes=10-99"), (3, f"bytes=0-{PART}")):
        options = {"CopySourceRange": span} if span else {}
        answer = s3.upload_part_copy(
            Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=number, CopySource=f"{bucket}/source", **options
        )
        copies.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
    for span in ("bytes=0-", "0-5", "bytes=5-2", f"bytes=0-{len(source)}"):
        with pytest.raises(ClientError) as error:
            s3.upload_part_copy(
                Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=4, CopySource=f"{bucket}/source", CopySourceRange=span
            )
        assert code_of(error) in ("InvalidArgument", "InvalidRange"), span
    chosen = [copies[0], copies[2]]
    s3.complete_multipart_upload(Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": chosen})
    assert s3.get_object(Bucket=bucket, Key="o")["Body"].read() == source + source[: PART + 1]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/o")
    s3.delete_object(Bucket=bucket, Key="o")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == source + source[: PART + 1]


@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_checksums_of_multipart_objects(s3, bucket, kind):
    bodies = [random.Random(n).randbytes(size) for n, size in enumerate((PART, 4321))]
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="o", ChecksumAlgorithm="CRC32", ChecksumType=kind)["UploadId"]
    parts = []
    for number, body in enumerate(bodies, 1):
        answer = s3.upload_part(
            Bucket=bucket, Key="o", UploadId=upload_id, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32"
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
    if kind == "FULL_OBJECT":
        expected = base64.b64encode(zlib.crc32(b"".join(bodies)).to_bytes(4, "big")).decode()
        wrong = [expected + "-2"]
    else:
        joined = b"".join(zlib.crc32(b).to_bytes(4, "big") for b in bodies)
        value = base64.b64encode(zlib.crc32(joined).to_bytes(4, "big")).decode()
        expected = value + "-2"
        wrong = [value, value + "-77"]

    def complete(**options):
        return s3.complete_multipart_upload(
            Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": parts}, **options
        )

    for declared in wrong:
        with pytest.raises(ClientError) as error:
            complete(ChecksumCRC32=declared)
        assert code_of(error) == "BadDigest", declared
    done = complete(ChecksumCRC32=expected)
    assert done["ChecksumCRC32"] == expected
    head = s3.head_object(Bucket=bucket, Key="o", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == expected and head["ChecksumType"] == kind
    attributes = s3.get_object_attributes(
        Bucket=bucket, Key="o", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize", "ETag", "StorageClass"]
    )
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    assert attributes["Checksum"]["ChecksumType"] == kind


def test_attributes_through_a_presigned_url(s3, server, bucket):
    """Some SDKs move the header into the URL when they presign it."""
    upload_id, parts = upload(s3, bucket, "o", [b"a" * PART, b"b" * 7])
    s3.complete_multipart_upload(Bucket=bucket, Key="o", UploadId=upload_id, MultipartUpload={"Parts": parts})
    wish = "x-amz-object-attributes=ObjectSize%2CObjectParts&x-amz-max-parts=1"
    request = AWSRequest("GET", f"{server.endpoint}/{bucket}/o?attributes=&{wish}")
    credentials = Credentials(server.access_key, server.secret_key)
    S3SigV4QueryAuth(credentials, "s3", "us-east-1", expires=60).add_auth(request)
    with urllib.request.urlopen(request.url) as answer:
        text = answer.read().decode()
    assert f"<ObjectSize>{PART + 7}</ObjectSize>" in text and "<MaxParts>1</MaxParts>" in text
