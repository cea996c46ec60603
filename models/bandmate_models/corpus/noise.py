"""Playing as people play: what the player's stream looks like when it is not a score."""

from __future__ import annotations

import random
from dataclasses import replace

from .. import vocabulary as v
from ..score import Note, Part

MOVED = 0.06
"""Share of notes a tick early or late."""
MISSED = 0.02
WRONG = 0.02
"""Shares of notes left out, and of pitched notes that hit a neighbouring key."""
NEIGHBOURS = (-2, -1, 1, 2)


def played_loosely(part: Part, rng: random.Random) -> Part:
    """A part with a few notes early, late, missing or wrong; one note at least stays."""
    notes = tuple(note for note in (_played(n, part.is_drums, rng) for n in part.notes) if note is not None)
    return replace(part, notes=tuple(sorted(notes))) if notes else part


def _played(note: Note, drum: bool, rng: random.Random) -> Note | None:
    chance = rng.random()
    if chance < MISSED:
        return None
    if chance < MISSED + WRONG and not drum:
        return note._replace(pitch=min(127, max(0, note.pitch + rng.choice(NEIGHBOURS))))
    if chance < MISSED + WRONG + MOVED:
        return note._replace(start=max(0.0, note.start + rng.choice((-1, 1)) / v.TICKS_PER_BEAT))
    return note
