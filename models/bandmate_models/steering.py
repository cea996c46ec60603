"""Keeps an answer near its phrase, by gentle pushes: each part about as busy, and in the same key."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .harmony import DIATONIC, pitch_classes
from .reading import Reader, Stage
from .score import Key, Score

MEMORY = 4.0
"""Beats over which a part's busyness is averaged."""
STRENGTH = 2.0
"""Push in nats for each nat by which a part is off its busyness."""
LARGEST = 3.0
"""Largest push, in nats."""
FARTHEST = 3.0
"""Nats by which a pitch class that is neither in the phrase nor in its key is held back."""
KEY_SHARE = 0.3
"""How much of a phrase's tonal home is its key's scale; the rest is what it plays."""
SMALLEST_RATE = 0.02
"""Onsets a beat below which a part counts as silent."""


def onset_rates(phrase: Score, slots: list[int], end: float) -> dict[int, float]:
    """Onsets a beat of each slot in a phrase of `end` beats."""
    onsets: dict[int, set[int]] = {}
    for part, slot in zip(phrase.parts, slots, strict=True):
        ticks = {round(note.start * v.TICKS_PER_BEAT) for note in part.notes if note.start < end}
        onsets.setdefault(slot, set()).update(ticks)
    return {slot: len(ticks) / end for slot, ticks in onsets.items() if ticks}


def tonal_home(phrase: Score, key: Key | None, *, asked: bool) -> dict[int, float]:
    """The push, 0 or less, on each pitch class; empty where there is no key.

    A class that has a seventh of the home or more is free, a rarer one held back by ln of seven times its
    share. The home of a phrase is what it plays and its key's scale; that of an `asked` key is its scale.
    """
    if key is None:
        return {}
    scale = DIATONIC[key.mode]
    played = pitch_classes(phrase)
    total = played.sum()
    weight = 1.0 if asked or total == 0 else KEY_SHARE
    home = {}
    for pitch_class in range(12):
        of_scale = ((pitch_class - key.tonic) % 12 in scale) / len(scale)
        share = weight * of_scale + (0.0 if weight == 1.0 else (1 - weight) * played[pitch_class] / total)
        home[pitch_class] = max(-FARTHEST, min(0.0, math.log(max(len(scale) * share, 1e-9))))
    return home


class Steering:
    """Watches a reader's answer; `push` [SIZE] is added to the logits of the next token.

    A part's rate r follows what it plays (an average over MEMORY beats); its onsets are pushed by
    STRENGTH ln(wanted / r), within LARGEST. Pitches are pushed by what `home` says of their class.
    """

    def __init__(self, wanted: Mapping[int, float], home: Mapping[int, float] | None = None) -> None:
        self._wanted = dict(wanted)
        self._rates = dict(wanted)
        self._onsets: Counter[int] = Counter()
        self._frame_beats = 0.0
        self.push: NDArray[np.float32] = np.zeros(v.SIZE, dtype=np.float32)
        for pitch in range(128 if home else 0):
            self.push[v.BASE["pitch"] + pitch] = (home or {}).get(pitch % 12, -FARTHEST)

    def heard(self, reader: Reader, token: int) -> None:
        """Take note of a token that `reader` has just read."""
        if reader.stage is Stage.ONSET and reader.lowest_shift == -2:
            self._onsets[reader.slot] += 1
        elif reader.stage is Stage.FRAME:
            if self._frame_beats:
                self._close_frame(self._frame_beats)
            self._frame_beats = reader.frame.ticks / v.TICKS_PER_BEAT

    def _close_frame(self, beats: float) -> None:
        share = 1.0 - math.exp(-beats / MEMORY)
        for slot, wanted in self._wanted.items():
            rate = self._rates[slot] + (self._onsets[slot] / beats - self._rates[slot]) * share
            self._rates[slot] = rate
            off = math.log(max(wanted, SMALLEST_RATE) / max(rate, SMALLEST_RATE))
            first = v.onset(slot, 0)
            push = min(LARGEST, max(-LARGEST, STRENGTH * off))
            self.push[first : first + v.TICKS_PER_BEAT] = push
        self._onsets.clear()
