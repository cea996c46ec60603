"""An evaluation as tables for people.

A record is what `bandmate evaluate -o` writes: single figures by name, tables by title (rows by name, cells
by column), remarks by title, and the gates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .gates import Gate

Record = Mapping[str, Any]
Table = Mapping[str, Mapping[str, Any]]

ENDS = ("low", "high")
"""Columns "x low" and "x high" are the interval of column "x"."""


def tables_of(record: Record) -> dict[str, Table]:
    """The tables of a record by their titles."""
    return {
        title: value
        for title, value in record.items()
        if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values())
    }


def lines_of(record: Record) -> Iterator[str]:
    """The tables and gates of a record, as Markdown."""
    yield f"# {record['model']} evaluated"
    yield ""
    yield (
        f"{record['pieces']} held-out pieces of {record['sources']} real sources, split {record['split']};"
        f" {record['seconds']:.0f} s with {record['workers']} processes."
    )
    remarks = record["remarks"]
    tables = tables_of(record)
    for title in [*tables, *(title for title in remarks if title not in tables)]:
        yield from ("", f"## {title}", "")
        yield from _table(tables.get(title, {}))
        if title in remarks:
            yield from ("", remarks[title])
    gates = [Gate(**gate) for gate in record["gates"]]
    if gates:
        yield from ("", "## Gates", "")
        yield from _gates(gates)


def _table(rows: Table) -> Iterator[str]:
    """Rows down, columns across; a figure with its interval in one cell."""
    if not rows:
        return
    columns = dict.fromkeys(name for cells in rows.values() for name in cells)
    shown = [
        name for name in columns if not any(name == f"{other} {end}" for other in columns for end in ENDS)
    ]
    cells = [[name, *(_cell(row, column) for column in shown)] for name, row in rows.items()]
    yield from _markdown(["", *shown], cells)


def _cell(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    low, high = (row.get(f"{column} {end}") for end in ENDS)
    text = number(value)
    return f"{text} ({number(low)} – {number(high)})" if low is not None and high is not None else text


def number(value: float) -> str:
    """Counts whole, figures to three decimals or one."""
    if isinstance(value, int):
        return f"{value:,}"
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
