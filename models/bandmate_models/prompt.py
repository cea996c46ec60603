"""A phrase as a prompt: header, body, and what the answer's grammar needs to know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import vocabulary as v
from .attributes import attributes_of
from .chord_symbols import bar_lines
from .chords import ChordChange, chords_of
from .controls import Controls
from .encoding import Header, PartLine, chord_marks, encode_body, has_flat_dynamics, plays_freely, rows_of
from .errors import BandmateError
from .frames import bars_of, frames_of_bars, in_order
from .grammar import Constraints, Grammar
from .guides import Guide
from .guides.asked import asked_guides
from .guides.pitches import Harmony
from .harmony import estimate_key
from .opening import Opening
from .reading import Reader
from .score import Metre, Part, Score, Tempo
from .slots import assign_slots
from .steering import Steering, asked_heights, asked_rates, onset_rates
from .tonal_home import home_going_on
from .wishes import for_role

LONGEST_REST = 2.0
"""Beats (or half a bar, where that is more) for which all parts of an answer may rest together."""
RING_OVER = 0.25
"""Beats that a last note may ring past a bar line without opening another bar."""
REGISTER_MARGIN = 12
"""Semitones that an answer may go beyond the range of the phrase, part by part."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told of a phrase.

    `end` is the beat of the bar line at which the answer starts, in the phrase's last `tempo` and `metre`.

    `body` ends with the bar token of the answer's first bar, so that nothing is added to the phrase itself.
    """

    phrase: Score
    header: list[int]
    body: list[int]
    bars: list[int]
    slots: list[int]
    end: float
    tempo: Tempo
    metre: Metre
    next_bar: int
    constraints: Constraints
    guides: tuple[Guide, ...]
    chords: Mapping[int, int]
    """The chord token of each frame of phrase and answer that has one, by its first tick."""
    rates: dict[int, float]
    home: dict[int, float]
    heights: dict[int, float]
    """What the answer is steered to (see steering.Steering)."""

    def grammar(self, bars: int) -> Grammar:
        """The grammar of an answer of `bars` bars, standing where the prompt ends."""
        reader = Reader()
        for token in (*self.header, *self.body):
            reader.feed(token)
        frames = list(frames_of_bars([*self.bars, *[self.next_bar] * (bars + 1)]))
        upcoming = list(in_order(frames, None))[reader.heard["m"] :]
        return Grammar(reader, upcoming, self.constraints, self.guides, sounds_until=self.phrase.end)

    def opening(self, bars: int) -> Opening:
        """The same as an opening of so many bars, each frame of which is to be written."""
        frames = list(frames_of_bars([*self.bars, *[self.next_bar] * bars]))
        answer = frames[sum(1 for _ in frames_of_bars(self.bars)) :]
        told = [
            [frame.marker("m"), *([self.chords[frame.start]] if frame.start in self.chords else [])]
            for frame in answer
        ]
        runs = [
            ([frame.bar_token] if frame.bar_token is not None else []) + tokens
            for frame, tokens in zip(answer[1:], told[1:], strict=True)
        ]
        grammar = self.grammar(bars)
        for token in told[0]:
            grammar.advance(token)
        opens = [frame.bar_token is not None for frame in answer]
        return Opening(self.header, [*self.body, *told[0]], [*runs, [v.EOS]], opens, grammar)

    def steering(self) -> Steering:
        return Steering(self.rates, self.home, self.heights)


def last_bar_line(phrase: Score) -> float:
    """Beat of the bar line at which a phrase ends: the first that no note passes by more than RING_OVER."""
    onsets = max(note.start for part in phrase.parts for note in part.notes)
    until = max(phrase.end - RING_OVER, onsets + 1e-6)
    return max((bar.end for bar in phrase.bars(until)), default=0.0)


def prompt_of(phrase: Score, controls: Controls, *, until: float | None = None) -> Prompt:
    """The prompt that asks for a phrase to be continued from its last bar line (or from beat `until`).

    Raises BandmateError (code "silent") when the phrase has no notes.
    """
    if phrase.note_count == 0:
        raise BandmateError("there are no notes in the phrase; play or give at least one", "silent")
    end = last_bar_line(phrase) if until is None else until
    slots = assign_slots(phrase.parts)
    free = plays_freely(phrase)
    asked = controls.asked_key
    pitched = any(part.notes and not part.is_drums for part in phrase.parts)
    key = (asked or phrase.key_at(end) or estimate_key(phrase)) if pitched else None
    before_end = max(end - 1e-6, 0.0)
    tempo, metre = phrase.tempo_at(before_end), phrase.metre_at(before_end)
    playing = [(part, slot) for part, slot in zip(phrase.parts, slots, strict=True) if part.notes]
    roles = {slot: part.role for part, slot in playing}
    header = Header(
        parts=tuple(_line(part, slot, controls) for part, slot in _once(playing)),
        free_timing=free,
        bpm=tempo.bpm,
        key=(key.tonic, key.mode) if key else None,
        genre=controls.genre,
        valence=controls.valence,
        arousal=controls.arousal,
        swing=controls.swing,
    )
    bars = bars_of(phrase, end)
    given, locked = _harmony(phrase, controls, end, metre)
    chords = chord_marks(given, [*bars, *_bars_after(metre, controls.bars)])
    body = encode_body(rows_of(phrase, slots, free=free), bars, chords=chords)
    ticks = v.metre_ticks(metre.numerator, metre.denominator)
    next_bars = v.bar_tokens(metre.numerator, metre.denominator, ticks)
    if len(next_bars) != 1:
        raise BandmateError(
            f"{metre.numerator}/{metre.denominator} is longer than the model's bars; use a shorter metre",
            "bad_metre",
        )
    pitches: dict[int, NDArray[np.bool_]] = {}
    for part, slot in playing:
        allowed = pitches.get(slot, np.zeros(128, dtype=bool))
        played = [note.pitch for note in part.notes]
        if part.is_drums:
            allowed[sorted(set(played) | _COMMON_DRUMS)] = True
        else:
            allowed[max(0, min(played) - REGISTER_MARGIN) : max(played) + REGISTER_MARGIN + 1] = True
        pitches[slot] = allowed
    constraints = Constraints(
        slots=frozenset(pitches),
        pitches=pitches,
        flat=frozenset(slot for part, slot in playing if has_flat_dynamics(part)),
        shifts=free,
        longest_rest=max(LONGEST_REST, metre.bar_length / 2),
        pedal=any(c.kind == "cc" and c.number == 64 for part, _ in playing for c in part.controls),
    )
    keys = (key._replace(beat=0.0),) if key else ()
    return Prompt(
        phrase=phrase,
        header=header.tokens(),
        body=[*body.tokens, next_bars[0]],
        bars=bars,
        slots=slots,
        end=end,
        tempo=tempo,
        metre=metre,
        next_bar=next_bars[0],
        constraints=constraints,
        guides=tuple(asked_guides(controls, roles, keys=keys, harmony=locked, phrase=phrase)),
        chords=chords,
        rates=asked_rates(onset_rates(phrase, slots, end), controls.densities(), roles),
        home=home_going_on(phrase, key, asked=asked is not None),
        heights=asked_heights(controls.registers(), roles),
    )


def _bars_after(metre: Metre, count: int) -> list[int]:
    ticks = v.metre_ticks(metre.numerator, metre.denominator)
    return v.bar_tokens(metre.numerator, metre.denominator, ticks) * count


def _harmony(
    phrase: Score, controls: Controls, end: float, metre: Metre
) -> tuple[list[ChordChange], Harmony]:
    """Chords for the model and for a lock: those given for the answer, or those of the phrase's last bars.

    Without given chords a lock goes on with the phrase's own, bar by bar from its first.
    """
    asked = controls.progression
    if asked is None and not controls.chord_lock:
        return [], []
    lines = bar_lines(metre, controls.bars, end)
    if asked is not None:
        symbols = asked.changes(lines)
        return [*chords_of(phrase, end), *asked.chords(lines)], [(beat, symbol) for beat, symbol in symbols]
    own = chords_of(phrase, end)
    if not own or end <= 0:
        return [], []
    again = [
        ChordChange(change.beat + end * turn, change.chord)
        for turn in range(1 + math.ceil(controls.bars * metre.bar_length / end))
        for change in own
    ]
    return again, [(beat, chord) for beat, chord in again]


def _line(part: Part, slot: int, controls: Controls) -> PartLine:
    """A part's header line: as asked, or as dense, as full, as high and as loud as it is."""
    attributes = attributes_of(part)
    assert attributes is not None
    density = for_role(controls.densities(), part.role)
    register = for_role(controls.registers(), part.role)
    loudness = for_role(controls.loudnesses(), part.role)
    if loudness is None and not has_flat_dynamics(part):
        loudness = attributes.loudness
    return PartLine(
        slot,
        program=part.program,
        density=attributes.density if density is None else density,
        polyphony=attributes.polyphony,
        register=attributes.register if register is None else register,
        loudness=loudness,
    )


_COMMON_DRUMS = frozenset((36, 38, 42, 44, 46, 49, 51, 43, 45, 47, 48, 50, 57))


def _once(playing: list) -> list:  # type: ignore[type-arg]
    """The first part of each slot: parts that share one are declared once."""
    return list({slot: (part, slot) for part, slot in reversed(playing)}.values())[::-1]
