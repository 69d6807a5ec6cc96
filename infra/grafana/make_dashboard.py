#!/usr/bin/env python3
"""Writes labstore.json, the dashboard for Grafana 10 and later, from the panels below; `--check` compares instead.

A panel is a title, a unit and its queries, each with a legend. Where a query splits by operation it follows the choice
of operations on top of the page, else only that of servers."""
import json
import sys
from pathlib import Path

OUTPUT = Path(__file__).resolve().parent / "labstore.json"
INSTANCE = 'instance=~"$instance"'
OPERATION = f'{INSTANCE},operation=~"$operation"'
WINDOW = "$__rate_interval"
WIDTH, HEIGHT, COLUMNS = 8, 8, 24


def rate(name, labels="", by=""):
    """Of a counter, summed over what `by` does not name."""
    chosen = OPERATION if "operation" in by.split(", ") else INSTANCE
    inside = ",".join(filter(None, [chosen, labels]))
    return f"sum by ({by}) (rate({name}{{{inside}}}[{WINDOW}]))" if by else f"sum(rate({name}{{{inside}}}[{WINDOW}]))"


def quantile(q, name, labels="", by=""):
    buckets = ", ".join(filter(None, ["le", by]))
    return f"histogram_quantile({q}, {rate(f'{name}_bucket', labels, buckets)})"


def gauge(name, labels="", by=""):
    inside = ",".join(filter(None, [INSTANCE, labels]))
    return f"sum by ({by}) ({name}{{{inside}}})" if by else f"sum({name}{{{inside}}})"


def mean(name, labels=""):
    return f"{rate(f'{name}_sum', labels)} / {rate(f'{name}_count', labels)}"


ERRORS = 'status=~"5..|cut"'
REQUESTS = "labstore_requests_total"
DURATION = "labstore_request_duration_seconds"
FIRST_BYTE = "labstore_request_first_byte_seconds"

# Row to panels: (title, unit, [(query, legend)]).
ROWS = {
    "Golden signals": [
        ("Traffic by operation", "reqps", [(rate(REQUESTS, by="operation"), "{{operation}}")]),
        ("Errors by operation and code", "reqps", [(rate(REQUESTS, 'code!="none"', "operation, code"), "{{operation}} {{code}}")]),
        (
            "Share of failed requests (5xx, cut)",
            "percentunit",
            [(f"{rate(REQUESTS, ERRORS, 'operation')} / {rate(REQUESTS, by='operation')}", "{{operation}}")],
        ),
        ("Latency P99 by operation", "s", [(quantile(0.99, DURATION, by="operation"), "{{operation}}")]),
        ("Latency P50 by operation", "s", [(quantile(0.5, DURATION, by="operation"), "{{operation}}")]),
        ("First byte P99 by operation", "s", [(quantile(0.99, FIRST_BYTE, by="operation"), "{{operation}}")]),
        (
            "Saturation: in flight, waiting, busy",
            "short",
            [
                (gauge("labstore_requests_in_flight"), "requests in flight"),
                (gauge("labstore_queue_length", by="queue"), "queue {{queue}}"),
                (gauge("labstore_blocking_threads_busy"), "busy blocking threads"),
            ],
        ),
        (
            "Bandwidth",
            "Bps",
            [
                (rate("labstore_request_bytes_total", by="operation"), "in {{operation}}"),
                (rate("labstore_response_bytes_total", by="operation"), "out {{operation}}"),
            ],
        ),
        (
            "Turned away",
            "ops",
            [
                (rate("labstore_memory_refused_total", by="limit"), "memory {{limit}}"),
                (rate("labstore_queue_refused_total", by="queue"), "queue {{queue}}"),
                (rate("labstore_connections_refused_total"), "connections"),
                (rate("labstore_accept_pauses_total"), "accept pauses"),
            ],
        ),
    ],
    "Durability": [
        (
            "Entries of a group commit, mean",
            "short",
            [(mean("labstore_commit_group_size", f'store="{store}"'), store) for store in ("blob", "index")],
        ),
        ("Commit P99", "s", [(quantile(0.99, "labstore_commit_duration_seconds", by="store"), "{{store}}")]),
        ("Sync P99", "s", [(quantile(0.99, "labstore_sync_duration_seconds", by="file"), "{{file}}")]),
        ("Syncs", "ops", [(rate("labstore_sync_duration_seconds_count", by="file"), "{{file}}")]),
        ("Time spent in syncs", "percentunit", [(rate("labstore_sync_duration_seconds_sum", by="file"), "{{file}}")]),
        (
            "State",
            "short",
            [
                (f"min(labstore_writable{{{INSTANCE}}})", "writable"),
                (f"max(labstore_draining{{{INSTANCE}}})", "draining"),
                (f"max by (mode) (labstore_durability_info{{{INSTANCE}}})", "durability {{mode}}"),
            ],
        ),
    ],
    "Storage": [
        (
            "File system",
            "bytes",
            [(gauge("labstore_storage_size_bytes"), "size"), (gauge("labstore_storage_available_bytes"), "available")],
        ),
        (
            "Packed objects",
            "bytes",
            [(gauge("labstore_segment_bytes", by="state"), "{{state}}"), (gauge("labstore_segment_file_bytes"), "files")],
        ),
        ("Segments", "short", [(gauge("labstore_segments", by="state"), "{{state}}")]),
        (
            "Compaction",
            "Bps",
            [
                (rate("labstore_compaction_read_bytes_total"), "read"),
                (rate("labstore_compaction_written_bytes_total"), "written"),
            ],
        ),
        (
            "Segments begun, compacted, removed",
            "ops",
            [
                (rate("labstore_segments_begun_total"), "begun"),
                (rate("labstore_segments_compacted_total"), "compacted"),
                (rate("labstore_segments_removed_total"), "removed"),
            ],
        ),
        (
            "Damage",
            "short",
            [
                (gauge("labstore_corrupt_reads_total"), "corrupt reads"),
                (gauge("labstore_segments_retired_total"), "segments retired"),
                (gauge("labstore_orphans_removed_total"), "orphans removed"),
            ],
        ),
        ("Reads of object bytes", "ops", [(rate("labstore_blob_reads_total", by="from"), "from {{from}}")]),
    ],
    "Lifecycle": [
        (
            "Actions",
            "ops",
            [
                (rate("labstore_lifecycle_actions_total", by="action"), "{{action}}"),
                (rate("labstore_lifecycle_refused_total"), "refused"),
            ],
        ),
        ("Rows of the index by time", "ops", [(rate("labstore_lifecycle_index_rows_total", by="what"), "{{what}}")]),
        ("Behind due", "s", [(gauge("labstore_lifecycle_lag_seconds"), "behind")]),
    ],
    "Index (RocksDB)": [
        (
            "Lookups and batches",
            "ops",
            [
                (rate("labstore_index_lookups_total", by="from"), "lookups from {{from}}"),
                (rate("labstore_index_batches_total"), "batches"),
                (rate("labstore_index_conflicts_total"), "conflicts"),
            ],
        ),
        (
            "Block cache hit rate",
            "percentunit",
            [
                (
                    f"{rate('labstore_rocksdb_block_cache_hits_total')} / ({rate('labstore_rocksdb_block_cache_hits_total')}"
                    f" + {rate('labstore_rocksdb_block_cache_misses_total')})",
                    "hits",
                )
            ],
        ),
        (
            "Memory",
            "bytes",
            [
                (gauge("labstore_rocksdb_block_cache_bytes"), "block cache"),
                (gauge("labstore_rocksdb_block_cache_max_bytes"), "block cache, limit"),
                (gauge("labstore_rocksdb_memory_table_bytes"), "memory tables"),
                (gauge("labstore_rocksdb_table_reader_bytes"), "table readers"),
            ],
        ),
        (
            "Written",
            "Bps",
            [
                (rate("labstore_rocksdb_log_written_bytes_total"), "log"),
                (rate("labstore_rocksdb_flush_written_bytes_total"), "flush"),
                (rate("labstore_rocksdb_compaction_written_bytes_total"), "compaction"),
                (rate("labstore_rocksdb_compaction_read_bytes_total"), "compaction, read"),
            ],
        ),
        ("Table files", "short", [(gauge("labstore_rocksdb_files", by="level"), "level {{level}}")]),
        (
            "Size",
            "bytes",
            [
                (gauge("labstore_rocksdb_file_bytes", by="level"), "level {{level}}"),
                (gauge("labstore_rocksdb_compaction_pending_bytes"), "compaction pending"),
            ],
        ),
        (
            "Stalls",
            "percentunit",
            [
                (rate("labstore_rocksdb_stall_seconds_total"), "time held back"),
                (gauge("labstore_rocksdb_writes_stopped"), "writes stopped"),
            ],
        ),
        (
            "Background work",
            "short",
            [
                (gauge("labstore_rocksdb_compactions_running"), "compactions"),
                (gauge("labstore_rocksdb_flushes_running"), "flushes"),
                (gauge("labstore_rocksdb_memory_tables_waiting"), "memory tables waiting"),
            ],
        ),
        ("Rows, estimated", "short", [(gauge("labstore_index_rows"), "rows")]),
    ],
    "Memory and pools": [
        (
            "Named limits, used",
            "percentunit",
            [(f"{gauge('labstore_memory_used_bytes', by='limit')} / {gauge('labstore_memory_max_bytes', by='limit')}", "{{limit}}")],
        ),
        (
            "Body buffers",
            "bytes",
            [
                (gauge("labstore_memory_used_bytes", 'limit="body"'), "on loan"),
                (gauge("labstore_buffers_idle_bytes"), "idle"),
                (gauge("labstore_frames_idle_bytes"), "coroutine frames, idle"),
            ],
        ),
        (
            "Buffers reused",
            "percentunit",
            [
                (
                    f"""{rate("labstore_buffers_taken_total", 'from="pool"')} / {rate("labstore_buffers_taken_total")}""",
                    "from the pool",
                ),
                (
                    f"""{rate("labstore_frames_total", 'from="pool"')} / {rate("labstore_frames_total")}""",
                    "coroutine frames from the pool",
                ),
            ],
        ),
        (
            "Bodies hashed together",
            "short",
            [
                (f"{rate('labstore_md5_run_pieces_total')} / {rate('labstore_md5_runs_total')}", "pieces in a pass"),
                (rate("labstore_md5_pieces_total"), "pieces a second"),
            ],
        ),
        (
            "Queues, filled",
            "percentunit",
            [(f"{gauge('labstore_queue_length', by='queue')} / {gauge('labstore_queue_length_max', by='queue')}", "{{queue}}")],
        ),
        (
            "Connections",
            "short",
            [(gauge("labstore_connections"), "open"), (gauge("labstore_connections_max"), "limit")],
        ),
        ("Connections accepted", "ops", [(rate("labstore_connections_accepted_total"), "accepted")]),
        (
            "TLS handshakes",
            "ops",
            [
                (rate("labstore_tls_handshakes_total", by="result"), "{{result}}"),
                (rate("labstore_tls_resumed_total"), "resumed"),
                (rate("labstore_tls_kernel_connections_total"), "by the kernel"),
                (rate("labstore_tls_reloads_total", by="result"), "certificate read, {{result}}"),
            ],
        ),
        (
            "Days until the certificate expires",
            "d",
            [(f"(min(labstore_tls_certificate_expiry_timestamp_seconds{{{INSTANCE}}} > 0) - time()) / 86400", "days")],
        ),
        (
            "Blocking pool",
            "ops",
            [(rate("labstore_blocking_jobs_total"), "jobs"), (gauge("labstore_blocking_threads"), "threads")],
        ),
    ],
    "Process": [
        ("CPU", "short", [(rate("process_cpu_seconds_total"), "cores")]),
        ("CPU per request", "s", [(f"{rate('process_cpu_seconds_total')} / {rate(REQUESTS)}", "CPU per request")]),
        ("Resident memory", "bytes", [(gauge("process_resident_memory_bytes"), "resident")]),
        (
            "Descriptors and threads",
            "short",
            [
                (gauge("process_open_fds"), "descriptors"),
                (gauge("process_max_fds"), "descriptors, limit"),
                (gauge("process_threads"), "threads"),
            ],
        ),
        (
            "Log lines",
            "ops",
            [
                (rate("labstore_log_lines_written_total"), "written"),
                (rate("labstore_log_lines_dropped_total"), "dropped"),
                (rate("labstore_log_lines_failed_total"), "failed"),
            ],
        ),
        (
            "Uptime and version",
            "s",
            [
                (f"min(labstore_uptime_seconds{{{INSTANCE}}})", "uptime"),
                (f"max by (version) (labstore_build_info{{{INSTANCE}}})", "version {{version}}"),
            ],
        ),
    ],
}

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


def timeseries(number, title, unit, queries, x, y):
    return {
        "id": number,
        "type": "timeseries",
        "title": title,
        "datasource": DATASOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": x, "y": y},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 8, "showPoints": "never"}}, "overrides": []},
        "options": {
            "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(ord("A") + i), "datasource": DATASOURCE, "expr": expr, "legendFormat": legend, "editorMode": "code", "range": True}
            for i, (expr, legend) in enumerate(queries)
        ],
    }


def panels():
    out, y = [], 0
    for title, row in ROWS.items():
        grid = {"h": 1, "w": COLUMNS, "x": 0, "y": y}
        out.append({"id": len(out) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": grid, "panels": []})
        y += 1
        for i, (name, unit, queries) in enumerate(row):
            place = i % (COLUMNS // WIDTH)
            out.append(timeseries(len(out) + 1, name, unit, queries, place * WIDTH, y + i // (COLUMNS // WIDTH) * HEIGHT))
        y += -(-len(row) // (COLUMNS // WIDTH)) * HEIGHT
    return out


def choice(name, label, query):
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "definition": query,
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "sort": 1,
    }


def dashboard():
    return {
        "uid": "labstore",
        "title": "LabStore",
        "tags": ["labstore"],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "annotations": {"list": []},
        "links": [],
        "templating": {
            "list": [
                {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}},
                choice("instance", "Server", "label_values(labstore_build_info, instance)"),
                choice("operation", "Operation", f"label_values({REQUESTS}{{{INSTANCE}}}, operation)"),
            ]
        },
        "panels": panels(),
    }


def main():
    text = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    if "--check" in sys.argv[1:]:
        if OUTPUT.read_text() != text:
            sys.exit(f"{OUTPUT.name} is not what make_dashboard.py writes; run it")
        return
    OUTPUT.write_text(text)


if __name__ == "__main__":
    main()
