"""An evaluation as a record for a file, and as tables for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .gates import Gate

Record = Mapping[str, Any]


def lines_of(record: Record) -> Iterator[str]:
    """The tables and gates of a record, as Markdown."""
    yield f"# {record['model']} evaluated"
    yield ""
    yield (
        f"{record['pieces']} held-out pieces of {record['sources']} real sources, split {record['split']};"
        f" {record['seconds']:.0f} s with {record['workers']} processes."
    )
    for section in record["sections"]:
        yield ""
        yield f"## {section['title']}"
        yield ""
        if section["rows"]:
            yield from _table(section["rows"])
        for remark in section["remarks"]:
            yield ""
            yield remark
    gates = [Gate(**gate) for section in record["sections"] for gate in section["gates"]]
    if gates:
        yield ""
        yield "## Gates"
        yield ""
        yield from _gates(gates)


def _table(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Rows down, columns across; a figure with its interval in one cell."""
    columns = list(dict.fromkeys(name for cells in rows.values() for name in cells))
    shown = [name for name in columns if name.removesuffix(" low").removesuffix(" high") == name]
    shown += [name for name in columns if name not in shown and _base(name) not in columns]
    cells = [[name, *(_cell(row, column) for column in shown)] for name, row in rows.items()]
    yield from _markdown(["", *shown], cells)


def _base(name: str) -> str:
    return name.removesuffix(" low").removesuffix(" high")


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    low, high = row.get(f"{column} low"), row.get(f"{column} high")
    text = number(value)
    return f"{text} ({number(low)} – {number(high)})" if low is not None and high is not None else text


def number(value: float) -> str:
    """Whole numbers as they are, others to three decimals or three digits."""
    if float(value).is_integer() and abs(value) >= 2:
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _gates(gates: Sequence[Gate]) -> Iterator[str]:
    words = {True: "yes", False: "**no**", None: "–"}
    rows = [[gate.name, gate.figure, gate.target, words[gate.met]] for gate in gates]
    yield from _markdown(["what", "figure", "target", "met"], rows)
    judged = [gate for gate in gates if gate.met is not None]
    yield ""
    yield f"{sum(bool(gate.met) for gate in judged)} of {len(judged)} gates met."


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(line[index]) for line in (head, *rows)) for index in range(len(head))]
    yield "| " + " | ".join(text.ljust(width) for text, width in zip(head, widths, strict=True)) + " |"
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    for row in rows:
        yield "| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |"
