"""What the sheets of all tasks have in common: bars, maps, harmony, tonal home, header."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from ..chords import ChordChange, chords_of
from ..controls import Controls
from ..encoding import Header, PartLine, plays_freely
from ..errors import BandmateError
from ..guides import Guide
from ..guides.asked import asked_guides
from ..guides.pitches import Harmony
from ..harmony import estimate_key
from ..mood import mood_of
from ..prompt import last_bar_line
from ..score import Key, Part, Score
from ..steering import Target
from .parts import role_of_slots


def with_notes(phrase: Score) -> Score:
    """A phrase without its silent parts. Raises BandmateError (code "silent") when nothing is left."""
    playing = tuple(part for part in phrase.parts if part.notes)
    if not playing:
        raise BandmateError("there are no notes in the phrase; play or give at least one", "silent")
    return replace(phrase, parts=playing)


def lines_of(phrase: Score, until: float | None = None) -> list[float]:
    """Bar lines of a phrase, from beat 0 to the one that ends it (or the first at or after `until`)."""
    bars = list(phrase.bars(last_bar_line(phrase) if until is None else until))
    return [bar.start for bar in bars] + [bars[-1].end]


def key_of(phrase: Score, controls: Controls) -> Key | None:
    """The key asked for, or the phrase's own, or the one it seems to be in."""
    pitched = any(part.notes and not part.is_drums for part in phrase.parts)
    return controls.asked_key or ((phrase.key_at(0.0) or estimate_key(phrase)) if pitched else None)


OFF_CHORD = -0.8
"""Push in nats on a tone of the scale that is not in the bar's chords."""


def harmonic_home(
    home: Mapping[int, float], chords: Sequence[ChordChange], lines: Sequence[float], before: int = 0
) -> Target:
    """A tonal home that leans on the chords of each bar between bar `lines`; `before` bars stand ahead.

    Without chords it is `home` throughout.
    """
    if not chords or not home:
        return home
    beats = [change.beat for change in chords]
    table: list[dict[int, float]] = []
    for start, end in pairwise(lines):
        first = max(0, bisect_right(beats, start + 1e-6) - 1)
        inside = [change.chord for change in chords[first : bisect_left(beats, end - 1e-6)]]
        tones = {tone for chord in inside if chord is not None for tone in chord.tones}
        off = OFF_CHORD if tones else 0.0
        table.append({tone: 0.0 if tone in tones else push + off for tone, push in home.items()})

    def at(bar: int) -> dict[int, float]:
        return table[min(max(bar - before, 0), len(table) - 1)]

    return at


def header_for(
    phrase: Score, controls: Controls, lines: Sequence[PartLine], key: Key | None, *, lag: int | None = None
) -> Header:
    """A header that says of an answer to `phrase` what is asked for."""
    mood = mood_of(phrase) if controls.valence is None or controls.arousal is None else None
    implied = mood.steps if mood and (controls.valence, controls.arousal) != (None, None) else (None, None)
    return Header(
        parts=tuple(lines),
        free_timing=plays_freely(phrase),
        lag=lag,
        bpm=controls.tempo or phrase.tempo_at(0.0).bpm,
        key=(key.tonic, key.mode) if key else None,
        genre=controls.genre,
        valence=implied[0] if controls.valence is None else controls.valence,
        arousal=implied[1] if controls.arousal is None else controls.arousal,
        swing=controls.swing,
    )


def harmony_of(
    phrase: Score, controls: Controls, lines: Sequence[float], *, detect: bool
) -> tuple[list[ChordChange], Harmony]:
    """Chords over bars between `lines`, for the model and for a lock: those given, or those `phrase` plays.

    Both are empty where none are given and they are neither to be detected nor locked.
    """
    given = controls.progression
    if given is not None:
        symbols = given.changes(lines)
        return given.chords(lines), [(beat, symbol) for beat, symbol in symbols]
    if not (detect or controls.chord_lock):
        return [], []
    found = chords_of(phrase, lines[-1])
    return found, [(beat, chord) for beat, chord in found]


def guides_for(
    controls: Controls,
    parts: Sequence[Part],
    slots: Sequence[int],
    *,
    key: Key | None,
    harmony: Harmony = (),
    phrase: Score | None = None,
) -> list[Guide]:
    """The locks that are asked for, on the slots to be written."""
    keys = (key._replace(beat=0.0),) if key else ()
    return asked_guides(controls, role_of_slots(parts, slots), keys=keys, harmony=harmony, phrase=phrase)


def empty(parts: Sequence[Part], like: Score, key: Key | None, tempo: float | None = None) -> Score:
    """A score without notes: these parts, another's maps, a key."""
    tempos = (like.tempos[0]._replace(beat=0.0, bpm=tempo),) if tempo else like.tempos
    return Score(
        parts=tuple(replace(part, notes=(), controls=()) for part in parts),
        tempos=tempos,
        metres=like.metres,
        keys=(key._replace(beat=0.0),) if key else like.keys,
    )
