"""A score as lines of text: a lane for each part, time to the right, pitch upwards, half a line a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

from bandmate.console import Console
from bandmate_models.score import Bar, Part, Role, Score

COLOURS: dict[Role, str] = {
    "melody": "38;5;220",
    "chords": "38;5;75",
    "guitar": "38;5;208",
    "bass": "38;5;141",
    "drums": "38;5;203",
    "strings": "38;5;114",
    "other": "38;5;180",
}
_DIM = "38;5;240"
_LABEL = 9  # columns
_ROWS = 12  # half lines that a pitched part may take
_SLACK = 1e-6
_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

_NONE, _HELD, _STRUCK = 0, 1, 2
_CELLS = {  # (upper half, lower half) -> character
    (_STRUCK, _STRUCK): "█",
    (_STRUCK, _HELD): "▀",
    (_STRUCK, _NONE): "▀",
    (_HELD, _STRUCK): "▄",
    (_NONE, _STRUCK): "▄",
    (_HELD, _HELD): "=",
    (_HELD, _NONE): "▔",
    (_NONE, _HELD): "▁",
}
_PLAIN = {"█": "#", "▀": "#", "▄": "#", "▔": "-", "▁": "-", "│": "|", "·": ".", "▌": "x", "▏": "'"}

DRUM_ROWS: tuple[tuple[str, frozenset[int]], ...] = (
    ("cymbal", frozenset((49, 51, 52, 53, 55, 57, 59))),
    ("hat", frozenset((42, 44, 46))),
    ("tom", frozenset((41, 43, 45, 47, 48, 50))),
    ("snare", frozenset((37, 38, 39, 40))),
    ("kick", frozenset((35, 36))),
)
OTHER_DRUMS = "perc"


class Cell(NamedTuple):
    """A character and the style that it is painted in; "" is none."""

    character: str
    style: str = ""


class Lane(NamedTuple):
    """One line under a label: [columns] of cells."""

    label: str
    style: str
    cells: list[Cell]


class Grid(NamedTuple):
    """The columns of some bars: `per_beat` columns a beat, and one before each bar for its line."""

    bars: Sequence[Bar]
    per_beat: int

    @property
    def starts(self) -> list[int]:
        """Column of each bar's line, and of the line after the last."""
        columns = [0]
        for bar in self.bars:
            columns.append(columns[-1] + 1 + self._cells(bar))
        return columns

    def _cells(self, bar: Bar) -> int:
        return max(1, ceil(bar.length * self.per_beat - _SLACK))

    def column(self, beat: float) -> int:
        """Where `beat` falls; beats outside are held to the edges."""
        for bar, start in zip(self.bars, self.starts, strict=False):
            if beat < bar.end - _SLACK:
                inside = max(0.0, beat - bar.start) * self.per_beat
                return start + 1 + min(int(inside + _SLACK), self._cells(bar) - 1)
        return self.starts[-1]


def draw(score: Score, console: Console, bars: int | None = None) -> None:
    """Print a score's first `bars` bars (default: all), as many side by side as the terminal has room for."""
    for line in roll(score, console, bars):
        console.line(line)


def roll(score: Score, console: Console, bars: int | None = None) -> Iterator[str]:
    """The lines of the drawing."""
    shown = _bars(score, bars)
    for system in _systems(shown, console.width - _LABEL - 2):
        yield " " * _LABEL + console.paint(_ruler(system), _DIM)
        for part in score.parts:
            for lane in _lanes(part, system):
                yield console.paint(f"{lane.label:>{_LABEL - 1}} ", lane.style) + _painted(lane, console)
        yield ""


def _bars(score: Score, count: int | None) -> list[Bar]:
    if count is None:
        return list(score.bars(max(score.end, _SLACK * 10)))
    bars: list[Bar] = []
    for bar in score.bars(float("inf")):
        if len(bars) == count:
            break
        bars.append(bar)
    return bars


def _systems(bars: Sequence[Bar], room: int) -> Iterator[Grid]:
    """Bars in rows of columns that fit: fine where that makes few rows, else coarse."""
    fine, coarse = (_filled(bars, per_beat, room) for per_beat in (4, 2))
    fits = all(grid.starts[-1] <= room for grid in fine)
    yield from fine if fits and len(fine) <= max(2, len(coarse)) else coarse


def _filled(bars: Sequence[Bar], per_beat: int, room: int) -> list[Grid]:
    rows: list[list[Bar]] = [[]]
    for bar in bars:
        if rows[-1] and Grid([*rows[-1], bar], per_beat).starts[-1] > room:
            rows.append([])
        rows[-1].append(bar)
    return [Grid(row, per_beat) for row in rows if row]


def _ruler(grid: Grid) -> str:
    """The bars' numbers, from 1, over their lines."""
    text = ""
    for bar, column in zip(grid.bars, grid.starts, strict=False):
        text = text.ljust(column) + str(bar.number + 1)
    return text


def _background(grid: Grid) -> list[Cell]:
    """Bar lines, and a dot on every beat."""
    starts = grid.starts
    cells = [Cell(" ")] * (starts[-1] + 1)
    for bar, start in zip(grid.bars, starts, strict=False):
        beat = 0.0
        while beat < bar.length - _SLACK:
            cells[grid.column(bar.start + beat)] = Cell("·", _DIM)
            beat += 4 / bar.metre.denominator if bar.metre.denominator < 8 else 1.5
        cells[start] = Cell("│", _DIM)
    cells[starts[-1]] = Cell("│", _DIM)
    return cells


def _lanes(part: Part, grid: Grid) -> Iterator[Lane]:
    if not part.notes:
        return
    yield from _drum_lanes(part, grid) if part.is_drums else _pitched_lanes(part, grid)


def _drum_lanes(part: Part, grid: Grid) -> Iterator[Lane]:
    """A line for each kind of drum that the part has; soft strokes are thin."""
    named = frozenset().union(*(keys for _, keys in DRUM_ROWS))
    others = frozenset(note.pitch for note in part.notes) - named
    style = COLOURS["drums"]
    for name, keys in (*DRUM_ROWS, (OTHER_DRUMS, others)):
        if not any(note.pitch in keys for note in part.notes):
            continue
        cells = _background(grid)
        for note in part.notes:
            if note.pitch in keys and _inside(note.start, grid):
                cells[grid.column(note.start)] = Cell("▌" if note.velocity >= 56 else "▏", style)
        yield Lane(name, style, cells)


def _pitched_lanes(part: Part, grid: Grid) -> Iterator[Lane]:
    """Half lines of one or more semitones, as the part's range asks for; labelled with role and range."""
    low = min(note.pitch for note in part.notes)
    high = max(note.pitch for note in part.notes)
    per_row = max(1, ceil((high - low + 1) / _ROWS))
    rows = 2 * ceil(((high - low) // per_row + 1) / 2)
    columns = grid.starts[-1] + 1
    marks = [[_NONE] * columns for _ in range(rows)]
    for note in sorted(part.notes):
        first, last = grid.bars[0].start, grid.bars[-1].end
        if note.end <= first + _SLACK or note.start >= last - _SLACK:
            continue
        row = marks[(note.pitch - low) // per_row]
        begin = grid.column(note.start)
        for column in range(begin, grid.column(note.end - _SLACK) + 1):
            row[column] = max(row[column], _HELD)
        if note.start >= first - _SLACK:
            row[begin] = _STRUCK
    style = COLOURS[part.role]
    labels = {0: part.role, 1: f"{_name(low)}-{_name(high)}"}
    for place, upper in enumerate(range(rows - 1, 0, -2)):
        cells = _background(grid)
        for column in range(columns):
            pair = (marks[upper][column], marks[upper - 1][column])
            if pair != (_NONE, _NONE) and cells[column].character != "│":
                cells[column] = Cell(_CELLS[pair], style)
        yield Lane(labels.get(place, ""), style, cells)


def _name(pitch: int) -> str:
    return f"{_TONICS[pitch % 12]}{pitch // 12 - 1}"


def _inside(beat: float, grid: Grid) -> bool:
    return grid.bars[0].start - _SLACK <= beat < grid.bars[-1].end - _SLACK


def _painted(lane: Lane, console: Console) -> str:
    """The cells as text, with one change of style for each run."""
    text, run, style = "", "", ""
    for cell in lane.cells:
        character = cell.character if console.unicode else _PLAIN.get(cell.character, cell.character)
        if cell.style != style and run:
            text += console.paint(run, style) if style else run
            run = ""
        run, style = run + character, cell.style
    return text + (console.paint(run, style) if style else run)
