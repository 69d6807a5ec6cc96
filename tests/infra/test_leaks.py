"""leaks.py: what counts as a report of a sanitizer, and that each way to fail is one."""
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from conftest import SETUP

import leaks

LEAK = """
=================================================================
==4711==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 4 byte(s) in 1 object(s) allocated from:
    #0 0x55 in operator new(unsigned long)
SUMMARY: AddressSanitizer: 4 byte(s) leaked in 1 allocation(s).
"""


@pytest.mark.parametrize(
    "text",
    [
        LEAK,
        "==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n",
        "src/http/a.cpp:12:5: runtime error: member call on misaligned address 0x1\n",
        "AddressSanitizer:DEADLYSIGNAL\n",
        "==9==LeakSanitizer has encountered a fatal error.\n",
        "==9==AddressSanitizer CHECK failed: x.cpp:1\n",
    ],
)
def test_a_report_is_found_among_the_lines_of_a_log(text):
    log = "2026-01-01T00:00:00Z info listening on 127.0.0.1:1\n" + text + "2026-01-01T00:00:01Z info stopped\n"
    found = leaks.reports(log)
    assert len(found) == 1 and found[0] in log


def test_a_log_that_only_speaks_of_errors_is_clean():
    log = "warn request failed: error reading the head\ninfo built with AddressSanitizer\nerror the disk is full\n"
    assert leaks.reports(log) == []


@pytest.mark.parametrize("code, text, failed", [(0, "fine\n", []), (1, "fine\n", ["end"]), (-9, "", ["end"]), (0, LEAK, ["reports"])])
def test_the_end_is_judged_by_exit_code_and_by_what_was_written(code, text, failed):
    assert [step.name for step in leaks.check_end(code, text) if step.faults] == failed


@pytest.mark.parametrize(
    "script, works",
    [("echo '==1==ERROR: LeakSanitizer: detected memory leaks' >&2; exit 23", True), ("exit 0", False), ("exit 23", False)],
)
def test_a_canary_that_is_not_found_out_is_a_failure(tmp_path, script, works):
    program = tmp_path / "canary"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    assert (leaks.check_canary(program).faults == []) == works


def test_a_row_is_one_line_of_three_fields():
    assert leaks.Step("mixed", []).row() == "mixed\tpassed\t"
    assert leaks.Step("mixed", ["a\tb\nc", "d"]).row() == "mixed\tfailed\ta b c; d"


class Wrong(BaseHTTPRequestHandler):
    """Answers 200 to everything, the wrong requests too."""

    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def log_message(self, *_):
        pass


def test_a_server_that_refuses_nothing_is_noticed():
    server = HTTPServer(("127.0.0.1", 0), Wrong)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        assert leaks.answered(lambda: leaks.Client(server.server_port, "k", "s").get("b", "k"), "NoSuchKey")
        assert leaks.answered(lambda: leaks.Client(server.server_port, "k", "s").get("b", "k"), None) == []
        assert leaks.bare(server.server_port, b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.1 400")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_that_does_not_come_up_fails_the_run(tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("#!/bin/sh\necho 'ERROR: LeakSanitizer: detected memory leaks' >&2\nexit 23\n")
    server = tmp_path / "server"
    server.write_text("#!/bin/sh\necho 'ERROR: AddressSanitizer: global-buffer-overflow' >&2\nexit 1\n")
    for path in (canary, server):
        path.chmod(0o755)
    table = tmp_path / "leaks.tsv"
    command = [sys.executable, "-B", SETUP / "leaks.py", "--server", server, "--load", "unused", "--canary", canary, "--results", table]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    rows = [line.split("\t")[:2] for line in table.read_text().splitlines()]
    assert rows == [["canary", "passed"], ["start", "failed"], ["end", "failed"], ["reports", "failed"]]
