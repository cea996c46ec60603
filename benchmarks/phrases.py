"""Held-out phrases for benchmarks of listening: how pieces that training never saw begin."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bandmate_models.errors import BandmateError
from bandmate_models.midi import read_midi
from bandmate_models.score import Score

BARS = 8
FEWEST_NOTES = 16
SHORTEST, LONGEST = 5.0, 45.0  # seconds
DRUMS_ONLY = ("groove", "hydrogen_patterns")


class Phrase(NamedTuple):
    """The first bars of a piece, from beat 0; `path` is that of the manifest."""

    path: str
    source: str
    score: Score


def phrases(manifest: Path, midi: Path, split: str, seed: int) -> Iterator[Phrase]:
    """Of all pieces of a split in a random order, those that begin with a phrase of one tempo and metre."""
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["split"] == split and not row["dup_of"] and row["source"] not in DRUMS_ONLY
        ]
    random.Random(seed).shuffle(rows)
    for row in rows:
        file_path = next(
            (p for p in (midi / row["path"], midi / row["source"] / row["path"]) if p.exists()), None
        )
        if file_path is None:
            continue
        try:
            score = opening(read_midi(file_path))
        except BandmateError:
            continue
        if score is not None:
            yield Phrase(row["path"], row["source"], score)


def opening(piece: Score) -> Score | None:
    """BARS bars from the first in which a pitched note begins; None where they are no even phrase."""
    starts = [note.start for part in piece.parts if not part.is_drums for note in part.notes]
    bars = list(piece.bars())
    if not starts or len(bars) < BARS:
        return None
    first = next((bar.number for bar in bars if bar.end > min(starts) + 1e-6), len(bars))
    if first + BARS > len(bars):
        return None
    begin, end = bars[first].start, bars[first + BARS - 1].end
    tempo, metre = piece.tempo_at(begin + 1e-3).bpm, bars[first].metre
    if any(abs(change.bpm / tempo - 1) > 0.005 for change in piece.tempos if begin < change.beat < end):
        return None
    if any(bar.metre[1:] != metre[1:] for bar in bars[first : first + BARS]):
        return None
    phrase = piece.excerpt(begin, end)
    notes = sum(len(part.notes) for part in phrase.parts if not part.is_drums)
    long_enough = SHORTEST <= phrase.seconds(end - begin) <= LONGEST
    return phrase if notes >= FEWEST_NOTES and long_enough else None
