"""What the twins read: the notes that every tokenisation can write, and nothing that only one of them can.

Onsets and durations lie on the 12 ticks, a duration is at most 16 beats, parts of one program are one part,
and velocities, pedals, names and tempo changes are left out. A piece keeps to one metre from its beginning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ... import vocabulary as v
from ...corpus.sources import Source
from ...corpus.variants import tidy
from ...encoding import rows_of
from ...score import Note, Part, Score
from ...slots import assign_slots

LONGEST = 16 * v.TICKS_PER_BEAT
DRUMS = range(27, 89)
"""Pitches that General MIDI 2 gives a drum; others are left out."""
FEWEST_NOTES = 16


@dataclass(frozen=True)
class Piece:
    """One piece: its `rows` (encoding.Rows; shift and velocity are 0), the slot and program of each part, its
    metre (numerator, denominator), and its other spelling: REMI ids, and where each bar begins among them."""

    source: str
    rows: NDArray[np.int32]
    parts: tuple[tuple[int, int], ...]
    metre: tuple[int, int]
    remi: NDArray[np.int32]
    remi_bars: NDArray[np.int32]

    @property
    def bar_ticks(self) -> int:
        return v.metre_ticks(*self.metre)

    @property
    def bars(self) -> int:
        """Bars up to the last in which a note begins."""
        return int(self.rows[-1, 0]) // self.bar_ticks + 1

    def notes_before(self) -> NDArray[np.int64]:
        """Notes before each bar line, [bars + 1]."""
        edges = np.arange(self.bars + 1) * self.bar_ticks
        return np.searchsorted(self.rows[:, 0], edges)


def plain(score: Score, source: Source) -> Score | None:
    """The notes of a score that twins read; None where it changes metre or has too few notes."""
    score = tidy(score, source)
    metre = score.metres[0]
    if len(score.metres) > 1 or (metre.numerator, metre.denominator) not in v.METRES:
        return None
    grouped: defaultdict[int, list[Part]] = defaultdict(list)
    for part in score.parts:
        grouped[-1 if part.is_drums else part.program].append(part)
    parts = tuple(_merged(group) for group in grouped.values())
    result = replace(score, parts=tuple(part for part in parts if part.notes))
    slots = assign_slots(result.parts)
    if result.note_count < FEWEST_NOTES or len(set(slots)) < len(slots):
        return None
    return result


def _merged(parts: Iterable[Part]) -> Part:
    """One part of several, on the grid; of notes at one onset and pitch the longest."""
    first, *_ = parts = list(parts)
    longest: dict[tuple[int, int], int] = {}
    for note in (note for part in parts for note in part.notes):
        if first.is_drums and note.pitch not in DRUMS:
            continue
        ticks = 3 if first.is_drums else min(max(round(note.duration * v.TICKS_PER_BEAT), 1), LONGEST)
        place = (round(note.start * v.TICKS_PER_BEAT), note.pitch)
        longest[place] = max(longest.get(place, 0), ticks)
    notes = sorted(
        Note(start / v.TICKS_PER_BEAT, ticks / v.TICKS_PER_BEAT, pitch, 80)
        for (start, pitch), ticks in longest.items()
    )
    return replace(first, notes=tuple(notes), program=0 if first.is_drums else first.program, controls=())


def rows_and_parts(score: Score) -> tuple[NDArray[np.int32], tuple[tuple[int, int], ...]]:
    """Events in the token format's order, velocities unknown, and (slot, program) of each part."""
    slots = assign_slots(score.parts)
    rows = rows_of(score, slots, free=False)
    rows[:, 5] = 0
    parts = zip(slots, (part.program for part in score.parts), strict=True)
    return rows, tuple(parts)


def save(pieces: Iterable[Piece], path: Path) -> None:
    """Keeps pieces in one .npz file."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, piece in enumerate(pieces):
        arrays[f"{number}/source"] = np.array(piece.source)
        arrays[f"{number}/rows"] = piece.rows
        arrays[f"{number}/parts"] = np.array([*piece.parts, piece.metre])
        arrays[f"{number}/remi"] = piece.remi
        arrays[f"{number}/bars"] = piece.remi_bars
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Iterator[Piece]:
    """What `save` has kept."""
    with np.load(path) as arrays:
        for number in range(len(arrays.files) // 5):
            *parts, metre = (tuple(pair) for pair in arrays[f"{number}/parts"].tolist())
            yield Piece(
                str(arrays[f"{number}/source"]),
                arrays[f"{number}/rows"],
                tuple(parts),
                metre,
                arrays[f"{number}/remi"],
                arrays[f"{number}/bars"],
            )


def metre_bar(metre: tuple[int, int]) -> int:
    """The bar token of a metre."""
    return v.bar_tokens(*metre, v.metre_ticks(*metre))[0]
