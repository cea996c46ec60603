"""Histograms of music, and how alike two of them are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..score import Note, Part, Score

Histogram = NDArray[np.float64]

ONSET_BINS = 16
"""Parts of a bar that onsets are counted in."""


def notes_of(score: Score, *, drums: bool = True) -> Iterator[Note]:
    """All notes, part by part; those of drums are optional."""
    return (note for part in score.parts if drums or not part.is_drums for note in part.notes)


def shares(counts: Histogram) -> Histogram:
    """Counts that add up to 1; zeros where there are none."""
    total = counts.sum()
    divided: Histogram = counts / total if total else np.zeros_like(counts, dtype=np.float64)
    return divided


def pitch_histogram(score: Score) -> Histogram:
    """Notes at each MIDI pitch, [128], drums left out."""
    pitches = [note.pitch for note in notes_of(score, drums=False)]
    return np.bincount(np.array(pitches, dtype=np.int64), minlength=128).astype(np.float64)


def class_histogram(score: Score) -> Histogram:
    """Notes of each pitch class, [12], drums left out."""
    classes = [note.pitch % 12 for note in notes_of(score, drums=False)]
    return np.bincount(np.array(classes, dtype=np.int64), minlength=12).astype(np.float64)


def onset_histogram(score: Score, bins: int = ONSET_BINS) -> Histogram:
    """Onsets in each part of their bar, [bins]; a bar has as many parts whatever its metre."""
    places = [place for _, place in bar_places(score)]
    at = np.minimum((np.array(places) * bins + 1e-6).astype(np.int64), bins - 1)
    return np.bincount(at, minlength=bins).astype(np.float64)


def bar_places(score: Score, parts: Iterable[Part] | None = None) -> Iterator[tuple[int, float]]:
    """The bar of each onset (counted from 0) and its place in it, from 0 to below 1.

    Onsets are rounded to the grid of 12 ticks a beat, so that one a hair early stays in its beat.
    """
    notes = sorted(n for part in (score.parts if parts is None else parts) for n in part.notes)
    ticks = [round(note.start * v.TICKS_PER_BEAT) for note in notes]
    bars = score.bars(max((tick + 1) / v.TICKS_PER_BEAT for tick in ticks) if ticks else 0.0)
    bar = next(bars, None)
    for tick in sorted(ticks):
        while bar is not None and tick >= round(bar.end * v.TICKS_PER_BEAT):
            bar = next(bars, None)
        if bar is None:
            return
        yield bar.number, (tick / v.TICKS_PER_BEAT - bar.start) / bar.length


def velocity_histogram(score: Score) -> Histogram:
    """Notes in each of the format's eight velocity bins, [8]."""
    bins = [v.velocity_bin(note.velocity) - 1 for note in notes_of(score)]
    return np.bincount(np.array(bins, dtype=np.int64), minlength=v.LOUDNESS_STEPS).astype(np.float64)


def timing_histogram(score: Score) -> Histogram:
    """Notes early or late by -2, -1, 0 or +1 quarter ticks of the 12-tick grid, as the format has it, [4]."""
    grid = np.rint(np.array([note.start for note in notes_of(score)]) * v.GRID).astype(np.int64)
    at = (grid + 2) % v.SHIFTS_PER_TICK
    return np.bincount(at, minlength=v.SHIFTS_PER_TICK).astype(np.float64)


def overlap(one: Histogram, other: Histogram) -> float:
    """Area that two distributions share, 0 to 1 (histogram intersection; Swain and Ballard, 1991)."""
    return float(np.minimum(shares(one), shares(other)).sum())


def jsd(one: Histogram, other: Histogram) -> float:
    """Jensen-Shannon divergence in bits, 0 (the same) to 1 (nothing in common); Lin (1991).

    1 where one side is empty and the other is not, 0 where both are.
    """
    p, q = shares(one), shares(other)
    if not p.any() or not q.any():
        return float(p.any() != q.any())
    middle = (p + q) / 2
    return float(_relative_entropy(p, middle) / 2 + _relative_entropy(q, middle) / 2)


def _relative_entropy(p: Histogram, q: Histogram) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / q[there])).sum())


def entropy(counts: Histogram) -> float:
    """Shannon's entropy in bits; 0 for no counts."""
    p = shares(counts)
    there = p > 0
    return float(-(p[there] * np.log2(p[there])).sum())
