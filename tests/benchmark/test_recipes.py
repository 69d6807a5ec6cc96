"""The recipes beside `floor`: figures and their aims, the client that plays requests, what each recipe makes of what it reads,
and short real runs."""
import json
import random
import socket
import threading
from argparse import Namespace

import pytest
from labstore_benchmark import cli, concurrency, figures, filled, large, listing, player, scale, threads, tls, usage
from labstore_benchmark.figures import Figure
from labstore_benchmark.problems import Problem
from labstore_benchmark.s3_client import S3Client
from server_process import ServerProcess


def given(recipe, *words):
    return cli.parser().parse_args([recipe, *map(str, words)])


@pytest.mark.parametrize(
    "value, aim, at_least, met, ratio",
    [(1.4, 1.5, False, True, 1.4 / 1.5), (1.6, 1.5, False, False, 1.6 / 1.5), (0.9, 0.9, True, True, 1), (0.8, 0.9, True, False, 8 / 9)],
)
def test_an_aim_is_a_ceiling_or_a_floor(value, aim, at_least, met, ratio):
    one = Figure("x", value, "s", aim, at_least)
    assert one.met == met and one.ratio == pytest.approx(ratio)
    assert ("missed" in figures.table([one])) == (not met)


def test_a_figure_without_an_aim_is_never_missed():
    assert Figure("x", 1e9).met and Figure("x", 1e9).ratio is None
    assert figures.table([Figure("x", 1234.5, "us", note="why")]).splitlines()[-1] == "| x | 1,234 us |  |  | why |"


@pytest.mark.parametrize("judge, code", [(False, 0), (True, 1)])
def test_a_missed_aim_fails_only_when_asked(tmp_path, capsys, judge, code):
    cases = {"one": lambda folder, _: [Figure("a", 3.0, "", 2.0, note=str(folder.is_dir()))]}
    arguments = Namespace(command="x", cases=[], storage=str(tmp_path), json=True, judge=judge)
    assert figures.run(arguments, cases) == code
    told = json.loads(capsys.readouterr().out)
    assert told[0]["name"] == "a" and told[0]["ratio"] == 1.5 and not told[0]["met"] and told[0]["note"] == "True"


def test_a_case_has_a_whole_path_wherever_it_is_called_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    arguments = Namespace(command="x", cases=[], storage="here", json=True, judge=False)
    assert figures.run(arguments, {"one": lambda folder, _: seen.append(folder) or []}) == 0
    assert seen[0].is_relative_to(tmp_path / "here") and not seen[0].exists()


def test_what_was_measured_before_a_problem_is_printed(tmp_path, capsys):
    def fails(*_):
        raise Problem("no disk")

    arguments = Namespace(command="x", cases=[], storage=str(tmp_path), json=False, judge=False)
    with pytest.raises(Problem, match="no disk"):
        figures.run(arguments, {"one": lambda *_: [Figure("first", 1.0)], "two": fails})
    assert "| first | 1.00 |" in capsys.readouterr().out


def test_a_case_that_is_not_there_is_named():
    with pytest.raises(Problem, match="no case up; there are get, upload, parts"):
        large.run(given("large", "up"))


ANSWER = b"HTTP/1.1 206 Partial\r\nServer: x\r\nContent-Length: 5\r\n\r\n12345"


def test_an_answer_is_complete_at_its_last_byte_wherever_it_is_cut():
    for cut in range(1, len(ANSWER)):
        reader = player.Reader()
        assert not reader.take(ANSWER[:cut], False)
        assert reader.take(ANSWER[cut:], False) and reader.status == 206
        assert reader.take(ANSWER, False), "and it is ready for the next"


def test_answers_to_head_and_without_content_have_no_body():
    reader = player.Reader()
    assert reader.take(ANSWER[:-5], True)
    assert reader.take(b"HTTP/1.1 204 No Content\r\n\r\n", False) and reader.status == 204


@pytest.mark.parametrize("answer", [ANSWER + b"6", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_answers_of_no_clear_length_are_refused(answer):
    with pytest.raises(Problem):
        player.Reader().take(answer, False)


def serve(listener, statuses, cut=False):
    """Answers each request on one connection, slowly by pieces; `statuses` in turn."""
    link, _ = listener.accept()
    with link:
        for status in statuses:
            if not link.recv(65536):
                return
            text = f"HTTP/1.1 {status} X\r\ncontent-length: 3\r\n\r\nabc".encode()
            for piece in (text[:20], text[20:-1], text[-1:]):
                link.sendall(piece)
        if cut:
            return
        link.recv(1)


def played_against(statuses, requests, cut=False):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, statuses, cut))
        thread.start()
        try:
            port = listener.getsockname()[1]
            return player.play(port, lambda asked: b"GET / HTTP/1.1\r\n\r\n" if asked < requests else None, 1, 30)
        finally:
            thread.join()


def test_requests_are_counted_with_their_errors():
    played = played_against([200, 503, 200], 3)
    assert (played.requests, played.errors, played.by_connection) == (3, 1, [3])
    assert len(played.latencies_s) == 3 and played.latency_ms(0.5) <= played.latency_ms(1.0)


def test_a_connection_that_ends_early_is_no_result():
    with pytest.raises(Problem, match="closed"):
        played_against([200], 3, cut=True)


def test_requests_carry_their_signature_and_their_length():
    client = S3Client("http://127.0.0.1:7", "key", "secret")
    head, _, body = player.request_bytes(client, "PUT", "/b/k", {"uploadId": "a/b", "partNumber": "2"}, b"12345").partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "PUT /b/k?partNumber=2&uploadId=a%2Fb HTTP/1.1" and body == b"12345"
    assert "content-length: 5" in lines and any("Credential=key/" in line for line in lines)


def test_counters_are_summed_over_labels_or_picked_by_them():
    page = player.Counters.__new__(player.Counters)
    page.lines = ["# TYPE a counter", 'a{x="1"} 2', 'a{x="2"} 3', "ab 100"]
    assert (page["a"], page['a{x="2"}'], page["ab"]) == (5, 3, 100)
    with pytest.raises(Problem, match="no b"):
        page["b"]


def test_keys_are_those_of_the_filled_store():
    assert (filled.key_of(7), filled.key_of(123450)) == ("flat/0000000007", "tree/45/23/0000123450")
    below = {filled.key_of(number).split("/")[1] for number in range(0, 10_000, filled.TREE_SHARE)}
    assert len(below) == filled.TREE_PREFIXES, "what `listing` expects of 10,000 objects"


def test_documents_name_every_key_and_part():
    body, behind = listing.delete_document(8, 3)
    assert body.count(b"<Object>") == 3 and behind == 11 and b"<Key>tree/01/00/0000000010</Key>" in body
    document = large.completion(['"a"', '"b"']).decode()
    assert '<Part><PartNumber>2</PartNumber><ETag>"b"</ETag></Part></CompleteMultipartUpload>' in document


def test_the_hash_of_a_known_body_is_not_taken_again():
    part = b"part" * 100
    plain = S3Client("http://127.0.0.1:7", "key", "secret")
    signer = large.HashedOnce(plain, part)
    for body in (part, b"", b"other"):
        assert signer.payload_hash(body) == plain.payload_hash(body)


@pytest.mark.parametrize("operation, begins", [("GET", b"GET /scale-bucket/"), ("STAT", b"HEAD /scale-bucket/"), ("PUT", b"PUT /scale-bucket/"), ("LIST", b"GET /scale-bucket?")])
def test_requests_are_drawn_from_all_keys(operation, begins):
    client = S3Client("http://127.0.0.1:7", "key", "secret")
    made = scale.requests_for(operation, client, 1000, random.Random(1), 50)
    assert all(request.startswith(begins) for request in made)
    assert len({request.split(b" ")[1] for request in made}) > 40
    assert all(len(request.partition(b"\r\n\r\n")[2]) == (scale.OBJECT_BYTES if operation == "PUT" else 0) for request in made)


@pytest.mark.parametrize("counts, share", [([10, 10, 10], 1), ([5, 10, 12], 0.5), ([0, 10, 10], 0)])
def test_fairness_is_that_of_the_slowest(counts, share):
    assert concurrency.fairness(counts) == share


def test_nobody_served_is_no_fairness():
    with pytest.raises(Problem):
        concurrency.fairness([0, 0, 5])


def test_more_connections_than_files_may_be_open_is_a_problem(monkeypatch):
    monkeypatch.setattr(concurrency.resource, "getrlimit", lambda _: (1024, 4096))
    with pytest.raises(Problem, match="4096 files"):
        concurrency.need_descriptors(10_000)


DISKS = """ 254       0 vda 100 0 800 20 200 0 1600 30 0 4500 50 0 0 0 0 0 0
   7       0 loop0 1 0 8 2 0 0 0 0 0 999 2 0 0 0 0 0 0
"""


def test_the_time_in_which_a_disk_was_busy():
    assert usage.disk_busy_seconds(DISKS) == {"vda": 4.5}


def test_the_fullest_resource_is_named(monkeypatch):
    monkeypatch.setattr(usage.os, "cpu_count", lambda: 2)
    took = usage.Usage(seconds=10, machine_cpu_s=12, disks={"vda": 0.9, "vdb": 0.1})
    assert took.fullest() == ("disk vda", 0.9)
    assert took.shares()["CPU of the machine"] == pytest.approx(0.6)


def test_nothing_done_has_no_cost():
    assert usage.per_operation_us(0.5, 1000) == 500
    with pytest.raises(Problem):
        usage.per_operation_us(0.5, 0)


def test_cores_are_shared_where_there_are_only_two():
    assert threads.layouts(2) == {1: ("0", "1"), 2: ("0,1", "0,1")}
    assert threads.layouts(8)[2] == ("0,1", "2-7")
    with pytest.raises(Problem):
        threads.layouts(1)


def test_the_watch_judges_the_later_half():
    watch = scale.Watch(1)
    watch.samples = [9.0, 9.0, 1.2, 1.4, 1.3]
    assert watch.late_half() == 1.3
    watch.samples = []
    with pytest.raises(Problem, match="too short"):
        watch.late_half()


@pytest.mark.usefixtures("server_binary")
def test_a_real_run_of_connections(capsys, tmp_path):
    words = ("idle", "fair", "--idle", 40, "--active", 10, "--rounds", 1, "--seconds", 1, "--storage", tmp_path, "--json")
    assert concurrency.run(given("concurrency", *words)) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert 1 < told["40 idle connections: resident memory of the server"]["value"] < 1000
    assert 0 < told["10 active connections, GET 4 KiB: slowest by median"]["value"] <= 1


@pytest.mark.usefixtures("server_binary")
def test_a_real_run_of_an_upload(capsys, tmp_path):
    assert large.run(given("large", "upload", "--size-mib", 64, "--rounds", 1, "--storage", tmp_path, "--json")) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert told["multipart upload of 64 MiB"]["value"] > 1 and told["multipart upload of 64 MiB, CPU of the server"]["value"] > 0


@pytest.mark.usefixtures("server_binary")
def test_a_real_run_of_handshakes(capsys, tmp_path):
    """Each case checks by itself that sessions were resumed and that the server saw the handshakes."""
    words = ("setup", "idle", "--connections", 20, "--idle", 30, "--rounds", 1, "--storage", tmp_path, "--json")
    assert tls.run(given("tls", *words)) == 0
    names = [one["name"] for one in json.loads(capsys.readouterr().out)]
    assert "a connection and one request, TLS 1.3, P-256, resumed: CPU" in names
    assert "a connection and one request, TLS 1.2, RSA 2048, full: CPU" in names
    assert "an idle https connection: resident memory" in names


@pytest.mark.usefixtures("server_binary")
def test_a_session_raises_what_a_server_refuses(tmp_path):
    server = ServerProcess(tmp_path).start()
    try:
        client = S3Client(server.endpoint, server.access_key, server.secret_key)
        with player.Session(client) as session:
            session.call("PUT", "/sessions")
            with pytest.raises(Problem, match="404 NoSuchKey"):
                session.call("GET", "/sessions/missing")
            session.call("PUT", "/sessions/key", body=b"12345")
            assert session.call("GET", "/sessions/key").body == b"12345"
        assert player.Counters(server.port)["labstore_uptime_seconds"] > 0
    finally:
        server.stop()
