"""The chord in the player's hand: what the keys that are down, or were a moment ago, make together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bandmate_models.chords import CHORDS, Chord, fits

FADES = 0.5
"""Beats in which a key's weight falls to a third."""
STAYS = 0.5
"""Weight below which that of a key which is down does not fall."""
LIFTED = 0.5
"""Weight of a key that is up, beside one that is down."""
OVER, ALONE = 0.5, 0.25
"""Weight of a key on top of a chord that is down, struck by itself: so many beats after all of the others."""
RECENT = 1.0
"""Beats within which the lowest key is the bass, where no lower one is down."""
CLEAR, MARGIN = 0.6, 0.1
"""Fit that a chord must have, and by how much it must be better than the one before (see chords.fits)."""
THIRD, OCTAVE = 3, 12
"""Semitones between keys from which on they make harmony: held together, or struck within a beat."""
PATIENCE = 4.0
"""Beats without harmony after which there is no chord any more."""

NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
QUALITIES = {"maj": "", "min": "m", "min7": "m7"}
"""How qualities are written that are not written as the vocabulary has them."""


def name_of(chord: Chord) -> str:
    """A chord's symbol, as on a lead sheet."""
    return NAMES[chord.root] + QUALITIES.get(chord.quality, chord.quality)


class Hand:
    """Keys by beat; `chord` is the chord that they make, or made while it was last clear.

    Every key counts with a weight that fades over FADES beats, less once it is up; the chord is the one that
    explains the weights best over the lowest key that is down or was struck within a beat. Another
    must explain them better by MARGIN. The figures were chosen on songs of the validation split
    (benchmarks/chord_following.py).
    A player who strikes no two keys together and stays within an octave plays a melody: that is no chord.
    """

    def __init__(self) -> None:
        self.chord: Chord | None = None
        self._struck: dict[int, float] = {}
        self._harmonic = -math.inf

    def press(self, pitch: int, beat: float) -> None:
        self._struck[pitch] = beat

    def read(self, held: Sequence[int], beat: float) -> Chord | None:
        """The chord at a beat, with the keys that are down; None where the player plays none."""
        self._struck = {key: at for key, at in self._struck.items() if beat - at < 4 * FADES or key in held}
        recent = [key for key, at in self._struck.items() if beat - at <= RECENT]
        if max(held, default=0) - min(held, default=0) >= THIRD or _span(recent) > OCTAVE:
            self._harmonic = beat
        if beat - self._harmonic > PATIENCE:
            self.chord = None
        if (self.chord is None and beat > self._harmonic) or not self._struck:
            return self.chord
        weights = np.zeros((1, 12))
        melody = self._melody(held)
        for key, at in self._struck.items():
            fade = math.exp(-max(0.0, beat - at) / FADES)
            weight = max(fade, STAYS) if key in held else LIFTED * fade
            weights[0, key % 12] += OVER * weight if key == melody else weight
        fit = fits(weights, np.array([min([*recent, *held] or self._struck) % 12]))[0]
        best = int(np.argmax(fit))
        stands = -1.0 if self.chord is None else fit[CHORDS.index(self.chord)]
        if fit[best] >= CLEAR and fit[best] > stands + MARGIN:
            self.chord = CHORDS[best]
        return self.chord

    def _melody(self, held: Sequence[int]) -> int | None:
        """The key that is a melody over a chord which is held."""
        down = sorted(key for key in held if key in self._struck)
        if len({key % 12 for key in down[:-1]}) < 3:
            return None
        later = self._struck[down[-1]] - max(self._struck[key] for key in down[:-1])
        return down[-1] if later > ALONE else None

    def move(self, beats: float) -> None:
        """The clock has jumped: keys are taken to have gone down so many beats later."""
        self._struck = {pitch: at + beats for pitch, at in self._struck.items()}
        self._harmonic += beats


def _span(keys: Sequence[int]) -> int:
    return max(keys) - min(keys) if keys else 0
