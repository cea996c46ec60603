"""One piece as the sequences that training sees: played alone, quantised, and split between two streams."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from .. import vocabulary as v
from ..attributes import attributes_of
from ..encoding import Header, PartLine, encode_body, plays_freely, rows_of
from ..frames import bars_of
from ..harmony import estimate_key
from ..score import Note, Part, Score
from ..slots import assign_slots
from .sources import GROOVE_TO_GM, Source

PLAYER_LAGS = (-2, -1, 0, 1, 1, 2)
"""Lags of the two-stream variants, drawn evenly."""
GROOVE_GENRES = {
    "afrobeat": "funk", "afrocuban": "latin", "blues": "blues", "country": "country", "dance": "electronic",
    "funk": "funk", "gospel": "hymn", "highlife": "latin", "hiphop": "funk", "jazz": "jazz", "latin": "latin",
    "middleeastern": "folk", "neworleans": "funk", "pop": "pop", "punk": "rock", "reggae": "latin",
    "rock": "rock", "soul": "funk",
}  # fmt: skip


class Sequence(NamedTuple):
    """Header and body tokens (EOS last), and where each bar begins in the body."""

    header: list[int]
    body: list[int]
    bars: list[int]
    players: bool


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


def quantised(score: Score) -> Score:
    """The same with every onset on the 12-tick grid."""

    def straight(note: Note) -> Note:
        return note._replace(start=round(note.start * v.TICKS_PER_BEAT) / v.TICKS_PER_BEAT)

    return replace(
        score,
        parts=tuple(replace(p, notes=tuple(sorted(map(straight, p.notes)))) for p in score.parts),
    )


def part_line(part: Part, slot: int, *, player: bool, dynamics: bool) -> PartLine:
    """A part's header line with all of its attributes; training drops them at random."""
    attributes = attributes_of(part)
    if attributes is None:
        return PartLine(slot, player, part.program)
    return PartLine(
        slot,
        player,
        part.program,
        attributes.density,
        attributes.polyphony,
        attributes.register,
        attributes.loudness if dynamics else None,
    )


def sequence_of(
    score: Score,
    source: Source,
    *,
    genre: str | None = None,
    players: frozenset[int] = frozenset(),
    lag: int | None = None,
) -> Sequence:
    """Tokens of a tidy score; `players` are the indices of the parts that the player plays."""
    slots = assign_slots(score.parts)
    free = plays_freely(score)
    key = estimate_key(score)
    lines = tuple(
        part_line(part, slot, player=index in players, dynamics=source.dynamics)
        for index, (part, slot) in enumerate(zip(score.parts, slots, strict=True))
    )
    header = Header(
        parts=lines,
        free_timing=free,
        lag=lag,
        bpm=score.tempo_at(0.0).bpm,
        key=(key.tonic, key.mode) if key else None,
        genre=genre or source.genre,
    )
    body = encode_body(
        rows_of(score, slots, free=free),
        bars_of(score),
        player_slots=frozenset(slots[index] for index in players),
        lag=lag,
    )
    return Sequence(header.tokens(), [*body.tokens, v.EOS], body.bars, bool(players))


def variants(
    score: Score, source: Source, name: str, rng: random.Random, *, held_out: bool
) -> Iterator[Sequence]:
    """Training's sequences of one piece; a held-out piece gives the first alone, as it was played."""
    score = tidy(score, source)
    if not score.parts or score.note_count < 8:
        return
    words = name.lower().replace("_", " ").replace("-", " ").split()
    genre = (
        next((GROOVE_GENRES[w] for w in words if w in GROOVE_GENRES), None)
        if source.name == "groove"
        else None
    )
    yield sequence_of(score, source, genre=genre)
    if held_out:
        return
    if source.performed or plays_freely(score):
        yield sequence_of(quantised(score), source, genre=genre)
    slots = assign_slots(score.parts)
    if len(set(slots)) > 1:
        chosen = rng.randint(1, len(score.parts) - 1)
        players = frozenset(rng.sample(range(len(score.parts)), chosen))
        mine = {slots[i] for i in players}
        players = frozenset(i for i, slot in enumerate(slots) if slot in mine)
        if len(players) < len(score.parts):
            yield sequence_of(score, source, genre=genre, players=players, lag=rng.choice(PLAYER_LAGS))
