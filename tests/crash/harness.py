"""What the crash tests share: an ext4 file system that can lose power, the real server on it, and a load whose
acknowledged effects are remembered outside the store."""
import fcntl
import hashlib
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "infra" / "setup"))
from ports import free_port  # noqa: E402
from s3_client import Client, Refused, Unknown

ACCESS_KEY = "crash-test-key"
SECRET_KEY = "crash-test-secret-0123456789"
BUCKET = "crash-bucket"

# ext4's shutdown (`man xfs_io`, shutdown): from then on nothing reaches the disk, and the journal's last transactions
# are not written out either.
EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2


def server_binary():
    binary = os.environ.get("LABSTORE_SERVER_BIN")
    if not binary:
        binary = str(ROOT / "build" / "release" / "labstore-server")
    return binary


def run(*command, check=True):
    return subprocess.run(command, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def why_no_loop_device():
    """A reason to skip, or None when ext4 can be mounted over a loop device here."""
    if os.geteuid() != 0:
        return "mounting needs root"
    for tool in ("mkfs.ext4", "mount", "losetup"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    probe = run("losetup", "-f", check=False)
    return None if probe.returncode == 0 else f"no loop device: {probe.stdout.strip()}"


def nothing():
    """The crash of a load that simply ends."""


class Ext4:
    """ext4 over a loop device. `cut` drops whatever was not synced, as a lost supply would."""

    def __init__(self, folder, size_mib):
        self.image = Path(folder) / "disk.img"
        self.mount_point = Path(folder) / "disk"
        self.mount_point.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(size_mib << 20)
        run("mkfs.ext4", "-q", "-m0", "-F", str(self.image))
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", str(self.image), str(self.mount_point))

    def unmount(self):
        for _ in range(50):
            if run("umount", str(self.mount_point), check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.mount_point} stays busy")

    def cut(self, announce=nothing):
        """Calls `announce` in the last moment before the cut. The shutdown itself takes milliseconds, and a sync that is
        under way in them can return success with nothing written: it finds its transaction gone from an aborted
        journal. After a lost supply nobody would be there to hear of it, so nothing that is heard after `announce`
        counts as acknowledged."""
        folder = os.open(self.mount_point, os.O_RDONLY | os.O_DIRECTORY)
        try:
            announce()
            fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def remount(self):
        self.unmount()
        self.mount()

    def remove(self):
        if os.path.ismount(self.mount_point):
            self.unmount()
        self.image.unlink(missing_ok=True)


class Server:
    """The real binary on one storage path. `wrap` is a command put in front of it (strace, for one)."""

    def __init__(self, storage_path, log_path, options=(), wrap=()):
        self.storage_path = str(storage_path)
        self.log_path = str(log_path)
        self.options = list(options)
        self.wrap = list(wrap)
        self.port = free_port()
        self.process = None

    def start(self, ready_seconds=20):
        environment = dict(os.environ)
        environment["LABSTORE_SERVER_ADMIN_ACCESS_KEY"] = ACCESS_KEY
        environment["LABSTORE_SERVER_ADMIN_SECRET_KEY"] = SECRET_KEY
        command = self.wrap + [
            server_binary(), "serve", "--host", "127.0.0.1", "--port", str(self.port),
            "--storage-path", self.storage_path, "--part-size-min", "64KiB",
        ] + self.options
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
        log.close()
        started = time.monotonic()
        while time.monotonic() - started < ready_seconds:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log_tail()}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    probe.sendall(b"GET /-/health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    if b" 200 " in probe.recv(64):
                        return time.monotonic() - started
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"not ready after {ready_seconds} s: {self.log_tail()}")

    def log_tail(self):
        return Path(self.log_path).read_text(errors="replace")[-3000:]

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self, limit_seconds=40):
        os.killpg(self.process.pid, signal.SIGTERM)
        return self.process.wait(limit_seconds)

    def client(self, **options):
        return Client(self.port, ACCESS_KEY, SECRET_KEY, **options)


def check_store(storage_path):
    """Runs `labstore-server check` on a stopped store; its report is the failure text."""
    done = subprocess.run(
        [server_binary(), "check", "--storage-path", str(storage_path)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"check found damage:\n{done.stdout}\n{done.stderr}"


def content(key, serial, size):
    """Bytes that say which write they belong to: every 32-byte piece depends on key, serial and position."""
    seed = hashlib.sha256(f"{key}/{serial}".encode()).digest()
    line = b"".join(hashlib.sha256(seed + bytes([i])).digest() for i in range(64))
    return (line * (size // len(line) + 1))[:size]


GONE = None
SIZES = [0, 1, 100, 4096, 40_000, 100 * 1024, 300_000, 1_200_000]


class Worker(threading.Thread):
    """Writes its own keys until told to stop or the server is gone. `expected[key]` is the set of states (serial and
    size, or GONE) that the key may be in: one state when the last change was acknowledged before the power went, more
    when it was cut."""

    def __init__(self, name, client, seed, expected, think_seconds=0.0):
        super().__init__(name=name, daemon=True)
        self.client = client
        self.random = random.Random(seed)
        self.expected = expected
        self.think_seconds = think_seconds
        self.stop_now = threading.Event()
        self.crashing = threading.Event()
        self.power_is_off = threading.Event()
        self.acknowledged = 0
        self.refused = []
        self.serial = max([state[0] for states in expected.values() for state in states if state], default=0)

    def run(self):
        keys = [f"{self.name}/k{i}" for i in range(24)]
        try:
            while not self.stop_now.is_set():
                self.step(keys)
                if self.think_seconds:
                    time.sleep(self.think_seconds)
        except Unknown:
            pass
        finally:
            self.client.close()

    def change(self, effects, action):
        """`effects` maps keys to their new state. Before the answer both are possible, after it only the new."""
        before = {key: self.expected.get(key, {GONE}) for key in effects}
        for key, state in effects.items():
            self.expected[key] = before[key] | {state}
        try:
            action()
        except Refused as refusal:
            # A complete error answer promises that nothing changed, unless the server says it does not know (5xx).
            if not self.crashing.is_set():
                self.refused.append(str(refusal))
            if refusal.status < 500 or refusal.status == 507:
                self.expected.update(before)
            return
        if self.power_is_off.is_set():
            return
        for key, state in effects.items():
            self.expected[key] = {state}
        self.acknowledged += 1

    def step(self, keys):
        self.serial += 1
        serial = self.serial
        key = self.random.choice(keys)
        size = self.random.choice(SIZES)
        choice = self.random.random()
        state = (serial, size, key)
        if choice < 0.60:
            self.change({key: state}, lambda: self.client.put(BUCKET, key, content(key, serial, size)))
        elif choice < 0.70:
            size = self.random.choice([70_000, 200_000, 2_500_000])
            body = content(key, serial, size)
            cut = max(65_536, size // 2)
            parts = [body[:cut], body[cut:]] if cut < size else [body]
            self.change({key: (serial, size, key)}, lambda: self.client.multipart(BUCKET, key, parts))
        elif choice < 0.78:
            source = self.random.choice(keys)
            states = self.expected.get(source, {GONE})
            if source != key and len(states) == 1 and GONE not in states:
                (copied,) = states
                self.change({key: copied}, lambda: self.client.copy(BUCKET, source, key))
        elif choice < 0.92:
            self.change({key: GONE}, lambda: self.client.delete(BUCKET, key))
        else:
            several = self.random.sample(keys, 5)
            self.change({k: GONE for k in several}, lambda: self.client.delete_many(BUCKET, several))


def load(server, expected_by_worker, seed, seconds, end=None):
    """Runs the workers for `seconds`, then calls `end` (the crash) while they are busy. `end` is given a function to
    call when the power goes: later acknowledgements promise nothing. Answers how many changes were acknowledged, and
    what was refused before the crash began: on a dying disk a 500 is the honest answer."""
    workers = [
        Worker(f"w{i}", server.client(), seed * 1000 + i, expected) for i, expected in enumerate(expected_by_worker)
    ]
    for worker in workers:
        worker.start()
    time.sleep(seconds)
    for worker in workers:
        worker.crashing.set()

    def power_goes():
        for worker in workers:
            worker.power_is_off.set()

    if end:
        end(power_goes)
    for worker in workers:
        worker.stop_now.set()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive(), f"{worker.name} hangs"
    return sum(worker.acknowledged for worker in workers), [text for worker in workers for text in worker.refused]


def verify(server, expected_by_worker):
    """Every key is in one of its possible states, bytes compared, and the listing names exactly the keys that exist.
    Narrows `expected` to what was found, so that later rounds hold it to that."""
    client = server.client()
    listed = set(client.list(BUCKET))
    found = set()
    wrong = []
    for expected in expected_by_worker:
        for key, states in expected.items():
            try:
                body = client.get(BUCKET, key)
            except Refused as refusal:
                if refusal.code != "NoSuchKey":
                    wrong.append(f"{key}: {refusal}")
                    continue
                body = None
            if body is None:
                if GONE not in states:
                    wrong.append(f"{key}: acknowledged {states}, but it is gone")
                expected[key] = {GONE}
                continue
            found.add(key)
            match = [s for s in states if s is not GONE and len(body) == s[1] and body == content(s[2], s[0], s[1])]
            if not match:
                wrong.append(f"{key}: {len(body)} bytes that are none of {states}")
            else:
                expected[key] = {match[0]}
    client.close()
    if listed != found:
        wrong.append(f"the listing has {sorted(listed - found)} too many and lacks {sorted(found - listed)}")
    assert not wrong, "\n".join(wrong)
