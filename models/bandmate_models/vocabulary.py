"""The token ids of format 1 as one table. `docs/format.md` is the prose; this is the law."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .score import ROLES, Role

FORMAT_VERSION = 1

TICKS_PER_BEAT = 12
SHIFTS_PER_TICK = 4
GRID = TICKS_PER_BEAT * SHIFTS_PER_TICK
"""Onset positions in a beat: 12 ticks, each with a micro-shift of -2, -1, 0 or +1 quarter ticks."""

SLOTS: tuple[tuple[Role, int], ...] = tuple(
    (role, index) for role, count in zip(ROLES, (4, 4, 3, 2, 2, 5, 4), strict=True) for index in range(count)
)
"""Part slots: (role, which of that role), 24 in all."""
DRUM_SLOTS = frozenset(i for i, (role, _) in enumerate(SLOTS) if role == "drums")

DURATIONS: tuple[int, ...] = (
    *range(1, 13),
    15,
    16,
    18,
    20,
    21,
    24,
    30,
    36,
    42,
    48,
    60,
    72,
    84,
    96,
    120,
    144,
    192,
)
"""Durations in ticks that one token holds; others are LONG beats plus 1 to 12 ticks."""
DURATION_INDEX = {ticks: index for index, ticks in enumerate(DURATIONS)}
DRUM_TICKS = 3
"""A drum hit has no length of its own; it is written as a sixteenth."""

LOUDNESS_STEPS = 8
VELOCITIES: tuple[int, ...] = (80, 16, 32, 48, 64, 80, 96, 112, 124)
"""Velocity of each bin; bin 0 is "unknown" (a source with flat dynamics) and sounds as 80."""

LAGS: tuple[int, ...] = tuple(range(-4, 5))
METRES: tuple[tuple[int, int], ...] = tuple((n, d) for d in (2, 4, 8, 16) for n in range(1, 17))
ODD_BAR_TICKS = 48
LONGS = 16
MAX_BEAT_INDEX = 24
CHORD_QUALITIES: tuple[str, ...] = (
    "maj", "min", "dim", "aug", "7", "maj7", "min7", "m7b5", "dim7", "sus4", "5",
)  # fmt: skip
GENRES: tuple[str, ...] = (
    "pop", "rock", "metal", "jazz", "blues", "funk", "latin", "electronic", "ambient", "country", "folk",
    "classical", "romantic", "hymn", "film", "game",
)  # fmt: skip
SPECIALS: tuple[str, ...] = (
    "PAD", "BOS", "START", "EOS", "SUFFIX", "GAP", "GRID_TIMING", "FREE_TIMING",
    "PEDAL_DOWN", "PEDAL_UP",
)  # fmt: skip

TEMPO_LOWEST = 30.0
TEMPO_STEPS_PER_OCTAVE = 12


class Field(NamedTuple):
    """A run of ids that mean one thing."""

    name: str
    size: int


FIELDS: tuple[Field, ...] = (
    Field("special", 16),
    Field("lag", len(LAGS)),
    Field("tempo", 42),
    Field("key", 24),
    Field("genre", len(GENRES)),
    Field("valence", 5),
    Field("arousal", 5),
    Field("part_m", len(SLOTS)),
    Field("part_u", len(SLOTS)),
    Field("program", 128),
    Field("density", 8),
    Field("polyphony", 6),
    Field("register", 8),
    Field("loudness", LOUDNESS_STEPS),
    Field("bar", len(METRES)),
    Field("odd_bar", ODD_BAR_TICKS),
    Field("chord", 1 + 12 * len(CHORD_QUALITIES)),
    Field("frame_m", MAX_BEAT_INDEX),
    Field("frame_u", MAX_BEAT_INDEX),
    Field("cut", TICKS_PER_BEAT),
    Field("onset", len(SLOTS) * TICKS_PER_BEAT),
    Field("shift", 3),
    Field("pitch", 128),
    Field("drum", 128),
    Field("long", LONGS),
    Field("durvel", len(DURATIONS) * len(VELOCITIES)),
    Field("drumvel", len(VELOCITIES)),
    Field("swing", 4),
    Field("distance", 8),
    Field("reserved", 63),
)

SHIFTS: tuple[int, ...] = (-2, -1, 1)


def _layout() -> tuple[dict[str, int], int]:
    bases, total = {}, 0
    for field in FIELDS:
        bases[field.name] = total
        total += field.size
    return bases, total


BASE, SIZE = _layout()
"""First id of each field, and the number of ids."""

PAD, BOS, START, EOS, SUFFIX, GAP, GRID_TIMING, FREE_TIMING, PEDAL_DOWN, PEDAL_UP = range(len(SPECIALS))

_FIELD_OF: tuple[str, ...] = tuple(field.name for field in FIELDS for _ in range(field.size))


def field_of(token: int) -> str:
    """Name of the field that `token` belongs to."""
    return _FIELD_OF[token]


def ids(name: str) -> range:
    """All ids of one field."""
    size = next(field.size for field in FIELDS if field.name == name)
    return range(BASE[name], BASE[name] + size)


def span(first: str, last: str | None = None) -> slice:
    """The ids of a field, or from one to another that follows it, as a slice of the whole vocabulary."""
    return slice(BASE[first], ids(first if last is None else last).stop)


def onset(slot: int, tick: int) -> int:
    return BASE["onset"] + slot * TICKS_PER_BEAT + tick


def duration_velocity(duration_index: int, velocity_bin: int) -> int:
    return BASE["durvel"] + duration_index * len(VELOCITIES) + velocity_bin


def velocity_bin(velocity: int) -> int:
    """Bin 1-8 of a MIDI velocity 1-127."""
    return min(LOUDNESS_STEPS, max(1, (velocity + 8) // 16))


def tempo_token(bpm: float) -> int:
    """Tempo in semitones above 30 quarter notes per minute, clamped to the table (30-320)."""
    step = round(TEMPO_STEPS_PER_OCTAVE * math.log2(max(bpm, 1.0) / TEMPO_LOWEST))
    return BASE["tempo"] + min(41, max(0, step))


def tempo_of(token: int) -> float:
    """Quarter notes per minute of a tempo token."""
    return TEMPO_LOWEST * math.pow(2.0, (token - BASE["tempo"]) / TEMPO_STEPS_PER_OCTAVE)


def key_token(tonic: int, mode: str) -> int:
    return BASE["key"] + tonic + (12 if mode == "minor" else 0)


def metre_ticks(numerator: int, denominator: int) -> int:
    """Ticks in one bar of a metre."""
    return numerator * 4 * TICKS_PER_BEAT // denominator


_METRE_BY_NAME = {metre: BASE["bar"] + index for index, metre in enumerate(METRES)}
_METRE_BY_TICKS: dict[int, int] = {}
for _d in (4, 8, 16, 2):
    for _n in range(1, 17):
        _METRE_BY_TICKS.setdefault(metre_ticks(_n, _d), _METRE_BY_NAME[(_n, _d)])


def bar_tokens(numerator: int, denominator: int, ticks: int) -> list[int]:
    """Bar tokens for a bar of `ticks`: its metre where that fits, else one of equal length, else odd bars."""
    named = _METRE_BY_NAME.get((numerator, denominator))
    if named is not None and metre_ticks(numerator, denominator) == ticks:
        return [named]
    if ticks in _METRE_BY_TICKS:
        return [_METRE_BY_TICKS[ticks]]
    whole, rest = divmod(ticks, ODD_BAR_TICKS)
    odd = BASE["odd_bar"] - 1
    return [odd + ODD_BAR_TICKS] * whole + ([odd + rest] if rest else [])


def bar_ticks(token: int) -> int:
    """Length in ticks of the bar that a bar or odd-bar token opens."""
    if token >= BASE["odd_bar"]:
        return token - BASE["odd_bar"] + 1
    return metre_ticks(*METRES[token - BASE["bar"]])


def transposition(semitones: int) -> NDArray[np.uint16]:
    """Map [SIZE] of every id to its id `semitones` higher: pitches, keys and chords move, drums do not.

    A pitch pushed off the keyboard goes back by octaves.
    """
    table = np.arange(SIZE, dtype=np.uint16)
    pitch = np.arange(128) + semitones
    pitch = np.where(pitch > 127, pitch - 12, np.where(pitch < 0, pitch + 12, pitch))
    table[ids("pitch").start : ids("pitch").stop] = BASE["pitch"] + pitch
    tonic = (np.arange(12) + semitones) % 12
    table[BASE["key"] : BASE["key"] + 24] = BASE["key"] + np.concatenate([tonic, tonic + 12])
    chords = np.arange(12 * len(CHORD_QUALITIES))
    moved = (chords // len(CHORD_QUALITIES) + semitones) % 12 * len(CHORD_QUALITIES) + chords % len(
        CHORD_QUALITIES
    )
    table[BASE["chord"] + 1 : BASE["chord"] + 1 + len(chords)] = BASE["chord"] + 1 + moved
    return table


def describe(token: int) -> str:
    """A token in words, for people and error messages."""
    name = field_of(token)
    offset = token - BASE[name]
    if name == "special":
        return SPECIALS[offset] if offset < len(SPECIALS) else f"special {offset}"
    if name == "onset":
        role, index = SLOTS[offset // TICKS_PER_BEAT]
        return f"onset {role}{index + 1} tick {offset % TICKS_PER_BEAT}"
    if name in ("part_m", "part_u"):
        role, index = SLOTS[offset]
        return f"{name} {role}{index + 1}"
    if name == "durvel":
        ticks, loud = DURATIONS[offset // len(VELOCITIES)], offset % len(VELOCITIES)
        return f"durvel {ticks} ticks velocity {VELOCITIES[loud] if loud else 'unknown'}"
    if name == "bar":
        return "bar {}/{}".format(*METRES[offset])
    return f"{name} {offset}"
