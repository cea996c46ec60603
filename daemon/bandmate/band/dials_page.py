"""The dials' part of docs/live.md, printed from the table (`python -m bandmate.band.dials_page`)."""

from __future__ import annotations

from bandmate.band.dials import DIALS, Dial


def table() -> str:
    """A row for each dial, in Markdown."""
    rows = [f"| `{_name(dial)}` | {_values(dial)} | {_usual(dial)} | {dial.doc} |" for dial in DIALS]
    return "\n".join(["| dial | values | at first | what it does |", "|---|---|---|---|", *rows])


def _name(dial: Dial) -> str:
    return dial.name if dial.scope == "band" else f"bass.{dial.name}"


def _values(dial: Dial) -> str:
    return {"switch": "off 0, on 1", "cue": "1: now", "range": f"{dial.low:g} to {dial.high:g}"}[dial.kind]


def _usual(dial: Dial) -> str:
    return {"switch": "on" if dial.usual else "off", "cue": "", "range": f"{dial.usual:g}"}[dial.kind]


if __name__ == "__main__":
    print(table())
