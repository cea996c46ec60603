"""The token sequences of training, task by task: a piece played through, a gap to fill, a phrase varied."""

from __future__ import annotations

import random
from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import replace
from typing import NamedTuple

from .. import vocabulary as v
from ..attributes import attributes_of, difference, distance_step, swing_of
from ..chords import ChordChange, chords_of
from ..encoding import Header, PartLine, chord_marks, encode_body, plays_freely, rows_of
from ..frames import Frame, bars_of, frames_of_bars
from ..harmony import estimate_key
from ..mood import mood_of
from ..score import Note, Part, Score
from ..slots import assign_slots, twin_slot
from .sources import Source

KINDS = ("alone", "duo", "infill", "vary", "humanise")
"""What a sequence teaches: to go on, to play with somebody, to fill a gap, to vary, to play like a person."""
VARY_LAG = -4
"""Beats that a variation looks ahead in its source (see Header.lag)."""
HUMANISE_LAG = -1
CUT_SHARE = 0.15
"""Share of the player's frames that are known only in part, in sequences that practise that."""


class Sequence(NamedTuple):
    """Header and body tokens (EOS last), where each bar begins in the body, and its kind."""

    header: list[int]
    body: list[int]
    bars: list[int]
    kind: str = "alone"

    @property
    def players(self) -> bool:
        """Whether it has a player's stream."""
        return self.kind in ("duo", "vary", "humanise")


def quantised(score: Score) -> Score:
    """The same with every onset on the 12-tick grid."""

    def straight(note: Note) -> Note:
        return note._replace(start=round(note.start * v.TICKS_PER_BEAT) / v.TICKS_PER_BEAT)

    return replace(
        score,
        parts=tuple(replace(p, notes=tuple(sorted(map(straight, p.notes)))) for p in score.parts),
    )


def stiff(score: Score) -> Score:
    """The same on the grid, with one velocity throughout."""
    straight = quantised(score)
    parts = (
        replace(p, notes=tuple(n._replace(velocity=80) for n in p.notes), controls=()) for p in straight.parts
    )
    return replace(straight, parts=tuple(parts))


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


def header_of(score: Score, lines: tuple[PartLine, ...], source: Source, genre: str | None) -> Header:
    """A header with all that is known of a score."""
    key = estimate_key(score)
    mood = mood_of(score, dynamics=source.dynamics)
    valence, arousal = mood.steps if mood else (None, None)
    return Header(
        parts=lines,
        free_timing=plays_freely(score),
        bpm=score.tempo_at(0.0).bpm,
        key=(key.tonic, key.mode) if key else None,
        genre=genre or source.genre,
        valence=valence,
        arousal=arousal,
        swing=swing_of(score),
    )


def sequence_of(
    score: Score,
    source: Source,
    *,
    genre: str | None = None,
    players: frozenset[int] = frozenset(),
    lag: int | None = None,
    chords: Items[ChordChange] = (),
    cuts: Mapping[int, int] | None = None,
    heard: Score | None = None,
) -> Sequence:
    """Tokens of a tidy score; `players` are the indices of the parts that the player plays.

    `heard` is the same score as the player really played it; without it the player plays what is written.
    """
    slots = assign_slots(score.parts)
    free = plays_freely(score)
    lines = tuple(
        part_line(part, slot, player=index in players, dynamics=source.dynamics)
        for index, (part, slot) in enumerate(zip(score.parts, slots, strict=True))
    )
    header = replace(header_of(score, lines, source, genre), lag=lag)
    sounding = score
    if heard is not None:
        parts = (heard.parts[i] if i in players else part for i, part in enumerate(score.parts))
        sounding = replace(score, parts=tuple(parts))
    bars = bars_of(score)
    body = encode_body(
        rows_of(sounding, slots, free=free),
        bars,
        player_slots=frozenset(slots[index] for index in players),
        lag=lag,
        chords=chord_marks(chords, bars),
        cuts=cuts,
    )
    return Sequence(header.tokens(), [*body.tokens, v.EOS], body.bars, "duo" if players else "alone")


def random_cuts(score: Score, rng: random.Random) -> dict[int, int]:
    """Cuts of CUT_SHARE of a score's frames, at random ticks."""
    frames: list[Frame] = list(frames_of_bars(bars_of(score)))
    return {
        number: rng.randrange(frame.ticks) for number, frame in enumerate(frames) if rng.random() < CUT_SHARE
    }


def infill_of(
    score: Score,
    source: Source,
    begin: float,
    gap: float,
    after: float,
    end: float,
    *,
    genre: str | None = None,
) -> Sequence | None:
    """Bars from beat `begin` on, a gap from `gap` to `after` to be filled, and what comes then up to `end`.

    All four are bar lines. None where there is nothing in the gap, or nothing after it.
    """
    before, later = score.excerpt(begin, after), score.excerpt(after, end)
    if later.note_count < 4 or score.excerpt(gap, after).note_count < 4:
        return None
    slots = assign_slots(score.parts)
    free = plays_freely(score)
    lines = tuple(
        part_line(part, slot, player=False, dynamics=source.dynamics)
        for part, slot in zip(before.parts, slots, strict=True)
    )
    suffix = encode_body(rows_of(later, slots, free=free), bars_of(later, end - after))
    header = replace(header_of(before, lines, source, genre), suffix=tuple(suffix.tokens))
    body = encode_body(
        rows_of(before, slots, free=free),
        bars_of(before, after - begin),
        chords=chord_marks(chords_of(before, after - begin), bars_of(before, after - begin)),
    )
    return Sequence(header.tokens(), [*body.tokens, v.EOS], body.bars, "infill")


def variation_of(
    theme: Score, variation: Score, source: Source, beats: float, *, genre: str | None = None
) -> Sequence | None:
    """A phrase as the player's stream, another of the same parts and length as what the model makes of it."""
    return _pair(
        theme, variation, source, beats, VARY_LAG, distance_step(difference(theme, variation)), genre, "vary"
    )


def humanising_of(score: Score, source: Source, *, genre: str | None = None) -> Sequence | None:
    """A performance as the model's stream, what is left of it without timing and dynamics as the player's."""
    beats = max((bar.end for bar in score.bars()), default=0.0)
    return _pair(stiff(score), score, source, beats, HUMANISE_LAG, None, genre, "humanise")


def _pair(
    given: Score,
    made: Score,
    source: Source,
    beats: float,
    lag: int,
    distance: int | None,
    genre: str | None,
    kind: str,
) -> Sequence | None:
    """Two versions of the same parts, the given one in the twin slots; parts without a twin are left out."""
    chosen = [
        (index, slot, twin)
        for index, slot in enumerate(assign_slots(made.parts))
        if (twin := twin_slot(slot)) is not None and (given.parts[index].notes or made.parts[index].notes)
    ]
    if not any(made.parts[index].notes for index, _, _ in chosen):
        return None
    ours = replace(made, parts=tuple(made.parts[index] for index, _, _ in chosen))
    theirs = replace(given, parts=tuple(given.parts[index] for index, _, _ in chosen))
    slots, twins = [slot for _, slot, _ in chosen], [twin for _, _, twin in chosen]
    lines = tuple(
        [part_line(p, t, player=True, dynamics=False) for p, t in zip(theirs.parts, twins, strict=True)]
        + [
            part_line(p, s, player=False, dynamics=source.dynamics)
            for p, s in zip(ours.parts, slots, strict=True)
        ]
    )
    header = replace(header_of(ours, lines, source, genre), lag=lag, distance=distance)
    both = replace(made, parts=theirs.parts + ours.parts)
    body = encode_body(
        rows_of(both, twins + slots, free=plays_freely(ours)),
        bars_of(made, beats),
        player_slots=frozenset(twins),
        lag=lag,
    )
    return Sequence(header.tokens(), [*body.tokens, v.EOS], body.bars, kind)
