"""infra/grafana/labstore.json and infra/prometheus.yml: made of what docs/metrics.md lists, and of queries that parse."""
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from conftest import ROOT

GRAFANA = ROOT / "infra" / "grafana"
BOARD = json.loads((GRAFANA / "labstore.json").read_text())
# Grafana replaces these before Prometheus sees a query.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*", "$operation": ".*"}
FUNCTIONS = {"sum", "time", "min", "max", "rate", "histogram_quantile"}


def panels():
    return [panel for panel in BOARD["panels"] if panel["type"] != "row"]


def queries():
    return [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]


def documented():
    """Name to type and labels, from the tables of the page."""
    text = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, –]+) \|", text, re.MULTILINE)
    assert len(rows) > 50
    return {name: (kind, set() if labels == "–" else set(labels.split(", "))) for name, kind, labels in rows}


def samples():
    """What a query may name: a histogram is three."""
    out = {}
    for name, (kind, labels) in documented().items():
        if kind == "histogram":
            out |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            out[name] = labels
    return out


def filled(query):
    for variable, value in VARIABLES.items():
        query = query.replace(variable, value)
    assert "$" not in query, f"a variable that nobody replaces: {query}"
    return query


def selectors(query):
    """(metric, its matchers) of a query."""
    return re.findall(r"\b((?:labstore|process)_\w+)(?:\{([^}]*)\})?", query)


def test_the_board_is_what_its_script_writes():
    done = subprocess.run([sys.executable, "-B", GRAFANA / "make_dashboard.py", "--check"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_form_is_grafanas():
    assert BOARD["schemaVersion"] >= 38, "Grafana 10"
    variables = {variable["name"]: variable for variable in BOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    assert set(variables) == {"datasource", "instance", "operation"}
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken, f"{panel['title']} lies over another"
        taken |= cells
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}" and panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"] and len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    titles = {panel["title"] for panel in BOARD["panels"] if panel["type"] == "row"}
    assert titles == {"Golden signals", "Durability", "Storage", "Lifecycle", "Index (RocksDB)", "Memory and pools", "Process"}


def test_every_metric_of_a_query_is_documented_with_its_labels():
    known = samples()
    for title, query in queries():
        found = selectors(query)
        assert found, f"{title}: a query of nothing"
        for metric, matchers in found:
            assert metric in known, f"{title}: {metric} is not in docs/metrics.md"
            assert 'instance=~"$instance"' in matchers, f"{title}: {metric} of servers that were not chosen"
            used = set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers)) - {"instance"}
            assert used <= known[metric], f"{title}: {metric} has no label {used - known[metric]}"
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")}
        assert grouped <= set.union(*(known[metric] for metric, _ in found)), title


def test_every_family_of_the_page_is_on_the_board():
    shown = {metric for _, query in queries() for metric, _ in selectors(query)}
    absent = {
        name
        for name, (kind, _) in documented().items()
        if not ({name, f"{name}_bucket", f"{name}_sum", f"{name}_count"} & shown)
    }
    # Of no use on a graph.
    assert absent == {"process_virtual_memory_bytes", "process_start_time_seconds"}


def test_counters_are_shown_as_rates_and_gauges_are_not():
    kinds = {name: kind for name, (kind, _) in documented().items()}
    since_start = {"labstore_corrupt_reads_total", "labstore_segments_retired_total", "labstore_orphans_removed_total"}
    for title, query in queries():
        for metric, _ in selectors(query):
            rated = re.search(rf"rate\({metric}[{{]", query) is not None
            grows = kinds.get(metric, "counter") == "counter"
            assert rated == (grows and metric not in since_start), f"{title}: {metric}"


def test_queries_are_well_formed():
    for title, query in queries():
        text = filled(query)
        open_brackets = []
        for character in re.sub(r'"[^"]*"', '""', text):
            if character in "([{":
                open_brackets.append(character)
            elif character in ")]}":
                assert open_brackets and open_brackets.pop() + character in ("()", "[]", "{}"), f"{title}: {query}"
        assert not open_brackets, f"{title}: {query}"
        called = set(re.findall(r"\b([a-z_]+) ?\(", text)) - {"by"}
        assert called <= FUNCTIONS, f"{title}: {called - FUNCTIONS}"


def test_promtool_accepts_every_query_and_the_scrape_configuration(tmp_path):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (Debian: prometheus) is not on PATH")
    rules = [{"record": f"board:query:{i}", "expr": filled(query)} for i, (_, query) in enumerate(queries())]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    for command in (["check", "rules", tmp_path / "rules.yml"], ["check", "config", ROOT / "infra" / "prometheus.yml"]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_scrape_example_finds_the_metrics():
    (job,) = yaml.safe_load((ROOT / "infra" / "prometheus.yml").read_text())["scrape_configs"]
    assert job["metrics_path"] == "/-/metrics"
    assert job["static_configs"] == [{"targets": ["127.0.0.1:6789"]}], "where a server listens by itself"
