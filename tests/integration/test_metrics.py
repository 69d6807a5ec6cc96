"""/-/metrics: what Prometheus' own parsers make of it, what it counts, and that docs/metrics.md says the same."""
import re
import shutil
import socket
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from conftest import client_of

pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
from metrics_page import scrape  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MiB = 1024 * 1024


@pytest.fixture(name="counted")
def lone_server(server_factory):
    """A server that nobody else sends requests to, with a bucket in it."""
    server = server_factory()
    client_of(server).create_bucket(Bucket="counted")
    return server


def all_sorts_of_requests(server):
    """At least one request for each family that begins with its first."""
    s3 = client_of(server)
    s3.put_object(Bucket="counted", Key="small", Body=b"x" * 1000)
    s3.put_object(Bucket="counted", Key="large", Body=b"x" * 3 * MiB)
    assert s3.get_object(Bucket="counted", Key="small")["Body"].read() == b"x" * 1000
    with pytest.raises(ClientError):
        s3.get_object(Bucket="counted", Key="missing")
    s3.delete_object(Bucket="counted", Key="small")


# -- form --------------------------------------------------------------------------------------------------------------


def test_the_reference_parser_reads_every_line(counted):
    all_sorts_of_requests(counted)
    page = scrape(counted)
    lines = [line for line in page.text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(page.series()), "a series comes twice, or a line was not read"
    assert page.text.endswith("\n")
    for name, family in page.families.items():
        assert family.type in ("counter", "gauge", "histogram"), name
        assert family.documentation, name
        assert family.samples, f"{name} has no series"


def test_histograms_are_cumulative_and_complete(counted):
    all_sorts_of_requests(counted)
    page = scrape(counted)
    histograms = [family for family in page.families.values() if family.type == "histogram"]
    assert len(histograms) >= 5
    for family in histograms:
        by_series = {}
        for sample in family.samples:
            labels = {name: value for name, value in sample.labels.items() if name != "le"}
            by_series.setdefault(tuple(sorted(labels.items())), []).append(sample)
        for labels, samples in by_series.items():
            buckets = [(float(s.labels["le"]), s.value) for s in samples if s.name == f"{family.name}_bucket"]
            bounds, counts = zip(*buckets)
            assert list(bounds) == sorted(set(bounds)) and bounds[-1] == float("inf"), (family.name, labels)
            assert list(counts) == sorted(counts), (family.name, labels)
            (count,) = [s.value for s in samples if s.name == f"{family.name}_count"]
            (total,) = [s.value for s in samples if s.name == f"{family.name}_sum"]
            assert count == counts[-1]
            # The sum is within what the buckets allow.
            lower = sum((n - m) * b for (b, m), n in zip(buckets, counts[1:]))
            assert lower <= total * 1.000001, (family.name, labels)


def test_promtool_has_no_complaint(counted):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not on PATH")
    all_sorts_of_requests(counted)
    page = scrape(counted)
    done = subprocess.run([promtool, "check", "metrics"], input=page.text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip() and not done.stderr.strip(), done.stdout + done.stderr


# -- the page of the docs ----------------------------------------------------------------------------------------------


def documented_families():
    """Name to type and labels, from the tables."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, –]+) \| ([^|]+) \| [^|]+ \| [^|]+ \|$", text, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| `", text, re.MULTILINE)), "a row that this test cannot read"
    assert len({row[0] for row in rows}) == len(rows), "a family stands twice"
    return {name: (kind, frozenset() if labels == "–" else frozenset(labels.split(", "))) for name, kind, labels, _ in rows}


def test_the_page_of_the_docs_lists_what_the_server_shows(counted):
    all_sorts_of_requests(counted)
    shown = {}
    for name, family in scrape(counted).families.items():
        labels = {frozenset(sample.labels) - {"le"} for sample in family.samples}
        assert len(labels) == 1, f"the series of {name} have different labels"
        shown[name] = (family.type, labels.pop())
    documented = documented_families()
    assert shown.keys() - documented.keys() == set(), "shown, but not in docs/metrics.md"
    assert documented.keys() - shown.keys() == set(), "in docs/metrics.md, but not shown"
    assert shown == documented


# -- counts ------------------------------------------------------------------------------------------------------------


def test_counters_move_by_what_was_sent(counted):
    s3 = client_of(counted)
    before = scrape(counted)
    for i in range(5):
        s3.put_object(Bucket="counted", Key=f"key{i}", Body=b"x" * 1000)
    for i in range(4):
        assert len(s3.get_object(Bucket="counted", Key=f"key{i}")["Body"].read()) == 1000
    assert len(s3.get_object(Bucket="counted", Key="key0", Range="bytes=0-99")["Body"].read()) == 100
    for _ in range(3):
        s3.head_object(Bucket="counted", Key="key1")
    for _ in range(2):
        assert s3.list_objects_v2(Bucket="counted")["KeyCount"] == 5
    for key in ("missing1", "missing2"):
        with pytest.raises(ClientError):
            s3.get_object(Bucket="counted", Key=key)
    with pytest.raises(ClientError):
        s3.head_object(Bucket="counted", Key="missing")
    s3.delete_object(Bucket="counted", Key="key4")
    after = scrape(counted)

    def grown(sample, **labels):
        return after.value(sample, **labels) - before.value(sample, **labels)

    def requests(operation, status, code="none"):
        return grown("labstore_requests_total", operation=operation, status=status, code=code)

    assert requests("PutObject", "200") == 5
    assert requests("GetObject", "200") == 4
    assert requests("GetObject", "206") == 1
    assert requests("GetObject", "404", "NoSuchKey") == 2
    assert requests("HeadObject", "200") == 3
    assert requests("HeadObject", "404", "NoSuchKey") == 1
    assert requests("ListObjectsV2", "200") == 2
    assert requests("DeleteObject", "204") == 1
    assert requests("Metrics", "200") == 1, "the first scrape; the second ends after it is written"
    all_requests = after.total("labstore_requests_total") - before.total("labstore_requests_total")
    assert all_requests == 5 + 4 + 1 + 2 + 3 + 1 + 2 + 1 + 1, "and nothing else was counted"
    for name in ("labstore_request_duration_seconds_count", "labstore_request_first_byte_seconds_count"):
        assert grown(name, operation="GetObject") == 7
        assert grown(name, operation="PutObject") == 5
    assert grown("labstore_response_bytes_total", operation="HeadObject") == 0
    documents = grown("labstore_response_bytes_total", operation="GetObject") - (4 * 1000 + 100)
    assert 2 * 100 < documents < 2 * 1000, "the documents of two errors"


def test_bodies_are_counted_as_they_were_sent(counted):
    s3 = client_of(counted)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "counted", "Key": "plain"})
    target = url.split(str(counted.port), 1)[1]
    before = scrape(counted)
    with socket.create_connection(("127.0.0.1", counted.port), timeout=10) as peer:
        head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{counted.port}\r\nContent-Length: 12345\r\nConnection: close\r\n\r\n"
        peer.sendall(head.encode() + b"x" * 12345)
        answer = b""
        while piece := peer.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ")
    after = scrape(counted)
    received = "labstore_request_bytes_total"
    assert after.value(received, operation="PutObject") - before.value(received, operation="PutObject") == 12345
    accepted = "labstore_connections_accepted_total"
    assert after.value(accepted) - before.value(accepted) == 2, "that one and the one of the second scrape"


def test_refusals_before_an_operation_is_known(counted):
    before = scrape(counted)
    stranger = client_of(SimpleNamespace(endpoint=counted.endpoint, access_key="nobody", secret_key="nothing"))
    with pytest.raises(ClientError):
        stranger.list_buckets()
    with socket.create_connection(("127.0.0.1", counted.port), timeout=10) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nbroken head\r\n\r\n")
        assert peer.recv(4096).startswith(b"HTTP/1.1 400 ")
    assert counted.get("/-/nothing")[0] == 404
    after = scrape(counted)

    def grown(**labels):
        return after.value("labstore_requests_total", **labels) - before.value("labstore_requests_total", **labels)

    assert grown(operation="none", status="403", code="InvalidAccessKeyId") == 1
    assert grown(operation="none", status="400", code="BadRequest") == 1
    assert grown(operation="Admin", status="404", code="none") == 1


def test_a_multipart_upload(counted):
    s3 = client_of(counted)
    before = scrape(counted)
    upload = s3.create_multipart_upload(Bucket="counted", Key="parts")["UploadId"]
    parts = []
    for number in (1, 2, 3):
        body = b"x" * (5 * MiB if number < 3 else 1000)
        done = s3.upload_part(Bucket="counted", Key="parts", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": done["ETag"]})
    s3.complete_multipart_upload(Bucket="counted", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    aborted = s3.create_multipart_upload(Bucket="counted", Key="other")["UploadId"]
    s3.abort_multipart_upload(Bucket="counted", Key="other", UploadId=aborted)
    after = scrape(counted)

    def grown(sample, **labels):
        return after.total(sample, **labels) - before.total(sample, **labels)

    for operation, count in (
        ("CreateMultipartUpload", 2),
        ("UploadPart", 3),
        ("CompleteMultipartUpload", 1),
        ("AbortMultipartUpload", 1),
    ):
        assert grown("labstore_requests_total", operation=operation) == count, operation
    assert grown("labstore_request_bytes_total", operation="UploadPart") >= 10 * MiB + 1000
    assert grown("labstore_sync_duration_seconds_count", file="object") == 2, "of the two parts with files of their own"
    assert grown("labstore_sync_duration_seconds_count", file="segment") >= 1, "of the packed one"
    assert grown("labstore_sync_duration_seconds_count", file="log") >= 3
    assert after.value("labstore_storage_available_bytes") > 0


def test_a_put_is_one_record_one_batch_and_their_syncs(counted):
    s3 = client_of(counted)
    before = scrape(counted)
    for i in range(7):
        s3.put_object(Bucket="counted", Key=f"key{i}", Body=b"x" * 1000)
    after = scrape(counted)

    def grown(sample, **labels):
        return after.value(sample, **labels) - before.value(sample, **labels)

    # One client, one request at a time: every group has one entry.
    for sample, labels in (
        ("labstore_commit_group_size_count", {"store": "blob"}),
        ("labstore_commit_group_size_sum", {"store": "blob"}),
        ("labstore_commit_duration_seconds_count", {"store": "blob"}),
        ("labstore_sync_duration_seconds_count", {"file": "segment"}),
    ):
        assert grown(sample, **labels) == 7, sample
    assert grown("labstore_commit_group_size_sum", store="index") >= 7
    assert grown("labstore_rocksdb_log_written_bytes_total") > 7 * 100
    live = "labstore_segment_bytes"
    assert grown(live, state="live") >= 7 * 1000


def test_counters_never_go_back(counted):
    last = {}
    for _ in range(5):
        all_sorts_of_requests(counted)
        page = scrape(counted)
        now = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in page.families.values()
            if family.type in ("counter", "histogram")
            for sample in family.samples
        }
        assert last.keys() <= now.keys()
        for series, value in last.items():
            assert now[series] >= value, series
        last = now


def test_the_number_of_series_does_not_follow_the_requests(counted):
    s3 = client_of(counted)
    all_sorts_of_requests(counted)
    before = set(scrape(counted).series())
    for i in range(30):
        s3.put_object(Bucket="counted", Key=f"some/{i}", Body=b"")
        with pytest.raises(ClientError):
            s3.get_object(Bucket="counted", Key=f"missing/{i}")
        with pytest.raises(ClientError):
            s3.get_object(Bucket=f"missing-{i}", Key="key")
    new = set(scrape(counted).series()) - before
    assert new == {
        ("labstore_requests_total", (("code", "NoSuchBucket"), ("operation", "GetObject"), ("status", "404"))),
    } | {series for series in new if ("operation", "Metrics") in series[1]}
