"""Whether measurements of two builds differ, by more than noise and by more than matters.

A round of a benchmark has two runs of each build in random order, each in a process of its own. What changes between rounds
(other work on the machine, clock frequency) meets both builds alike and is taken out: each run counts by its logarithm
less the median of its round. Under "no difference" each of the six orders of a round is equally likely, which gives the
exact distribution of the rank sum of one build's runs (Hodges and Lehmann's aligned rank test): no assumption about the
shape of the noise, and no random numbers.

    ratio      median of the tree's runs by the median of the base's, after that alignment
    interval   of the ratio, by drawing the runs of each build again (bootstrap percentiles)
    p          one-sided; corrected by Holm for the number of benchmarks, and by the number of looks, because benchmarks
               that are undecided are measured again and judged again

    worse      p is below `alpha` and the ratio above 1 + `threshold`
    better     the same on the other side
    same       the interval ends below 1 + `threshold`
    undecided  none of these: more rounds, up to `looks` times `rounds`
"""
import itertools
import math
import random
from dataclasses import dataclass, field
from statistics import median

BASE, TREE = 0, 1


@dataclass(frozen=True)
class Rule:
    threshold: float = 0.05
    alpha: float = 0.01  # probability of any false alarm in a whole comparison
    confidence: float = 0.95
    rounds: int = 6  # before each look
    looks: int = 4
    resamples: int = 1000


@dataclass
class Series:
    """The runs of one benchmark. A round is (base's runs, tree's runs)."""

    rounds: list = field(default_factory=list)
    verdict: str = "undecided"
    ratio: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p_worse: float = 1.0  # corrected
    p_better: float = 1.0

    def median_of(self, side):
        return median(value for round_ in self.rounds for value in round_[side])


def aligned(rounds):
    """The same shape, in logarithms, with each round's median at 0."""
    out = []
    for sides in rounds:
        logs = [[math.log(value) for value in side] for side in sides]
        middle = median(logs[BASE] + logs[TREE])
        out.append([[value - middle for value in side] for side in logs])
    return out


def doubled_ranks(rounds):
    """Each value replaced by twice its rank among all; equal ones share their mean rank, so all are whole numbers."""
    places = sorted((value, number, side, index) for number, sides in enumerate(rounds)
                    for side, values in enumerate(sides) for index, value in enumerate(values))
    ranks = [[[0] * len(values) for values in sides] for sides in rounds]
    start = 0
    for _, equal in itertools.groupby(places, key=lambda place: place[0]):
        equal = list(equal)
        for _, number, side, index in equal:
            ranks[number][side][index] = 2 * start + 1 + len(equal)
        start += len(equal)
    return ranks


def rank_sum_tails(rounds):
    """(probability of the tree's rank sum or a higher one, of it or a lower one) when the builds do not differ."""
    ranks = doubled_ranks(aligned(rounds))
    choices = [[sum(chosen) for chosen in itertools.combinations(base + tree, len(tree))] for base, tree in ranks]
    total = math.prod(len(sums) for sums in choices)
    observed = sum(sum(tree) for _, tree in ranks)
    # The distribution as one number: the count of each sum in a slot that holds the largest count there can be.
    slot = total.bit_length() + 1
    ways = 1
    for sums in choices:
        ways = sum(ways << slot * each for each in sums)
    mask = (1 << slot) - 1
    upper, left = 0, ways >> slot * observed
    exactly = left & mask
    while left:
        upper += left & mask
        left >>= slot
    return upper / total, (total - upper + exactly) / total


def ratio_of(rounds):
    base, tree = (list(itertools.chain(*side)) for side in zip(*aligned(rounds)))
    return math.exp(median(tree) - median(base))


def interval_of(rounds, rule, seed):
    base, tree = (list(itertools.chain(*side)) for side in zip(*aligned(rounds)))
    draw = random.Random(seed)
    found = sorted(
        median(draw.choices(tree, k=len(tree))) - median(draw.choices(base, k=len(base))) for _ in range(rule.resamples)
    )
    outside = int(rule.resamples * (1 - rule.confidence) / 2)
    return math.exp(found[outside]), math.exp(found[-1 - outside])


def holm(values):
    """p-values corrected for their number, in their order."""
    order = sorted(range(len(values)), key=values.__getitem__)
    corrected, reached = [0.0] * len(values), 0.0
    for place, index in enumerate(order):
        reached = max(reached, min(1.0, values[index] * (len(values) - place)))
        corrected[index] = reached
    return corrected


def judge(suite, rule, seed=1):
    """Writes ratio, interval, p and verdict into each series of {name: Series}. What was decided at an earlier look
    stays as it was."""
    tails = [rank_sum_tails(series.rounds) for series in suite.values()]
    worse, better = (holm([min(1.0, value * rule.looks) for value in side]) for side in zip(*tails))
    for (name, series), p_worse, p_better in zip(suite.items(), worse, better):
        if series.verdict != "undecided":
            continue
        series.ratio = ratio_of(series.rounds)
        series.low, series.high = interval_of(series.rounds, rule, f"{seed}/{name}")
        series.p_worse, series.p_better = p_worse, p_better
        if p_worse < rule.alpha and series.ratio > 1 + rule.threshold:
            series.verdict = "worse"
        elif p_better < rule.alpha and series.ratio < 1 / (1 + rule.threshold):
            series.verdict = "better"
        elif series.high < 1 + rule.threshold and series.low > 1 / (1 + rule.threshold):
            series.verdict = "same"


def compare(names, measure, rule, seed, say=lambda text: None):
    """{name: Series} after as many rounds as it takes. `measure(name, side)` gives one run's time, above 0."""
    draw = random.Random(seed)
    suite = {name: Series() for name in names}
    for look in range(rule.looks):
        waiting = [name for name, series in suite.items() if series.verdict == "undecided"]
        if not waiting:
            break
        for round_ in range(rule.rounds):
            say(f"look {look + 1} of at most {rule.looks}, round {round_ + 1} of {rule.rounds}: {len(waiting)} benchmarks")
            for name in draw.sample(waiting, len(waiting)):
                runs = ([], [])
                for side in draw.sample((BASE, BASE, TREE, TREE), 4):
                    runs[side].append(measure(name, side))
                suite[name].rounds.append(runs)
        judge(suite, rule, seed)
    return suite
