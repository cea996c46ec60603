"""Keeps an answer near its phrase, by gentle pushes: each part about as busy, and in the same key."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .reading import Reader, Stage
from .score import Score

MEMORY = 4.0
"""Beats over which a part's busyness is averaged."""
STRENGTH = 2.0
"""Push in nats for each nat by which a part is off its busyness."""
LARGEST = 3.0
"""Largest push, in nats."""
AWAY_FROM_HOME = 2.0
"""Nats by which pitches outside the key and the phrase are held back."""
SMALLEST_RATE = 0.02
"""Onsets a beat below which a part counts as silent."""


def onset_rates(phrase: Score, slots: list[int], end: float) -> dict[int, float]:
    """Onsets a beat of each slot in a phrase of `end` beats."""
    onsets: dict[int, set[int]] = {}
    for part, slot in zip(phrase.parts, slots, strict=True):
        ticks = {round(note.start * v.TICKS_PER_BEAT) for note in part.notes if note.start < end}
        onsets.setdefault(slot, set()).update(ticks)
    return {slot: len(ticks) / end for slot, ticks in onsets.items() if ticks}


class Steering:
    """Watches a reader's answer; `push` [SIZE] is added to the logits of the next token.

    A part's rate r follows what it plays (an average over MEMORY beats); its onsets are pushed by
    STRENGTH ln(wanted / r), within LARGEST. Pitch classes that are not at `home` are held back.
    """

    def __init__(self, wanted: Mapping[int, float], home: frozenset[int] | None = None) -> None:
        self._wanted = dict(wanted)
        self._rates = dict(wanted)
        self._onsets: Counter[int] = Counter()
        self._frame_beats = 0.0
        self.push: NDArray[np.float32] = np.zeros(v.SIZE, dtype=np.float32)
        if home:
            away = np.array([pitch for pitch in range(128) if pitch % 12 not in home], dtype=np.int64)
            self.push[v.BASE["pitch"] + away] = -AWAY_FROM_HOME

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
