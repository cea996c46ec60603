"""An n-gram where a model's decoder is expected, so that every task can be done by both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..decoder import Decoder
from ..weights import Weights
from .ngram import Ngram

LONGEST = 1 << 16


class NgramDecoder(Decoder):
    """Reads and forgets tokens as a Decoder does; its logits are the n-gram's ln p.

    It has the weights' name and shape, of which it uses nothing.
    """

    def __init__(self, ngram: Ngram, weights: Weights) -> None:
        self.weights = weights
        self.capacity = LONGEST
        self.position = 0
        self._ngram = ngram
        self._tokens: list[int] = []

    def append(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        self._tokens.extend(int(token) for token in tokens)
        self.position = len(self._tokens)
        return np.log(self._ngram.following(self._tokens[-self._ngram.order :])).astype(np.float32)

    def step(self, token: int) -> NDArray[np.float32]:
        return self.append([token])

    def append_all(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        return np.stack([self.append([token]) for token in tokens])

    def rewind_to(self, position: int) -> None:
        del self._tokens[position:]
        self.position = position

    def copy_from(self, other: Decoder) -> None:
        if not isinstance(other, NgramDecoder):
            raise ValueError("an n-gram takes over from an n-gram alone")
        self._tokens = list(other._tokens)
        self.position = other.position
