"""How like a person's timing and velocities of drums are, by piece of the kit and place in the beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from .. import vocabulary as v
from ..score import Note, Score
from .bar_features import KIT
from .distributions import Histogram, jsd, notes_of, timing_histogram, velocity_histogram

PLACES: tuple[tuple[int, ...], ...] = ((0,), (6,), (3, 9), (1, 2, 4, 5, 7, 8, 10, 11))
"""Ticks of the beat, the eighth after it, the sixteenths, and whatever lies between."""


class Hits(NamedTuple):
    """How a piece of the kit is played at one place: micro-timing in quarter ticks [4], velocity bins [8]."""

    timing: Histogram
    velocity: Histogram


def playing_of(scores: Sequence[Score]) -> list[Hits]:
    """The histograms of each piece of the kit at each place of the beat, over all scores."""
    return [_hits(scores, pitches, ticks) for pitches in KIT for ticks in PLACES]


def _hits(scores: Sequence[Score], pitches: tuple[int, ...], ticks: tuple[int, ...]) -> Hits:
    parts = [
        replace(part, notes=tuple(n for n in part.notes if n.pitch in pitches and _tick(n) in ticks))
        for score in scores
        for part in score.parts
    ]
    chosen = Score(parts=tuple(parts))
    return Hits(timing_histogram(chosen), velocity_histogram(chosen))


def _tick(note: Note) -> int:
    """The tick of the beat that a note belongs to, as the token format rounds."""
    return (int(np.rint(note.start * v.GRID)) + 2) // v.SHIFTS_PER_TICK % v.TICKS_PER_BEAT


def playing_divergences(scores: Sequence[Score], real: Sequence[Score]) -> dict[str, float]:
    """Jensen-Shannon divergences in bits from real playing, by the names of Hits.

    Each piece and place counts as often as it is really hit; ValueError where nothing is.
    """
    theirs, ours = playing_of(real), playing_of(scores)
    weights = np.array([hits.timing.sum() for hits in theirs])
    if not weights.any():
        raise ValueError("nothing is played on the kit")
    return {
        name: float(
            np.average(
                [
                    jsd(getattr(one, name), getattr(other, name))
                    for one, other in zip(ours, theirs, strict=True)
                ],
                weights=weights,
            )
        )
        for name in Hits._fields
    }


def jittered(stiff: Sequence[Score], real: Sequence[Score], seed: int = 0) -> list[Score]:
    """Stiff notes moved and struck at random: as far and as unevenly as the real ones, knowing nothing else.

    Both are normal, with the mean and the deviation of all real notes.
    """
    notes = [note for score in real for note in notes_of(score)]
    grid = np.rint(np.array([note.start for note in notes]) * v.GRID)
    off = (grid + 2) % v.SHIFTS_PER_TICK - 2
    loud = np.array([note.velocity for note in notes])
    rng = np.random.default_rng(seed)

    def moved(note: Note) -> Note:
        late = np.clip(round(rng.normal(off.mean(), off.std())), -2, 1) / v.GRID
        velocity = int(np.clip(rng.normal(loud.mean(), loud.std()), 1, 127))
        return note._replace(start=max(0.0, note.start + late), velocity=velocity)

    return [
        replace(s, parts=tuple(replace(p, notes=tuple(map(moved, p.notes))) for p in s.parts)) for s in stiff
    ]
