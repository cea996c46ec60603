"""Which sequences training sees of one piece."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

from ..chords import chords_of
from ..encoding import plays_freely
from ..score import Score
from ..slots import assign_slots
from .noise import played_loosely
from .pairs import pairs
from .sequences import (
    Sequence,
    humanising_of,
    infill_of,
    quantised,
    random_cuts,
    sequence_of,
    variation_of,
)
from .sources import GROOVE_TO_GM, Source

LAGS = (-4, -2, -2, -1, 0, 0, 0, 1, 1, 2)
"""Lags of the two-stream variants, drawn evenly: ahead, on the same beat, behind."""
DUOS, LONG_PIECE = 3, 3000
"""Two-stream variants of a piece, one alone of a piece with more notes than LONG_PIECE."""
INFILLS = 3
VARIATIONS = 2
"""Sequences of each kind from one piece, at most."""
LOOSE_SHARE = 0.4
"""Share of two-stream variants in which the player plays loosely."""
CUT_VARIANTS = 0.5
"""Share of the variants at lag 0 in which some of the player's frames are cut."""
DRUMS_ALONE = 0.3
"""Share of the variants without some parts that are the drums alone."""
PREFIX_BARS, GAP_BARS, SUFFIX_BARS = (0, 12), (1, 8), (1, 4)
"""Fewest and most bars before, in and after a gap."""


def tidy(score: Score, source: Source) -> Score:
    """A score as its source needs it: kit mapped, unknown dynamics made flat, silent parts left out."""
    parts = []
    for part in score.parts:
        if not part.notes:
            continue
        notes = part.notes
        if part.is_drums and source.name == "groove":
            notes = tuple(n._replace(pitch=GROOVE_TO_GM.get(n.pitch, n.pitch)) for n in notes)
        if not source.dynamics:
            notes = tuple(n._replace(velocity=80) for n in notes)
        parts.append(replace(part, notes=notes, controls=()))
    return replace(score, parts=tuple(parts), keys=(), markers=())


def variants(
    score: Score, source: Source, rng: random.Random, *, genre: str | None = None, held_out: bool = False
) -> Iterator[Sequence]:
    """Training's sequences of one piece; a held-out piece gives the first alone, as it was played."""
    score = tidy(score, source)
    if not score.parts or score.note_count < 8:
        return
    if held_out:
        yield sequence_of(score, source, genre=genre)
        return
    chords = chords_of(score)
    yield sequence_of(score, source, genre=genre, chords=chords)
    if len(score.parts) > 1 and score.note_count <= LONG_PIECE:
        yield sequence_of(some_of(score, rng), source, genre=genre, chords=chords)
    free = plays_freely(score)
    if source.performed or free:
        yield sequence_of(quantised(score), source, genre=genre, chords=chords)
    if free and source.dynamics:
        human = humanising_of(score, source, genre=genre)
        if human is not None:
            yield human
    for _ in range(DUOS if score.note_count <= LONG_PIECE else 1):
        players = players_of(score, rng)
        if players:
            lag = rng.choice(LAGS)
            heard = None
            if rng.random() < LOOSE_SHARE:
                heard = replace(score, parts=tuple(played_loosely(part, rng) for part in score.parts))
            cuts = random_cuts(score, rng) if lag == 0 and rng.random() < CUT_VARIANTS else None
            yield sequence_of(
                score, source, genre=genre, players=players, lag=lag, chords=chords, cuts=cuts, heard=heard
            )
    yield from _gaps(score, source, genre, rng)
    for pair in pairs(score, rng, VARIATIONS):
        varied = variation_of(pair.theme, pair.variation, source, pair.beats, genre=genre)
        if varied is not None:
            yield varied


def some_of(score: Score, rng: random.Random) -> Score:
    """A score without some of its parts, so that each is learnt alone and in every company."""
    drums = tuple(part for part in score.parts if part.is_drums)
    if drums and rng.random() < DRUMS_ALONE:
        return replace(score, parts=drums)
    count = rng.randint(1, len(score.parts) - 1)
    chosen = sorted(rng.sample(range(len(score.parts)), count))
    return replace(score, parts=tuple(score.parts[index] for index in chosen))


def players_of(score: Score, rng: random.Random) -> frozenset[int]:
    """Indices of the parts that the player plays: the lead, all but the drums, all but one, or any.

    Empty where nothing would be left for the model. Parts that share a slot go together.
    """
    slots = assign_slots(score.parts)
    if len(set(slots)) < 2:
        return frozenset()
    every = range(len(score.parts))
    drums = [i for i in every if score.parts[i].is_drums]
    lead = [i for i in every if score.parts[i].role == "melody"][:1] or [0]
    way = rng.random()
    if way < 0.35:
        chosen = set(lead)
    elif way < 0.5 and drums and len(drums) < len(score.parts):
        chosen = set(every) - set(drums)
    elif way < 0.65:
        chosen = set(every) - {rng.choice(every)}
    else:
        chosen = set(rng.sample(every, rng.randint(1, len(score.parts) - 1)))
    mine = {slots[i] for i in chosen}
    players = frozenset(i for i in every if slots[i] in mine)
    return players if len(players) < len(score.parts) else frozenset()


def _gaps(score: Score, source: Source, genre: str | None, rng: random.Random) -> Iterator[Sequence]:
    bars = list(score.bars())
    for _ in range(min(INFILLS, len(bars) // 4)):
        before, gap, after = (
            rng.randint(*PREFIX_BARS),
            rng.randint(*GAP_BARS),
            rng.randint(*SUFFIX_BARS),
        )
        room = len(bars) - before - gap - after
        if room < 0:
            continue
        first = rng.randint(0, room)
        lines = [bar.start for bar in bars] + [bars[-1].end]
        edges = (first, first + before, first + before + gap, first + before + gap + after)
        filled = infill_of(score, source, *(lines[edge] for edge in edges), genre=genre)
        if filled is not None:
            yield filled
