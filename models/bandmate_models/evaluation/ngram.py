"""An interpolated Witten-Bell n-gram over token ids: the baseline that a model must beat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BITS = 11
"""Bits of a key that one token takes: vocabularies of up to 2,048 ids, orders up to 5."""

Ids = NDArray[np.int64]


class Ngram:
    """Counts of all orders up to `order`; probabilities by Witten and Bell (1991), interpolated.

    p_n(w | h) = (c(hw) + t(h) p_{n-1}(w | h')) / (c(h) + t(h)), t(h) = kinds of token seen after h;
    p_0 is uniform over `vocabulary` ids.
    """

    def __init__(self, sequences: Iterable[Ids], vocabulary: int, order: int = 5) -> None:
        if vocabulary > 1 << BITS or not 1 <= order * BITS < 63:
            raise ValueError("a key of so many tokens does not fit 63 bits")
        self.order = order
        self.vocabulary = vocabulary
        stream = np.concatenate([np.concatenate([_padding(order), s]) for s in sequences])
        self._grams: list[tuple[Ids, Ids]] = []
        for size in range(1, order + 1):
            keys = _keys(stream, size)
            keys = keys[stream[size - 1 :] != PAD_ID]
            self._grams.append(np.unique(keys, return_counts=True))
        self._contexts = [_contexts_of(*grams) for grams in self._grams]

    def save(self, folder: Path) -> None:
        """Write the counts of each order to `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for size, tables in enumerate(zip(self._grams, self._contexts, strict=True), 1):
            for name, table in zip(_FILES, tables, strict=True):
                np.save(folder / f"{name}{size}.npy", np.stack(table))

    @classmethod
    def load(cls, folder: Path, vocabulary: int) -> Ngram:
        """What `save` wrote, mapped into memory, so that several processes share it."""
        made = cls.__new__(cls)
        made.order = len(list(folder.glob(f"{_FILES[0]}*.npy")))
        made.vocabulary = vocabulary
        grams, contexts = (
            [np.load(folder / f"{name}{size}.npy", mmap_mode="r") for size in range(1, made.order + 1)]
            for name in _FILES
        )
        made._grams = [(table[0], table[1]) for table in grams]
        made._contexts = [(table[0], table[1], table[2]) for table in contexts]
        return made

    def following(self, history: Sequence[int]) -> NDArray[np.float64]:
        """p of every id after `history`, [vocabulary]."""
        p = np.full(self.vocabulary, 1.0 / self.vocabulary)
        newest = [*_padding(self.order).tolist(), *history][-self.order :]
        key = 0
        for size in range(1, self.order + 1):
            if size > 1:
                key |= int(newest[1 - size]) << BITS * (size - 2)
            grams, counts = self._grams[size - 1]
            first, after = np.searchsorted(grams, (key << BITS, (key + 1) << BITS))
            if after == first:
                continue
            kinds, seen = int(after - first), np.asarray(counts[first:after])
            p *= kinds / (kinds + seen.sum())
            p[np.asarray(grams[first:after]) & ((1 << BITS) - 1)] += seen / (kinds + seen.sum())
        return p

    def probabilities(self, sequence: Ids, candidates: Ids) -> NDArray[np.float64]:
        """p(candidate | what precedes position i), [T, C], for `sequence` [T] and `candidates` [T, C]."""
        padded = np.concatenate([_padding(self.order), sequence])
        p = np.full(candidates.shape, 1.0 / self.vocabulary)
        for size in range(1, self.order + 1):
            history = np.zeros(len(sequence), dtype=np.int64)
            for back in range(size - 1, 0, -1):
                at = self.order - back
                history = (history << BITS) | padded[at : at + len(sequence)]
            count = _look_up(self._grams[size - 1], (history[:, None] << BITS) | candidates)
            contexts, totals, kinds = self._contexts[size - 1]
            total = _look_up((contexts, totals), history)[:, None]
            kind = _look_up((contexts, kinds), history)[:, None]
            seen = total > 0
            p = np.where(seen, (count + kind * p) / np.maximum(total + kind, 1), p)
        return p


PAD_ID = 0
_FILES = ("grams", "contexts")


def _contexts_of(grams: Ids, counts: Ids) -> tuple[Ids, Ids, Ids]:
    """Of each history: its key, how often it was seen, and how many kinds of token followed it."""
    contexts, first = np.unique(grams >> BITS, return_index=True)
    return contexts, np.add.reduceat(counts, first), np.diff(np.append(first, len(grams)))


def _padding(order: int) -> Ids:
    return np.full(order, PAD_ID, dtype=np.int64)


def _keys(stream: Ids, size: int) -> Ids:
    keys = np.zeros(len(stream) - size + 1, dtype=np.int64)
    for position in range(size):
        keys = (keys << BITS) | stream[position : len(stream) - size + 1 + position]
    return keys


def _look_up(table: tuple[Ids, Ids], keys: Ids) -> Ids:
    """Value of each key, 0 where it is not in the table."""
    known, values = table
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, values[at], 0)
