"""Phrases of held-out pieces that requests are about."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

from bandmate_models.encoding import encode
from bandmate_models.evaluation.excerpts import Excerpt, excerpt_of, stretches_of
from bandmate_models.evaluation.held_pieces import HeldPiece
from bandmate_models.reading import decode
from bandmate_models.score import Bar, Score


class Phrase(NamedTuple):
    """Some bars of a piece, and the bars that follow them in it, each from beat 0."""

    piece: HeldPiece
    given: Score
    following: Score
    following_bars: list[Bar]

    @property
    def source(self) -> str:
        return self.piece.source.name

    @property
    def group(self) -> str:
        return self.piece.group


def through_format(score: Score) -> Score:
    """What the token format keeps of a score: what is compared with answers is as coarse as they are."""
    return decode(encode(score))


def bars_of_length(score: Score, bars: int) -> list[Bar]:
    """So many bars of a score's first metre."""
    return list(score.bars(bars * score.metres[0].bar_length))[:bars]


def phrases_of(pieces: list[HeldPiece], bars: int, following: int) -> Iterator[Phrase]:
    """One phrase a piece, then another of each, …, sources taking turns, as long as there are any."""
    for piece, stretch in _in_turns(pieces, bars + following):
        whole = through_format(stretch)
        line = bars * whole.metres[0].bar_length
        end = (bars + following) * whole.metres[0].bar_length
        later = whole.excerpt(line, end)
        yield Phrase(piece, whole.excerpt(0.0, line), later, bars_of_length(later, following))


def _in_turns(pieces: list[HeldPiece], bars: int) -> Iterator[tuple[HeldPiece, Score]]:
    """Stretches so that no source and no piece comes again before the others have come."""
    sources = dict.fromkeys(piece.source.name for piece in pieces)
    lines = [
        [(piece, stretches_of(piece, bars)) for piece in pieces if piece.source.name == source]
        for source in sources
    ]
    while any(lines):
        for turn in zip_longest(*map(tuple, lines)):
            for at, entry in enumerate(turn):
                if entry is None:
                    continue
                stretch = next(entry[1], None)
                if stretch is None:
                    lines[at].remove(entry)
                else:
                    yield entry[0], stretch


def excerpts_for(pieces: list[HeldPiece], task: str, bars: int, most: int) -> list[Excerpt]:
    """One excerpt of each piece that has the task's parts, up to so many, sources taking turns."""
    sources = dict.fromkeys(piece.source.name for piece in pieces)
    lines = [iter([p for p in pieces if p.source.name == source]) for source in sources]
    found: list[Excerpt] = []
    for turn in zip_longest(*lines):
        for piece in turn:
            excerpt = None if piece is None else excerpt_of(piece, task, bars)
            if excerpt is not None and len(found) < most:
                found.append(excerpt)
    return found
