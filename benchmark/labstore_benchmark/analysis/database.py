"""The raw JSON of result sets as DuckDB tables, and the questions asked of them. All arithmetic is here, in SQL.

A figure of one run is what warp calls the median: of its one-second segments, the first and last two left out. Runs too
short for that give their average instead and are marked. A figure of a store is the median over its rounds, and its
spread goes from the lowest round to the highest.
"""

import json

from ..bandwidth import STORED
from ..problems import Problem
from ..results import ResultSet

try:
    import duckdb
except ImportError:
    duckdb = None

OBJECT_BYTES_MAX = 256 * 1024**2

TABLES = """
CREATE TABLE document AS
    SELECT json AS body FROM read_json_objects($files, format = 'auto', maximum_object_size = $object_bytes_max);

CREATE TABLE run AS
    SELECT
        body ->> '$.store' AS store,
        body ->> '$.title' AS title,
        body ->> '$.scenario' AS scenario,
        CAST(body ->> '$.round' AS INTEGER) AS round,
        body ->> '$.status' AS status,
        body ->> '$.reason' AS failure,
        body ->> '$.durability.level' AS level,
        body ->> '$.durability.reason' AS durability,
        CASE WHEN body ->> '$.durability.level' = 'synced' THEN 'synced' ELSE 'unsynced' END AS ranking,
        body ->> '$.version' AS version,
        CAST(body ->> '$.cost.seconds' AS DOUBLE) AS seconds,
        CAST(body ->> '$.cost.operations' AS BIGINT) AS operations,
        CAST(body ->> '$.cost.server_cpu_seconds' AS DOUBLE) AS server_cpu_seconds,
        CAST(body ->> '$.cost.warp_cpu_seconds' AS DOUBLE) AS warp_cpu_seconds,
        CAST(body ->> '$.cost.machine_cpu_seconds' AS DOUBLE) AS machine_cpu_seconds,
        CAST(body ->> '$.cost.memory.bytes' AS BIGINT) AS memory_bytes,
        CAST(body ->> '$.cost.disk.bytes' AS BIGINT) AS disk_bytes,
        CAST(body ->> '$.cost.live_bytes' AS BIGINT) AS live_bytes
    FROM document;

CREATE TABLE operation AS
    WITH named AS (
        SELECT
            body ->> '$.store' AS store,
            body ->> '$.scenario' AS scenario,
            CAST(body ->> '$.round' AS INTEGER) AS round,
            unnest(json_keys(body, '$.warp.by_op_type')) AS operation,
            body
        FROM document
        WHERE body ->> '$.status' = 'measured'
    ),
    picked AS (
        SELECT * EXCLUDE body, json_extract(body, '$.warp.by_op_type."' || operation || '"') AS value FROM named
    ),
    figures AS (
        SELECT
            *,
            CAST(value ->> '$.throughput.segmented.median_ops' AS DOUBLE) AS median_ops,
            CAST(value ->> '$.throughput.segmented.median_bps' AS DOUBLE) AS median_bps,
            date_diff(
                'millisecond', CAST(value ->> '$.start_time' AS TIMESTAMPTZ), CAST(value ->> '$.end_time' AS TIMESTAMPTZ)
            ) / 1000.0 AS lasted
        FROM picked
    )
    SELECT
        store, scenario, round, operation, value,
        CAST(value ->> '$.total_requests' AS BIGINT) AS requests,
        CAST(value ->> '$.total_errors' AS BIGINT) AS errors,
        median_ops IS NULL AS short,
        coalesce(median_ops, CAST(value ->> '$.total_objects' AS DOUBLE) / nullif(lasted, 0)) AS objects_per_second,
        coalesce(median_bps, CAST(value ->> '$.total_bytes' AS DOUBLE) / nullif(lasted, 0)) / 1048576 AS mib_per_second
    FROM figures;

-- warp gives percentiles of each ten seconds; those of a run are their mean, weighted with the requests in each.
CREATE TABLE latency AS
    WITH clients AS (
        SELECT store, scenario, round, operation, unnest(json_keys(value, '$.requests_by_client')) AS client, value FROM operation
    ),
    windows AS (
        SELECT
            store, scenario, round, operation,
            json_extract(
                unnest(CAST(json_extract(value, '$.requests_by_client."' || client || '"') AS JSON[])),
                '$.single_sized_requests'
            ) AS window_
        FROM clients
    ),
    numbers AS (
        SELECT
            store, scenario, round, operation,
            CAST(window_ ->> '$.merged_entries' AS DOUBLE) AS entries,
            CAST(window_ ->> '$.requests' AS DOUBLE) AS requests,
            CAST(window_ ->> '$.dur_median_millis' AS DOUBLE) AS p50,
            CAST(window_ ->> '$.dur_90_millis' AS DOUBLE) AS p90,
            CAST(window_ ->> '$.dur_99_millis' AS DOUBLE) AS p99,
            CAST(window_ ->> '$.slowest_millis' AS DOUBLE) AS slowest
        FROM windows
        WHERE window_ IS NOT NULL AND CAST(window_ ->> '$.requests' AS DOUBLE) > 0
    )
    SELECT
        store, scenario, round, operation,
        sum(p50 * requests) / sum(requests) AS p50,
        sum(p90 * requests) / sum(requests) AS p90,
        sum(p99 * requests) / sum(requests) AS p99,
        max(slowest) AS slowest
    FROM numbers
    GROUP BY ALL;

CREATE VIEW store AS
    SELECT scenario, store, any_value(title) AS title, any_value(level) AS level, any_value(ranking) AS ranking,
        any_value(durability) AS durability, any_value(version) AS version, count(*) AS rounds
    FROM run WHERE status = 'measured' GROUP BY scenario, store;
"""

# One row per scenario, operation and store, ranked within those that make the same promise.
RANKING = """
SELECT
    scenario, ranking, operation, store, any_value(title) AS title, any_value(level) AS level,
    rank() OVER (PARTITION BY scenario, ranking, operation ORDER BY median(objects_per_second) DESC) AS rank,
    rank() OVER (PARTITION BY scenario, operation ORDER BY median(objects_per_second) DESC) AS rank_of_all,
    median(objects_per_second) AS objects_per_second,
    min(objects_per_second) AS lowest,
    max(objects_per_second) AS highest,
    median(mib_per_second) AS mib_per_second,
    100 * median(mib_per_second) / $bandwidth AS bandwidth_percent,
    sum(errors) AS errors,
    bool_or(short) AS short,
    count(*) AS rounds
FROM operation JOIN store USING (scenario, store)
GROUP BY scenario, ranking, operation, store
ORDER BY scenario, ranking, operation, rank, title
"""

# The score is the geometric mean, over the operations, of a store's figure as a share of the best in its ranking.
OVERALL = """
WITH figure AS (
    SELECT scenario, ranking, operation, store, any_value(title) AS title, any_value(level) AS level,
        median(objects_per_second) AS ops
    FROM operation JOIN store USING (scenario, store) GROUP BY scenario, ranking, operation, store
),
shared AS (
    SELECT *, ops / max(ops) OVER (PARTITION BY scenario, ranking, operation) AS share,
        rank() OVER (PARTITION BY scenario, ranking, operation ORDER BY ops DESC) AS place
    FROM figure WHERE ops > 0
)
SELECT
    scenario, ranking, store, any_value(title) AS title, any_value(level) AS level,
    rank() OVER (PARTITION BY scenario, ranking ORDER BY exp(avg(ln(share))) DESC) AS rank,
    100 * exp(avg(ln(share))) AS score,
    count(*) FILTER (WHERE place = 1) AS firsts,
    count(*) AS operations
FROM shared GROUP BY scenario, ranking, store
ORDER BY scenario, ranking, rank, title
"""

LATENCY = """
SELECT scenario, ranking, operation, store, any_value(title) AS title, any_value(level) AS level,
    median(p50) AS p50, median(p90) AS p90, median(p99) AS p99,
    min(p99) AS p99_lowest, max(p99) AS p99_highest, max(slowest) AS slowest
FROM latency JOIN store USING (scenario, store)
GROUP BY scenario, ranking, operation, store
ORDER BY scenario, operation, p99, title
"""

COST = """
WITH each AS (
    SELECT *,
        1e6 * server_cpu_seconds / nullif(operations, 0) AS cpu_us,
        1e6 * warp_cpu_seconds / nullif(operations, 0) AS warp_us,
        100 * (machine_cpu_seconds - server_cpu_seconds - warp_cpu_seconds) / nullif(machine_cpu_seconds, 0) AS others
    FROM run WHERE status = 'measured'
)
SELECT scenario, ranking, store, any_value(title) AS title, any_value(level) AS level, any_value(version) AS version,
    median(cpu_us) AS cpu_us, min(cpu_us) AS cpu_us_lowest, max(cpu_us) AS cpu_us_highest,
    median(warp_us) AS warp_us,
    greatest(median(others), 0) AS others_percent,
    median(memory_bytes) / 1048576 AS memory_mib,
    median(disk_bytes) / 1048576 AS disk_mib,
    median(live_bytes) / 1048576 AS live_mib,
    median(disk_bytes / nullif(live_bytes, 0)) AS disk_per_live
FROM each GROUP BY scenario, ranking, store
ORDER BY scenario, cpu_us, title
"""

FAILURES = "SELECT scenario, store, title, round, failure FROM run WHERE status <> 'measured' ORDER BY scenario, store, round"

STORES = "SELECT * FROM store ORDER BY scenario, ranking, title"


class Database:
    """The result sets given, as one. Raises Problem when they cannot be taken together."""

    def __init__(self, sets: list[ResultSet]):
        if duckdb is None:
            raise Problem(
                "duckdb, which computes the tables, is missing: benchmark/run.sh installs it into build/benchmark-venv"
            )
        files = [str(path) for found in sets for path in found.run_paths()]
        if not files:
            raise Problem(f"{sets[0].folder.name} holds no runs yet: `just benchmark stores` makes them")
        self.sessions = same_conditions(sets)
        self.bandwidth = median_bandwidth(sets)
        self.connection = duckdb.connect()
        # The time zone decides how times without one would be read; warp writes them all with theirs.
        self.connection.execute("SET TimeZone = 'UTC'")
        for statement in TABLES.split(";\n"):
            parameters = {"files": files, "object_bytes_max": OBJECT_BYTES_MAX} if "$files" in statement else None
            if statement.strip():
                self.connection.execute(statement, parameters)

    def rows(self, query: str, **parameters) -> list[dict]:
        cursor = self.connection.execute(query, parameters or None)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor.fetchall()]

    def ranking(self) -> list[dict]:
        return self.rows(RANKING, bandwidth=self.bandwidth)

    def everything(self) -> dict:
        return {
            "sessions": self.sessions,
            "bandwidth_mib_per_second": self.bandwidth,
            "stores": self.rows(STORES),
            "ranking": self.ranking(),
            "overall": self.rows(OVERALL),
            "latency": self.rows(LATENCY),
            "cost": self.rows(COST),
            "failures": self.rows(FAILURES),
        }


# What must be equal for figures to stand in one table; which stores and scenarios were run may differ.
CONDITIONS = ("object_size", "objects", "concurrent", "duration", "distribution", "mode")


def same_conditions(sets: list[ResultSet]) -> list[dict]:
    sessions = [found.session for found in sets]
    first = sessions[0]
    for other in sessions[1:]:
        for name in CONDITIONS:
            ours, theirs = first["settings"][name], other["settings"][name]
            if ours != theirs and not (name == "mode" and "endpoint" in (ours, theirs)):
                raise Problem(
                    f"{first['name']} and {other['name']} cannot stand in one table: {name} is {ours} there and {theirs} here"
                )
        if (
            first["machine"]["cpu"] != other["machine"]["cpu"]
            or first["machine"]["cores"] != other["machine"]["cores"]
        ):
            raise Problem(f"{first['name']} and {other['name']} are of two machines; use --compare for those")
    return sessions


def median_bandwidth(sets: list[ResultSet]) -> float | None:
    """MiB a second, of all sets that measured it."""
    paths = [found.folder / STORED for found in sets]
    found = sorted(
        json.loads(path.read_text())["iperf3"]["end"]["sum_received"]["bits_per_second"] / 8 / 1048576
        for path in paths
        if path.exists()
    )
    return found[len(found) // 2] if found else None
