"""What TLS adds: the same GETs and PUTs over http and https, in turns, and what it costs to set a connection up."""

import os
import socket
import ssl
import statistics
import subprocess
from pathlib import Path

from . import concurrency, figures, load_tool
from .figures import Figure
from .floor import HOST, Target, labstore, program
from .player import Counters, SILENCE_SECONDS_MAX
from .problems import Problem
from .s3_client import S3Client

CONNECTIONS = 20
OBJECTS = 64
KIB = 1024
MINUTES = 60
LIVE = b"GET /-/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"
HANDSHAKES = 'labstore_tls_handshakes_total{result="ok"}'


def make_certificate(folder: Path, kind: str = "ec") -> tuple[Path, Path]:
    """Self-signed, for one run. An EC key of P-256, or RSA of 2,048 bits."""
    certificate, key = folder / f"{kind}.pem", folder / f"{kind}.key"
    new_key = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["rsa:2048"]
    command = [program("openssl"), "req", "-x509", "-newkey", *new_key, "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", f"subjectAltName=DNS:localhost,IP:{HOST}", "-keyout", key, "-out", certificate]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=MINUTES, check=False)
    if done.returncode != 0:
        raise Problem(f"openssl: {done.stderr.strip()[-500:]}")
    return certificate, key


def secure(folder: Path, options: list[str], kind: str = "ec") -> tuple[Target, S3Client, Path]:
    """A server that speaks https; `folder` is made."""
    folder.mkdir()
    certificate, key = make_certificate(folder, kind)
    server, client = labstore(folder, [f"--tls-cert={certificate}", f"--tls-key={key}", *options])
    return server, client, certificate


def plain(folder: Path, options: list[str]) -> tuple[Target, S3Client]:
    folder.mkdir()
    return labstore(folder, options)


def cpu_of_load(scenario: str, size: str, server: Target, client: S3Client, trust: Path | None, arguments) -> tuple[float, float]:
    """CPU of the server per operation in microseconds, and operations a second."""
    options = ["--size", size, "--objects", OBJECTS, "--concurrency", CONNECTIONS]
    told = load_tool.run(scenario, client, server.folder, arguments.seconds, *options, trust=trust)
    if "server" not in told:
        raise Problem("labstore-load did not find the server's process")
    return told["server"]["cpu_us_per_operation"], told["total"]["operations_per_second"]


def measure_load(scenario: str, size: str, aim: float | None):
    def measure(folder: Path, arguments) -> list[Figure]:
        bare, bare_client = plain(folder / "http", arguments.option)
        over_tls, tls_client, certificate = secure(folder / "https", arguments.option)
        cpu: dict[str, list[float]] = {"http": [], "https": []}
        rate: dict[str, list[float]] = {"http": [], "https": []}
        with bare, over_tls:
            turns = [("http", bare, bare_client, None), ("https", over_tls, tls_client, certificate)]
            for number in range(arguments.rounds):
                for name, server, client, trust in turns if number % 2 == 0 else turns[::-1]:
                    used, done = cpu_of_load(scenario, size, server, client, trust, arguments)
                    cpu[name].append(used)
                    rate[name].append(done)
        ratios = [mine / other for mine, other in zip(cpu["https"], cpu["http"])]
        what = f"{scenario.upper()} {size}, {CONNECTIONS} connections"
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        return [
            Figure(f"{what}: CPU over https by that over http", statistics.median(ratios), "", aim, note=spread),
            *(
                Figure(f"{what}: CPU over {name}", statistics.median(values), "us", note=f"{statistics.median(rate[name]):,.0f}/s")
                for name, values in cpu.items()
            ),
        ]

    return measure


def asked(link: socket.socket) -> None:
    """One request on a connection; a ticket comes with its answer."""
    link.sendall(LIVE)
    if not link.recv(65536).startswith(b"HTTP/1.1 200"):
        raise Problem("the server is not well")


def connect(port: int) -> socket.socket:
    return socket.create_connection((HOST, port), timeout=SILENCE_SECONDS_MAX)


def trusting(certificate: Path, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificate))
    context.minimum_version = context.maximum_version = version
    return context


def per_connection(server: Target, count: int, open_one) -> float:
    """CPU of the server for a connection with one request, in microseconds."""
    before = server.cpu_seconds()
    for _ in range(count):
        open_one()
    return (server.cpu_seconds() - before) / count * 1e6


def measure_setup(folder: Path, arguments) -> list[Figure]:
    """CPU accounts tick in hundredths of a second, so each figure is of many connections."""
    count = arguments.connections
    bare, _ = plain(folder / "http", arguments.option)
    found: dict[str, list[float]] = {}

    def record(name: str, value: float) -> None:
        found.setdefault(name, []).append(value)

    servers = {kind: secure(folder / kind, arguments.option, kind) for kind in ("ec", "rsa")}
    with bare, servers["ec"][0], servers["rsa"][0]:
        for _ in range(arguments.rounds):
            def open_plain():
                with connect(bare.port) as link:
                    asked(link)

            record("http", per_connection(bare, count, open_plain))
            for kind, (server, _, certificate) in servers.items():
                for version in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
                    context = trusting(certificate, version)
                    kept = []

                    def open_full():
                        with context.wrap_socket(connect(server.port), server_hostname=HOST) as link:
                            asked(link)
                            kept[:] = [link.session]

                    def open_resumed():
                        with context.wrap_socket(connect(server.port), server_hostname=HOST, session=kept[0]) as link:
                            asked(link)
                            if not link.session_reused:
                                raise Problem("a session was not resumed")
                            kept[:] = [link.session]

                    name = f"{version.name.replace('TLSv', 'TLS ').replace('_', '.')}, {'P-256' if kind == 'ec' else 'RSA 2048'}"
                    record(f"{name}, full", per_connection(server, count, open_full))
                    record(f"{name}, resumed", per_connection(server, count, open_resumed))
        if Counters(servers["ec"][0].port, servers["ec"][2])[HANDSHAKES] < 4 * count * arguments.rounds:
            raise Problem("the server counted fewer handshakes than there were")
    return [Figure(f"a connection and one request, {name}: CPU", statistics.median(values), "us") for name, values in found.items()]


def measure_idle(folder: Path, arguments) -> list[Figure]:
    """Resident memory that a connection keeps when it has had its answer."""
    bare, _ = plain(folder / "http", ["--idle-time-max", "1h", *arguments.option])
    over_tls, _, certificate = secure(folder / "https", ["--idle-time-max", "1h", *arguments.option])
    context = trusting(certificate, ssl.TLSVersion.TLSv1_3)
    count = arguments.idle
    concurrency.need_descriptors(4 * count)
    links: list[socket.socket] = []
    figures_made = []
    with bare, over_tls:
        for name, server, trust in (("http", bare, None), ("https", over_tls, certificate)):
            # The first ones pay for what all share.
            before = 0.0
            for number in range(2 * count):
                if number == count:
                    before = Counters(server.port, trust)["process_resident_memory_bytes"]
                link = connect(server.port)
                links.append(context.wrap_socket(link, server_hostname=HOST) if trust else link)
                asked(links[-1])
            after = Counters(server.port, trust)["process_resident_memory_bytes"]
            figures_made.append(Figure(f"an idle {name} connection: resident memory", (after - before) / count / KIB, "KiB"))
        for link in links:
            link.close()
    return figures_made


CASES = {
    "get": measure_load("get", "100KiB", 2.0),
    "get-4k": measure_load("get", "4KiB", None),
    "put": measure_load("put", "100KiB", None),
    "setup": measure_setup,
    "idle": measure_idle,
}


def add_parser(commands) -> None:
    command = commands.add_parser("tls", help="https beside http: loads, handshakes, idle connections")
    figures.add_options(command, CASES, rounds=3, seconds=3)
    command.add_argument("--connections", type=int, default=1000, metavar="N", help="of each kind in the case setup; 1000")
    command.add_argument("--idle", type=int, default=1000, metavar="N", help="connections measured in the case idle; 1000")


def run(arguments) -> int:
    return figures.run(arguments, CASES)
