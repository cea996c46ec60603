"""Playing with somebody: accompany, harmonise, drumify, restyle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..chordal import FOLLOWED, KNOWN, Chordal
from ..chords import Chord, ChordChange, chords_of
from ..comping import Comping
from ..controls import Controls
from ..encoding import PartLine, Rows, chord_marks, plays_freely, rows_of
from ..errors import BandmateError
from ..frames import bars_of, frames_of_bars
from ..grammar import Constraints
from ..guides.pitches import ChordLock, Harmony
from ..harmonising import consonances, harmonised
from ..harmony import estimate_key
from ..score import Key, Part, Role, Score
from ..tonal_home import wide_home
from ..vocabulary import TICKS_PER_BEAT
from .common import (
    empty,
    guides_for,
    harmonic_home,
    harmony_of,
    header_for,
    key_of,
    lines_of,
    with_notes,
)
from .parts import (
    BAND,
    heights_for,
    lines_for,
    new_parts,
    pitches_for,
    rates_for,
    slots_beside,
    thicknesses_for,
)
from .sheet import Sheet

OFFLINE_LAG = -2
"""Beats that an accompaniment looks ahead where nothing else is asked."""
FULL_CHORD = "4"
"""Most notes of a chord under a melody where nothing else is asked (see sheets.parts.thicknesses_for)."""
HOLDERS: tuple[Role, ...] = ("chords", "strings", "guitar", "other")
"""Who can hold the chords of a restyled phrase, the likeliest first."""
STRUCK_TOGETHER = 1.5
"""Notes an onset from which on a part alone is taken to play chords."""
STYLE_BARS = 8
"""Most bars of a style's example that are heard before a restyled phrase."""


def accompany(phrase: Score, controls: Controls, roles: Sequence[Role] = (), lag: int = OFFLINE_LAG) -> Sheet:
    """New parts to play with a phrase's own, bar for bar. Raises BandmateError ("silent", "bad_value")."""
    given = with_notes(phrase)
    if not roles:
        there = {part.role for part in given.parts}
        roles = [role for role in BAND if role not in there] or BAND
    wanted = controls.asked_roles(roles)
    if not wanted:
        raise BandmateError("no parts are left to write; name some roles, like bass,drums", "bad_value")
    asked = controls.lag if controls.lag is not None else lag
    return _beside(given, new_parts(wanted, controls, controls.genre), controls, asked)


def harmonise(phrase: Score, controls: Controls) -> Sheet:
    """Chords under a melody, on the same beat. Raises BandmateError ("silent") where there is none."""
    if all(part.is_drums for part in with_notes(phrase).parts):
        raise BandmateError("there is no melody to harmonise; the phrase has drums alone", "silent")
    full = controls if controls.polyphony is not None else replace(controls, polyphony=FULL_CHORD)
    return accompany(phrase, full, ("chords",), 0)


def drumify(phrase: Score, controls: Controls) -> Sheet:
    """Drums to a phrase, on the same beat."""
    return accompany(heard_by_drums(phrase), controls, ("drums",), 0)


def heard_by_drums(phrase: Score) -> Score:
    """A phrase without the drums that it has, whose place others take; one of drums alone as it is."""
    pitched = replace(phrase, parts=tuple(part for part in phrase.parts if not part.is_drums))
    return pitched if pitched.note_count else phrase


def restyle(phrase: Score, controls: Controls, style: Score | None = None) -> Sheet:
    """A phrase's lead with a new band around it: its chords are kept, the groove is another.

    The style is `style`, an example that is heard first, or the genre, mood and density of `controls`. One
    part holds the chords, so that they are heard.
    """
    given = with_notes(phrase)
    lead = lead_of(given)
    rest = tuple(part for part in given.parts if part is not lead)
    roles = controls.asked_roles([part.role for part in rest] or BAND)
    if style is not None and controls.roles is None:
        theirs = [part for part in with_notes(style).parts if part is not lead_of(with_notes(style))]
        roles = tuple(part.role for part in theirs) or roles
    if not set(roles) & set(HOLDERS):
        roles = ("chords", *roles)
    locked = replace(controls, chord_lock=True)
    parts = _programmed(new_parts(roles, controls, controls.genre), rest, style, controls)
    return _beside(replace(given, parts=(lead,)), parts, locked, OFFLINE_LAG, whole=given, style=style)


def lead_of(phrase: Score) -> Part:
    """The part that carries the tune: the first melody, or else the highest pitched part."""
    pitched = [part for part in phrase.parts if part.notes and not part.is_drums]
    melodies = [part for part in pitched if part.role == "melody"]
    if melodies:
        return melodies[0]
    if not pitched:
        raise BandmateError("there is no melody to keep; the phrase has drums alone", "silent")
    return max(pitched, key=lambda part: sum(note.pitch for note in part.notes) / len(part.notes))


def _programmed(
    parts: list[Part], rest: Sequence[Part], style: Score | None, controls: Controls
) -> list[Part]:
    """Parts with the programs of the style's parts of their role, or the phrase's where no genre is asked."""
    if controls.programs is not None or (style is None and controls.genre is not None):
        return parts
    models = list(style.parts if style is not None else rest)
    programmed = []
    for part in parts:
        match = next((model for model in models if model.role == part.role), None)
        if match is not None:
            models.remove(match)
            part = replace(part, program=match.program)
        programmed.append(part)
    return programmed


def _beside(
    given: Score,
    parts: list[Part],
    controls: Controls,
    asked: int,
    *,
    whole: Score | None = None,
    style: Score | None = None,
) -> Sheet:
    """`parts` to be written beside what is given. `whole` is what the chords are detected from."""
    heard = whole or given
    taken, slots = slots_beside(given.parts, parts)
    key = key_of(heard, controls)
    edges = lines_of(heard)
    if controls.progression is None and key is not None and whole is None:
        chords = chords_beside(given, key, edges, asked)
        harmony: Harmony = [(beat, chord) for beat, chord in chords]
    else:
        chords, harmony = harmony_of(heard, controls, edges, detect=whole is not None)
    lines = lines_for(parts, slots, controls)
    players = [
        PartLine(slot, player=True, program=part.program)
        for part, slot in zip(given.parts, taken, strict=True)
    ]
    free = plays_freely(given)
    rows = rows_of(given, taken, free=free)
    bars = bars_of(heard, edges[-1])
    first = before = 0
    guessed = asked > 0 and controls.progression is None and whole is None
    marks = {} if guessed else chord_marks(chords, bars)
    if style is not None:
        example, shown = _example(style, given, parts, slots, key is not None)
        offset = sum(frame.ticks for frame in frames_of_bars(example))
        rows = rows.copy()
        rows[:, 0] += offset
        rows = np.concatenate([shown, rows])
        first, before = sum(1 for _ in frames_of_bars(example)), len(example)
        bars = [*example, *bars]
        marks = {tick + offset: token for tick, token in marks.items()}
        beats = offset / TICKS_PER_BEAT
        harmony = [(beat + beats, chord) for beat, chord in harmony]
        chords = [ChordChange(change.beat + beats, change.chord) for change in chords]
        edges = [edge + beats for edge in edges]
    drawn = None
    if chords and whole is None:
        bass = [slot for part, slot in zip(parts, slots, strict=True) if part.role == "bass"]
        together = consonances(given, math.ceil(edges[-1] - 1e-9), asked)
        drawn = Chordal(chords, bass, together, FOLLOWED if guessed else KNOWN)
    return Sheet(
        header=header_for(given, controls, [*players, *lines], key, lag=asked),
        bars=bars,
        rows=rows,
        slots=slots,
        template=empty(parts, heard, key),
        constraints=Constraints(
            slots=frozenset([*taken, *slots]),
            pitches=pitches_for(parts, lines),
            shifts=free,
            pedal=False,
        ),
        first=first,
        last=sum(1 for _ in frames_of_bars(bars)),
        chords=marks,
        guides=[
            *guides_for(controls, parts, slots, key=key, harmony=harmony, phrase=heard),
            *([_fundament(parts, slots, chords)] if whole is not None else ()),
        ],
        rates=rates_for(lines),
        home=harmonic_home(wide_home(heard, key), [] if guessed else chords, edges, before),
        heights=heights_for(parts, lines),
        thicknesses=thicknesses_for(parts, slots, controls),
        pull=_holder(parts, slots, chords) if whole is not None else drawn,
    )


def chords_beside(given: Score, key: Key, lines: Sequence[float], lag: int) -> list[ChordChange]:
    """The chords that what is given plays, or could have; with a `lag` above 0 as they are known by then."""
    if lag <= 0 and has_harmony(given):
        return chords_of(given, lines[-1])
    return harmonised(given, key, lines, lag)


def _holder(parts: Sequence[Part], slots: Sequence[int], chords: Sequence[ChordChange]) -> Comping:
    """What draws the first part that can to the chords, and the lowest to their roots."""
    by_role = {part.role: slot for part, slot in reversed(list(zip(parts, slots, strict=True)))}
    slot = next((by_role[role] for role in HOLDERS if role in by_role), None)
    return Comping(chords, slot, _lowest(parts, slots, slot))


def _lowest(parts: Sequence[Part], slots: Sequence[int], holder: int | None = None) -> int | None:
    """The slot of the bass, or else of the last part that could hold chords and is not the one that does."""
    bass = [slot for part, slot in zip(parts, slots, strict=True) if part.role == "bass"]
    others = [s for part, s in zip(parts, slots, strict=True) if part.role in HOLDERS and s != holder]
    return bass[0] if bass else others[-1] if others else None


def _fundament(parts: Sequence[Part], slots: Sequence[int], chords: Sequence[ChordChange]) -> ChordLock:
    """Lets the bass begin on roots and fifths alone, so that each chord keeps its root."""
    bass = [slot for part, slot in zip(parts, slots, strict=True) if part.role == "bass"]
    fifths = [(beat, chord and Chord(chord.root, "5")) for beat, chord in chords]
    return ChordLock(fifths, bass)


def has_harmony(phrase: Score) -> bool:
    """Whether a phrase plays chords that can be heard: in two pitched parts, or in one that strikes them."""
    pitched = [part for part in phrase.parts if part.notes and not part.is_drums]
    if len(pitched) != 1:
        return len(pitched) > 1
    onsets = {round(note.start * TICKS_PER_BEAT) for note in pitched[0].notes}
    return len(pitched[0].notes) / len(onsets) >= STRUCK_TOGETHER


def _example(
    style: Score, phrase: Score, parts: Sequence[Part], slots: Sequence[int], tonal: bool
) -> tuple[list[int], Rows]:
    """The bars and events of a style's example, in the slots of the new parts, near the phrase's key."""
    lines = lines_of(style)
    until = lines[min(STYLE_BARS, len(lines) - 1)]
    cut = style.excerpt(0.0, until)
    shift = _shift(cut, phrase) if tonal else 0
    theirs: list[Part] = []
    mine: list[int] = []
    left = list(with_notes(cut).parts)
    for part, slot in zip(parts, slots, strict=True):
        match = next((other for other in left if other.role == part.role), None)
        if match is not None:
            left.remove(match)
            theirs.append(match if match.is_drums else _transposed(match, shift))
            mine.append(slot)
    rows = rows_of(replace(cut, parts=tuple(theirs)), mine, free=plays_freely(phrase))
    return bars_of(cut, until), rows


def _shift(style: Score, phrase: Score) -> int:
    """Semitones from a style's tonic to a phrase's, -5 … 6."""
    theirs, ours = estimate_key(style), estimate_key(phrase)
    if theirs is None or ours is None:
        return 0
    return (ours.tonic - theirs.tonic + 5) % 12 - 5


def _transposed(part: Part, semitones: int) -> Part:
    notes = (note._replace(pitch=min(127, max(0, note.pitch + semitones))) for note in part.notes)
    return replace(part, notes=tuple(sorted(notes)))
