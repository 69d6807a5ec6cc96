"""What the tests of infra share: the scripts, the compose file as data, and programs that stand in for docker."""
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "infra" / "setup"
sys.path.insert(0, str(SETUP))
sys.path.insert(0, str(ROOT / "tests" / "integration"))

# What the scripts call besides docker. A test's PATH holds these and nothing else, so that no real Docker is met.
TOOLS = (
    "awk", "basename", "bash", "cat", "cut", "dirname", "env", "grep", "head", "id", "ldd", "mktemp", "nproc", "python3",
    "readlink", "rm", "sed", "sort", "tail", "tr",
)


def clean_environment(**more):
    """The environment without settings of a server or a benchmark, so that a test decides all of them."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LABSTORE_SERVER_", "BENCHMARK_", "DOCKER_", "COMPOSE_"))
    }
    return kept | {name: str(value) for name, value in more.items()}


def expand(text, environment):
    """${NAME} and ${NAME:-default} as Compose replaces them."""

    def replacement(match):
        return environment.get(match.group(1)) or match.group(2) or ""

    return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}", replacement, text)


def load_compose(environment):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return yaml.safe_load(expand((ROOT / "infra" / "compose.yml").read_text(), environment))


@pytest.fixture
def tool_path(tmp_path):
    """A folder with the usual tools and no docker; a test writes the programs it wants into it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def program(tool_path):
    """Writes a bash program of a given name into the test's PATH."""

    def write(name, body):
        path = tool_path / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return write


@pytest.fixture
def run_script(tool_path):
    """Runs a script of infra/setup with the test's PATH alone."""

    def run(script, *arguments, **environment):
        return subprocess.run(
            [str(SETUP / script), *map(str, arguments)],
            env=clean_environment(PATH=tool_path, **environment),
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run
