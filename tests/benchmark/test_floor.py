"""`floor`: the requests it writes down, what it makes of figures, and a real run where wrk and nginx are."""
import json
import shutil
from argparse import Namespace

import pytest
from labstore_benchmark import floor
from labstore_benchmark.problems import Problem
from labstore_benchmark.s3_client import S3Client
from server_process import binary

PATH_OF_SERVERS = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


def arguments(**more):
    return Namespace(**({"cases": [], "rounds": 1, "seconds": 1, "storage": None, "option": [], "judge": False, "json": True} | more))


def figures(ratio, **more):
    case = floor.CASES["put-100k"]
    values = {"case": case.name, "what": case.what, "aim": case.aim, "ratio": ratio, "ratios": [ratio - 0.01, ratio + 0.01]}
    return values | {"labstore_cpu_us": 115.0, "nginx_cpu_us": 153.4, "labstore_rate": 5000.0, "nginx_rate": 4000.0} | more


def test_requests_are_signed_for_us_and_bare_for_nginx():
    case = floor.CASES["put-100k"]
    client = S3Client("http://127.0.0.1:1", "key", "secret")
    blocks = floor.requests_text(case, "PUT", client, b"bytes").strip().split("\n\n")
    assert len(blocks) == floor.KEYS
    lines = blocks[7].splitlines()
    assert lines[0] == "PUT /floor/102400-007"
    names = [line.split(":")[0] for line in lines[1:]]
    assert names == ["x-amz-content-sha256", "x-amz-date", "authorization"], "wrk writes the Host itself"
    bare = floor.requests_text(case, "GET", None, b"bytes").strip().split("\n\n")
    assert bare[0] == "GET /floor/102400-000"


def test_a_case_that_is_not_there_is_named():
    with pytest.raises(Problem, match="no case get-1t"):
        floor.run(arguments(cases=["get-1t"]))


@pytest.mark.parametrize("ratio, judge, code", [(0.74, True, 0), (0.76, True, 1), (0.76, False, 0)])
def test_the_exit_code_judges_when_it_is_asked_to(monkeypatch, capsys, tmp_path, ratio, judge, code):
    monkeypatch.setattr(floor, "measure", lambda *_: figures(ratio, synced_files_rate=5644.4))
    given = arguments(cases=["put-100k"], storage=str(tmp_path), judge=judge, json=False)
    assert floor.run(given) == code
    shown = capsys.readouterr().out
    assert f"**{ratio:.2f}** ({ratio - 0.01:.2f} to {ratio + 0.01:.2f})" in shown and "5,644/s" in shown


@pytest.mark.parametrize("case", ["get-4k", "head-4k", "put-100k"])
def test_a_real_run(capsys, tmp_path, case):
    missing = [name for name in ("wrk", "nginx") if shutil.which(name, path=PATH_OF_SERVERS) is None]
    if missing or not binary().exists() or not binary().with_name("labstore-load").exists():
        pytest.skip(f"{' and '.join(missing) or 'a release build'} is not there; floor needs it")
    assert floor.run(arguments(cases=[case], storage=str(tmp_path))) == 0
    told = json.loads(capsys.readouterr().out)[0]
    assert told["case"] == case and told["labstore_rate"] > 100 and told["nginx_rate"] > 100
    assert 0.1 < told["ratio"] < 100 and ("synced_files_rate" in told) == (case == "put-100k")
