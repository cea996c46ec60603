"""Bits of held-out cases, by the model and by an n-gram."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..decoder import CHUNK, Decoder
from .bits import candidates, summed
from .bootstrap import Row
from .cases import Case
from .ngram import Ngram

LEAST = 1e-30
"""Probability below which no target is counted."""


class Scored(NamedTuple):
    """The bits of one case and the notes that they are of."""

    task: str
    condition: str
    source: str
    group: str
    bits: float
    notes: int


def bits_by_decoder(decoder: Decoder, case: Case) -> Scored:
    """By a decoder, which forgets what it held; tokens beyond its capacity are not read."""
    decoder.rewind_to(0)
    tokens = case.tokens[: decoder.capacity]
    table = candidates(case.tokens[1:])
    bits = 0.0
    for start in range(0, len(tokens) - 1, CHUNK):
        logits = decoder.append_all(tokens[start : start + CHUNK].tolist())
        rows = np.flatnonzero(case.charged[start : start + len(logits)])
        if len(rows):
            bits += _bits(logits[rows].astype(np.float64), table[start + rows])
    return _scored(case, bits)


def _bits(logits: NDArray[np.float64], wanted: NDArray[np.int64]) -> float:
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = np.take_along_axis(shares, np.where(wanted >= 0, wanted, 0), axis=1)
    return float(-np.log2(np.maximum(summed(p, wanted) / shares.sum(axis=1), LEAST)).sum())


def bits_by_ngram(ngram: Ngram, case: Case) -> Scored:
    """By an n-gram on the same tokens."""
    table = candidates(case.tokens[1:])
    whole = np.concatenate([np.full((1, table.shape[1]), -1), table])
    p = summed(ngram.probabilities(case.tokens, np.where(whole >= 0, whole, 0)), whole)[1:]
    return _scored(case, float(-np.log2(np.maximum(p[case.charged], LEAST)).sum()))


def _scored(case: Case, bits: float) -> Scored:
    return Scored(case.task, case.condition, case.source, case.group, bits, case.notes)


def rows_of(scored: Iterable[Scored], task: str, condition: str) -> list[Row]:
    """The rows of one figure."""
    return [
        Row(one.source, one.group, one.bits, one.notes)
        for one in scored
        if (one.task, one.condition) == (task, condition)
    ]
