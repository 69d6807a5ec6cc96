"""The named loads, each as the arguments of warp that make it."""

from collections.abc import Callable
from dataclasses import dataclass

from .problems import Problem
from .settings import Settings, size_bytes

LARGE_BYTES_MAX = 2 * 1024**3


@dataclass(frozen=True)
class Scenario:
    name: str
    what: str
    arguments: Callable[[Settings], list[str]]


def mixed(settings: Settings, size: str, objects: int) -> list[str]:
    shares = settings.distribution
    return [
        "mixed",
        f"--obj.size={size}",
        f"--objects={objects}",
        f"--get-distrib={shares.get}",
        f"--stat-distrib={shares.stat}",
        f"--put-distrib={shares.put}",
        f"--delete-distrib={shares.delete}",
    ]


def few_large(settings: Settings) -> int:
    """As many 64 MiB objects as a benchmark machine has room for, and enough for every thread to have its own."""
    return max(2 * settings.concurrent, min(settings.objects, LARGE_BYTES_MAX // size_bytes("64MiB")))


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "mixed",
            "GET, STAT, PUT and DELETE in the chosen distribution",
            lambda s: mixed(s, s.object_size, s.objects),
        ),
        Scenario("small", "the mixed load with objects of 4 KiB", lambda s: mixed(s, "4KiB", s.objects)),
        Scenario("large", "the mixed load with objects of 64 MiB", lambda s: mixed(s, "64MiB", few_large(s))),
        Scenario("put", "uploads only", lambda s: ["put", f"--obj.size={s.object_size}"]),
        Scenario("get", "downloads only", lambda s: ["get", f"--obj.size={s.object_size}", f"--objects={s.objects}"]),
        Scenario(
            "stat", "HEAD only, on objects of 1 KiB", lambda s: ["stat", "--obj.size=1KiB", f"--objects={s.objects}"]
        ),
        Scenario(
            "list",
            "listing of objects of 1 KiB, a hundred keys a page",
            lambda s: ["list", "--obj.size=1KiB", f"--objects={s.objects}", "--max-keys=100"],
        ),
        Scenario(
            "delete",
            "DeleteObjects with a hundred keys a request, until none of 25 times the objects is left or time is up",
            lambda s: [
                "delete",
                "--obj.size=1KiB",
                f"--objects={max(s.objects * 25, s.concurrent * 400)}",
                "--batch=100",
            ],
        ),
        Scenario(
            "multipart",
            "uploads of ten parts of 5 MiB each",
            lambda s: [
                "multipart-put",
                "--parts=10",
                "--part.size=5MiB",
                f"--part.concurrent={min(s.concurrent, 10)}",
            ],
        ),
    )
}


def scenario_named(name: str) -> Scenario:
    if name not in SCENARIOS:
        raise Problem(f"there is no scenario '{name}'; there are {', '.join(SCENARIOS)}")
    return SCENARIOS[name]
