"""Windows of piano-rolls for the trainer: drawn by collection, transposed at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...training.dataset import Held
from . import sequences
from .rolls import Collection
from .sequences import FRAMES_PER_BAR, sequence_of

TRANSPOSITIONS = range(-5, 7)
FROM_THE_START = 0.5
"""Share of windows that begin with the piece, of pieces longer than a window; others begin at any bar."""
TOKENS_PER_FRAME = 2
"""Fewer than music needs, so that a roll that was cut fills a window."""


class RollWindows:
    """A WindowSource (training/batches.py) over collections of rolls; validation is in bits per frame.

    The same (seed, step, size) always gives the same batch. Pieces follow one another until a row is full.
    """

    def __init__(
        self,
        context: int,
        train: Sequence[Collection],
        held_out: Sequence[Collection] = (),
        seed: int = 0,
        semitones: Sequence[int] = TRANSPOSITIONS,
    ) -> None:
        self.context = context
        self.seed = seed
        self._train = train
        self._held_out = held_out
        self._semitones = semitones
        shares = np.array([collection.share for collection in train])
        self._chance = np.cumsum(shares / shares.sum())

    def batch(self, step: int, size: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Tokens [size, context + 1], and weights [size, context]: 1 where the format leaves a choice."""
        tokens = np.zeros((size, self.context + 1), dtype=np.int64)
        weights = np.zeros((size, self.context), dtype=np.float32)
        for row in range(size):
            rng = np.random.default_rng((self.seed, step, row))
            filled = 0
            while filled < self.context + 1:
                sequence = self._drawn(rng)
                take = min(len(sequence.tokens), self.context + 1 - filled)
                tokens[row, filled : filled + take] = sequence.tokens[:take]
                weights[row, filled : filled + take - 1] = sequence.frame[: take - 1] >= 0
                filled += take
        return tokens, weights

    def _drawn(self, rng: np.random.Generator) -> sequences.Sequence:
        collection = self._train[int(np.searchsorted(self._chance, rng.random()))]
        roll = collection.rolls[rng.integers(len(collection.rolls))]
        longest = self.context // TOKENS_PER_FRAME
        if len(roll) > longest // 2 and rng.random() > FROM_THE_START:
            roll = roll[FRAMES_PER_BAR * rng.integers(len(roll) // FRAMES_PER_BAR - 2) :]
        semitones = self._semitones[int(rng.integers(len(self._semitones)))]
        return sequence_of(roll[:longest], collection.beats, semitones)

    def validation(self) -> Iterator[Held]:
        """The first window of each held-out piece; `notes` counts its frames."""
        for collection in self._held_out:
            for roll in collection.rolls:
                sequence = sequence_of(roll, collection.beats)
                frame = sequence.frame[: self.context]
                yield Held(
                    sequence.tokens[: self.context + 1],
                    (frame >= 0).astype(np.float32),
                    int(frame.max()) + 1,
                    collection.name,
                )
