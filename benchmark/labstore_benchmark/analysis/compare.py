"""What changed between two result sets, as ratios: a machine's mood cancels out better in those than in figures."""

from .database import COST, Database
from .tables import Section, Table, number, operations_of, spread

KEY = ("scenario", "operation", "store")


def sections(before: Database, after: Database) -> list[Section]:
    names = [sessions[-1]["name"] for sessions in (before.sessions, after.sessions)]
    old = {tuple(row[name] for name in KEY): row for row in before.ranking()}
    new = {tuple(row[name] for name in KEY): row for row in after.ranking()}
    both = [key for key in new if key in old]
    text = (
        f"{names[1]} against {names[0]}: above 1 is more objects a second, or more CPU time. `apart` means that the spreads "
        "do not touch; anything else may be chance."
    )
    only = [f"{store} ({operation}, {scenario})" for scenario, operation, store in sorted(old.keys() ^ new.keys())]
    if only:
        text += " In one of the two only: " + ", ".join(only) + "."
    return [
        Section("Throughput", text, [throughput(old, new, both)]),
        Section("CPU time per operation", "", [cpu(before, after)]),
    ]


def regressions(before: Database, after: Database, percent: float) -> list[str]:
    """Figures that fell by more than `percent`, and whose spreads do not touch: what chance does not explain."""
    old = {tuple(row[name] for name in KEY): row for row in before.ranking()}
    found = []
    for other in after.ranking():
        one = old.get(tuple(other[name] for name in KEY))
        if one and verdict(one, other) == "apart":
            lost = 100 * (1 - other["objects_per_second"] / one["objects_per_second"])
            if lost > percent:
                found.append(
                    f"{other['title']}, {other['operation']} ({other['scenario']}): {lost:.1f} % fewer objects a second"
                )
    return found


def throughput(old: dict, new: dict, both: list[tuple]) -> Table:
    order = {name: place for place, name in enumerate(operations_of([new[key] for key in both]))}
    body = []
    for key in sorted(both, key=lambda key: (key[0], order[key[1]], new[key]["title"])):
        one, other = old[key], new[key]
        body.append(
            (
                key[0],
                key[1],
                other["title"],
                number(one["objects_per_second"]),
                spread(one["lowest"], one["highest"]),
                number(other["objects_per_second"]),
                spread(other["lowest"], other["highest"]),
                ratio(one["objects_per_second"], other["objects_per_second"]),
                verdict(one, other),
            )
        )
    columns = ("Scenario", "Operation", "Store", ">Before", ">Spread", ">After", ">Spread", ">Ratio", "Spreads")
    return Table(columns, body)


def cpu(before: Database, after: Database) -> Table:
    old = {(row["scenario"], row["store"]): row for row in before.rows(COST)}
    body = []
    for row in after.rows(COST):
        one = old.get((row["scenario"], row["store"]))
        if one and one["cpu_us"] and row["cpu_us"]:
            body.append(
                (
                    row["scenario"],
                    row["title"],
                    number(one["cpu_us"]),
                    number(row["cpu_us"]),
                    ratio(one["cpu_us"], row["cpu_us"]),
                )
            )
    return Table(("Scenario", "Store", ">Before µs", ">After µs", ">Ratio"), body)


def ratio(before: float | None, after: float | None) -> str:
    return number(after / before, 3) if before and after is not None else "–"


def verdict(one: dict, other: dict) -> str:
    if min(one["rounds"], other["rounds"]) < 2:
        return "one round"
    return "apart" if other["lowest"] > one["highest"] or other["highest"] < one["lowest"] else "touch"
