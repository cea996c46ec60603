"""Messages as lines of JSON, `[name, field, ...]`, for the pipes between the engine and the conductor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from bandmate_bridge.messages import (
    Change,
    Cue,
    FromConductor,
    Message,
    Play,
    PortState,
    PortWish,
    ToConductor,
)

NOTES_PER_LINE = 64
"""A `Play` longer than this is cut into several lines, so that reading one never delays a note."""

_BY_NAME: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (*get_args(ToConductor), *get_args(FromConductor))
}
_ROWS: dict[str, dict[int, type[Any]]] = {
    "Configure": {0: PortWish, 1: PortWish},
    "Play": {1: Cue, 2: Change},
    "SilenceNotes": {0: tuple},
    "Ready": {3: PortState},
    "PortsChanged": {0: PortState, 1: tuple},
}
"""Fields that are tuples of rows, and the class of a row."""


def encode(message: Message) -> bytes:
    """One line of JSON, with its line feed."""
    return json.dumps([type(message).__name__, *message], separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """The message of one line; ValueError where it is none."""
    try:
        name, *fields = json.loads(line)
        for index, kind in _ROWS.get(name, {}).items():
            if index < len(fields):
                row = tuple if kind is tuple else kind._make
                fields[index] = tuple(row(_plain(entry)) for entry in fields[index])
        return _BY_NAME[name](*(tuple(field) if isinstance(field, list) else field for field in fields))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a message: {line[:80]!r}") from error


def _plain(row: list[Any]) -> list[Any]:
    return [tuple(entry) if isinstance(entry, list) else entry for entry in row]


def pieces(play: Play) -> Iterator[Play]:
    """`play` cut into lines of at most NOTES_PER_LINE notes and as many changes."""
    length = max(len(play.cues), len(play.changes), 1)
    for first in range(0, length, NOTES_PER_LINE):
        until = first + NOTES_PER_LINE
        yield play._replace(
            cues=play.cues[first:until],
            changes=play.changes[first:until],
            last=play.last and until >= length,
        )
