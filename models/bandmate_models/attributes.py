"""What a part is like, in the steps that a header can ask for."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from .score import Part, Score
from .vocabulary import TICKS_PER_BEAT, velocity_bin

DENSITY_EDGES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Onsets a beat between the part's first and last onset."""
POLYPHONY_EDGES = (1.05, 1.5, 2.2, 3.0, 4.0)
"""Notes an onset."""
REGISTER_EDGES = (36.0, 48.0, 54.0, 60.0, 66.0, 72.0, 79.0)
"""Mean pitch."""
SWING_EDGES = (0.54, 0.6, 0.66)
"""Mean place in its beat of the off-beat eighth: .5 is straight, .667 a triplet's."""
DISTANCE_EDGES = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.93)
"""Share of notes (onset and pitch) that two phrases of one length do not have in common."""
FEW_OFFBEATS = 8
"""With fewer off-beat onsets than this, nothing is said about swing."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """Steps of density 0-7, polyphony 0-5, register 0-7 and loudness 0-7 (docs/format.md)."""

    density: int
    polyphony: int
    register: int
    loudness: int


def attributes_of(part: Part) -> Attributes | None:
    """Attributes of a part, or None when it has no notes."""
    if not part.notes:
        return None
    onsets = {round(note.start * TICKS_PER_BEAT) for note in part.notes}
    beats = max(1.0, (max(onsets) - min(onsets)) / TICKS_PER_BEAT)
    pitch = sum(note.pitch for note in part.notes) / len(part.notes)
    velocity = sum(note.velocity for note in part.notes) / len(part.notes)
    return Attributes(
        density=bisect_right(DENSITY_EDGES, len(onsets) / beats),
        polyphony=step_of_thickness(len(part.notes) / len(onsets)),
        register=bisect_right(REGISTER_EDGES, pitch),
        loudness=velocity_bin(round(velocity)) - 1,
    )


def step_of_thickness(notes: float) -> int:
    """Step of polyphony 0-5 of so many notes an onset."""
    return bisect_right(POLYPHONY_EDGES, notes)


def swing_of(score: Score) -> int | None:
    """How far the off-beat eighths are laid back, 0 straight to 3 hard; None where there are few or none.

    Off-beats are onsets between .44 and .74 of a beat; those of parts that also play other sixteenths or
    triplets of the beat (.2 to .4, .74 to .8) as often count as no eighths.
    """
    places = np.array([note.start % 1.0 for part in score.parts for note in part.notes])
    if not len(places):
        return None
    offbeats = places[(places > 0.44) & (places < 0.74)]
    others = np.count_nonzero((places >= 0.2) & (places <= 0.4)) + np.count_nonzero(
        (places >= 0.74) & (places <= 0.8)
    )
    if len(offbeats) < FEW_OFFBEATS or others > len(offbeats):
        return None
    return bisect_right(SWING_EDGES, float(offbeats.mean()))


def difference(one: Score, other: Score) -> float:
    """Share of the notes of two scores, drums too, that only one of them has: 0 alike, 1 nothing in common.

    Two notes are alike when role, tick and pitch are (one minus the Jaccard index).
    """
    first, second = _marks(one), _marks(other)
    union = len(first | second)
    return 1 - len(first & second) / union if union else 0.0


def distance_step(share: float) -> int:
    """Step 0-7 of a difference."""
    return bisect_right(DISTANCE_EDGES, share)


def _marks(score: Score) -> set[tuple[str, int, int]]:
    return {
        (part.role, round(note.start * TICKS_PER_BEAT), note.pitch)
        for part in score.parts
        for note in part.notes
    }
