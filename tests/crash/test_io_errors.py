"""The N-th write, sync, open or rename of the real binary fails (promise P9): nothing is acknowledged that a power cut
then loses, no failed sync is retried into a false success, the service answers with errors and does not hang."""
import os
import shutil

import pytest

from harness import BUCKET, Ext4, Server, check_store, load, verify, why_no_loop_device

DEEP = os.environ.get("LABSTORE_CRASH_DEEP") == "1"
FAULTS = [
    ("fdatasync:error=EIO", range(1, 40, 1 if DEEP else 6)),
    ("pwritev:error=EIO", range(1, 30, 1 if DEEP else 7)),
    ("pwrite64:error=ENOSPC", range(1, 30, 1 if DEEP else 7)),
    ("write:error=ENOSPC", range(5, 60, 1 if DEEP else 13)),
    ("rename:error=EIO", range(1, 6, 1 if DEEP else 3)),
    ("openat:error=EIO", range(56, 88, 2 if DEEP else 15)),  # of the start; a thread of its own opens few files later
]
CASES = [(fault, n) for fault, numbers in FAULTS for n in numbers]


ATTEMPTS_MAX = 20


def has_fired(trace):
    return "(INJECTED)" in trace.read_text(errors="replace")


@pytest.mark.parametrize("fault,when", CASES, ids=[f"{fault}:{n}" for fault, n in CASES])
def test_nth_call_fails(tmp_path, fault, when):
    reason = why_no_loop_device() or (None if shutil.which("strace") else "strace is not installed")
    if reason:
        pytest.skip(reason)
    disk = Ext4(tmp_path, 512)
    storage_path = disk.mount_point / "store"
    expected = [{} for _ in range(2)]
    server = Server(storage_path, tmp_path / "server.log")
    try:
        server.start()
        server.client().create_bucket(BUCKET)
        assert server.stop() == 0
        call = fault.split(":")[0]
        trace = tmp_path / "trace"
        server.wrap = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={call}", "-e", f"inject={fault}:when={when}"]
        server.options = ["--threads", "1"]
        try:
            server.start()
        except RuntimeError:
            # The fault hit the start itself: a clear end is as good as a start, what counts is that nothing is lost.
            pass
        else:
            for attempt in range(ATTEMPTS_MAX):
                load(server, expected, 100 * when + attempt, 0.7)
                if has_fired(trace):
                    break
        assert has_fired(trace), f"there was no {call} number {when}: this case tests nothing"
        disk.cut()
        server.kill()
        disk.remount()
        check_store(storage_path)
        server.wrap = []
        server.start()
        verify(server, expected)
        count, refused = load(server, expected, when + 1, 0.3)
        assert count > 0 and not refused, refused[:3]
        verify(server, expected)
    finally:
        server.kill()
        disk.remove()
