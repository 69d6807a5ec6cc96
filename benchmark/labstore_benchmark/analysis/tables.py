"""Figures to words: tables that Markdown, HTML and a terminal can all show."""

import html
from dataclasses import dataclass, field

LEVELS = {"synced": "yes", "partly": "partly", "unsynced": "no", "unknown": "unknown"}
OPERATION_ORDER = ("DELETE", "GET", "PUT", "STAT")


@dataclass
class Table:
    """`columns` are headings; one that begins with `>` is set to the right, without the sign."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    title: str = ""

    def headings(self) -> list[str]:
        return [column.lstrip(">") for column in self.columns]

    def markdown(self) -> str:
        rules = ["---:" if column.startswith(">") else "---" for column in self.columns]
        lines = ["| " + " | ".join(cells) + " |" for cells in (self.headings(), rules, *self.rows)]
        return (f"**{self.title}**\n\n" if self.title else "") + "\n".join(lines) + "\n"

    def text(self) -> str:
        widths = [max(len(cell) for cell in cells) for cells in zip(self.headings(), *self.rows)]

        def line(cells) -> str:
            padded = (
                cell.rjust(width) if column.startswith(">") else cell.ljust(width)
                for cell, width, column in zip(cells, widths, self.columns)
            )
            return "  ".join(padded).rstrip()

        rule = "  ".join("-" * width for width in widths)
        head = [self.title] if self.title else []
        return "\n".join([*head, line(self.headings()), rule, *(line(row) for row in self.rows)]) + "\n"

    def html(self) -> str:
        def cells(kind: str, values) -> str:
            return "".join(
                f"<{kind}{' class=r' if column.startswith('>') else ''}>{html.escape(value)}</{kind}>"
                for column, value in zip(self.columns, values)
            )

        rows = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{cells('th', self.headings())}</tr></thead><tbody>\n{rows}\n</tbody></table>\n"


@dataclass
class Section:
    title: str
    text: str = ""
    tables: list[Table] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)  # SVG documents


def number(value: float | None, digits: int | None = None) -> str:
    """Three digits that say something, or as many behind the point as asked for; a dash for what is not there."""
    if value is None:
        return "–"
    if digits is None:
        digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


def spread(lowest: float | None, highest: float | None) -> str:
    return "–" if lowest is None or highest is None else f"{number(lowest)} … {number(highest)}"


def operations_of(rows: list[dict]) -> list[str]:
    """In the order of the project's table, what it does not know behind it."""
    names = {row["operation"] for row in rows}
    return [name for name in OPERATION_ORDER if name in names] + sorted(names - set(OPERATION_ORDER))


def glance(rows: list[dict]) -> Table:
    """Stores by operations, as one looks for a winner."""
    operations = operations_of(rows)
    stores: dict[str, dict] = {}
    for row in rows:
        stores.setdefault(row["store"], {"title": row["title"], "level": row["level"]})[row["operation"]] = row

    def figure(store: dict, operation: str) -> str:
        row = store.get(operation)
        return marked(row) if row else "–"

    def total(store: dict) -> float:
        return -sum(row["objects_per_second"] or 0 for name, row in store.items() if name in operations)

    body = [
        (store["title"], LEVELS[store["level"]], *(figure(store, operation) for operation in operations))
        for store in sorted(stores.values(), key=total)
    ]
    return Table(("Store", "Synced", *(f">{operation}" for operation in operations)), body)


def marked(row: dict) -> str:
    return number(row["objects_per_second"]) + ("*" if row["short"] else "")


def ranking(rows: list[dict], operation: str) -> Table:
    body = [
        (
            str(row["rank"]),
            row["title"],
            LEVELS[row["level"]],
            marked(row),
            spread(row["lowest"], row["highest"]),
            number(row["mib_per_second"] or None),
            number(row["bandwidth_percent"] or None, 1) if row["mib_per_second"] else "–",
            str(row["errors"]),
        )
        for row in rows
        if row["operation"] == operation
    ]
    columns = (">Rank", "Store", "Synced", ">Objects/s", ">Spread", ">MiB/s", ">% of bandwidth", ">Errors")
    return Table(columns, body, operation)


def overall(rows: list[dict]) -> Table:
    body = [
        (
            str(row["rank"]),
            row["title"],
            LEVELS[row["level"]],
            number(row["score"], 1),
            f"{row['firsts']} of {row['operations']}",
        )
        for row in rows
    ]
    return Table((">Rank", "Store", "Synced", ">Score", ">First in"), body, "Overall")


def latency(rows: list[dict]) -> Table:
    order = {name: place for place, name in enumerate(operations_of(rows))}
    body = [
        (
            row["operation"],
            row["title"],
            LEVELS[row["level"]],
            *(number(row[name]) for name in ("p50", "p90", "p99")),
            spread(row["p99_lowest"], row["p99_highest"]),
            number(row["slowest"]),
        )
        for row in sorted(rows, key=lambda row: (order[row["operation"]], row["p99"]))
    ]
    return Table(
        ("Operation", "Store", "Synced", ">P50 ms", ">P90 ms", ">P99 ms", ">P99 spread", ">Slowest ms"), body
    )


def cost(rows: list[dict]) -> Table:
    body = [
        (
            row["title"],
            LEVELS[row["level"]],
            number(row["cpu_us"]),
            spread(row["cpu_us_lowest"], row["cpu_us_highest"]),
            number(row["memory_mib"]),
            number(row["disk_mib"]),
            number(row["disk_per_live"], 2),
            number(row["warp_us"]),
            number(row["others_percent"], 1),
        )
        for row in rows
    ]
    columns = (
        "Store",
        "Synced",
        ">CPU µs/op",
        ">Spread",
        ">Memory MiB",
        ">Disk MiB",
        ">Disk/live bytes",
        ">warp's CPU µs/op",
        ">Others' CPU %",
    )
    return Table(columns, body)


def promises(rows: list[dict]) -> Table:
    body = [(row["title"], row["version"] or "–", LEVELS[row["level"]], row["durability"]) for row in rows]
    return Table(("Store", "Version", "Synced", "What a 200 to a write means"), body)


def skipped(sessions: list[dict], measured: set[str]) -> Table | None:
    found = {
        name: reason for session in sessions for name, reason in session["skipped"].items() if name not in measured
    }
    return Table(("Store", "Not measured, because"), sorted(found.items())) if found else None


def failures(rows: list[dict]) -> Table | None:
    body = [(row["title"], row["scenario"], str(row["round"]), first_line(row["failure"])) for row in rows]
    return Table(("Store", "Scenario", ">Round", "Failed, because"), body) if body else None


def first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0].replace("|", "/")
