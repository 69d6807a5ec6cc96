"""The stores: what each promises before it answers, its container, and how it is started from a program on PATH."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import garage
from .problems import Problem
from .settings import PROJECT_ROOT, Settings, port

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Durability:
    """`level` is synced, partly or unsynced; `reason` says what was found in the store's source."""

    level: str
    reason: str


@dataclass
class Launch:
    """One start of a program. `ports` are checked before it, `environment` is added to a bare one."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    ports: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where a native store lives: a folder of its own, its data below it, and the credentials it is to accept."""

    program: str
    folder: Path
    settings: Settings

    @property
    def data(self) -> Path:
        return self.folder / "data"


@dataclass(frozen=True)
class Store:
    name: str
    title: str
    programs: tuple[str, ...]
    version: tuple[str, ...]
    port_name: str
    durability: Durability
    launch: Callable[[Place], Launch]
    service: str | None = None
    profile: str = "benchmark"
    region: str = "us-east-1"
    how_to_get: str = ""

    @property
    def port(self) -> int:
        return port(self.port_name)


def labstore_program() -> str | None:
    """LABSTORE_SERVER_BIN, else PATH, else the release build of this clone."""
    named = os.environ.get("LABSTORE_SERVER_BIN")
    built = PROJECT_ROOT / "build" / "release" / "labstore-server"
    return named or shutil.which("labstore-server") or (str(built) if built.exists() else None)


def program_of(store: Store) -> str | None:
    if store.programs[0] == "labstore-server":
        return labstore_program()
    return next((found for name in store.programs if (found := shutil.which(name))), None)


def version_of(store: Store, program: str) -> str:
    """The first line that a program says about its version."""
    try:
        done = subprocess.run([program, *store.version], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return lines[0][:120] if done.returncode == 0 and lines else "unknown"


def labstore(*options: str) -> Callable[[Place], Launch]:
    def launch(place: Place) -> Launch:
        number = port("BENCHMARK_LABSTORE_PORT")
        command = [place.program, "serve", "--host", HOST, "--port", str(number), "--storage-path", str(place.data)]
        keys = {
            "LABSTORE_SERVER_ADMIN_ACCESS_KEY": place.settings.access_key,
            "LABSTORE_SERVER_ADMIN_SECRET_KEY": place.settings.secret_key,
        }
        return Launch([*command, *options], keys, [number])

    return launch


def minio(**environment: str) -> Callable[[Place], Launch]:
    def launch(place: Place) -> Launch:
        number, console = port("BENCHMARK_MINIO_PORT"), port("BENCHMARK_MINIO_CONSOLE_PORT")
        command = [place.program, "server", str(place.data), "--address", f"{HOST}:{number}"]
        keys = {
            "MINIO_ROOT_USER": place.settings.access_key,
            "MINIO_ROOT_PASSWORD": place.settings.secret_key,
            "MINIO_UPDATE": "off",
        }
        return Launch([*command, "--console-address", f"{HOST}:{console}"], keys | environment, [number, console])

    return launch


def known_flags(program: str, help_arguments: list[str], flags: list[str]) -> list[str]:
    """Those of `flags` that this version of a program has heard of, going by its help."""
    done = subprocess.run([program, *help_arguments], capture_output=True, text=True, timeout=20, check=False)
    text = done.stdout + done.stderr
    return [flag for flag in flags if flag.split("=")[0] in text]


def seaweedfs(place: Place) -> Launch:
    names = {"s3": "PORT", "master": "MASTER_PORT", "volume": "VOLUME_PORT", "filer": "FILER_PORT"}
    ports = {part: port(f"BENCHMARK_SEAWEEDFS_{name}") for part, name in names.items()}
    # What later versions start by default, and what reports home, is left out where the version knows the flag.
    extra = known_flags(
        place.program,
        ["help", "server"],
        [
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.telemetry=false",
            "-volume.preStopSeconds=1",  # how long it waits before it ends; nothing is measured then
            f"-filer.localSocket={place.folder}/filer.sock",
            f"-s3.localSocket={place.folder}/s3.sock",
        ],
    )
    command = [
        place.program,
        "server",
        f"-dir={place.data}",
        f"-ip={HOST}",
        f"-ip.bind={HOST}",
        "-s3",
        "-volume.max=0",
    ]
    command += [f"-{part}.port={number}" for part, number in ports.items()]
    keys = {"AWS_ACCESS_KEY_ID": place.settings.access_key, "AWS_SECRET_ACCESS_KEY": place.settings.secret_key}
    grpc = [number + 10000 for number in ports.values() if number + 10000 <= 65535]
    return Launch(command + extra, keys, [*ports.values(), *grpc])


def versitygw(place: Place) -> Launch:
    number = port("BENCHMARK_VERSITYGW_PORT")
    keys = {"ROOT_ACCESS_KEY": place.settings.access_key, "ROOT_SECRET_KEY": place.settings.secret_key}
    return Launch([place.program, "--port", f"{HOST}:{number}", "posix", str(place.data)], keys, [number])


def rustfs(place: Place) -> Launch:
    number = port("BENCHMARK_RUSTFS_PORT")
    environment = {
        "RUSTFS_ADDRESS": f"{HOST}:{number}",
        "RUSTFS_ACCESS_KEY": place.settings.access_key,
        "RUSTFS_SECRET_KEY": place.settings.secret_key,
        "RUSTFS_CONSOLE_ENABLE": "false",
        "RUSTFS_OBS_LOG_DIRECTORY": str(place.folder / "logs"),
    }
    return Launch([place.program, str(place.data)], environment, [number])


def garage_launch(engine: str = "sqlite", **options: str) -> Callable[[Place], Launch]:
    def launch(place: Place) -> Launch:
        config = garage.write_config(place.folder, place.data, options, engine)
        return Launch([place.program, "-c", str(config), "server"], {}, garage.ports())

    return launch


def in_container(place: Place) -> Launch:
    raise Problem("this store runs in a container only: use --mode containers")


LABSTORE_SYNCED = Durability(
    "synced", "bytes and index entry are synced before the answer (--durability commit, the default)"
)
GARAGE = {"version": ("--version",), "port_name": "BENCHMARK_GARAGE_PORT", "region": "eu-west-1"}
GARAGE_HOW = "build it from the sources at git.deuxfleurs.fr/Deuxfleurs/garage (cargo build --release)"
MINIO_HOW = "go install github.com/minio/minio@latest"

STORES = {
    store.name: store
    for store in (
        Store(
            "labstore",
            "LabStore",
            ("labstore-server",),
            ("version",),
            "BENCHMARK_LABSTORE_PORT",
            LABSTORE_SYNCED,
            labstore(),
            "benchmark-labstore",
            how_to_get="infra/setup/build.sh release",
        ),
        Store(
            "labstore-none",
            "LabStore, --durability none",
            ("labstore-server",),
            ("version",),
            "BENCHMARK_LABSTORE_PORT",
            Durability("unsynced", "told not to sync: the kernel writes when it pleases"),
            labstore("--durability", "none"),
            how_to_get="infra/setup/build.sh release",
        ),
        Store(
            "minio",
            "MinIO",
            ("minio",),
            ("--version",),
            "BENCHMARK_MINIO_PORT",
            Durability(
                "partly",
                "syncs the contents, but not the rename that publishes them: a power cut can lose acknowledged PUTs",
            ),
            minio(),
            "benchmark-minio",
            how_to_get=MINIO_HOW,
        ),
        Store(
            "minio-osync",
            "MinIO, MINIO_FS_OSYNC=on",
            ("minio",),
            ("--version",),
            "BENCHMARK_MINIO_PORT",
            Durability(
                "synced", "one sync of all file systems after the rename that publishes a PUT; none after a DELETE"
            ),
            minio(MINIO_FS_OSYNC="on"),
            how_to_get=MINIO_HOW,
        ),
        Store(
            "garage",
            "Garage",
            ("garage",),
            launch=garage_launch(),
            service="benchmark-garage",
            how_to_get=GARAGE_HOW,
            durability=Durability(
                "unsynced", "data_fsync and metadata_fsync are off by default; it leans on three nodes"
            ),
            **GARAGE,
        ),
        Store(
            "garage-fsync",
            "Garage, LMDB, fsync on",
            ("garage",),
            launch=garage_launch("lmdb", data_fsync="true", metadata_fsync="true"),
            how_to_get=GARAGE_HOW,
            durability=Durability(
                "synced",
                "data_fsync and metadata_fsync on, on LMDB: with SQLite they would sync its index at checkpoints only",
            ),
            **GARAGE,
        ),
        Store(
            "seaweedfs",
            "SeaweedFS",
            ("weed",),
            ("version",),
            "BENCHMARK_SEAWEEDFS_PORT",
            Durability("unsynced", "neither volume nor filer index is synced, and the S3 path has no option for it"),
            seaweedfs,
            "benchmark-seaweedfs",
            how_to_get="go install github.com/seaweedfs/seaweedfs/weed@latest",
        ),
        Store(
            "rustfs",
            "RustFS",
            ("rustfs",),
            ("--version",),
            "BENCHMARK_RUSTFS_PORT",
            Durability(
                "unsynced",
                "no sync at all up to 1.0.0-alpha.69; in 1.0.0-rc.3 none for objects up to 128 KiB in new buckets",
            ),
            rustfs,
            "benchmark-rustfs",
            how_to_get="build it from the sources at github.com/rustfs/rustfs (cargo build --release)",
        ),
        Store(
            "versitygw",
            "versitygw (posix)",
            ("versitygw",),
            ("--version",),
            "BENCHMARK_VERSITYGW_PORT",
            Durability("unsynced", "never calls fsync: it leans on the file system"),
            versitygw,
            "benchmark-versitygw",
            "versitygw",
            how_to_get="go install github.com/versity/versitygw/cmd/versitygw@latest",
        ),
        Store(
            "cloudserver",
            "Zenko CloudServer",
            ("cloudserver",),
            ("--version",),
            "BENCHMARK_CLOUDSERVER_PORT",
            Durability("synced", "fsync of the file and a synced batch of the index before the answer"),
            in_container,
            "benchmark-cloudserver",
            "cloudserver",
            how_to_get="--mode containers",
        ),
        Store(
            "ceph",
            "Ceph RADOS Gateway",
            ("radosgw",),
            ("--version",),
            "BENCHMARK_CEPH_PORT",
            Durability("synced", "every OSD flushes the data and commits its index synced before the answer"),
            in_container,
            "benchmark-ceph",
            "ceph",
            how_to_get="--mode containers",
        ),
    )
}

# The running order when no names are given.
DEFAULT_NAMES = {
    "containers": ("labstore", "minio", "garage", "seaweedfs", "rustfs"),
    "native": ("labstore", "minio", "garage", "seaweedfs", "rustfs", "versitygw"),
}


def store_named(name: str) -> Store:
    if name not in STORES:
        raise Problem(f"there is no store '{name}'; there are {', '.join(STORES)} (any other: endpoint NAME URL)")
    return STORES[name]
