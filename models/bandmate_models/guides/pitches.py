"""Locks on the pitch a note begins with: range, scale and chord."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np

from .. import vocabulary as v
from ..controls import scale_of
from ..harmony import CLASSES
from ..score import Key
from . import Guide, Mask


class Toned(Protocol):
    """A chord, however it is written: what matters are its pitch classes."""

    @property
    def tones(self) -> frozenset[int]: ...


Harmony = Sequence[tuple[float, Toned | None]]
"""From each beat on, that chord; None is no chord. Chord changes and symbol changes are such."""


class RangeLock(Guide):
    """Every note of a slot is from its lowest to its highest pitch, wherever it usually plays."""

    def __init__(self, ranges: Mapping[int, tuple[int, int]]) -> None:
        pitches = np.arange(128)
        self._allowed = {slot: (low <= pitches) & (pitches <= high) for slot, (low, high) in ranges.items()}

    def range_of(self, slot: int) -> Mask | None:
        return self._allowed.get(slot)


class _ClassLock(Guide):
    """Pitch classes by beat, for all pitched slots, or for `slots` only. Drums are never locked.

    Before the first beat that is named the first holds.
    """

    def __init__(
        self, classes: Sequence[tuple[float, Collection[int] | None]], slots: Collection[int] | None
    ) -> None:
        self._ticks = [round(beat * v.TICKS_PER_BEAT) for beat, _ in classes]
        self._masks = [None if c is None else np.isin(CLASSES, sorted(c)) for _, c in classes]
        self._slots = frozenset(range(len(v.SLOTS)) if slots is None else slots) - v.DRUM_SLOTS

    def pitches(self, slot: int, tick: int) -> Mask | None:
        if slot not in self._slots or not self._masks:
            return None
        return self._masks[max(0, bisect_right(self._ticks, tick) - 1)]


class ScaleLock(_ClassLock):
    """Notes only of the key that holds where they begin.

    `keys` are in order of their beats, counted from the sequence's first bar.
    """

    def __init__(self, keys: Sequence[Key], slots: Collection[int] | None = None) -> None:
        super().__init__([(key.beat, scale_of(key)) for key in keys], slots)


class ChordLock(_ClassLock):
    """Notes begin only on tones of the chord that holds there; what sounds on across a change may stay.

    `harmony` is in order of its beats, counted from the sequence's first bar. Where there is no chord, any
    pitch may begin.
    """

    def __init__(self, harmony: Harmony, slots: Collection[int] | None = None) -> None:
        super().__init__([(beat, None if chord is None else chord.tones) for beat, chord in harmony], slots)
