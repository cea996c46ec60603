"""An evaluation as one picture: bits by source, and the music beside real music, as plain SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

from .report import Record, Table, tables_of

WIDTH = 920
MARGIN, GUTTER = 20, 190
ROW = 22
COLOURS = {"real": "#1b1b1b", "ours": "#1f77b4", "5-gram": "#b5b5b5"}
MEASURES = (
    "pitch_class_overlap", "pitch_jsd", "onset_jsd", "groove_similarity", "scale_consistency",
    "groove_consistency", "empty_bar_rate", "repetition",
)  # fmt: skip
"""Measures between 0 and 1, in the order in which they are drawn."""


def picture(record: Record) -> str:
    """The whole SVG document."""
    tables = tables_of(record)
    panels = [*_bits(tables), *_music(tables)]
    body, top = [], MARGIN + 24
    for panel in panels:
        lines, height = panel
        body.append(f'<g transform="translate(0 {top})">' + "".join(lines) + "</g>")
        top += height + 34
    title = _text(MARGIN, MARGIN + 6, f"{record['model']} on held-out music", size=17, weight="bold")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}"'
        ' font-family="Helvetica, Arial, sans-serif">'
        f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>{title}{"".join(body)}</svg>\n'
    )


def _rows(tables: Mapping[str, Table], wanted: Callable[[str], bool]) -> Table:
    """The rows of the table whose title it is; none where there is no such table."""
    return next((rows for title, rows in tables.items() if wanted(title)), {})


def _bits(tables: Mapping[str, Table]) -> Iterator[tuple[list[str], int]]:
    """A pair of bars for each source."""
    rows = _rows(tables, lambda title: title.endswith("by source"))
    pairs = {
        name: (cells.get("continue"), cells.get("continue, 5-gram"))
        for name, cells in rows.items()
        if cells.get("continue") is not None
    }
    if not pairs:
        return
    most = max(value for pair in pairs.values() for value in pair if value is not None)
    scale = (WIDTH - GUTTER - MARGIN - 60) / most
    lines = [_head("Bits per note of continuations, by source (fewer is better)", ("ours", "5-gram"))]
    for number, (name, (ours, ngram)) in enumerate(pairs.items()):
        y = 22 + number * ROW
        lines.append(_text(GUTTER - 8, y + 12, name.replace("_", " "), anchor="end"))
        for place, (value, side) in enumerate(((ours, "ours"), (ngram, "5-gram"))):
            if value is None:
                continue
            lines.append(
                f'<rect x="{GUTTER}" y="{y + 8 * place:.1f}" width="{scale * value:.1f}" height="7"'
                f' fill="{COLOURS[side]}"/>'
            )
            lines.append(_text(GUTTER + scale * value + 4, y + 8 * place + 7, f"{value:.2f}", size=8))
    yield lines, 22 + len(pairs) * ROW


def _music(tables: Mapping[str, Table]) -> Iterator[tuple[list[str], int]]:
    """A dot a side on a line from 0 to 1 for each measure."""
    rows = _rows(tables, lambda title: title.startswith("Music"))
    shown = [name for name in MEASURES if name in rows]
    if not shown:
        return
    scale = WIDTH - GUTTER - MARGIN - 20
    lines = [_head("Continuations beside the real ones (nearer to real is better)", tuple(COLOURS))]
    for number, name in enumerate(shown):
        y = 32 + number * ROW
        lines.append(_text(GUTTER - 8, y + 4, name.replace("_", " "), anchor="end"))
        lines.append(f'<path d="M{GUTTER} {y}H{GUTTER + scale}" stroke="#dddddd"/>')
        for side, colour in COLOURS.items():
            value = rows[name].get(side)
            if value is not None:
                lines.append(
                    _dot(GUTTER + scale * min(max(value, 0.0), 1.0), y, colour, hollow=side == "real")
                )
    foot = 32 + len(shown) * ROW
    lines += [_text(GUTTER + scale * mark, foot, f"{mark:g}", anchor="middle") for mark in (0.0, 0.5, 1.0)]
    yield lines, foot


def _dot(x: float, y: float, colour: str, *, hollow: bool) -> str:
    fill = "none" if hollow else colour
    radius = 7 if hollow else 5
    return f'<circle cx="{x:.1f}" cy="{y}" r="{radius}" fill="{fill}" stroke="{colour}" stroke-width="2"/>'


def _head(text: str, sides: Sequence[str]) -> str:
    """A panel's title, with what the colours mean at its right."""
    parts = [_text(MARGIN, 8, text, size=13, weight="bold")]
    for place, side in enumerate(reversed(sides)):
        x = WIDTH - MARGIN - 70 * (place + 1)
        parts.append(_dot(x, 4, COLOURS[side], hollow=side == "real"))
        parts.append(_text(x + 12, 8, side))
    return "".join(parts)


def _text(
    x: float, y: float, text: str, *, size: int = 11, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"'
        f' fill="#1b1b1b">{escape(text)}</text>'
    )
