"""The answer of one who only looks things up: what stands beside the most similar bars of training music."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..score import Note, Part, Score
from .accompaniment import chords_by_beat, same_chords
from .bar_features import KIT
from .distributions import jsd
from .excerpts import Excerpt
from .obedience import Kept
from .prepared_notes import Columns

BARS = 4
"""Bars of what is looked up, all in 4/4."""
BAR_TICKS = 4 * v.TICKS_PER_BEAT
WINDOW_TICKS = BARS * BAR_TICKS
PLACES = 16
_FOUR_FOUR = v.BASE["bar"] + v.METRES.index((4, 4))
_DRUMS = sorted(v.DRUM_SLOTS)
_BASS = [slot for slot, (role, _) in enumerate(v.SLOTS) if role == "bass"]
_MELODY = [slot for slot, (role, _) in enumerate(v.SLOTS) if role == "melody"]

Array = NDArray[np.float64]


class Found(NamedTuple):
    """The best match so far: its likeness, and its notes as rows of tick, ticks and pitch."""

    likeness: float
    notes: NDArray[np.int64]


def look_up(excerpts: Sequence[Excerpt], task: str, trained: Iterable[Columns]) -> list[Score | None]:
    """For each excerpt of BARS bars the drums ("drumify") or the pitched parts ("harmonise") found for it.

    Drums are looked up by where the other parts begin notes, bass and rest apart; harmonies by the pitch
    classes of the lead, half bar by half bar, in all twelve keys. None where nothing like it is known.
    """
    harmonise = task == "harmonise"
    asked = np.stack([_asked(excerpt, harmonise) for excerpt in excerpts]) if excerpts else np.zeros((0, 1))
    best: list[Found | None] = [None] * len(excerpts)
    for columns in trained:
        windows = _Windows(columns, harmonise)
        if not len(windows.features):
            continue
        for shift in range(12 if harmonise else 1):
            likeness = (_lowered(asked, shift) if harmonise else asked) @ windows.features.T
            for row, at in enumerate(likeness.argmax(1).tolist()):
                value, before = float(likeness[row, at]), best[row]
                if before is None or value > before.likeness:
                    best[row] = Found(value, windows.notes(at, shift))
    return [
        None if found is None else _score(found.notes, excerpt, harmonise)
        for found, excerpt in zip(best, excerpts, strict=True)
    ]


def _lowered(asked: Array, semitones: int) -> Array:
    """Pitch-class features [Q, 2 BARS * 12] of what was asked, so many semitones lower."""
    return np.roll(asked.reshape(len(asked), -1, 12), -semitones, axis=2).reshape(asked.shape)


def _asked(excerpt: Excerpt, harmonise: bool) -> Array:
    rows = [
        (
            round(note.start * v.TICKS_PER_BEAT),
            round(note.duration * v.TICKS_PER_BEAT),
            note.pitch,
            part.role == "bass",
        )
        for part in excerpt.played.parts
        if not part.is_drums
        for note in part.notes
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    table = table[(table[:, 0] >= 0) & (table[:, 0] < WINDOW_TICKS)]
    features: Array = _features(table, np.zeros(len(table), dtype=np.int64), 1, harmonise)[0]
    return features


def _features(rows: NDArray[np.int64], window: NDArray[np.int64], count: int, harmonise: bool) -> Array:
    """One row of length 1 for each window of rows (tick, ticks, pitch, is bass)."""
    tick, ticks, pitch, bass = rows.T
    if harmonise:
        table = np.zeros((count, 2 * BARS * 12))
        half = BAR_TICKS // 2
        np.add.at(table, (window, tick // half * 12 + pitch % 12), np.minimum(ticks, half))
    else:
        table = np.zeros((count, 2 * PLACES + 1))
        np.add.at(table, (window, bass * PLACES + tick % BAR_TICKS * PLACES // BAR_TICKS), 1.0)
        table[:, -1] = np.sqrt(table.sum(1))
    length: Array = np.linalg.norm(table, axis=1, keepdims=True)
    unit: Array = table / np.maximum(length, 1e-9)
    return unit


class _Windows:
    """The windows of some columns that have both sides; gives the answer's notes of one of them."""

    def __init__(self, columns: Columns, harmonise: bool) -> None:
        common = columns.metre == _FOUR_FOUR
        first = np.full(int(columns.sequence.max(initial=-1)) + 2, np.iinfo(np.int64).max)
        np.minimum.at(first, columns.sequence[common], columns.bar[common])
        since = columns.bar - np.where(common, first[columns.sequence], columns.bar)
        common &= since % BAR_TICKS == 0
        self._tick = (columns.tick - columns.bar + since)[common]
        self._rows = np.stack([columns.duration[common], columns.pitch[common]], axis=1)
        slot = columns.slot[common]
        asked = np.isin(slot, _MELODY[:1]) if harmonise else ~np.isin(slot, _DRUMS)
        answer = ~np.isin(slot, _MELODY + _DRUMS + _BASS) if harmonise else np.isin(slot, _DRUMS)
        name = columns.sequence[common] << 20 | self._tick // WINDOW_TICKS
        both = np.intersect1d(name[asked], name[answer])
        self._inside = self._tick % WINDOW_TICKS
        place = np.minimum(np.searchsorted(both, name), max(len(both) - 1, 0))
        there = np.isin(name, both)
        self._answers = np.flatnonzero(there & answer)
        self._answers = self._answers[np.argsort(place[self._answers], kind="stable")]
        self._starts = np.searchsorted(place[self._answers], np.arange(len(both) + 1))
        here = np.flatnonzero(there & asked)
        rows = np.concatenate(
            [self._inside[here, None], self._rows[here], np.isin(slot, _BASS)[here, None]], axis=1
        ).astype(np.int64)
        self.features = _features(rows, place[here], len(both), harmonise)

    def notes(self, window: int, semitones: int) -> NDArray[np.int64]:
        """Rows of tick, ticks, pitch; so many semitones higher."""
        at = self._answers[self._starts[window] : self._starts[window + 1]]
        notes = np.concatenate([self._inside[at, None], self._rows[at]], axis=1)
        notes[:, 2] += semitones
        return notes


def _score(rows: NDArray[np.int64], excerpt: Excerpt, harmonise: bool) -> Score:
    notes = sorted(
        Note(tick / v.TICKS_PER_BEAT, max(ticks, 1) / v.TICKS_PER_BEAT, min(pitch, 127), 80)
        for tick, ticks, pitch in rows.tolist()
    )
    part = Part("chords" if harmonise else "drums", tuple(notes))
    return Score(parts=(part,), tempos=excerpt.score.tempos, metres=excerpt.score.metres)


def drum_distance(real: Score, other: Score) -> float:
    """Jensen-Shannon divergence in bits of two drum parts' hits over kit piece and place in the bar."""
    return jsd(_hits(real), _hits(other))


def _hits(score: Score) -> Array:
    table = np.zeros((len(KIT) + 1, PLACES))
    bar = score.metres[0].bar_length
    for part in score.parts:
        for note in part.notes if part.is_drums else ():
            row = next((i for i, pitches in enumerate(KIT) if note.pitch in pitches), len(KIT))
            place = (note.start + 0.5 / v.TICKS_PER_BEAT) % bar / bar
            table[row, min(int(place * PLACES), PLACES - 1)] += 1
    return table.ravel()


def chord_agreement(real: Score, other: Score, beats: float) -> Kept:
    """Beats with a real chord that have the same root and third in the other."""
    return same_chords(chords_by_beat(real, beats), chords_by_beat(other, beats))
