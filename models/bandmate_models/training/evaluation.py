"""Held-out bits per note: comparable between vocabularies, precisions and models."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

HeldOutWindow = tuple[npt.NDArray[Any], npt.NDArray[Any], int, str]
# tokens int64 [B, T+1], scored bool [B, T] -> -log2 p summed over the scored positions of each row, [B]
ScoreBits = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]]


@dataclass(frozen=True)
class HeldOut:
    by_source: dict[str, float]  # bits per note

    @property
    def mean(self) -> float:
        """Every source counts the same, however large."""
        return sum(self.by_source.values()) / len(self.by_source)


def bits_per_note(
    windows: Iterable[HeldOutWindow], score: ScoreBits, batch_tokens: int, per_source: int | None = None
) -> HeldOut | None:
    """Over at most `per_source` windows of each source; None where there is no held-out note."""
    bits: defaultdict[str, float] = defaultdict(float)
    notes: Counter[str] = Counter()
    for group in _batches(_first_of_each(windows, per_source), batch_tokens):
        length = len(group[-1][0])
        tokens = np.zeros((len(group), length), np.int64)
        scored = np.zeros((len(group), length - 1), bool)
        for row, (window, weights, _, _) in enumerate(group):
            tokens[row, : len(window)] = window
            scored[row, : len(weights)] = np.asarray(weights) > 0
        for row_bits, (_, _, row_notes, source) in zip(score(tokens, scored), group, strict=True):
            bits[source] += float(row_bits)
            notes[source] += row_notes
    by_source = {source: bits[source] / notes[source] for source in sorted(bits) if notes[source]}
    return HeldOut(by_source) if by_source else None


def _first_of_each(windows: Iterable[HeldOutWindow], per_source: int | None) -> Iterator[HeldOutWindow]:
    taken: Counter[str] = Counter()
    for window in windows:
        taken[window[3]] += 1
        if per_source is None or taken[window[3]] <= per_source:
            yield window


def _batches(windows: Iterable[HeldOutWindow], batch_tokens: int) -> Iterator[list[HeldOutWindow]]:
    """Windows of like length together, shortest first, so that little is padding."""
    group: list[HeldOutWindow] = []
    for window in sorted(windows, key=lambda window: len(window[0])):
        if group and (len(group) + 1) * len(window[0]) > batch_tokens:
            yield group
            group = []
        group.append(window)
    if group:
        yield group
