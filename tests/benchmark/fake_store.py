"""A peer for the tests: `fake_store.py server DIR --address HOST:PORT` answers the few S3 calls the benchmark and its
load make, and keeps objects as files below DIR. It has a child process, as some stores do, and does not end it.

`--fault start` ends at once, `--fault load` in the middle of the load.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

REQUESTS_BEFORE_FAULT = 40
lock = threading.Lock()
buckets = {}
served = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", head=False):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not head:
            self.wfile.write(body)

    def handle_call(self):
        global served
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        served += 1
        if self.server.fault == "load" and served > REQUESTS_BEFORE_FAULT:
            os._exit(3)
        if f"Credential={self.server.access_key}/" not in (self.headers.get("Authorization") or ""):
            return self.answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        with lock:
            return self.on_object(bucket, key, body) if key else self.on_bucket(bucket, parse_qs(parts.query))

    def on_bucket(self, bucket, query):
        if self.command == "PUT":
            buckets.setdefault(bucket, {})
            return self.answer(200)
        if bucket not in buckets:
            return self.answer(404, b"<Error><Code>NoSuchBucket</Code></Error>", self.command == "HEAD")
        if "list-type" not in query:
            return self.answer(200, head=self.command == "HEAD")
        items = "".join(
            f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" for key, size in buckets[bucket].items()
        )
        return self.answer(200, f"<ListBucketResult>{items}</ListBucketResult>".encode())

    def on_object(self, bucket, key, body):
        objects = buckets.get(bucket, {})
        path = self.server.folder / key.replace("/", "_")
        if self.command == "PUT":
            objects[key] = len(body)
            path.write_bytes(body)
            return self.answer(200)
        if self.command == "DELETE":
            objects.pop(key, None)
            path.unlink(missing_ok=True)
            return self.answer(204)
        if key not in objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>", self.command == "HEAD")
        return self.answer(200, path.read_bytes(), self.command == "HEAD")

    do_GET = do_HEAD = do_PUT = do_DELETE = handle_call


def main():
    if "--version" in sys.argv:
        print("fake peer 1.2.3")
        return 0
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--address")
    parser.add_argument("--console-address")
    parser.add_argument("--fault")
    arguments = parser.parse_args()
    if arguments.fault == "start":
        print("the fake peer does not want to start", file=sys.stderr)
        return 4
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", str(arguments.folder)])
    host, _, port = arguments.address.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    server.folder, server.fault, server.access_key = arguments.folder, arguments.fault, os.environ["MINIO_ROOT_USER"]
    # It leaves its child alone: ending what a store forgets is the benchmark's business.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
