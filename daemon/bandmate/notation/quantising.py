"""From played to written time: beats cut into halves or thirds, whichever lies nearer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from bandmate_models.score import Bar, Note

DIVISIONS = 48
"""Ticks of a quarter note: 12 is a sixteenth, 16 an eighth of a triplet."""

_GRIDS = ((12, 0.0), (16, 0.6), (6, 1.4), (8, 1.6))  # ticks, and what the finer or rarer one costs in ticks
_STRAIGHT = tuple(grid for grid in _GRIDS if grid[0] in (12, 6))
THIRDS = (16, 8)
_GAP = 12  # ticks: a shorter rest after a longer note is how it was played, not what is written


class Ruled(NamedTuple):
    """A bar in ticks, and the grid of each of its beats."""

    start: int
    length: int
    pulse: int  # ticks of its beat
    grids: tuple[int, ...]

    @property
    def end(self) -> int:
        return self.start + self.length

    def grid_at(self, tick: int) -> int:
        """The grid of the beat that `tick`, counted from the bar, lies in."""
        return self.grids[min(tick // self.pulse, len(self.grids) - 1)]


class Written(NamedTuple):
    """A note in ticks."""

    start: int
    end: int
    pitch: int


def ruled(bars: Sequence[Bar], notes: Sequence[Note]) -> list[Ruled]:
    """The bars with the grids that suit a part."""
    moments: dict[int, list[float]] = {}
    starts = sorted(note.start for note in notes)
    rulers, start, place = [], 0, 0
    for bar in bars:
        length, pulse = max(1, round(bar.length * DIVISIONS)), _pulse(bar)
        moments = {}
        while place < len(starts) and starts[place] < bar.end - 1e-6:
            tick = max(0.0, (starts[place] - bar.start) * DIVISIONS)
            moments.setdefault(int(tick // pulse), []).append(tick % pulse)
            place += 1
        choices = _GRIDS if pulse == DIVISIONS else _STRAIGHT
        grids = tuple(_grid(moments.get(beat, []), choices) for beat in range(-(-length // pulse)))
        rulers.append(Ruled(start, length, pulse, grids))
        start += length
    return rulers


def written(bars: Sequence[Bar], rulers: Sequence[Ruled], notes: Sequence[Note]) -> list[Written]:
    """The notes on their grids, small gaps closed; a pitch ends where it is struck again."""
    found: dict[tuple[int, int], int] = {}
    for note in notes:
        start = _tick(bars, rulers, note.start)
        if start < rulers[-1].end:
            end = max(_tick(bars, rulers, note.end), start + _step(rulers, start))
            found[start, note.pitch] = min(max(end, found.get((start, note.pitch), 0)), rulers[-1].end)
    starts = sorted({start for start, _ in found})
    following = dict(zip(starts, [*starts[1:], rulers[-1].end], strict=True))
    cut: list[Written] = []
    again: dict[int, int] = {}  # when a pitch is struck next
    for (start, pitch), end in sorted(found.items(), reverse=True):
        end = min(_closed(start, end, following[start]), again.get(pitch, end))
        cut.append(Written(start, end, pitch))
        again[pitch] = start
    return sorted(cut)


def _closed(start: int, end: int, following: int) -> int:
    gap = following - end
    return following if 0 < gap < _GAP and gap <= end - start else end


def _pulse(bar: Bar) -> int:
    """Ticks of a beat: a dotted quarter in 6/8 and its like."""
    numerator, denominator = bar.metre.numerator, bar.metre.denominator
    if denominator == 8 and numerator % 3 == 0 and numerator > 3:
        return DIVISIONS * 3 // 2
    return DIVISIONS if denominator <= 4 else DIVISIONS * 4 // denominator


def _grid(moments: Sequence[float], choices: Sequence[tuple[int, float]]) -> int:
    def cost(choice: tuple[int, float]) -> float:
        grid, price = choice
        missed = (abs(moment - round(moment / grid) * grid) for moment in moments)
        return price + sum(missed) / max(len(moments), 1)

    return min(choices, key=cost)[0]


def _step(rulers: Sequence[Ruled], tick: int) -> int:
    """The grid at a tick counted from the first bar."""
    ruler = rulers[bisect_right(rulers, tick, key=lambda ruler: ruler.start) - 1]
    return ruler.grid_at(tick - ruler.start)


def _tick(bars: Sequence[Bar], rulers: Sequence[Ruled], beat: float) -> int:
    index = max(0, bisect_right(bars, beat + 1e-6, key=lambda bar: bar.start) - 1)
    ruler = rulers[index]
    tick = max(0.0, (beat - bars[index].start) * DIVISIONS)
    grid = ruler.grid_at(int(tick))
    begin = int(tick // ruler.pulse) * ruler.pulse
    return ruler.start + min(ruler.length, begin + round((tick - begin) / grid) * grid)
