"""Key of a score, by correlation of its pitch classes with key profiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .score import Key, Score

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


DIATONIC = {"major": frozenset((0, 2, 4, 5, 7, 9, 11)), "minor": frozenset((0, 2, 3, 5, 7, 8, 10))}
"""Semitones from the tonic: the major and the natural minor scale."""


CLASSES = np.arange(128) % 12
"""The pitch class of each pitch, [128]."""
CONSONANT = frozenset((0, 3, 4, 5, 7, 8, 9))
"""Interval classes modulo the octave: unison, thirds, fourth, fifth, sixths."""

_CONSONANT = np.array([[float((one - other) % 12 in CONSONANT) for other in range(12)] for one in range(12)])


def consonant_shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of what sounds, [..., 12] by pitch class, with which each pitch class is consonant, [..., 12].

    Zeros where nothing sounds.
    """
    shares: NDArray[np.float64] = weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1e-9) @ _CONSONANT
    return shares


def _standardised(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = profile - profile.mean()
    unit: NDArray[np.float64] = centred / np.linalg.norm(centred)
    return unit


_PROFILES = np.stack(
    [_standardised(np.roll(np.array(mode), tonic)) for mode in (_MAJOR, _MINOR) for tonic in range(12)]
)
"""[24, 12]: twelve major keys from C, then twelve minor (Krumhansl and Kessler, 1982)."""


def pitch_classes(score: Score) -> NDArray[np.float64]:
    """Beats that each pitch class sounds, [12], drums left out."""
    weights = np.zeros(12)
    for part in score.parts:
        if not part.is_drums:
            for note in part.notes:
                weights[note.pitch % 12] += note.duration
    return weights


def key_fits(score: Score) -> NDArray[np.float64] | None:
    """Correlation of a score with each key's profile, [24]; None where nothing pitched sounds."""
    weights = pitch_classes(score)
    if not weights.any() or np.ptp(weights) == 0:
        return None
    fits: NDArray[np.float64] = _PROFILES @ _standardised(weights)
    return fits


def estimate_key(score: Score) -> Key | None:
    """The best-fitting key (Krumhansl-Schmuckler), or None when there are no pitched notes."""
    fits = key_fits(score)
    if fits is None:
        return None
    best = int(np.argmax(fits))
    return Key(0.0, best % 12, "minor" if best >= 12 else "major")
