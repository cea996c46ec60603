"""Some bars of a held-out piece, and who plays what in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ..score import Bar, Metre, Part, Score
from .held_pieces import HeldPiece

FEWEST_NOTES = 8
"""Notes that each side of an excerpt has at least."""
STARTS = (8, 0, 16, 4, 24, 2, 32, 48)
"""Bars at which excerpts are looked for, in this order; the first is past most introductions."""


class Excerpt(NamedTuple):
    """Bars of a piece from beat 0, all of one metre and length, and the parts of each side."""

    piece: HeldPiece
    score: Score
    bars: int
    players: frozenset[int]
    """Indices of the parts that the player plays; the others are the model's."""

    @property
    def beats(self) -> float:
        return self.bars * self.score.metres[0].bar_length

    @property
    def played(self) -> Score:
        """The player's parts alone."""
        return with_parts(self.score, [p for i, p in enumerate(self.score.parts) if i in self.players])

    @property
    def ours(self) -> Score:
        """The model's parts alone."""
        return with_parts(self.score, [p for i, p in enumerate(self.score.parts) if i not in self.players])


def with_parts(score: Score, parts: list[Part]) -> Score:
    return replace(score, parts=tuple(parts))


def lead(score: Score) -> int | None:
    """Index of the part that leads: the first melody, else the highest pitched part; None without any."""
    pitched = [i for i, part in enumerate(score.parts) if part.notes and not part.is_drums]
    if not pitched:
        return None
    melodies = [i for i in pitched if score.parts[i].role == "melody"]
    return melodies[0] if melodies else max(pitched, key=lambda i: _height(score.parts[i]))


def _height(part: Part) -> float:
    return sum(note.pitch for note in part.notes) / len(part.notes)


def excerpts_of(piece: HeldPiece, task: str, bars: int) -> Iterator[Excerpt]:
    """Stretches of `bars` whole bars of one metre where both sides of a task play, best place first.

    accompany: the lead plays, the model all else. harmonise: the lead plays, the model the other pitched
    parts but the bass, where there are others. drumify: all else plays, the model the drums.
    """
    every = list(piece.score.bars())
    for first in STARTS:
        inside = every[first : first + bars]
        if len(inside) < bars or not _even(inside):
            continue
        score = _cut(piece.score, inside)
        split = _sides(score, task)
        if split is None:
            continue
        score, players = split
        excerpt = Excerpt(piece, score, bars, players)
        if min(excerpt.played.note_count, excerpt.ours.note_count) >= FEWEST_NOTES:
            yield excerpt


def excerpt_of(piece: HeldPiece, task: str, bars: int) -> Excerpt | None:
    """The first of `excerpts_of`."""
    return next(excerpts_of(piece, task, bars), None)


def stretches_of(piece: HeldPiece, bars: int) -> Iterator[Score]:
    """Stretches of so many bars of one metre with FEWEST_NOTES notes in each half, best place first."""
    every = list(piece.score.bars())
    for first in STARTS:
        inside = every[first : first + bars]
        if len(inside) < bars or not _even(inside):
            continue
        score = _cut(piece.score, inside)
        middle = inside[bars // 2].start - inside[0].start
        later = sum(note.start >= middle for part in score.parts for note in part.notes)
        if min(later, score.note_count - later) >= FEWEST_NOTES:
            yield score


def _cut(score: Score, inside: list[Bar]) -> Score:
    """Those bars from beat 0, parts without notes left out, in one tempo and one metre; no note rings on."""
    beats = inside[-1].end - inside[0].start
    cut = score.excerpt(inside[0].start, inside[-1].end)
    return replace(
        cut,
        parts=tuple(ended(part, beats) for part in cut.parts if part.notes),
        tempos=cut.tempos[:1],
        metres=(Metre(0.0, *inside[0].metre[1:]),),
    )


def ended(part: Part, beats: float) -> Part:
    """The part with no note ringing beyond `beats`."""
    notes = (note._replace(duration=min(note.duration, beats - note.start)) for note in part.notes)
    return replace(part, notes=tuple(notes))


def _even(bars: list[Bar]) -> bool:
    return all(bar.metre[1:] == bars[0].metre[1:] and bar.length == bar.metre.bar_length for bar in bars)


def _sides(score: Score, task: str) -> tuple[Score, frozenset[int]] | None:
    """The parts that a task is about, and which of them the player plays."""
    first = lead(score)
    drums = [i for i, part in enumerate(score.parts) if part.is_drums]
    if first is None or len(score.parts) < 2:
        return None
    if task == "accompany":
        return score, frozenset((first,))
    if task == "drumify":
        return (score, frozenset(range(len(score.parts))) - set(drums)) if drums else None
    others = [i for i, part in enumerate(score.parts) if i != first and not part.is_drums]
    chordal = [i for i in others if score.parts[i].role != "bass"] or others
    if not chordal:
        return None
    kept = sorted([first, *chordal])
    return with_parts(score, [score.parts[i] for i in kept]), frozenset((kept.index(first),))
