"""Phrases of a piece that are like one another but not the same: what a variation can be learnt from."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from ..score import Bar, Score
from ..vocabulary import TICKS_PER_BEAT

LENGTHS = (4, 8, 4, 2)
"""Bars of a phrase."""
TRIES = 24
"""Pairs that are looked at, for one that is wanted."""
FEWEST_NOTES = 6

Marks = frozenset[tuple[int, int, int]]
"""What a bar holds: part, tick in the bar, pitch."""


class Pair(NamedTuple):
    """Two excerpts of `beats` beats each."""

    theme: Score
    variation: Score
    beats: float


def pairs(score: Score, rng: random.Random, count: int) -> Iterator[Pair]:
    """Up to `count` pairs of phrases of one length and metre, drawn so that all differences come up."""
    bars = list(score.bars())
    marks = _marks(score, bars)
    for _ in range(count):
        length = rng.choice(LENGTHS)
        if len(bars) < 2 * length:
            continue
        wanted = rng.random() * 0.97
        found: list[tuple[float, int, int]] = []
        for _ in range(TRIES):
            one, other = (rng.randrange(len(bars) - length + 1) for _ in range(2))
            if abs(one - other) < length or (one - other) % 2 or not _match(bars, one, other, length):
                continue
            apart = _difference(marks[one : one + length], marks[other : other + length])
            if apart is not None:
                found.append((abs(apart - wanted), one, other))
        if found:
            _, one, other = min(found)
            theme, variation = (
                score.excerpt(bars[at].start, bars[at + length - 1].end) for at in (one, other)
            )
            yield Pair(theme, variation, bars[one + length - 1].end - bars[one].start)


def _marks(score: Score, bars: list[Bar]) -> list[Marks]:
    starts = [bar.start - 1e-6 for bar in bars]
    held: list[set[tuple[int, int, int]]] = [set() for _ in bars]
    for number, part in enumerate(score.parts):
        for note in part.notes:
            bar = bisect_right(starts, note.start) - 1
            held[bar].add((number, round((note.start - bars[bar].start) * TICKS_PER_BEAT), note.pitch))
    return [frozenset(marks) for marks in held]


def _match(bars: list[Bar], one: int, other: int, length: int) -> bool:
    return all(
        bars[one + i].metre[1:] == bars[other + i].metre[1:]
        and bars[one + i].length == bars[other + i].length
        for i in range(length)
    )


def _difference(theme: list[Marks], variation: list[Marks]) -> float | None:
    """Share of the notes that only one of them has; None where either is all but silent."""
    if min(sum(map(len, theme)), sum(map(len, variation))) < FEWEST_NOTES:
        return None
    shared = sum(len(a & b) for a, b in zip(theme, variation, strict=True))
    return 1 - shared / sum(len(a | b) for a, b in zip(theme, variation, strict=True))
