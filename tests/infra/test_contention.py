"""infra/profiling/contention.py: which lock a wait is for, and when the report is a failure."""
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "infra" / "profiling"))
import contention  # noqa: E402
from profile_proto import Profile, Sample  # noqa: E402

SECOND = 1_000_000_000


def profile(*samples, seconds=1):
    """Of (stack, waits, seconds waited)."""
    return Profile(
        types=[("contentions", "count"), ("delay", "nanoseconds")],
        samples=[Sample(list(stack), [waits, int(waited * SECOND)], {}) for stack, waits, waited in samples],
        duration_ns=seconds * SECOND,
    )


PUSH = ("mutex::lock_contended", "log::log_queue::push", "log::access")
TAKE = ("mutex::lock_contended", "std::unique_lock<...>::lock", "log::log_queue::take_all")
HOLD = ("shared_mutex::lock_shared", "blob::segment_table::hold")


def test_a_wait_belongs_to_the_class_that_asked():
    assert contention.site_of(PUSH) == "log::log_queue::push"
    assert contention.site_of(TAKE) == "log::log_queue::take_all"
    assert contention.site_of(["mutex::lock_contended"]) == "(unknown)"
    assert contention.lock_of("log::log_queue::push") == "log::log_queue"
    assert contention.lock_of("blob::segment_table::pin::~pin") == "blob::segment_table"
    assert contention.lock_of("meta::committer::commit_loop [coroutine]") == "meta::committer"
    assert contention.lock_of("log::access") == "log::access"


def test_a_lambda_under_suspend_is_named_by_who_gave_it():
    linker = "_ZZZN5boost4asio6detailE8initiateIZN8labstore7runtime7suspendISF_ZNSC_17segment_committer6commitERNSC_12record_draftE"
    assert contention.site_of(["mutex::lock_contended", linker]) == "suspend in segment_committer::commit"
    assert len(contention.site_of(["_Z" + "x" * 300])) == 60


def test_time_without_a_cpu_grows():
    first = contention.queued_seconds("self")
    assert 0 <= first <= contention.queued_seconds("self")


def test_the_sites_of_one_lock_are_summed():
    locks, sites = contention.locks_of(profile((PUSH, 3, 0.004), (TAKE, 1, 0.003), (HOLD, 5, 0.001)))
    assert {name: (row.waits, round(row.seconds, 6)) for name, row in locks.items()} == {
        "log::log_queue": (4, 0.007),
        "blob::segment_table": (5, 0.001),
    }
    assert set(sites) == {"log::log_queue::push", "log::log_queue::take_all", "blob::segment_table::hold"}


@pytest.mark.parametrize("waited, within", [(0.0099, True), (0.0101, False)])
def test_the_hottest_lock_is_judged_by_its_share_of_wall_time(waited, within):
    text, judged = contention.report([profile((PUSH, 1, 2 * waited), (HOLD, 9, 0.001), seconds=2)], 1.0)
    assert judged is within
    verdict = text.splitlines()[-1]
    assert verdict.startswith("hottest: log::log_queue, ") and verdict.endswith("within" if within else "ABOVE")


def test_two_sites_below_the_limit_are_one_lock_above_it():
    assert not contention.report([profile((PUSH, 1, 0.006), (TAKE, 1, 0.006))], 1.0)[1]


def test_one_odd_round_does_not_decide_but_most_do():
    calm, odd = profile((PUSH, 1, 0.001)), profile((PUSH, 1, 0.3))
    assert contention.report([calm, odd, calm], 1.0)[1]
    assert not contention.report([odd, calm, odd], 1.0)[1]


def test_no_wait_at_all_is_within():
    text, within = contention.report([profile()], 1.0)
    assert within and "hottest: none, 0.000 %" in text
