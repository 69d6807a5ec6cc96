"""Bar charts as SVG documents: no library, no script, readable in any browser and in a page on a forge."""

import html
from dataclasses import dataclass

WIDTH, LABEL, VALUE = 820, 190, 120
ROW, GAP, HEAD, PANEL_HEAD = 22, 18, 40, 22
COLOURS = {"synced": "#1b6ca8", "partly": "#8a6fb0", "unsynced": "#c2762a", "unknown": "#777777"}
NAMES = {"synced": "syncs before it answers", "partly": "partly", "unsynced": "does not", "unknown": "unknown"}


@dataclass
class Bar:
    label: str
    level: str
    value: float
    lowest: float
    highest: float
    shown: str


@dataclass
class Panel:
    title: str
    bars: list[Bar]


def chart(title: str, panels: list[Panel]) -> str:
    """Each panel has a scale of its own, from zero; a whisker shows the spread over the rounds."""
    panels = [panel for panel in panels if panel.bars]
    height = HEAD + sum(PANEL_HEAD + ROW * len(panel.bars) + GAP for panel in panels)
    levels = [level for level in COLOURS if any(bar.level == level for panel in panels for bar in panel.bars)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="12">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="18" font-size="14" font-weight="bold" fill="#222222">{html.escape(title)}</text>',
        *legend(levels),
    ]
    top = HEAD
    for panel in panels:
        parts += panel_parts(panel, top)
        top += PANEL_HEAD + ROW * len(panel.bars) + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(levels: list[str]) -> list[str]:
    parts, left = [], WIDTH - 175 * len(levels)
    for level in levels:
        parts.append(f'<rect x="{left}" y="8" width="11" height="11" fill="{COLOURS[level]}"/>')
        parts.append(f'<text x="{left + 16}" y="18" fill="#222222">{NAMES[level]}</text>')
        left += 175
    return parts


def panel_parts(panel: Panel, top: int) -> list[str]:
    scale = (WIDTH - LABEL - VALUE) / (max(max(bar.highest, bar.value) for bar in panel.bars) or 1)
    parts = [f'<text x="8" y="{top + 13}" font-weight="bold" fill="#222222">{html.escape(panel.title)}</text>']
    for index, bar in enumerate(panel.bars):
        y = top + PANEL_HEAD + ROW * index
        middle = y + ROW // 2 - 2
        low, high = LABEL + bar.lowest * scale, LABEL + bar.highest * scale
        parts += [
            f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end" fill="#222222">{html.escape(bar.label)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{max(bar.value * scale, 1):.1f}" height="{ROW - 5}" fill="{COLOURS[bar.level]}"/>',
            f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8" '
            'stroke="#222222" fill="none"/>',
            f'<text x="{max(high, LABEL + bar.value * scale) + 8:.1f}" y="{middle + 4}" fill="#222222">{html.escape(bar.shown)}</text>',
        ]
    return parts
