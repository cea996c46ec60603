"""Held-out pieces as token sequences, task by task, each with the targets that its bits are counted of.

An accompaniment is asked about three times, always for the same notes of the model's parts: with the player's
stream, without it ("dropped"), and with that of another piece in its place ("swapped").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from collections.abc import Sequence as Items
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..corpus.sequences import Sequence, infill_of, sequence_of
from ..training.dataset import count_notes, plain_header
from .bits import charged_tokens, model_frames
from .excerpts import Excerpt, excerpt_of, excerpts_of
from .held_pieces import HeldPiece

LAGS = {"offline": -2, "same beat": 0, "live": 1}
"""Beats of lag of an accompaniment that is asked about, by name."""
TASK_LAGS = {"harmonise": 0, "drumify": 0}
"""Lags of the tasks that have one."""
BARS = (16, 12, 8, 4)
"""Bars of an excerpt: the most that fit the context."""
PREFIX_BARS, GAP_BARS, SUFFIX_BARS = 4, 4, 2
FIRST_BARS = (4, 0, 12, 20)
"""Where an infill's excerpt begins: the first place with notes in the gap and after it."""
TEMPO_MARGIN = 0.25
"""How far, as a share, the tempo of a piece that is swapped in may be off."""


class Case(NamedTuple):
    """One question: tokens [T + 1], which of the T predictions count, the notes among them."""

    task: str
    condition: str
    source: str
    group: str
    tokens: NDArray[np.int64]
    charged: NDArray[np.bool_]
    notes: int


def continue_cases(piece: HeldPiece, context: int) -> Iterator[Case]:
    """The piece from its beginning, as many tokens as fit."""
    sequence = sequence_of(piece.score, piece.source)
    tokens = _tokens(sequence)[: context + 1]
    yield _case(piece, "continue", "", tokens, charged_tokens(tokens))


def infill_cases(piece: HeldPiece, context: int) -> Iterator[Case]:
    """Four bars before the gap, four in it, two after it; only what is in the gap is charged."""
    bars = list(piece.score.bars())
    wanted = PREFIX_BARS + GAP_BARS + SUFFIX_BARS
    for first in FIRST_BARS:
        inside = bars[first : first + wanted]
        if len(inside) < wanted:
            continue
        edges = inside[0].start, inside[PREFIX_BARS].start, inside[-SUFFIX_BARS].start, inside[-1].end
        sequence = infill_of(piece.score, piece.source, *edges)
        if sequence is None:
            continue
        tokens = _tokens(sequence)
        if len(tokens) <= context:
            before = sum(math.ceil(bar.length - 1e-9) for bar in inside[:PREFIX_BARS])
            yield _case(piece, "infill", "", tokens, charged_tokens(tokens, before))
            return


def accompaniment_cases(
    piece: HeldPiece, task: str, lag: int, name: str, others: Items[HeldPiece], context: int
) -> Iterator[Case]:
    """The three conditions of one excerpt; none where the piece has no such parts or nothing to swap in."""
    for bars in BARS:
        excerpt = excerpt_of(piece, task, bars)
        if excerpt is None:
            continue
        stranger = _stranger(excerpt, task, others)
        if stranger is None:
            continue
        source = piece.source
        made = {
            "with": _tokens(sequence_of(excerpt.score, source, players=excerpt.players, lag=lag)),
            "dropped": _tokens(sequence_of(excerpt.ours, source)),
            "swapped": _tokens(_swapped(excerpt, stranger, lag)),
        }
        if max(map(len, made.values())) <= context:
            last = min(map(model_frames, made.values())) - 1
            for condition, tokens in made.items():
                yield _case(piece, name, condition, tokens, charged_tokens(tokens, 0, last))
            return


def _stranger(excerpt: Excerpt, task: str, others: Items[HeldPiece]) -> Excerpt | None:
    """The same task's excerpt of another group's piece, in the same metre, at much the same tempo."""
    bpm, metre = excerpt.score.tempos[0].bpm, excerpt.score.metres[0]
    for other in others:
        if other.group == excerpt.piece.group:
            continue
        for found in excerpts_of(other, task, excerpt.bars):
            near = abs(found.score.tempos[0].bpm / bpm - 1) <= TEMPO_MARGIN
            if found.score.metres[0] == metre and near:
                return found
    return None


def _swapped(excerpt: Excerpt, stranger: Excerpt, lag: int) -> Sequence:
    """The model's parts of one piece beside the player's of another."""
    played = stranger.played.parts
    score = replace(excerpt.score, parts=played + excerpt.ours.parts)
    return sequence_of(score, excerpt.piece.source, players=frozenset(range(len(played))), lag=lag)


def _tokens(sequence: Sequence) -> NDArray[np.int64]:
    """Header without controls and body without chords: what is said is the parts, the tempo and the notes."""
    header = plain_header(np.array(sequence.header, dtype=np.uint16))
    body = np.array(sequence.body, dtype=np.int64)
    chords = v.ids("chord")
    return np.concatenate([header.astype(np.int64), body[(body < chords.start) | (body >= chords.stop)]])


def _case(
    piece: HeldPiece, task: str, condition: str, tokens: NDArray[np.int64], charged: NDArray[np.bool_]
) -> Case:
    notes = count_notes(tokens[1:][charged].astype(np.uint16))
    return Case(task, condition, piece.source.name, piece.group, tokens, charged, notes)
