"""Stands in for warp where there is none: a little real S3 traffic of the `mixed` load, and JSON in warp 1.3.0's format.

It knows the arguments that the benchmark gives, refuses those it does not know, and measures what it reports.
"""

import argparse
import json
import os
import sys
import threading
import time
from collections import defaultdict
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmark"))
from labstore_benchmark.s3_client import S3Client  # noqa: E402
from labstore_benchmark.settings import duration_seconds, size_bytes  # noqa: E402

# DELETE follows a PUT, so that objects do not run out.
TURN = ("GET", "STAT", "PUT", "GET", "DELETE")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=("mixed",))
    for name in ("obj.size", "host", "region", "lookup", "bucket", "duration", "benchdata"):
        parser.add_argument(f"--{name}", required=True, dest=name.replace(".", "_"))
    for name in ("objects", "concurrent"):
        parser.add_argument(f"--{name}", required=True, type=int)
    for name in ("get", "stat", "put", "delete"):
        parser.add_argument(f"--{name}-distrib", required=True, type=float)
    for name in ("tls", "keep-data", "no-color", "json"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args()


class Worker(threading.Thread):
    def __init__(self, number, options, client, end):
        super().__init__(daemon=True)
        self.prefix, self.options, self.client, self.end = f"thread-{number}", options, client, end
        self.body = os.urandom(size_bytes(options.obj_size))
        self.records = []  # operation, start, end, bytes, error

    def path(self, number):
        return f"/{self.options.bucket}/{self.prefix}/{number}"

    def prepare(self):
        for number in range(max(self.options.objects // self.options.concurrent, 1)):
            answer = self.client.call("PUT", self.path(number), body=self.body)
            if not answer.ok:
                raise OSError(f"preparing: {answer.status} {answer.code}")

    def run(self):
        turn = 0
        while time.time() < self.end:
            operation = TURN[turn % len(TURN)]
            path = self.path("extra" if operation in ("PUT", "DELETE") else 0)
            method = "HEAD" if operation == "STAT" else operation
            body = self.body if operation == "PUT" else b""
            start, error = time.time(), ""
            try:
                answer = self.client.call(method, path, body=body)
                error = "" if answer.ok else f"{answer.status} {answer.code}"
            except OSError as fault:
                error = str(fault)
            size = len(self.body) if operation in ("GET", "PUT") else 0
            self.records.append((operation, start, time.time(), size, error))
            turn += 1


def stamp(moment):
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"


def aggregate(title, records, concurrent):
    durations = sorted(1000 * (end - start) for _, start, end, _, _ in records)
    errors = [error for *_, error in records if error]

    def percentile(share):
        return durations[min(int(share * len(durations)), len(durations) - 1)]

    single = {
        "dur_median_millis": percentile(0.5),
        "dur_90_millis": percentile(0.9),
        "dur_99_millis": percentile(0.99),
        "slowest_millis": durations[-1],
        "requests": len(durations),
        "merged_entries": 1,
    }
    return {
        "Title": title,
        "total_requests": len(records),
        "total_objects": len(records),
        "total_errors": len(errors),
        "total_bytes": sum(size for _, _, _, size, _ in records),
        "concurrency": concurrent,
        "start_time": stamp(min(start for _, start, *_ in records)),
        "end_time": stamp(max(end for _, _, end, *_ in records)),
        "first_errors": errors[:10] or None,
        "throughput": segmented(records),
        "requests_by_client": {"fake": [{"single_sized_requests": single}]},
    }


def segmented(records):
    """Seconds without the first two and the last two, as warp has it; nothing when no second is left."""
    seconds = defaultdict(lambda: [0, 0])
    for _, _, end, size, _ in records:
        seconds[int(end)][0] += 1
        seconds[int(end)][1] += size
    kept = sorted(seconds[second] for second in sorted(seconds)[2:-2])
    middle = kept[len(kept) // 2] if kept else None
    return {"segmented": {"median_ops": middle[0], "median_bps": middle[1]}} if middle else {}


def main():
    if "--version" in sys.argv:
        print("warp version 1.3.0-fake")
        return 0
    options = arguments()
    keys = os.environ["WARP_ACCESS_KEY"], os.environ["WARP_SECRET_KEY"]
    client = S3Client(f"http://{options.host}", *keys, options.region)
    end = time.time() + duration_seconds(options.duration)
    workers = [Worker(number, options, client, end) for number in range(options.concurrent)]
    try:
        for worker in workers:
            worker.prepare()
    except OSError as fault:
        error = {"message": "Error preparing server", "type": "fatal", "cause": {"message": str(fault)}}
        print(json.dumps({"error": error, "status": "error"}))
        return 1
    for worker in workers:
        worker.end = time.time() + duration_seconds(options.duration)
        worker.start()
    for worker in workers:
        worker.join()
    records = [record for worker in workers for record in worker.records]
    by_operation = {name: [record for record in records if record[0] == name] for name in sorted(set(TURN))}
    document = {
        "v": 2,
        "commandline": " ".join(sys.argv),
        "final": True,
        "total": aggregate("Total (Final)", records, options.concurrent),
        "by_op_type": {
            name: aggregate(name, found, options.concurrent) for name, found in by_operation.items() if found
        },
    }
    print("\n" + json.dumps(document, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
