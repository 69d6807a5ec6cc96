#!/usr/bin/env python3
"""A profiling session: a release server of its own with --pprof, load on it, captures taken meanwhile, and an annotated
list of where the time went. `infra/setup/profile.sh` builds first and calls this."""
import argparse
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "setup")]
import load  # noqa: E402
import profile_proto  # noqa: E402
from ports import free_port  # noqa: E402

READY_SECONDS_MAX = 90


def fetch(url, timeout):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


class Server:
    """A server on loopback with an empty store of its own and random credentials; ended with the `with`."""

    def __init__(self, binary, pprof_port=None, options=()):
        self.binary, self.pprof_port, self.options = binary, pprof_port, list(options)
        self.port = free_port()
        self.access_key, self.secret_key = "profile", secrets.token_hex(20)

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="labstore-profile-")
        before = ["--pprof", "--pprof-port", str(self.pprof_port)] if self.pprof_port else []
        command = [str(self.binary), *before, "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--storage-path", f"{self.folder.name}/data", *self.options]
        environment = {
            "PATH": "/usr/bin:/bin",
            "LABSTORE_SERVER_ADMIN_ACCESS_KEY": self.access_key,
            "LABSTORE_SERVER_ADMIN_SECRET_KEY": self.secret_key,
        }
        self.log = open(f"{self.folder.name}/log", "wb")
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        end = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < end and self.process.poll() is None:
            try:
                fetch(f"http://127.0.0.1:{self.port}/-/health/ready", 2)
                return self
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        text = Path(self.log.name).read_text(errors="replace")
        self.__exit__()
        sys.exit(f"the server did not come up:\n{text[-2000:]}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def pprof(self, target, timeout=60):
        return fetch(f"http://127.0.0.1:{self.pprof_port}/debug/pprof/{target}", timeout)

    def cpu_seconds(self):
        """User and system time so far, in steps of 10 ms."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def requests(self, operation=""):
        """S3 requests answered so far, of one operation or of all."""
        text = fetch(f"http://127.0.0.1:{self.port}/-/metrics", 10).decode()
        lines = [line for line in text.splitlines() if line.startswith("labstore_requests_total{")]
        wanted = [line for line in lines if f'operation="{operation}' in line and 'operation="Metrics"' not in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in wanted)

    def wait_for_gets(self, before):
        """Until the load has written its objects and reads: more than `before` GETs were answered."""
        end = time.monotonic() + READY_SECONDS_MAX
        while self.requests("GetObject") <= before:
            if time.monotonic() > end:
                sys.exit("the load does not read")
            time.sleep(0.2)
        time.sleep(1)


def view(binary, profile, port):
    """Until the viewer is closed."""
    if shutil.which("go") is None:
        print(f"go is not installed; elsewhere: go tool pprof -http=:{port} {profile}")
        return
    print(f"go tool pprof on http://127.0.0.1:{port}/ (Ctrl-C ends it)")
    try:
        subprocess.run(["go", "tool", "pprof", f"-http=127.0.0.1:{port}", "-no_browser", str(binary), str(profile)], check=False)
    except KeyboardInterrupt:
        pass


def main():
    parser = argparse.ArgumentParser(description="Profiles a release server under load and lists where the time went.")
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("."), help="folder for the captures")
    parser.add_argument("--seconds", type=int, default=30, help="length of the CPU capture")
    parser.add_argument("--pprof-port", type=int, default=6060)
    parser.add_argument("--size-kib", type=int, default=100, help="size of the objects")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--no-view", action="store_true", help="do not open the viewer at the end")
    parser.add_argument("--view-port", type=int, default=8081)
    parser.add_argument("options", nargs="*", help="options of `serve`, behind --")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with Server(given.binary, given.pprof_port, given.options) as server:
        name, work = load.start(
            server.port, server.access_key, server.secret_key, given.seconds + READY_SECONDS_MAX, size_kib=given.size_kib, concurrency=given.concurrency
        )
        print(f"load: {name}, {given.concurrency} connections, objects of {given.size_kib} KiB", flush=True)
        server.wait_for_gets(0)
        before, cpu_before = server.requests(), server.cpu_seconds()
        cpu = server.pprof(f"profile?seconds={given.seconds}", given.seconds + 60)
        done, cpu_used = server.requests() - before, server.cpu_seconds() - cpu_before
        captures = {"cpu": cpu, "contention": server.pprof("contention"), "allocs": server.pprof("allocs?seconds=3"), "heap": server.pprof("heap")}
        page = server.pprof("flamegraph?id=1")
        load.stop(work)
    for kind, data in captures.items():
        (given.output / f"{kind}-{stamp}.pb.gz").write_bytes(data)
    (given.output / f"flamegraph-{stamp}.html").write_bytes(page)
    profile = profile_proto.parse(cpu)
    print(f"{done / given.seconds:.0f} requests a second; the server used {cpu_used / max(done, 1) * 1e6:.0f} us of CPU for each")
    print(profile_proto.top_text(profile))
    waits = profile_proto.parse(captures["contention"])
    print(f"\nlock waits since the start: {waits.total() / 1e6:.1f} ms in {sum(s.values[0] for s in waits.samples)} waits")
    print(f"\ncaptures and the flame graph page: {given.output}/*-{stamp}.*")
    if not given.no_view:
        view(given.binary, given.output / f"cpu-{stamp}.pb.gz", given.view_port)


if __name__ == "__main__":
    main()
