"""What a benchmark does: defaults, the environment (which labstore.yml fills), the command line; the last one wins."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from .problems import Problem

PROJECT_ROOT = Path(__file__).resolve().parents[2]
RESULTS_ROOT = Path(os.environ.get("BENCHMARK_RESULTS") or PROJECT_ROOT / "build" / "benchmark")

# The names and values of section `benchmark:` in labstore.yml; they stand here too so that one can do without the file.
DEFAULTS = {
    "BENCHMARK_STORE_ACCESS_KEY": "labstore-benchmark",
    "BENCHMARK_STORE_SECRET_KEY": "labstore-benchmark-only",
    "BENCHMARK_LABSTORE_PORT": "7789",
    "BENCHMARK_MINIO_PORT": "9000",
    "BENCHMARK_MINIO_CONSOLE_PORT": "9001",
    "BENCHMARK_GARAGE_PORT": "3900",
    "BENCHMARK_GARAGE_RPC_PORT": "3901",
    "BENCHMARK_GARAGE_WEB_PORT": "3902",
    "BENCHMARK_GARAGE_ADMIN_PORT": "3903",
    "BENCHMARK_SEAWEEDFS_PORT": "8333",
    "BENCHMARK_SEAWEEDFS_MASTER_PORT": "9333",
    "BENCHMARK_SEAWEEDFS_VOLUME_PORT": "8080",
    "BENCHMARK_SEAWEEDFS_FILER_PORT": "8888",
    "BENCHMARK_RUSTFS_PORT": "10000",
    "BENCHMARK_VERSITYGW_PORT": "7070",
    "BENCHMARK_CLOUDSERVER_PORT": "8000",
    "BENCHMARK_CEPH_PORT": "7480",
    "BENCHMARK_BIND_ADDRESS": "127.0.0.1",
    "BENCHMARK_MODE": "containers",
    "BENCHMARK_OBJECT_SIZE": "100KiB",
    "BENCHMARK_OBJECTS": "1000",
    "BENCHMARK_CONCURRENT": "8",
    "BENCHMARK_DURATION": "1m",
    "BENCHMARK_ROUNDS": "3",
    "BENCHMARK_GET_PERCENT": "45",
    "BENCHMARK_STAT_PERCENT": "30",
    "BENCHMARK_PUT_PERCENT": "15",
    "BENCHMARK_DELETE_PERCENT": "10",
    "BENCHMARK_BUCKET": "warp-benchmark-bucket",
}

SIZE_UNITS = {"": 1, "B": 1, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3, "KB": 1000, "MB": 1000**2, "GB": 1000**3}
DURATION_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def setting(name: str) -> str:
    """From the environment, where empty counts as absent, else the default."""
    return os.environ.get(name) or DEFAULTS[name]


def size_bytes(text: str) -> int:
    match = re.fullmatch(r"\s*(\d+)\s*([A-Za-z]*)\s*", text)
    if not match or match.group(2).upper() not in SIZE_UNITS:
        raise Problem(f"'{text}' is no size: write bytes, or a whole number of KiB, MiB or GiB, such as 100KiB")
    return int(match.group(1)) * SIZE_UNITS[match.group(2).upper()]


def duration_seconds(text: str) -> float:
    if not re.fullmatch(r"\s*(?:\d+(?:ms|[smh]))+\s*", text):
        raise Problem(f"'{text}' is no duration: write a number with its unit, such as 30s or 1m")
    return sum(int(number) * DURATION_UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smh])", text))


def whole_number(name: str, text: str, least: int = 1) -> int:
    if not re.fullmatch(r"\d+", str(text).strip()) or int(text) < least:
        raise Problem(f"{name} is '{text}', wanted a whole number of at least {least}")
    return int(text)


def port(name: str) -> int:
    number = whole_number(name, setting(name))
    if number > 65535:
        raise Problem(f"{name} is {number}; ports end at 65535")
    return number


@dataclass(frozen=True)
class Distribution:
    """Shares of the mixed load in percent."""

    get: int
    stat: int
    put: int
    delete: int

    def __post_init__(self):
        total = self.get + self.stat + self.put + self.delete
        if total != 100:
            raise Problem(f"the shares of GET, STAT, PUT and DELETE add up to {total}, wanted 100")
        if self.delete > self.put:
            raise Problem(f"{self.delete} % DELETE is more than {self.put} % PUT: warp would run out of objects")

    @staticmethod
    def parse(text: str) -> "Distribution":
        parts = text.split("/")
        if len(parts) != 4:
            raise Problem(f"'{text}' is no distribution: write GET/STAT/PUT/DELETE in percent, such as 45/30/15/10")
        return Distribution(*(whole_number("a share of the distribution", part, 0) for part in parts))

    def __str__(self) -> str:
        return f"{self.get}/{self.stat}/{self.put}/{self.delete}"


def host_of_stores(mode: str) -> str:
    """Programs listen on loopback. Containers are published on an address of the machine with the Docker engine, which
    BENCHMARK_HOST names when that is another one."""
    address = setting("BENCHMARK_BIND_ADDRESS")
    everywhere = address in ("0.0.0.0", "::", "127.0.0.1")
    return (
        "127.0.0.1"
        if mode == "native"
        else os.environ.get("BENCHMARK_HOST") or ("127.0.0.1" if everywhere else address)
    )


@dataclass(frozen=True)
class Settings:
    mode: str
    object_size: str
    objects: int
    concurrent: int
    duration: str
    rounds: int
    distribution: Distribution
    scenarios: tuple[str, ...]
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    bucket: str
    host: str
    storage: Path

    @property
    def seconds(self) -> float:
        return duration_seconds(self.duration)

    def shown(self) -> dict:
        """For the record of a result set: what was asked for, without credentials and paths of the machine."""
        return {
            "mode": self.mode,
            "object_size": self.object_size,
            "objects": self.objects,
            "concurrent": self.concurrent,
            "duration": self.duration,
            "rounds": self.rounds,
            "distribution": str(self.distribution),
            "scenarios": list(self.scenarios),
        }


def from_arguments(arguments) -> Settings:
    """`arguments` has the options of cli.py; None means that the environment or the default decides."""

    def chosen(option, name):
        return option if option is not None else setting(name)

    shares = [setting(f"BENCHMARK_{name}_PERCENT") for name in ("GET", "STAT", "PUT", "DELETE")]
    mode = chosen(arguments.mode, "BENCHMARK_MODE")
    if mode not in ("containers", "native"):
        raise Problem(f"the mode is '{mode}', wanted containers or native")
    settings = Settings(
        mode=mode,
        object_size=chosen(arguments.object_size, "BENCHMARK_OBJECT_SIZE"),
        objects=whole_number("the number of objects", chosen(arguments.objects, "BENCHMARK_OBJECTS")),
        concurrent=whole_number("the concurrency", chosen(arguments.concurrent, "BENCHMARK_CONCURRENT")),
        duration=chosen(arguments.duration, "BENCHMARK_DURATION"),
        rounds=whole_number("the number of rounds", chosen(arguments.rounds, "BENCHMARK_ROUNDS")),
        distribution=Distribution.parse(arguments.distribution or "/".join(shares)),
        scenarios=tuple(arguments.scenario.split(",")) if arguments.scenario else ("mixed",),
        access_key=setting("BENCHMARK_STORE_ACCESS_KEY"),
        secret_key=setting("BENCHMARK_STORE_SECRET_KEY"),
        bucket=setting("BENCHMARK_BUCKET"),
        host=host_of_stores(mode),
        storage=Path(arguments.storage) if arguments.storage else RESULTS_ROOT / "storage",
    )
    size_bytes(settings.object_size)
    if settings.seconds < 1:
        raise Problem(f"a duration of {settings.duration} is too short to measure anything; wanted 1s or more")
    return settings
