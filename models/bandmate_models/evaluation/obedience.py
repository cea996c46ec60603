"""Whether an answer keeps what was asked of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .. import vocabulary as v
from ..controls import scale_of
from ..score import Key, Part, Score
from .distributions import notes_of


class Kept(NamedTuple):
    """How many of how many kept it."""

    kept: int
    of: int

    @property
    def share(self) -> float | None:
        return self.kept / self.of if self.of else None


def total(several: Iterable[Kept]) -> Kept:
    """All of them together."""
    table = list(several)
    return Kept(sum(one.kept for one in table), sum(one.of for one in table))


def in_scale(score: Score, key: Key) -> Kept:
    """Pitched notes that are of the key's scale."""
    classes = scale_of(key)
    inside = [note.pitch % 12 in classes for note in notes_of(score, drums=False)]
    return Kept(sum(inside), len(inside))


def in_range(score: Score, low: int, high: int) -> Kept:
    """Pitched notes from `low` to `high`, both of them allowed."""
    inside = [low <= note.pitch <= high for note in notes_of(score, drums=False)]
    return Kept(sum(inside), len(inside))


def within_polyphony(score: Score, most: int) -> Kept:
    """Onsets at which a part strikes at most so many notes."""
    struck = [count <= most for part in score.parts for count in _struck(part).values()]
    return Kept(sum(struck), len(struck))


def _struck(part: Part) -> Counter[int]:
    """Notes that begin at each tick, as the format counts ticks: of two as near the later."""
    grid = (round(note.start * v.GRID) for note in part.notes)
    return Counter((place + v.SHIFTS_PER_TICK // 2) // v.SHIFTS_PER_TICK for place in grid)


def in_order(measured: Sequence[tuple[float, float]]) -> Kept:
    """Pairs (what less gave, what more gave) that stand in that order; a tie does not."""
    return Kept(sum(less < more for less, more in measured), len(measured))


def mean_pitch(score: Score) -> float | None:
    """Mean MIDI pitch of pitched notes; None without any."""
    pitches = [note.pitch for note in notes_of(score, drums=False)]
    return sum(pitches) / len(pitches) if pitches else None
