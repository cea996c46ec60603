"""The picture of the music: a lane for each part, time to the right, pitch upwards, half a line a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bandmate.band.status import LiveNote
from bandmate.pianoroll import DRUM_ROWS
from bandmate_bridge.messages import ClockState

BEHIND, AHEAD = 12.0, 4.0
"""Beats that are shown at least of what was, and of what comes."""
OCTAVE = 12
_SLACK = 1e-6

NOTHING, PAST, NOW, SURE, MAYBE = range(5)
"""What a half line shows: no note, one that has sounded, sounds, will for certain, or may change."""


class Dot(NamedTuple):
    """Half a character: what is there, and whether a note begins in it."""

    what: int = NOTHING
    struck: bool = False


EMPTY = Dot()


class View(NamedTuple):
    """The time in view: `cells` columns a beat, `columns` in all; `now` and `committed` in beats."""

    first: int  # cell of beat 0 on, of the first column
    cells: int
    columns: int
    now: float
    committed: float

    @classmethod
    def of(cls, columns: int, now: float, committed: float) -> View:
        """The widest cells that let BEHIND and AHEAD be seen; the picture moves by whole cells."""
        cells = max(1, int(columns / (BEHIND + AHEAD)))
        ahead = max(int(AHEAD * cells), int(columns * AHEAD / (BEHIND + AHEAD)))
        return cls(int(now * cells // 1) - (columns - ahead), cells, columns, now, committed)

    def column(self, beat: float) -> int:
        """The column of a beat, which may be out of view."""
        return int((beat * self.cells + _SLACK) // 1) - self.first

    def beat(self, column: int) -> float:
        return (self.first + column) / self.cells


class Register:
    """The pitches that a lane has rows for: as few as its notes need, an octave at least, and kept steady."""

    def __init__(self) -> None:
        self.low, self.high = 0, -1

    def hold(self, pitches: Iterable[int]) -> None:
        """Takes in what is to be seen; lets go of room when three times as much is there as is needed."""
        seen = list(pitches)
        if not seen:
            return
        low, high = min(seen), max(seen)
        room = self.high - self.low + 1
        if room <= 0 or room > max(3 * (high - low + 1), 2 * OCTAVE):
            spare = max(0, OCTAVE - (high - low + 1))
            self.low, self.high = low - spare // 2, high + (spare + 1) // 2
        self.low, self.high = min(self.low, low), max(self.high, high)

    def row(self, pitch: int, rows: int) -> int:
        """The row of a pitch, from the top."""
        room = self.high - self.low + 1
        return min(rows - 1, (self.high - pitch) * rows // room)


def dots(
    notes: Iterable[LiveNote], view: View, rows: int, drums: bool, register: Register
) -> list[list[Dot]]:
    """[rows][columns] of half lines. Where notes meet, a beginning goes before what is held."""
    grid = [[EMPTY] * view.columns for _ in range(rows)]
    seen = [note for note in notes if _visible(note, view)]
    if not drums:
        register.hold(note.pitch for note in seen)
    for note in sorted(seen, key=lambda note: note.start):
        row = grid[drum_row(note.pitch, rows) if drums else register.row(note.pitch, rows)]
        what = _what(note, view)
        begin = view.column(note.start)
        end = begin + 1 if drums else max(begin + 1, view.column(note.start + note.duration))
        for column in range(max(0, begin), min(view.columns, end)):
            struck = column == begin
            if struck or not row[column].struck:
                row[column] = Dot(what, struck)
    return grid


def drum_row(pitch: int, rows: int) -> int:
    """Cymbals at the top, the kick at the bottom; what is no drum of a kit in the middle."""
    known = (number for number, (_, pitches) in enumerate(DRUM_ROWS) if pitch in pitches)
    place = next(known, len(DRUM_ROWS) // 2)
    return place * rows // len(DRUM_ROWS)


def bar_lines(view: View, clock: ClockState) -> dict[int, int]:
    """Column -> number of the bar that begins there, from 1, for the bar lines in view."""
    length = clock.bar_length
    line = clock.bar_before(view.beat(0))
    lines: dict[int, int] = {}
    while view.column(line) < view.columns:
        if view.column(line) >= 0:
            lines[view.column(line)] = round(line / length) + 1
        line += length
    return lines


def ruler(view: View, lines: Mapping[int, int]) -> str:
    """The line over the lanes: bars by their number, now, and from where on the plan may still change."""
    text = [" "] * view.columns
    _mark(text, view.column(view.committed), "┆")
    for column, number in lines.items():
        for offset, letter in enumerate(str(number)):
            _mark(text, column + offset, letter)
    _mark(text, view.column(view.now), "▼")
    return "".join(text)


def _mark(text: list[str], column: int, letter: str) -> None:
    if 0 <= column < len(text):
        text[column] = letter


def _visible(note: LiveNote, view: View) -> bool:
    end = note.start + max(note.duration, 1.0 / view.cells)
    return view.column(end) >= 0 and view.column(note.start) < view.columns


def _what(note: LiveNote, view: View) -> int:
    if note.start > view.now:
        return SURE if note.start < view.committed - _SLACK else MAYBE
    return NOW if note.start + note.duration > view.now else PAST
