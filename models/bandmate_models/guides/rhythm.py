"""Locks on when notes begin: only where a phrase's do, and only so many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

import numpy as np

from .. import vocabulary as v
from ..reading import Reader, Stage
from ..score import Score
from . import Guide, Mask

_ONSETS = v.span("onset")
_PITCHES = v.span("pitch")
_DRUMS = v.span("drum")


def positions_of(phrase: Score) -> frozenset[int]:
    """Ticks in the bar (12 a beat) at which notes of a phrase begin; a note's nearest tick counts."""
    positions: set[int] = set()
    onsets = {_tick(note.start) for part in phrase.parts for note in part.notes}
    for bar in phrase.bars((max(onsets, default=0) + 1) / v.TICKS_PER_BEAT):
        first, last = round(bar.start * v.TICKS_PER_BEAT), round(bar.end * v.TICKS_PER_BEAT)
        positions |= {tick - first for tick in onsets if first <= tick < last}
    return frozenset(positions)


def _tick(beat: float) -> int:
    """The tick that the format writes an onset at: the nearest, and of two the later."""
    return (max(round(beat * v.GRID), 0) + v.SHIFTS_PER_TICK // 2) // v.SHIFTS_PER_TICK


class RhythmLock(Guide):
    """Notes begin only at certain ticks of the bar, in all slots or in `slots` only."""

    def __init__(self, positions: Collection[int], slots: Collection[int] | None = None) -> None:
        self._positions = frozenset(positions)
        locked = np.isin(np.arange(len(v.SLOTS)), sorted(range(len(v.SLOTS)) if slots is None else slots))
        self._free = np.repeat(~locked, v.TICKS_PER_BEAT)
        self._by_beat: dict[int, Mask] = {}

    def narrow(self, reader: Reader, mask: Mask) -> None:
        mask[_ONSETS] &= self._allowed(reader.frame.beat)

    def _allowed(self, beat: int) -> Mask:
        if beat not in self._by_beat:
            first = beat * v.TICKS_PER_BEAT
            struck = np.array([first + tick in self._positions for tick in range(v.TICKS_PER_BEAT)])
            self._by_beat[beat] = self._free | np.tile(struck, len(v.SLOTS))
        return self._by_beat[beat]


class PolyphonyLock(Guide):
    """A slot strikes at most so many notes at one tick, however they are shifted against each other."""

    def __init__(self, most: Mapping[int, int]) -> None:
        self._most = dict(most)
        self._frame = -1
        self._struck: Counter[tuple[int, int]] = Counter()

    def heard(self, reader: Reader, token: int) -> None:
        if reader.stage is Stage.FRAME or reader.frame.start != self._frame:
            self._frame = reader.frame.start
            self._struck.clear()
        if reader.stage is Stage.PITCH:
            self._struck[reader.slot, reader.tick] += 1

    def narrow(self, reader: Reader, mask: Mask) -> None:
        slot, tick = reader.slot, reader.tick
        most = self._most.get(slot)
        if most is None or reader.frame.start != self._frame or self._struck[slot, tick] < most:
            return
        if reader.stage in (Stage.NOTE, Stage.PEDAL):
            mask[_PITCHES] = mask[_DRUMS] = False
            mask[v.onset(slot, tick)] = False
