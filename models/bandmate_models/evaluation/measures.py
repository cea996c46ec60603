"""What a piece of music is like, in single figures that need no model. docs/evaluation.md defines each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..harmony import DIATONIC
from ..score import Bar, Part, Score
from .distributions import class_histogram, notes_of, shares

GROOVE_STEPS = 16
"""Places of a bar at which a groove has an onset or none."""
REPEATED_NOTES = 6
"""Notes of the stretches whose return is repetition."""


def scale_consistency(score: Score) -> float | None:
    """Largest share of notes that one major or natural minor scale holds; None without pitched notes.

    A major scale is also its relative minor, so twelve scales are tried (MusPy; Dong et al., 2020).
    """
    classes = shares(class_histogram(score))
    if not classes.any():
        return None
    scale = np.zeros(12)
    scale[sorted(DIATONIC["major"])] = 1.0
    return max(float(classes @ np.roll(scale, tonic)) for tonic in range(12))


def bar_grooves(score: Score, bars: Sequence[Bar]) -> NDArray[np.bool_]:
    """Whether anything begins at each sixteenth part of each bar, [bars, 16]."""
    grid = np.zeros((len(bars), GROOVE_STEPS), dtype=bool)
    starts = np.array(sorted(note.start for note in notes_of(score)))
    for row, bar in enumerate(bars):
        first, after = np.searchsorted(starts, (bar.start - _EARLY, bar.end - _EARLY))
        places = (starts[first:after] - bar.start) / bar.length * GROOVE_STEPS
        grid[row, np.clip(np.rint(places).astype(np.int64), 0, GROOVE_STEPS - 1)] = True
    return grid


_EARLY = 0.5 / v.TICKS_PER_BEAT


def groove_similarity(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float | None:
    """1 less the share of places that differ, over all pairs of a bar of one and a bar of the other.

    Of Wu and Yang (2020), who compare the bars of one piece. None where there is no bar on a side.
    """
    if not len(one) or not len(other):
        return None
    return float(1.0 - (one[:, None, :] ^ other[None, :, :]).mean())


def groove_consistency(grid: NDArray[np.bool_]) -> float | None:
    """`groove_similarity` of all pairs of different bars of one piece; None for fewer than two bars."""
    count = len(grid)
    if count < 2:
        return None
    differing = (grid[:, None, :] ^ grid[None, :, :]).mean() * count / (count - 1)
    return float(1.0 - differing)


def empty_bar_rate(score: Score, bars: Sequence[Bar]) -> float:
    """Share of bars in which no part begins a note; 0 for no bars."""
    starts = np.array(sorted(note.start for note in notes_of(score)))
    empty = [
        int(np.searchsorted(starts, bar.end - _EARLY) == np.searchsorted(starts, bar.start - _EARLY))
        for bar in bars
    ]
    return sum(empty) / len(empty) if empty else 0.0


def empty_part_bar_rate(score: Score, bars: Sequence[Bar]) -> float:
    """The same part by part: share of (part, bar) in which the part begins no note."""
    parts = [Score(parts=(part,)) for part in score.parts]
    return float(np.mean([empty_bar_rate(part, bars) for part in parts])) if parts else 0.0


def repetition(score: Score, notes: int = REPEATED_NOTES) -> float | None:
    """Share of each part's stretches of so many notes that have stood in the part before; None for too few.

    Two stretches are one when their intervals and the ticks between their onsets are (drums: their pitches).
    """
    seen, again = 0, 0
    for part in score.parts:
        line = sorted((round(n.start * v.TICKS_PER_BEAT), n.pitch) for n in part.notes)
        known: Counter[tuple[tuple[int, int], ...]] = Counter()
        for first in range(len(line) - notes + 1):
            stretch = line[first : first + notes]
            base = (stretch[0][0], 0 if part.is_drums else stretch[0][1])
            key = tuple((tick - base[0], pitch - base[1]) for tick, pitch in stretch)
            again += known[key] > 0
            known[key] += 1
            seen += 1
    return again / seen if seen else None


def density(score: Score, beats: float, *, drums: bool = True) -> float:
    """Notes a beat; those of drums are optional."""
    return sum(1 for _ in notes_of(score, drums=drums)) / beats if beats else 0.0


def notes_at_once(part: Part) -> float:
    """Mean number of notes that a part strikes together; 0 for none."""
    onsets = {round(note.start * v.TICKS_PER_BEAT) for note in part.notes}
    return len(part.notes) / len(onsets) if onsets else 0.0


Measure = Callable[[Score, Sequence[Bar]], float | None]

OF_MUSIC: dict[str, Measure] = {
    "scale_consistency": lambda score, bars: scale_consistency(score),
    "groove_consistency": lambda score, bars: groove_consistency(bar_grooves(score, bars)),
    "empty_bar_rate": empty_bar_rate,
    "empty_part_bar_rate": empty_part_bar_rate,
    "repetition": lambda score, bars: repetition(score),
}
"""Measures of a score alone, by name; its bars are given."""
