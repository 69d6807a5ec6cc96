"""The report of one or more result sets: sections of text, tables and charts, as Markdown, HTML and for a terminal."""

import html

from ..scenarios import SCENARIOS
from . import charts, tables
from .tables import Section, number

RANKINGS = {
    "synced": (
        "Stores that sync before they answer",
        "A 200 to a write means the bytes and the entry that names them are on the disk: a power cut loses nothing.",
    ),
    "unsynced": (
        "Stores that do not",
        "A 200 means that the kernel has the bytes, or (`partly`) that some of what was written is on the disk. Less "
        "work per write, and a power cut can lose what was acknowledged: not to be compared with the ranking above.",
    ),
}
MODES = {
    "native": "stores as programs of the same machine",
    "containers": "stores in containers",
    "endpoint": "against an endpoint that was running",
}
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; } caption { text-align: left; font-weight: bold; }
th, td { padding: 0.2rem 0.7rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
.r { text-align: right; font-variant-numeric: tabular-nums; } svg { max-width: 100%; height: auto; }
"""


def sections(found: dict) -> list[Section]:
    """`found` is Database.everything()."""
    parts = [conditions(found)]
    for scenario in dict.fromkeys(row["scenario"] for row in found["ranking"]):
        rows = {
            name: [row for row in found[name] if row["scenario"] == scenario]
            for name in ("ranking", "overall", "latency", "cost", "stores")
        }
        parts.append(at_a_glance(scenario, rows["ranking"]))
        for ranking in RANKINGS:
            chosen = {name: [row for row in values if row["ranking"] == ranking] for name, values in rows.items()}
            if chosen["ranking"]:
                parts.append(ranked(scenario, ranking, chosen))
        parts.append(latencies(scenario, rows["latency"]))
        parts.append(costs(scenario, rows["cost"]))
    parts.append(promises(found))
    return parts


def conditions(found: dict) -> Section:
    session = found["sessions"][-1]
    machine, chosen = session["machine"], session["settings"]
    facts = [
        ("Result sets", ", ".join(session["name"] for session in found["sessions"])),
        ("Date, commit", f"{session['date']}, {session['commit']}"),
        (
            "Machine",
            f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gib']} GiB, {machine['file_system']}",
        ),
        ("System", f"{machine['system']}, Linux {machine['kernel']}"),
        ("Load", f"warp {session['versions'].get('warp', 'unknown')}, {MODES[chosen['mode']]}"),
        (
            "Settings",
            f"{chosen['object_size']} objects, {chosen['objects']} of them, {chosen['concurrent']} at a time, "
            f"{chosen['duration']} a run, {chosen['rounds']} rounds, GET/STAT/PUT/DELETE {chosen['distribution']} %",
        ),
        (
            "Bandwidth",
            f"{number(found['bandwidth_mib_per_second'])} MiB/s (iperf3)"
            if found["bandwidth_mib_per_second"]
            else "not measured (`just benchmark bandwidth`)",
        ),
    ]
    text = (
        "A figure is the median over the rounds of warp's median over the seconds of a run; its spread goes from the lowest "
        "round to the highest. A star marks runs too short for warp's median, whose average is given."
    )
    return Section("Conditions", text, [tables.Table(("What", "Value"), facts)])


def titled(scenario: str, text: str) -> str:
    return text if scenario == "mixed" else f"{text}: {scenario}"


def at_a_glance(scenario: str, rows: list[dict]) -> Section:
    what = SCENARIOS[scenario].what if scenario in SCENARIOS else scenario
    panels = [
        charts.Panel(
            operation,
            [
                charts.Bar(
                    row["title"],
                    row["level"],
                    row["objects_per_second"],
                    row["lowest"],
                    row["highest"],
                    tables.marked(row),
                )
                for row in sorted(rows, key=lambda row: -row["objects_per_second"])
                if row["operation"] == operation and row["objects_per_second"]
            ],
        )
        for operation in tables.operations_of(rows)
    ]
    drawn = charts.chart(f"Objects per second, {scenario}", panels)
    text = f"Median objects per second of every store; {what}. `Synced` says whether a write is on the disk before its answer."
    return Section(titled(scenario, "All stores at a glance"), text, [tables.glance(rows)], [drawn])


def ranked(scenario: str, ranking: str, rows: dict) -> Section:
    title, text = RANKINGS[ranking]
    found = [tables.ranking(rows["ranking"], operation) for operation in tables.operations_of(rows["ranking"])]
    text += (
        " The overall score is the geometric mean of a store's shares of the best figure of this ranking, in percent."
    )
    return Section(titled(scenario, title), text, [*found, tables.overall(rows["overall"])])


def latencies(scenario: str, rows: list[dict]) -> Section:
    panels = [
        charts.Panel(
            operation,
            [
                charts.Bar(
                    row["title"],
                    row["level"],
                    row["p99"],
                    row["p99_lowest"],
                    row["p99_highest"],
                    f"{number(row['p99'])} ms",
                )
                for row in rows
                if row["operation"] == operation
            ],
        )
        for operation in tables.operations_of(rows)
    ]
    text = (
        "Time of a request as warp saw it, from the first byte sent to the last received. Percentiles are means of those of "
        "each ten seconds, weighted with the requests in them; then the median over the rounds."
    )
    drawn = charts.chart(f"P99 latency in milliseconds, {scenario}", panels)
    return Section(titled(scenario, "Latency"), text, [tables.latency(rows)], [drawn])


def costs(scenario: str, rows: list[dict]) -> Section:
    bars = [
        charts.Bar(
            row["title"],
            row["level"],
            row["cpu_us"],
            row["cpu_us_lowest"],
            row["cpu_us_highest"],
            f"{number(row['cpu_us'])} µs",
        )
        for row in rows
        if row["cpu_us"] is not None
    ]
    text = (
        "CPU time of the whole process tree of a server per operation, while the load ran; the highest memory it held; the "
        "disk space of its folder after the run, and that divided by the bytes of the objects that were left. What warp "
        "itself and everything else on the machine took says how far the server was alone with its work."
    )
    drawn = (
        [charts.chart(f"CPU time per operation in microseconds, {scenario}", [charts.Panel("", bars)])]
        if bars
        else []
    )
    return Section(titled(scenario, "Cost"), text, [tables.cost(rows)], drawn)


def promises(found: dict) -> Section:
    seen: dict[str, dict] = {row["store"]: row for row in found["stores"]}
    listed = [tables.promises(list(seen.values()))]
    listed += [
        table for table in (tables.skipped(found["sessions"], set(seen)), tables.failures(found["failures"])) if table
    ]
    return Section(
        "The stores",
        "What each store promises by its source and its settings here, and what could not be measured.",
        listed,
    )


def markdown(parts: list[Section], level: int = 2) -> str:
    lines = []
    for part in parts:
        lines.append(f"{'#' * level} {part.title}\n")
        lines += [part.text + "\n"] if part.text else []
        lines += [table.markdown() for table in part.tables]
    return "\n".join(lines)


def terminal(parts: list[Section]) -> str:
    lines = []
    for part in parts:
        lines.append(f"== {part.title}\n")
        lines += [table.text() for table in part.tables]
    return "\n".join(lines)


def page(parts: list[Section], title: str) -> str:
    body = []
    for part in parts:
        body.append(f"<h2>{html.escape(part.title)}</h2>")
        body += [f"<p>{html.escape(part.text)}</p>"] if part.text else []
        body += [table.html() for table in part.tables]
        body += part.charts
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>\n<h1>{html.escape(title)}</h1>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )
