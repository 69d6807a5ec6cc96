"""leak_curve.py: tells a leak from a warm-up and from a saw-tooth, and draws what it judged."""
import random
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "infra" / "profiling"))
import leak_curve  # noqa: E402


def curve(mib_at, minutes=10, every=2):
    return [(second, mib_at(second / 60)) for second in range(0, minutes * 60, every)]


def test_a_warm_up_is_not_a_leak():
    text, flat = leak_curve.judge(curve(lambda minute: 40 + min(minute, 3) * 20))
    assert flat and "slope +0.00 MiB/min" in text


def test_a_saw_tooth_is_not_a_leak():
    draw = random.Random(4)
    text, flat = leak_curve.judge(curve(lambda minute: 60 + (minute * 12) % 4 + draw.uniform(-1, 1)))
    assert flat, text


@pytest.mark.parametrize("grows, flat", [(0.5, True), (0.9, True), (1.1, False), (5, False)])
def test_the_bound_is_kept(grows, flat):
    draw = random.Random(4)
    text, judged = leak_curve.judge(curve(lambda minute: 60 + minute * grows + draw.uniform(-0.5, 0.5)))
    assert judged == flat, text


def test_memory_given_back_is_flat():
    assert leak_curve.judge(curve(lambda minute: 90 - minute))[1]


def test_two_samples_are_no_curve():
    with pytest.raises(ValueError):
        leak_curve.judge([(0, 50.0), (100, 50.0)])


def test_the_picture_shows_the_end_of_a_rise():
    lines = leak_curve.plot(curve(lambda minute: 10 + minute * 8)).splitlines()
    body = [line.split("|", 1)[1] for line in lines if "|" in line]
    highest = next(row for row in body if row.strip())
    assert highest.rstrip().endswith("*") and len(highest.rstrip()) == leak_curve.PLOT_COLUMNS
    assert body[-1].strip() == "" or body[-1].lstrip().startswith("o")
    assert sum("o" in row for row in body) >= 3
