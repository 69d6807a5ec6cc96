"""Garage makes its own keys and wants a layout: the steps, the same for a program of ours and for a container."""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from .problems import Problem
from .settings import port

KEY_NAME = "labstore-benchmark"
PORT_NAMES = (
    "BENCHMARK_GARAGE_PORT",
    "BENCHMARK_GARAGE_RPC_PORT",
    "BENCHMARK_GARAGE_WEB_PORT",
    "BENCHMARK_GARAGE_ADMIN_PORT",
)

# The choices of infra/garage.toml, on loopback.
CONFIG = """\
metadata_dir = "{folder}/meta"
data_dir = "{data}"
db_engine = "{engine}"
replication_factor = 1
compression_level = 2
{options}
rpc_bind_addr = "127.0.0.1:{rpc}"
rpc_public_addr = "127.0.0.1:{rpc}"
rpc_secret = "{secret}"

[s3_api]
s3_region = "eu-west-1"
api_bind_addr = "127.0.0.1:{s3}"
root_domain = ".s3.garage.localhost"

[s3_web]
bind_addr = "127.0.0.1:{web}"
root_domain = ".web.garage.localhost"
index = "index.html"

[admin]
api_bind_addr = "127.0.0.1:{admin}"
"""

# Runs `garage ARGUMENTS...` against the node and gives what it printed; raises Problem when it fails.
Command = Callable[..., str]


def ports() -> list[int]:
    return [port(name) for name in PORT_NAMES]


def write_config(folder: Path, data: Path, options: dict[str, str], engine: str = "sqlite") -> Path:
    s3, rpc, web, admin = ports()
    lines = "\n".join(f"{name} = {value}" for name, value in options.items())
    path = folder / "garage.toml"
    text = CONFIG.format(
        folder=folder,
        engine=engine,
        data=data,
        options=lines,
        secret=secrets.token_hex(32),
        s3=s3,
        rpc=rpc,
        web=web,
        admin=admin,
    )
    path.touch(mode=0o600)  # Garage refuses a secret that others can read
    path.write_text(text)
    return path


def initialise(run: Command, bucket: str) -> tuple[str, str]:
    """A layout of this one node, a key, a bucket the key may read, write and own. Safe to do again. Gives the key."""
    assign_layout(run)
    access_key, secret_key = key(run)
    if bucket not in run("bucket", "list").split():
        run("bucket", "create", bucket)
    run("bucket", "allow", "--read", "--write", "--owner", bucket, "--key", KEY_NAME)
    run("key", "allow", "--create-bucket", KEY_NAME)
    return access_key, secret_key


def assign_layout(run: Command) -> None:
    node = run("node", "id", "-q").strip().split("@")[0]
    if not re.fullmatch(r"[0-9a-f]{64}", node):
        raise Problem(f"garage did not name its node: {node[:200]}")
    shown = run("layout", "show")
    if node[:16] in shown.split("STAGED")[0]:
        return  # the node has its role already
    version = re.search(r"[Cc]urrent cluster layout version:\s*(\d+)", shown)
    run("layout", "assign", "-z", "dc1", "-c", "10G", node)
    run("layout", "apply", "--version", str(int(version.group(1)) + 1 if version else 1))


def key(run: Command) -> tuple[str, str]:
    shown = run("key", "list")
    text = run("key", "info", "--show-secret", KEY_NAME) if KEY_NAME in shown else run("key", "create", KEY_NAME)
    access = re.search(r"Key ID:\s*(\S+)", text)
    secret = re.search(r"Secret key:\s*([0-9a-f]{32,})", text)
    if not access or not secret:
        raise Problem("garage did not show the key it made; is its version 1.0 or later?")
    return access.group(1), secret.group(1)
