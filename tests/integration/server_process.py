"""The real binary as a child process: started on a storage path of its own, waited for, ended by its own id."""
import http.client
import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra" / "setup"))
from ports import free_port  # noqa: E402

ACCESS_KEY = "integration-key"
SECRET_KEY = "integration-secret-7f3c9b2e51"
READY_SECONDS_MAX = 30
STOP_SECONDS_MAX = 40


def binary():
    """The server under test: LABSTORE_SERVER_BIN, else the release build."""
    named = os.environ.get("LABSTORE_SERVER_BIN")
    return Path(named) if named else ROOT / "build" / "release" / "labstore-server"


def clean_environment(**more):
    """The environment without settings of a server, so that a test decides all of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABSTORE_SERVER_")}
    return kept | {name: str(value) for name, value in more.items()}


def run(*arguments, environment=None, cwd=None, timeout=60):
    """One call of the binary that ends by itself."""
    return subprocess.run(
        [str(binary()), *map(str, arguments)],
        env=environment or clean_environment(),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class ServerProcess:
    """`labstore-server serve`. Without `keys` the server makes its own credential. `before` are arguments in front of
    the command, `options` those after it. `tls` are the files of a certificate, which is then trusted, and of its key."""

    def __init__(
        self, folder, options=(), before=(), keys=(ACCESS_KEY, SECRET_KEY), environment=None, port=None, tls=None
    ):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.storage_path = self.folder / "data"
        self.log_path = self.folder / "server.log"
        self.out_path = self.folder / "server.out"
        self.port = port or free_port()
        self.access_key, self.secret_key = keys if keys else (None, None)
        self.certificate = tls[0] if tls else None
        self.options = [f"--tls-cert={tls[0]}", f"--tls-key={tls[1]}"] if tls else []
        self.options += [str(option) for option in options]
        self.before = [str(option) for option in before]
        self.environment = dict(environment or {})
        self.process = None

    @property
    def endpoint(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self, wait=True):
        environment = clean_environment(**self.environment)
        if self.access_key:
            environment["LABSTORE_SERVER_ADMIN_ACCESS_KEY"] = self.access_key
            environment["LABSTORE_SERVER_ADMIN_SECRET_KEY"] = self.secret_key
        command = [str(binary()), *self.before, "serve", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--storage-path", str(self.storage_path), *self.options]
        with open(self.log_path, "ab") as log, open(self.out_path, "ab") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=log, cwd=self.folder)
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            try:
                if self.get("/-/health/ready", timeout=2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"not ready after {READY_SECONDS_MAX} s:\n{self.log()[-3000:]}")

    def get(self, path, timeout=10, port=None):
        """Status and body of one GET without a signature. Another `port` is a plain one."""
        if self.certificate and port is None:
            context = ssl.create_default_context(cafile=self.certificate)
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_with(self, text, seconds=10):
        """The log once `text` stands in it: lines are written by a thread of their own, a moment later."""
        end = time.monotonic() + seconds
        while text not in self.log() and time.monotonic() < end:
            time.sleep(0.05)
        return self.log()

    def out(self):
        return self.out_path.read_text(errors="replace")

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait(self, seconds=STOP_SECONDS_MAX):
        return self.process.wait(seconds)

    def stop(self, seconds=STOP_SECONDS_MAX):
        """SIGTERM and the exit code."""
        if self.process.poll() is None:
            self.signal()
        return self.wait(seconds)

    def end(self):
        """Whatever the state: nothing of it runs afterwards."""
        if self.process is None or self.process.poll() is not None:
            return
        self.signal()
        try:
            self.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait(10)
