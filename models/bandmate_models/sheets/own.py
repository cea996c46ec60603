"""Playing alone: a piece from nothing, a gap filled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .. import vocabulary as v
from ..controls import Controls
from ..encoding import PartLine, chord_marks, encode_body, plays_freely, rows_of
from ..errors import BandmateError
from ..frames import bars_of, frames_of_bars
from ..grammar import Constraints
from ..harmony import estimate_key
from ..progressions import drawn_progression
from ..score import Key, Metre, Note, Part, Role, Score, Tempo
from ..slots import assign_slots
from ..steering import onset_rates
from ..tonal_home import home_going_on, tonal_home
from .common import empty, guides_for, harmonic_home, harmony_of, header_for, key_of, lines_of, with_notes
from .parts import heights_for, lines_for, new_parts, pitches_for, pitches_near, rates_for, thicknesses_for
from .sheet import Sheet

BAND: tuple[Role, ...] = ("melody", "chords", "bass", "drums")
"""Who plays when nobody is named and nothing is given."""
USUAL_BPM = 112.0
PREFIX_BARS, SUFFIX_BARS = 12, 4
"""Most bars before and after a gap that the model reads; more than these it has not learnt with."""
INFILL_LAG = -2
LONGEST_REST = 2.0
"""Beats (or half a bar, where that is more) for which all parts of a piece from nothing may rest together."""


def generate(controls: Controls, seed: int) -> Sheet:
    """`controls.bars` bars from nothing.

    A key and chords that are not asked for are drawn by `seed`, the chords from those that the genre is
    built on (see progressions).
    """
    metre = controls.asked_metre or Metre(0.0, 4, 4)
    parts = new_parts(controls.asked_roles(BAND), controls, controls.genre)
    if not parts:
        raise BandmateError("no parts are left to write; name some roles, like bass,drums", "bad_value")
    key = controls.asked_key or _key_of_chords(controls) or _drawn_key(controls, seed)
    bpm = controls.tempo or USUAL_BPM
    frame = Score(parts=tuple(parts), tempos=(Tempo(0.0, bpm),), metres=(metre,), keys=(key,))
    until = controls.bars * metre.bar_length
    edges = lines_of(frame, until)
    bars = bars_of(frame, until)
    slots = assign_slots(parts)
    lines = lines_for(parts, slots, controls)
    if controls.chords is None and any(not part.is_drums for part in parts):
        controls = replace(controls, chords=drawn_progression(controls.genre, key, seed).text)
    chords, harmony = harmony_of(frame, controls, edges, detect=False)
    return Sheet(
        header=replace(header_for(frame, controls, lines, key), free_timing=False),
        bars=bars,
        rows=np.zeros((0, 6), dtype=np.int32),
        slots=slots,
        template=empty(parts, frame, key),
        constraints=Constraints(
            frozenset(slots),
            pitches_for(parts, lines),
            shifts=False,
            pedal=False,
            longest_rest=max(LONGEST_REST, metre.bar_length / 2),
        ),
        first=0,
        last=sum(1 for _ in frames_of_bars(bars)),
        chords=chord_marks(chords, bars),
        guides=guides_for(controls, parts, slots, key=key, harmony=harmony),
        rates=rates_for(lines),
        home=harmonic_home(tonal_home(frame, key, asked=True), chords, edges),
        heights=heights_for(parts, lines),
        thicknesses=thicknesses_for(parts, slots, controls),
    )


def _key_of_chords(controls: Controls) -> Key | None:
    """The key that the chords which are given are in; None where there are none."""
    given = controls.progression
    if given is None:
        return None
    tones = [tone for bar in given.bars for symbol in bar if symbol for tone in symbol.tones]
    return estimate_key(Score((Part("chords", tuple(Note(0.0, 1.0, 60 + tone, 80) for tone in tones)),)))


def _drawn_key(controls: Controls, seed: int) -> Key:
    """A key by chance: minor where a dark mood is asked for, major where a bright one is."""
    chance = random.Random(seed)
    tonic = chance.choice((0, 2, 4, 5, 7, 9, 10))
    dark = chance.random() < 0.4 if controls.valence in (None, 2) else controls.valence < 2
    return Key(0.0, tonic, "minor" if dark else "major")


def infill(phrase: Score, controls: Controls, span: tuple[int, int] | None) -> Sheet:
    """Bars `span` (from 0, the last left out) of a phrase anew, in all parts or in the roles asked for.

    What the phrase has there is not read, but by the parts that stay. Raises BandmateError.
    """
    given = with_notes(phrase)
    edges = lines_of(given)
    first, last = _checked(span, len(edges) - 1)
    asked = controls.asked_roles([part.role for part in given.parts])
    new = [part.role in asked for part in given.parts]
    if not any(new):
        raise BandmateError(f"no part of the phrase is {controls.roles}; leave roles out", "bad_value")
    begin = max(0, first - PREFIX_BARS)
    lines = edges[begin : last + SUFFIX_BARS + 1]
    window = given.excerpt(lines[0], lines[-1])
    edges = [line - lines[0] for line in lines]
    if all(new):
        return _gap(window, controls, edges, first - begin, last - begin)
    return _gap_among(window, controls, edges, new, first - begin, last - begin)


def _checked(span: tuple[int, int] | None, bars: int) -> tuple[int, int]:
    if span is None or not 0 <= span[0] < span[1] <= bars:
        asked = "none" if span is None else f"{span[0] + 1} to {span[1]}"
        raise BandmateError(
            f"bars to fill: {asked}, of a phrase of {bars}; say where the gap is, like 5-8", "bad_value"
        )
    return span


def _gap(window: Score, controls: Controls, edges: Sequence[float], first: int, last: int) -> Sheet:
    """All parts of bars [first, last) of a window between bar lines `edges`, the later bars read ahead."""
    parts, slots = list(window.parts), assign_slots(window.parts)
    before = window.excerpt(0.0, edges[first])
    after = window.excerpt(edges[last], edges[-1])
    around = _around(window, edges[first], edges[last])
    if around.note_count == 0:
        raise BandmateError("there are no notes around the gap to go by; use generate", "silent")
    free, key = plays_freely(window), key_of(around, controls)
    suffix: list[int] = []
    if after.note_count:
        suffix = encode_body(rows_of(after, slots, free=free), bars_of(after, edges[-1] - edges[last])).tokens
    lines = [PartLine(slot, program=part.program) for part, slot in zip(parts, slots, strict=True)]
    bars = bars_of(window, edges[last])
    chords, harmony = harmony_of(window, controls, edges[: last + 1], detect=False)
    frames = list(frames_of_bars(bars))
    start = sum(frame.start < round(edges[first] * v.TICKS_PER_BEAT) for frame in frames)
    rates = onset_rates(around, slots, edges[-1] - (edges[last] - edges[first]))
    return Sheet(
        header=replace(header_for(window, controls, lines, key), suffix=tuple(suffix)),
        bars=bars,
        rows=rows_of(before, slots, free=free),
        slots=slots,
        template=_gap_template(window, parts, edges[first], edges[-1], key),
        constraints=Constraints(
            frozenset(slots), pitches_near(around.parts, slots), shifts=free, pedal=False, longest_rest=2.0
        ),
        first=start,
        last=len(frames),
        chords=chord_marks(chords, bars),
        guides=guides_for(controls, parts, slots, key=key, harmony=harmony, phrase=around),
        rates=rates,
        home=home_going_on(around, key, asked=controls.asked_key is not None),
    )


def _gap_among(
    window: Score, controls: Controls, edges: Sequence[float], new: Sequence[bool], first: int, last: int
) -> Sheet:
    """Some parts of bars [first, last) of a window, while the others play on."""
    slots = assign_slots(window.parts)
    parts = [part for part, wanted in zip(window.parts, new, strict=True) if wanted]
    mine = [slot for slot, wanted in zip(slots, new, strict=True) if wanted]
    lines = [
        PartLine(slot, player=not wanted, program=part.program)
        for part, slot, wanted in zip(window.parts, slots, new, strict=True)
    ]
    around = _around(window, edges[first], edges[last])
    free, key = plays_freely(window), key_of(window, controls)
    bars = bars_of(window, edges[-1])
    rows = rows_of(window, slots, free=free)
    gap = (rows[:, 0] >= round(edges[first] * v.TICKS_PER_BEAT)) & (
        rows[:, 0] < round(edges[last] * v.TICKS_PER_BEAT)
    )
    chords, harmony = harmony_of(window, controls, edges, detect=False)
    starts = [frame.start for frame in frames_of_bars(bars)]
    rates = onset_rates(around, slots, edges[-1] - (edges[last] - edges[first]))
    lag = INFILL_LAG if controls.lag is None else controls.lag
    return Sheet(
        header=header_for(window, controls, lines, key, lag=lag),
        bars=bars,
        rows=rows[~(gap & np.isin(rows[:, 1], mine))],
        slots=mine,
        template=_gap_template(window, parts, edges[first], edges[-1], key),
        constraints=Constraints(
            frozenset(slots), pitches_near(around.parts, slots), shifts=free, pedal=False
        ),
        first=sum(start < round(edges[first] * v.TICKS_PER_BEAT) for start in starts),
        last=sum(start < round(edges[last] * v.TICKS_PER_BEAT) for start in starts),
        chords=chord_marks(chords, bars),
        guides=guides_for(controls, parts, mine, key=key, harmony=harmony, phrase=around),
        rates={slot: rate for slot, rate in rates.items() if slot in mine},
        home=home_going_on(window, key, asked=controls.asked_key is not None),
    )


def _around(window: Score, start: float, end: float) -> Score:
    """A window without what begins in [start, end)."""
    parts = (
        replace(part, notes=tuple(note for note in part.notes if not start <= note.start < end))
        for part in window.parts
    )
    return replace(window, parts=tuple(parts))


def _gap_template(window: Score, parts: Sequence[Part], start: float, end: float, key: Key | None) -> Score:
    cut = window.excerpt(start, end)
    return empty(parts, cut, key)
