"""`docker system dial-stdio` and the few answers of the engine's API that the benchmark reads, for one container whose
process id stands in the file that the environment names. The CPU time it tells is that of the process."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

CONTAINER = "c0ffee0123456789"
PID_FILE = Path(os.environ["FAKE_CONTAINER_PID_FILE"])


def cpu_ns():
    fields = Path(f"/proc/{PID_FILE.read_text().strip()}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 10**9 // os.sysconf("SC_CLK_TCK")


def answers():
    return {
        f"/containers/{CONTAINER}/json": lambda: {
            "State": {"Running": PID_FILE.exists()},
            "Config": {"Image": "example.org/minio:fake"},
            "Mounts": [{"Type": "volume", "Name": "labstore_benchmark-minio"}, {"Type": "bind", "Source": "/etc"}],
        },
        f"/containers/{CONTAINER}/stats": lambda: {
            "cpu_stats": {"cpu_usage": {"total_usage": cpu_ns()}},
            "memory_stats": {"usage": 50 * 2**20, "stats": {"inactive_file": 20 * 2**20}},
        },
        "/system/df": lambda: {
            "Volumes": [
                {"Name": "labstore_benchmark-minio", "UsageData": {"Size": 7 * 2**20}},
                {"Name": "somebody-elses", "UsageData": {"Size": 2**40}},
            ]
        },
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self):
        self.rfile, self.wfile = sys.stdin.buffer, sys.stdout.buffer
        self.client_address, self.close_connection = ("stdio", 0), False
        while not self.close_connection:
            self.handle_one_request()
            self.wfile.flush()

    def log_message(self, *_):
        pass

    def do_GET(self):
        answer = answers().get(self.path.split("?")[0])
        body = json.dumps(answer() if answer else {"message": f"no such thing: {self.path}"}).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if sys.argv[1:] != ["system", "dial-stdio"]:
        sys.exit(f"unknown command: {sys.argv[1:]}")
    Handler()
