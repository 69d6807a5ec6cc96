"""What a comparison found, as a table for people and as JSON."""
import json
from pathlib import Path

ORDER = ("worse", "undecided", "better", "same")
UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))


def readable(nanoseconds):
    size, unit = next((size, unit) for size, unit in UNITS if nanoseconds >= size or size == 1)
    return f"{nanoseconds / size:.4g} {unit}"


def percent(ratio):
    return f"{(ratio - 1) * 100:+.1f} %"


def table(suite, rule):
    """One line a benchmark, the worst first."""
    width = max((len(name) for name in suite), default=9)
    head = f"{'benchmark':<{width}}  {'base':>10}  {'tree':>10}  {'change':>8}  {'interval':>18}  {'p':>8}  rounds  verdict"
    lines = [head, "-" * len(head)]
    for name, series in sorted(suite.items(), key=lambda item: (ORDER.index(item[1].verdict), -item[1].ratio)):
        interval = f"{percent(series.low)} .. {percent(series.high)}"
        p = min(series.p_worse, series.p_better)
        lines.append(
            f"{name:<{width}}  {readable(series.median_of(0)):>10}  {readable(series.median_of(1)):>10}"
            f"  {percent(series.ratio):>8}  {interval:>18}  {p:8.2g}  {len(series.rounds):>6}  {series.verdict}"
        )
    return "\n".join(lines)


def summary(suite, rule, only_base=(), only_tree=()):
    counts = {verdict: sum(series.verdict == verdict for series in suite.values()) for verdict in ORDER}
    text = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) or "nothing was compared"
    lines = [f"{text} (threshold {rule.threshold:.0%}, false alarms below {rule.alpha:.0%})"]
    if only_tree:
        lines.append("new, not compared: " + ", ".join(sorted(only_tree)))
    if only_base:
        lines.append("vanished, not compared: " + ", ".join(sorted(only_base)))
    return "\n".join(lines)


def write_json(path, suite, rule, **more):
    rows = {
        name: {
            "verdict": series.verdict,
            "ratio": series.ratio,
            "interval": [series.low, series.high],
            "p_worse": series.p_worse,
            "p_better": series.p_better,
            "base_ns": series.median_of(0),
            "tree_ns": series.median_of(1),
            "rounds": series.rounds,
        }
        for name, series in suite.items()
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(more | {"rule": vars(rule), "benchmarks": rows}, indent=1) + "\n")


def any_worse(suite):
    return any(series.verdict == "worse" for series in suite.values())
