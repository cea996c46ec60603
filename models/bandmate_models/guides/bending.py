"""Locks on notes that are not written anew: each is moved to the nearest pitch that the locks allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .. import vocabulary as v
from ..score import Note, Part
from . import Guide, Mask


def bent(part: Part, slot: int, guides: Sequence[Guide], most: int | None = None) -> Part:
    """A part of `slot` whose notes keep the guides' pitches, at most so many notes at one tick (None: any).

    A note goes to the nearest pitch class that is allowed, and of that to the nearest pitch; of two notes
    that meet the longer stays, and of too many at once the highest. Notes that have nowhere to go are left
    out. Guides that narrow anything but pitches are not heard.
    """
    struck: defaultdict[int, dict[int, Note]] = defaultdict(dict)
    for note in part.notes:
        tick = _tick(note.start)
        allowed = _allowed(slot, tick, guides)
        pitch = note.pitch if allowed is None else _nearest(note.pitch, allowed)
        if pitch is not None:
            moved = note._replace(pitch=pitch)
            met = struck[tick].get(pitch, moved)
            struck[tick][pitch] = max(met, moved, key=lambda one: one.duration)
    kept = [chord[pitch] for chord in struck.values() for pitch in sorted(chord, reverse=True)[:most]]
    return replace(part, notes=tuple(sorted(kept)))


def _tick(beat: float) -> int:
    """The tick that the format writes an onset at."""
    return (max(round(beat * v.GRID), 0) + v.SHIFTS_PER_TICK // 2) // v.SHIFTS_PER_TICK


def _allowed(slot: int, tick: int, guides: Sequence[Guide]) -> Mask | None:
    masks = [
        mask
        for guide in guides
        for mask in (guide.range_of(slot), guide.pitches(slot, tick))
        if mask is not None
    ]
    return np.logical_and.reduce(masks) if masks else None


def _nearest(pitch: int, allowed: Mask) -> int | None:
    """The allowed pitch whose class is nearest, and of these the nearest; None where there is none."""
    there = np.flatnonzero(allowed)
    if not len(there):
        return None
    apart = np.abs((there - pitch + 6) % 12 - 6)
    return int(there[np.lexsort((np.abs(there - pitch), apart))[0]])
