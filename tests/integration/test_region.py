"""A server in another region than the one that clients assume."""
import io

import boto3
import pytest
from botocore.exceptions import ClientError

from conftest import client_of

REGION = "eu-central-1"


@pytest.fixture
def frankfurt(server_factory):
    return server_factory("--region", REGION)


def client_in(server, region):
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=region,
    )


def test_the_wrong_region_is_named_and_the_right_one_too(frankfurt):
    s3 = client_of(frankfurt)  # us-east-1
    with pytest.raises(ClientError) as refused:
        s3.list_buckets()
    error = refused.value.response["Error"]
    assert error["Code"] == "AuthorizationHeaderMalformed"
    assert error["Region"] == REGION
    assert error["Message"] == (
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'"
    )
    headers = refused.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-bucket-region"] == REGION


def test_boto3_finds_the_right_region_by_itself(frankfurt):
    client_in(frankfurt, REGION).create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3 = client_of(frankfurt)  # us-east-1
    assert s3.head_bucket(Bucket="far")["BucketRegion"] == REGION
    s3.put_object(Bucket="far", Key="k", Body=b"body")
    s3 = client_of(frankfurt)
    assert s3.get_object(Bucket="far", Key="k")["Body"].read() == b"body"
    assert s3.get_bucket_location(Bucket="far")["LocationConstraint"] == REGION


def test_minio_py_with_its_defaults(frankfurt):
    minio = pytest.importorskip("minio", reason="minio-py is not installed")
    client_in(frankfurt, REGION).create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": REGION})
    client = minio.Minio(
        frankfurt.endpoint.removeprefix("http://"),
        access_key=frankfurt.access_key,
        secret_key=frankfurt.secret_key,
        secure=False,
    )
    client.put_object("far", "k", io.BytesIO(b"body"), 4)
    assert client.get_object("far", "k").data == b"body"
    assert [found.object_name for found in client.list_objects("far")] == ["k"]
    client.remove_object("far", "k")
    assert not list(client.list_objects("far"))
