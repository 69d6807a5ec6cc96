"""Listings and the removal of many keys at once, by the CPU of the server: pages of 1,000 keys through a whole bucket,
prefixes with few and with many keys below each, DeleteObjects and the commits it takes."""

import base64
import hashlib
import re
import statistics
import time
from pathlib import Path

from . import figures
from .figures import Figure
from .filled import BUCKET, TREE_PREFIXES, TREE_SHARE, key_of, server_on
from .floor import Target
from .player import Counters, Session
from .problems import Problem
from .usage import per_operation_us, settle

FEW_OBJECTS = 10_000
PAGE_KEYS = 1000
DELETE_KEYS = 1000
DELETES = 10
SAME_COST = 1.3
COMMITS = 'labstore_commit_group_size_count{store="index"}'
NEXT = re.compile(rb"<NextContinuationToken>([^<]+)</NextContinuationToken>")


def list_through(session: Session) -> tuple[int, int]:
    """(keys, pages) of the whole bucket."""
    query = {"list-type": "2", "max-keys": str(PAGE_KEYS)}
    keys = pages = 0
    while True:
        page = session.call("GET", f"/{BUCKET}", query).body
        keys, pages = keys + page.count(b"<Key>"), pages + 1
        more = NEXT.search(page)
        if more is None:
            return keys, pages
        query["continuation-token"] = more.group(1).decode()


def list_prefixes(server: Target, session: Session, prefix: str, wanted: int, seconds: float) -> float:
    """CPU of one listing with the delimiter /, in microseconds; `wanted` common prefixes are to come."""
    query = {"list-type": "2", "delimiter": "/"} | ({"prefix": prefix} if prefix else {})
    count, before, end = 0, server.cpu_seconds(), time.monotonic() + seconds
    while time.monotonic() < end:
        page = session.call("GET", f"/{BUCKET}", query).body
        found = page.count(b"<CommonPrefixes>")
        if found != wanted or b"<Contents>" in page:
            raise Problem(f"{found} common prefixes below '{prefix}' instead of {wanted}")
        count += 1
    return per_operation_us(server.cpu_seconds() - before, count)


def measure_pages(folder: Path, arguments) -> list[Figure]:
    server, client = server_on(folder, arguments.objects, 0, arguments.option)
    costs, totals = [], []
    with server, Session(client) as session:
        settle(server)
        for _ in range(arguments.rounds):
            before = server.cpu_seconds()
            keys, pages = list_through(session)
            if keys != arguments.objects:
                raise Problem(f"{keys} keys were listed, {arguments.objects} are there")
            cpu = server.cpu_seconds() - before
            costs.append(cpu * 1000 / pages)
            totals.append(cpu * 1_000_000 / keys)
    return [
        Figure(f"a page of {PAGE_KEYS:,} keys, CPU", statistics.median(costs), "ms", 1.5, note=f"{arguments.objects:,} objects"),
        Figure("a million keys listed through, CPU", statistics.median(totals), "s", 2.0),
    ]


def measure_delimiter(folder: Path, arguments) -> list[Figure]:
    """100 prefixes with 10 keys below each and with many; two prefixes that hold all keys."""
    few_server, few_client = server_on(folder / "few", FEW_OBJECTS, 0, arguments.option)
    many_server, many_client = server_on(folder / "many", arguments.objects, 0, arguments.option)
    cases = {"": 2, "tree/": TREE_PREFIXES}
    costs: dict[tuple[str, str], list[float]] = {(prefix, size): [] for prefix in cases for size in ("few", "many")}
    with few_server, many_server, Session(few_client) as few, Session(many_client) as many:
        settle(many_server)
        for _ in range(arguments.rounds):
            for prefix, wanted in cases.items():
                for size, server, session in (("few", few_server, few), ("many", many_server, many)):
                    costs[prefix, size].append(list_prefixes(server, session, prefix, wanted, arguments.seconds))
    out = []
    for prefix, wanted in cases.items():
        ratio = statistics.median(
            many_us / few_us for many_us, few_us in zip(costs[prefix, "many"], costs[prefix, "few"])
        )
        below = [objects // (TREE_SHARE * TREE_PREFIXES if prefix else 1) for objects in (FEW_OBJECTS, arguments.objects)]
        share = "below each" if prefix else "in all"
        what = f"{wanted} common prefixes, {below[1]:,} keys {share}"
        out.append(Figure(f"{what}, CPU by that with {below[0]:,}", ratio, "", SAME_COST))
        out.append(Figure(f"{what}, CPU", statistics.median(costs[prefix, "many"]), "us"))
    return out


def delete_document(first: int, count: int) -> tuple[bytes, int]:
    """Quiet DeleteObjects of `count` keys from number `first` on, and the number behind them."""
    rows = "".join(f"<Object><Key>{key_of(number)}</Key></Object>" for number in range(first, first + count))
    return f"<Delete><Quiet>true</Quiet>{rows}</Delete>".encode(), first + count


def measure_delete(folder: Path, arguments) -> list[Figure]:
    """The removal of the bytes comes later and in the background: once kept out of the figures, once in them."""
    objects = DELETES * DELETE_KEYS * arguments.rounds
    out = []
    for name, options in (("the request", ["--clean-up-delay", "1h"]), ("with the clean-up after it", ["--clean-up-delay", "0ms"])):
        server, client = server_on(folder / options[1], objects, 1024, [*options, *arguments.option])
        costs, commits, first = [], [], 0
        with server, Session(client) as session:
            settle(server)
            for _ in range(arguments.rounds):
                before, commits_before = server.cpu_seconds(), Counters(server.port)[COMMITS]
                for _ in range(DELETES):
                    body, first = delete_document(first, DELETE_KEYS)
                    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
                    answer = session.call("POST", f"/{BUCKET}", {"delete": ""}, body, content_md5=digest)
                    if b"<Error>" in answer.body:
                        raise Problem(f"DeleteObjects: {answer.body[:300]!r}")
                commits.append((Counters(server.port)[COMMITS] - commits_before) / DELETES)
                if name != "the request":
                    settle(server)
                costs.append((server.cpu_seconds() - before) * 1000 / DELETES)
            if list_through(session)[0] != 0:
                raise Problem("keys are left that were deleted")
        aimed = name == "the request"
        what = f"DeleteObjects of {DELETE_KEYS:,} keys, {name}"
        out.append(Figure(f"{what}, CPU", statistics.median(costs), "ms", 10.0 if aimed else None))
        if aimed:
            out.append(Figure(f"{what}, group commits", statistics.median(commits), "", 1.0))
    return out


CASES = {"pages": measure_pages, "delimiter": measure_delimiter, "delete": measure_delete}


def add_parser(commands) -> None:
    command = commands.add_parser("listing", help="CPU of listings and of DeleteObjects on a large bucket")
    figures.add_options(command, CASES, rounds=3, seconds=2)
    command.add_argument("--objects", type=int, default=1_000_000, metavar="N", help="in the bucket; 1000000")


def run(arguments) -> int:
    return figures.run(arguments, CASES)
