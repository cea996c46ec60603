"""A bar of music as a row of figures, for a classifier that is to tell who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..score import Bar, Note, Score
from .distributions import entropy
from .measures import GROOVE_STEPS, bar_grooves

Features = NDArray[np.float64]

KIT: tuple[tuple[int, ...], ...] = (
    (35, 36),
    (37, 38, 39, 40),
    (42, 44, 46),
    (49, 51, 52, 53, 55, 57, 59),
    (41, 43, 45, 47, 48, 50),
)
"""General MIDI's kicks, snares, hats, cymbals and toms."""

_EARLY = 0.5 / v.TICKS_PER_BEAT


def bar_features(score: Score, bars: Sequence[Bar]) -> Features:
    """One row for each of `bars` in which anything begins, [B, F]: rhythm, pitch, texture, and what changed.

    Pitch classes are counted from the piece's commonest, so that the key tells nothing. Velocities and
    micro-timing are left out: the format rounds them, and would give itself away.
    """
    pitched = [note for part in score.parts if not part.is_drums for note in part.notes]
    drums = [note for part in score.parts if part.is_drums for note in part.notes]
    classes = np.bincount(np.array([n.pitch % 12 for n in pitched], dtype=np.int64), minlength=12)
    home = int(np.argmax(classes))
    grooves = bar_grooves(score, bars)
    rows, before = [], np.zeros(12 + GROOVE_STEPS)
    for bar, groove in zip(bars, grooves, strict=True):
        tunes, hits = _inside(pitched, bar), _inside(drums, bar)
        if not tunes and not hits:
            continue
        here = np.bincount(np.array([(n.pitch - home) % 12 for n in tunes], dtype=np.int64), minlength=12)
        share = here / max(len(tunes), 1)
        now = np.concatenate([share, groove])
        rows.append(
            np.concatenate([now, _texture(tunes, hits, bar, score), _kit(hits), [np.abs(now - before).sum()]])
        )
        before = now
    return np.array(rows).reshape(len(rows), -1)


def _inside(notes: Sequence[Note], bar: Bar) -> list[Note]:
    return [note for note in notes if bar.start - _EARLY <= note.start < bar.end - _EARLY]


def _texture(tunes: list[Note], hits: list[Note], bar: Bar, score: Score) -> Features:
    """How much, how high, how long, how thick, how wide the steps are."""
    onsets = {round(note.start * v.TICKS_PER_BEAT) for note in tunes}
    pitches = np.array([note.pitch for note in tunes] or [0], dtype=np.float64)
    lengths = np.log2(np.array([max(note.duration, 1 / v.GRID) for note in tunes] or [1.0]))
    leaps = [
        abs(b.pitch - a.pitch)
        for part in score.parts
        if not part.is_drums
        for a, b in pairwise(_inside(part.notes, bar))
    ]
    playing = sum(bool(_inside(part.notes, bar)) for part in score.parts)
    return np.array(
        [
            np.log1p(len(tunes) / bar.length),
            np.log1p(len(hits) / bar.length),
            len(tunes) / max(len(onsets), 1),
            pitches.mean() / 12,
            pitches.std() / 12,
            np.ptp(pitches) / 12,
            lengths.mean(),
            lengths.std(),
            _mean(leaps) / 12,
            max(leaps, default=0) / 12,
            _mean([leap in (1, 2) for leap in leaps]),
            _mean([leap == 0 for leap in leaps]),
            entropy(np.bincount(np.array([n.pitch for n in tunes], dtype=np.int64)).astype(np.float64)),
            playing / max(len(score.parts), 1),
            len({n.pitch for n in tunes}) / max(len(tunes), 1),
            _mean([round(n.start * v.TICKS_PER_BEAT) % 3 != 0 for n in tunes + hits]),
        ]
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0


def _kit(hits: list[Note]) -> Features:
    """Shares of kick, snare, hats, cymbals and toms among a bar's hits."""
    return np.array([sum(hit.pitch in group for hit in hits) / max(len(hits), 1) for group in KIT])
