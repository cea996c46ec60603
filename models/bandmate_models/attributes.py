"""What a part is like, in the steps that a header can ask for."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from .score import Part
from .vocabulary import TICKS_PER_BEAT, velocity_bin

DENSITY_EDGES = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Onsets a beat between the part's first and last onset."""
POLYPHONY_EDGES = (1.05, 1.5, 2.2, 3.0, 4.0)
"""Notes an onset."""
REGISTER_EDGES = (36.0, 48.0, 54.0, 60.0, 66.0, 72.0, 79.0)
"""Mean pitch."""


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
        polyphony=bisect_right(POLYPHONY_EDGES, len(part.notes) / len(onsets)),
        register=bisect_right(REGISTER_EDGES, pitch),
        loudness=velocity_bin(round(velocity)) - 1,
    )
