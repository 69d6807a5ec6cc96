"""The analysis on results that were recorded with warp 1.3.0: figures are worked out a second time here, without DuckDB."""

import json
import math
import re
import shutil
import statistics
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import pytest
from conftest import HERE, ROOT

RECORDED = HERE / "recorded"
SYNCED, OTHERS = {"labstore"}, {"labstore-none", "minio"}


@pytest.fixture(name="recorded")
def benchmark_with_recorded_sets(benchmark):
    for name in ("first", "second"):
        shutil.copytree(RECORDED / name, benchmark.results / name)
    return benchmark


def runs(folder):
    return [json.loads(path.read_text()) for path in sorted((folder / "runs").glob("*.json"))]


def figures_of(folder, store, operation):
    """The median of each round."""
    return [
        run["warp"]["by_op_type"][operation]["throughput"]["segmented"]["median_ops"]
        for run in runs(folder)
        if run["store"] == store
    ]


def analysis(benchmark, *arguments):
    return json.loads(benchmark.run("analysis", "--json", *arguments).stdout)


def test_ranks_by_the_median_over_rounds_within_each_promise(recorded):
    found = analysis(recorded, "first")["ranking"]
    assert len(found) == 3 * 4
    for operation in ("DELETE", "GET", "PUT", "STAT"):
        for stores in (SYNCED, OTHERS):
            rows = sorted(
                (row for row in found if row["operation"] == operation and row["store"] in stores),
                key=lambda row: row["rank"],
            )
            medians = {store: statistics.median(figures_of(RECORDED / "first", store, operation)) for store in stores}
            assert [row["store"] for row in rows] == sorted(stores, key=lambda store: -medians[store])
            assert [row["rank"] for row in rows] == list(range(1, len(stores) + 1))
            for row in rows:
                single = figures_of(RECORDED / "first", row["store"], operation)
                assert row["objects_per_second"] == pytest.approx(medians[row["store"]])
                assert (row["lowest"], row["highest"]) == (min(single), max(single))
                assert (row["rounds"], row["errors"], row["short"]) == (2, 0, False)


def test_bandwidth_is_a_share_of_what_iperf3_measured(recorded):
    found = analysis(recorded, "first")
    measured = json.loads((RECORDED / "first" / "bandwidth.json").read_text())["iperf3"]["end"]["sum_received"][
        "bits_per_second"
    ]
    assert found["bandwidth_mib_per_second"] == pytest.approx(measured / 8 / 2**20)
    row = next(row for row in found["ranking"] if (row["store"], row["operation"]) == ("minio", "GET"))
    single = [
        run["warp"]["by_op_type"]["GET"]["throughput"]["segmented"]["median_bps"]
        for run in runs(RECORDED / "first")
        if run["store"] == "minio"
    ]
    assert row["mib_per_second"] == pytest.approx(statistics.median(single) / 2**20)
    assert row["bandwidth_percent"] == pytest.approx(100 * statistics.median(single) * 8 / measured)
    # Without a measurement there is no share, and the report says so.
    without = recorded.run("analysis", "second").stdout
    assert "not measured (`just benchmark bandwidth`)" in without
    assert all(row["bandwidth_percent"] is None for row in analysis(recorded, "second")["ranking"])


def test_overall_score_is_the_geometric_mean_of_shares(recorded):
    found = {row["store"]: row for row in analysis(recorded, "first")["overall"]}
    shares = {}
    for operation in ("DELETE", "GET", "PUT", "STAT"):
        medians = {store: statistics.median(figures_of(RECORDED / "first", store, operation)) for store in OTHERS}
        for store in OTHERS:
            shares.setdefault(store, []).append(medians[store] / max(medians.values()))
    for store in OTHERS:
        assert found[store]["score"] == pytest.approx(100 * math.prod(shares[store]) ** 0.25)
    assert found["labstore"]["score"] == pytest.approx(100)
    assert found["labstore"]["firsts"] == 4


def test_latency_percentiles(recorded):
    found = analysis(recorded, "first")["latency"]
    for row in found:
        single = []
        for run in runs(RECORDED / "first"):
            if run["store"] == row["store"]:
                (windows,) = run["warp"]["by_op_type"][row["operation"]]["requests_by_client"].values()
                parts = [window["single_sized_requests"] for window in windows]
                total = sum(part["requests"] for part in parts)
                single.append(sum(part["dur_99_millis"] * part["requests"] for part in parts) / total)
        assert row["p99"] == pytest.approx(statistics.median(single))
        assert row["p50"] < row["p90"] < row["p99"] <= row["slowest"]
    assert len(found) == 3 * 4


def test_cost_per_operation(recorded):
    for row in analysis(recorded, "first")["cost"]:
        costs = [run["cost"] for run in runs(RECORDED / "first") if run["store"] == row["store"]]
        single = [1e6 * cost["server_cpu_seconds"] / cost["operations"] for cost in costs]
        assert row["cpu_us"] == pytest.approx(statistics.median(single))
        assert row["disk_per_live"] == pytest.approx(
            statistics.median(cost["disk"]["bytes"] / cost["live_bytes"] for cost in costs)
        )
        others = [
            100 * (1 - (cost["server_cpu_seconds"] + cost["warp_cpu_seconds"]) / cost["machine_cpu_seconds"])
            for cost in costs
        ]
        assert row["others_percent"] == pytest.approx(statistics.median(others))


def test_sets_are_taken_together_when_their_conditions_agree(recorded):
    found = analysis(recorded, "first", "second")["ranking"]
    row = next(row for row in found if (row["store"], row["operation"]) == ("minio", "PUT"))
    both = figures_of(RECORDED / "first", "minio", "PUT") + figures_of(RECORDED / "second", "minio", "PUT")
    assert row["rounds"] == 4
    assert row["objects_per_second"] == pytest.approx(statistics.median(both))
    path = recorded.results / "second" / "session.json"
    path.write_text(path.read_text().replace('"100KiB"', '"1MiB"'))
    refused = recorded.run("analysis", "first", "second", code=2).stderr
    assert "cannot stand in one table: object_size is 100KiB there and 1MiB here" in refused


def test_tells_two_promises_apart_and_names_what_is_missing(recorded):
    text = recorded.run("analysis", "first").stdout
    synced, others = text.split("== Stores that do not")
    assert "LabStore, --durability none" not in synced.split("== Stores that sync before they answer")[1]
    assert re.search(r"^ +\d +MinIO +partly", others, re.MULTILINE)
    assert re.search(r"^garage +garage is not on PATH", text, re.MULTILINE)
    assert "the publish" in text or "the rename that publishes them" in text


def test_errors_and_short_runs_show(recorded):
    path = recorded.results / "first" / "runs" / "01-mixed-minio.json"
    run = json.loads(path.read_text())
    get = run["warp"]["by_op_type"]["GET"]
    get["total_errors"] = 7
    del get["throughput"]["segmented"]
    path.write_text(json.dumps(run))
    row = next(
        row for row in analysis(recorded, "first")["ranking"] if (row["store"], row["operation"]) == ("minio", "GET")
    )
    assert row["errors"] == 7 and row["short"]
    # 7 s, and the time stamps have nanoseconds: the average is of all objects over the time they took.
    average = get["total_objects"] / 7.0
    assert min(abs(row["lowest"] - average), abs(row["highest"] - average)) < 0.02 * average
    assert re.search(r"^ +\d +MinIO +partly +[\d,.]+\*.* 7$", recorded.run("analysis", "first").stdout, re.MULTILINE)


def test_a_failed_run_is_named(recorded):
    run = {
        "store": "garage",
        "title": "Garage",
        "scenario": "mixed",
        "round": 1,
        "status": "failed",
        "reason": "port | gone\nmore",
        "durability": {"level": "unsynced", "reason": ""},
    }
    (recorded.results / "first" / "runs" / "01-mixed-garage.json").write_text(json.dumps(run))
    assert re.search(r"^Garage +mixed +1 +port / gone$", recorded.run("analysis", "first").stdout, re.MULTILINE)
    assert "garage" not in {row["store"] for row in analysis(recorded, "first")["ranking"]}


def test_plots_in_the_terminal(recorded):
    text = recorded.run("analysis", "first").stdout
    bars = dict(
        re.findall(
            r"^(labstore|labstore-none|minio) *: (▇+) [\d,]+$",
            text.split("# PUT, objects per second")[1],
            re.MULTILINE,
        )
    )
    assert "\x1b" not in text
    assert max(len(bar) for bar in bars.values()) == 50
    assert len(bars["minio"]) < len(bars["labstore"])


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_report_stands_alone(recorded):
    recorded.run("analysis", "first")
    folder = recorded.results / "first"
    page = Page()
    page.feed((folder / "report.html").read_text())
    assert page.open == []
    assert not any({"src", "href"} & attributes.keys() or tag in ("script", "link") for tag, attributes in page.tags)
    charts = sorted((folder / "charts").glob("*.svg"))
    assert len(charts) == sum(tag == "svg" for tag, _ in page.tags) == 3
    for path in charts:
        root = xml.parse(path).getroot()
        width = float(root.get("width"))
        for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert 0 <= float(bar.get("x", 0)) + float(bar.get("width")) <= width
    throughput = next(path for path in charts if "glance" in path.name).read_text()
    assert throughput.count(">MinIO<") == 4


def test_writes_tables_between_the_markers_of_a_page(recorded):
    page = recorded.folder / "page.md"
    source = (ROOT / "docs" / "benchmarks.md").read_text()
    page.write_text(source)
    recorded.run("analysis", "first", "--write-docs", "--page", page)
    first = page.read_text()
    begin, end = first.index("<!-- results: begin"), first.index("<!-- results: end -->")
    assert first[:begin] == source[: source.index("<!-- results: begin")]
    assert first[end:] == source[source.index("<!-- results: end -->") :]
    tables = first[begin:end]
    assert "| Rank | Store | Synced | Objects/s |" in tables and "| 1 | LabStore | yes |" in tables
    assert "\n## " not in tables and "\n# " not in tables
    recorded.run("analysis", "first", "--write-docs", "--page", page)
    assert page.read_text() == first
    page.write_text("# no markers\n")
    assert "lost its markers" in recorded.run("analysis", "first", "--write-docs", "--page", page, code=2).stderr
    assert page.read_text() == "# no markers\n"


def test_compares_by_ratio(recorded):
    text = recorded.run("analysis", "--compare", "first", "second").stdout
    before, after = (figures_of(RECORDED / name, "minio", "GET") for name in ("first", "second"))
    row = re.search(r"^mixed +GET +MinIO .* ([\d.]+)  (apart|touch)$", text, re.MULTILINE)
    assert float(row.group(1)) == pytest.approx(statistics.median(after) / statistics.median(before), abs=0.001)
    assert row.group(2) == ("apart" if max(after) < min(before) or min(after) > max(before) else "touch")
    # One that is twice as fast in every round is told from chance.
    for path in (recorded.results / "second" / "runs").glob("*minio.json"):
        run = json.loads(path.read_text())
        run["warp"]["by_op_type"]["GET"]["throughput"]["segmented"]["median_ops"] *= 2
        path.write_text(json.dumps(run))
    text = recorded.run("analysis", "--compare", "first", "second").stdout
    row = re.search(r"^mixed +GET +MinIO .* ([\d.]+)  apart$", text, re.MULTILINE)
    assert float(row.group(1)) == pytest.approx(2 * statistics.median(after) / statistics.median(before), abs=0.001)


def scaled(benchmark, name, store, factor):
    for path in (benchmark.results / name / "runs").glob(f"*-{store}.json"):
        run = json.loads(path.read_text())
        for operation in run["warp"]["by_op_type"].values():
            operation["throughput"]["segmented"]["median_ops"] *= factor
        path.write_text(json.dumps(run))


def test_a_regression_beyond_the_noise_fails(recorded):
    shutil.copytree(recorded.results / "first", recorded.results / "slower")
    compare = ("analysis", "--fail-over", "10", "--compare", "first", "slower")
    assert "worse" not in recorded.run(*compare).stdout
    scaled(recorded, "slower", "labstore", 0.5)
    worse = re.findall(r"^worse: (.*)$", recorded.run(*compare, code=1).stdout, re.MULTILINE)
    assert sorted(worse) == [
        f"LabStore, {name} (mixed): 50.0 % fewer objects a second" for name in ("DELETE", "GET", "PUT", "STAT")
    ]
    # Faster is no regression, nor is what one asks to tolerate.
    assert "worse" not in recorded.run("analysis", "--fail-over", "10", "--compare", "slower", "first").stdout
    recorded.run("analysis", "--fail-over", "60", "--compare", "first", "slower")
    # Half of it in one round only is within the spread.
    shutil.copy(recorded.results / "first" / "runs" / "01-mixed-labstore.json", recorded.results / "slower" / "runs")
    assert "worse" not in recorded.run(*compare).stdout


def test_says_which_sets_there_are(recorded):
    assert "There are: first, second" in recorded.run("analysis", "third", code=2).stderr
    shutil.rmtree(recorded.results)
    assert "run `just benchmark stores` first" in recorded.run("analysis", code=2).stderr
