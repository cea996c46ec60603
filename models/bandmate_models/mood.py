"""Mood as two numbers: valence (dark to bright) and arousal (calm to driving), from the notes.

Mode, tempo, register, density and loudness are the cues that listeners agree on most (Gabrielsson and
Lindström, "The role of structure in the musical expression of emotions", 2010). Each cue is scaled to
-1 … 1; then

    valence = 0.5 mode + 0.25 tempo + 0.25 register
    arousal = 0.4 tempo + 0.4 density + 0.2 loudness

and each is told in five equal steps. A cue that is not known (loudness of a score without dynamics)
counts as 0.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .harmony import key_fits
from .score import Score
from .vocabulary import TICKS_PER_BEAT

STEPS = 5
USUAL_BPM, BPM_OCTAVES = 110.0, 1.0
"""Tempo that counts as 0, and how many doublings of it as 1."""
USUAL_PITCH, PITCH_SPAN = 62.0, 12.0
USUAL_ONSETS, ONSET_OCTAVES = 3.5, 2.0
"""Onsets a second, all parts together."""
USUAL_VELOCITY, VELOCITY_SPAN = 76.0, 36.0
MODE_SPAN = 0.25
"""Difference between the best major and the best minor key's correlation that counts as 1."""


class Mood(NamedTuple):
    """Valence and arousal, -1 … 1."""

    valence: float
    arousal: float

    @property
    def steps(self) -> tuple[int, int]:
        """Each in five steps, 0 … 4."""
        return _step(self.valence), _step(self.arousal)


def _step(value: float) -> int:
    return min(STEPS - 1, max(0, int((value + 1) / 2 * STEPS)))


def _unit(value: float) -> float:
    return max(-1.0, min(1.0, value))


def mood_of(score: Score, *, dynamics: bool = True) -> Mood | None:
    """The mood of a score; None when it has no notes."""
    notes = [note for part in score.parts for note in part.notes]
    if not notes:
        return None
    pitched = [note for part in score.parts if not part.is_drums for note in part.notes]
    bpm = score.tempo_at(0.0).bpm
    tempo = _unit(math.log2(bpm / USUAL_BPM) / BPM_OCTAVES)
    mode = register = 0.0
    if pitched:
        fits = key_fits(score)
        mode = _unit(float(fits[:12].max() - fits[12:].max()) / MODE_SPAN) if fits is not None else 0.0
        register = _unit((float(np.mean([note.pitch for note in pitched])) - USUAL_PITCH) / PITCH_SPAN)
    starts = {round(note.start * TICKS_PER_BEAT) for note in notes}
    beats = max(1.0, (max(starts) - min(starts)) / TICKS_PER_BEAT)
    onsets = len(starts) / beats * bpm / 60
    density = _unit(math.log2(onsets / USUAL_ONSETS) / ONSET_OCTAVES)
    loudness = 0.0
    if dynamics:
        loudness = _unit((float(np.mean([note.velocity for note in notes])) - USUAL_VELOCITY) / VELOCITY_SPAN)
    return Mood(0.5 * mode + 0.25 * tempo + 0.25 * register, 0.4 * tempo + 0.4 * density + 0.2 * loudness)
