"""Where bars begin: the metre and the downbeats of tracked beats, from what is played on each beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.beats import BeatGrid
from bandmate_bridge.audio.listen.note_tracking import SoundedNote
from bandmate_bridge.audio.listen.onsets import FRAME_RATE, Onsets
from bandmate_models.score import Metre

Floats = npt.NDArray[np.float64]

WEIGHTS = {"onset": 0.5, "bass": 1.0, "low note": 0.8, "length": 0.8, "harmony": 1.0}
"""How much each kind of accent says that a bar begins."""

FIRST = 0.6
"""Added, in standard deviations, where the first note would be on the first beat of a bar."""

SIMPLE = {4: 0.35, 3: 0.0}
COMPOUND = {2: 0.2, 3: 0.0}
"""Beats in a bar, and how much each is expected before anything is heard.

What sounds hardly tells 2/4 from 4/4, or 12/8 from 6/8; the commoner of each is taken.
"""

_NEAR = 0.2  # beats around a beat that are still that beat


class Bars(NamedTuple):
    """`beats` beats in a bar; beat `downbeat` of the grid, counted from 0, is the first of a bar."""

    beats: int
    downbeat: int

    def metre(self, grid: BeatGrid) -> Metre:
        """As it is written: n/4, or 3n/8 where a beat has three parts."""
        if grid.pulse.compound:
            return Metre(0.0, 3 * self.beats, 8)
        return Metre(0.0, self.beats, 4)


def find_bars(grid: BeatGrid, onsets: Onsets, notes: Sequence[SoundedNote]) -> Bars:
    """The metre and phase whose first beats stand out most from the others."""
    accents = _accents(grid, onsets, notes)
    count = len(accents)
    best, most = Bars(4 if not grid.pulse.compound else 2, 0), -np.inf
    first = _first_beat(grid, notes)
    for beats, expected in (COMPOUND if grid.pulse.compound else SIMPLE).items():
        if count < 2 * beats:
            continue
        for phase in range(beats):
            ones = np.arange(count) % beats == phase
            contrast = float(accents[ones].mean() - accents[~ones].mean())
            merit = contrast * np.sqrt(ones.sum() * (~ones).sum() / count) + expected * np.sqrt(count / 8)
            merit += FIRST * ((first - phase) % beats == 0)
            if merit > most:
                best, most = Bars(beats, phase), merit
    return best


def _first_beat(grid: BeatGrid, notes: Sequence[SoundedNote]) -> int:
    """The beat that the first note is nearest to."""
    start = min((note.start for note in notes), default=float(grid.times[0]))
    return round(float(grid.beat_at(np.array([start]))[0]))


def _accents(grid: BeatGrid, onsets: Onsets, notes: Sequence[SoundedNote]) -> Floats:
    """How much each beat stands out, of mean 0 and variance about 1."""
    count = len(grid.times)
    kinds = {
        "onset": _at(onsets.all, grid.times),
        "bass": _at(onsets.bass, grid.times),
        "low note": np.zeros(count),
        "length": np.zeros(count),
        "harmony": np.zeros(count),
    }
    chroma = np.zeros((count, 12))
    lowest = np.full(count, 128.0)
    if notes:
        starts = grid.beat_at(np.array([note.start for note in notes]))
        ends = grid.beat_at(np.array([note.end for note in notes]))
        for note, start, end in zip(notes, starts, ends, strict=True):
            beat = round(float(start))
            if abs(start - beat) < _NEAR and 0 <= beat < count:
                kinds["length"][beat] = max(kinds["length"][beat], min(end - start, 4.0))
                lowest[beat] = min(lowest[beat], note.pitch)
            for sounding in range(max(0, int(start + _NEAR)), min(count, int(np.ceil(end - _NEAR)))):
                chroma[sounding, note.pitch % 12] += note.certainty
        kinds["low note"] = np.where(lowest < 128, 72.0 - np.minimum(lowest, 72.0), 0.0)
        kinds["harmony"] = _changes(chroma)
    total = sum((WEIGHTS[kind] * _standard(values) for kind, values in kinds.items()), np.zeros(count))
    return _standard(total)


def _changes(chroma: Floats) -> Floats:
    """How unlike the beat before each beat's pitch classes are, 0 to 1."""
    unit = chroma / np.maximum(np.linalg.norm(chroma, axis=1, keepdims=True), 1e-9)
    changes = np.zeros(len(chroma))
    changes[1:] = 1 - (unit[1:] * unit[:-1]).sum(axis=1)
    return changes


def _at(strength: npt.NDArray[np.float32], times: Floats) -> Floats:
    """The strongest within 35 ms of each time."""
    reach = 3
    frames = np.clip(np.round(times * FRAME_RATE).astype(int), 0, len(strength) - 1)
    around = np.clip(frames[:, None] + np.arange(-reach, reach + 1), 0, len(strength) - 1)
    return np.asarray(strength[around].max(axis=1), np.float64)


def _standard(values: Floats) -> Floats:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-9 else np.zeros(len(values))
