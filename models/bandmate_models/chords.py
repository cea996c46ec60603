"""Chords: what they are made of, and which ones a score plays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .score import Score

TONES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "sus4": (0, 5, 7),
    "5": (0, 7),
}
"""Semitones above the root, for each quality of the vocabulary."""

WEIGHTS = (1.0, 0.9, 0.8, 0.55)
"""How much root, third, fifth and seventh count in a chord's template."""
RARITY = {"dim": 0.04, "aug": 0.06, "maj7": 0.03, "m7b5": 0.05, "dim7": 0.05, "sus4": 0.04, "5": 0.02}
"""Taken off the fit of a quality that would otherwise explain passing notes too readily."""
BASS = 0.12
"""Added to the fit of a chord whose root is the lowest note."""
CHANGE = 0.35
"""Fit that a chord must win, over its beats, to be worth a change; half of it on a bar line."""
LEAST = 0.55
"""Fit below which a beat is no chord."""
CLEAR = 0.8
"""Fit below which keys held together are none."""


class Chord(NamedTuple):
    """A root 0-11 (C = 0) and a quality of `vocabulary.CHORD_QUALITIES`."""

    root: int
    quality: str

    @property
    def tones(self) -> frozenset[int]:
        """Its pitch classes."""
        return frozenset((self.root + step) % 12 for step in TONES[self.quality])


class ChordChange(NamedTuple):
    """From `beat` on it is this chord; None is no chord."""

    beat: float
    chord: Chord | None


CHORDS: tuple[Chord, ...] = tuple(Chord(root, quality) for root in range(12) for quality in v.CHORD_QUALITIES)
"""In the order of the vocabulary's ids."""


def chord_token(chord: Chord | None) -> int:
    """Its id; None is "no chord"."""
    if chord is None:
        return v.BASE["chord"]
    return v.BASE["chord"] + 1 + chord.root * len(v.CHORD_QUALITIES) + v.CHORD_QUALITIES.index(chord.quality)


def chord_of_token(token: int) -> Chord | None:
    """The chord of an id."""
    index = token - v.BASE["chord"]
    return None if index == 0 else CHORDS[index - 1]


def _templates() -> NDArray[np.float64]:
    table = np.zeros((len(CHORDS), 12))
    for row, chord in enumerate(CHORDS):
        for step, weight in zip(TONES[chord.quality], WEIGHTS, strict=False):
            table[row, (chord.root + step) % 12] = weight
    unit: NDArray[np.float64] = table / np.linalg.norm(table, axis=1, keepdims=True)
    return unit


_TEMPLATES = _templates()
_ROOTS = np.array([chord.root for chord in CHORDS])
_RARITY = np.array([RARITY.get(chord.quality, 0.0) for chord in CHORDS])


def fits(weights: NDArray[np.float64], bass: NDArray[np.int64]) -> NDArray[np.float64]:
    """How well each chord explains pitch classes `weights` [T, 12] over a lowest class `bass` [T]; [T, 132].

    The cosine between what sounds and the chord's template, more where its root is the bass.
    """
    length = np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    rooted = bass[:, None] == _ROOTS[None, :]
    fit: NDArray[np.float64] = weights / length @ _TEMPLATES.T - _RARITY + BASS * rooted
    return fit


def chord_of(pitches: list[int]) -> Chord | None:
    """The chord of keys held together; None for fewer than two pitch classes, or for no chord."""
    if len({pitch % 12 for pitch in pitches}) < 2:
        return None
    weights = np.zeros((1, 12))
    for pitch in pitches:
        weights[0, pitch % 12] = 1.0
    fit = fits(weights, np.array([min(pitches) % 12]))[0]
    return CHORDS[int(np.argmax(fit))] if fit.max() >= CLEAR else None


def chords_of(score: Score, beats: float | None = None) -> list[ChordChange]:
    """The chords that a score plays up to `beats` (its end), one change where one is, on beats.

    The best path through the fits of all beats, where a change must pay for itself (Viterbi, 1967).
    A beat in which nothing pitched sounds goes on with the chord before it.
    """
    length = int(np.ceil((score.end if beats is None else beats) - 1e-9))
    weights, bass = _sounding(score, length)
    if not length or not weights.any():
        return []
    fit = fits(weights, bass)
    fit[~weights.any(axis=1)] = 0.0
    lines = {round(bar.start) for bar in score.bars(length)}
    path = _best_path(fit, lines)
    changes: list[ChordChange] = []
    for beat, index in enumerate(path):
        chord = CHORDS[index] if index < len(CHORDS) else None
        if not changes or changes[-1].chord != chord:
            changes.append(ChordChange(float(beat), chord))
    return changes


def sounding(score: Score, length: int, struck: float = 0.0) -> NDArray[np.float64]:
    """Beats that each pitch class sounds in each of `length` beats, [T, 12]; `struck` more on the beat."""
    return _sounding(score, length, struck)[0]


def _sounding(
    score: Score, length: int, struck: float = 0.0
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Share of each beat that pitch classes sound in [T, 12], and its lowest class [T], -1 for none."""
    weights = np.zeros((length, 12))
    lowest = np.full(length, 128, dtype=np.int64)
    for part in score.parts:
        if part.is_drums:
            continue
        for note in part.notes:
            first = int(note.start + 1e-6)
            for beat in range(first, min(length, int(np.ceil(note.end - 1e-6)))):
                share = min(note.end, beat + 1) - max(note.start, beat)
                if share > 0.05:
                    on_beat = abs(note.start - beat) < 0.5 / v.TICKS_PER_BEAT
                    weights[beat, note.pitch % 12] += share + struck * on_beat
                    lowest[beat] = min(lowest[beat], note.pitch)
    return weights, np.where(lowest < 128, lowest % 12, -1)


def _best_path(fit: NDArray[np.float64], lines: set[int]) -> list[int]:
    """The state of each beat; the last state is "no chord", whose fit is LEAST where something sounds."""
    beats, chords = fit.shape
    silent = ~fit.any(axis=1)
    fit = np.concatenate([fit, np.where(silent, 0.0, LEAST)[:, None]], axis=1)
    best = fit[0].copy()
    came_from = np.zeros((beats, chords + 1), dtype=np.int64)
    stay = np.arange(chords + 1)
    for beat in range(1, beats):
        leader = int(np.argmax(best))
        change = best[leader] - CHANGE * (0.5 if beat in lines else 1.0)
        came_from[beat] = np.where(best >= change, stay, leader)
        best = np.maximum(best, change) + fit[beat]
    path = [int(np.argmax(best))]
    for beat in range(beats - 1, 0, -1):
        path.append(int(came_from[beat, path[-1]]))
    return path[::-1]
