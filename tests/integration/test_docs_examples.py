"""The examples of docs/object-features.md, run as they stand against a fresh server."""
import os
import re
import subprocess
from pathlib import Path

import aws_cli
from server_process import free_port

PAGE = Path(__file__).resolve().parents[2] / "docs" / "object-features.md"


def examples(text):
    """(command, expected output) in order; a command is one line after "$ "."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        assert block.startswith("$ "), f"a block begins with a command: {block[:60]!r}"
        for piece in block.removeprefix("$ ").split("\n$ "):
            command, _, output = piece.partition("\n")
            found.append((command, output.rstrip("\n")))
    return found


def test_examples_are_found():
    text = "x\n```console\n$ a; b\n1\n2\n$ c\n```\n```sh\n$ no\n```\n```console\n$ d\n```\n"
    assert examples(text) == [("a; b", "1\n2"), ("c", ""), ("d", "")]


def test_examples_of_object_features(server_factory, tmp_path):
    website_port = free_port()
    server = server_factory("--website", "--website-port", website_port)
    environment = aws_cli.environment_of(server, tmp_path)
    environment["WEBSITE_URL"] = f"http://127.0.0.1:{website_port}"
    environment["PATH"] = os.path.dirname(aws_cli.program()) + os.pathsep + environment["PATH"]
    work = tmp_path / "work"
    work.mkdir()
    wanted = examples(PAGE.read_text(encoding="utf-8"))
    assert len(wanted) > 10
    # One shell for all, so that variables last. Each command's output ends with a line that nothing else writes.
    end = "--- end of output ---"
    script = "".join(f"{command}\necho '{end}' $?\n" for command, _ in wanted)
    done = subprocess.run(
        ["bash", "-c", script], env=environment, cwd=work, capture_output=True, text=True, timeout=300
    )
    pieces = re.split(re.escape(end) + r" (\d+)\n", done.stdout)
    outputs, codes = pieces[0:-1:2], pieces[1::2]
    assert len(outputs) == len(wanted), done.stderr
    for (command, output), got, code in zip(wanted, outputs, codes):
        # Of what the client adds by itself, such as a progress line, the last state counts.
        shown = "\n".join(line.rsplit("\r", 1)[-1].rstrip() for line in got.rstrip("\n").split("\n"))
        assert (shown, code) == (output, "0"), f"{command}\n{done.stderr}"
