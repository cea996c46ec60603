"""Which voice each of the 128 General MIDI programs gets, its keys, its level and how it lets go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bandmate_bridge.audio.soundfont.sounds import Voice
from bandmate_bridge.audio.soundfont.voices import (
    bar,
    drawbars,
    ensemble,
    plucked_string,
    rolled,
    struck_string,
    sustained,
    tine,
    vowel,
)


class Tone(NamedTuple):
    """One instrument: its programs, the voice, the keys that are sampled, and its envelope in seconds."""

    name: str
    programs: tuple[int, ...]
    voice: Voice
    roots: tuple[int, ...]
    loudness: float
    attack: float = 0.002
    release: float = 0.2


def _span(*spans: tuple[int, int]) -> tuple[int, ...]:
    """Programs counted from 0, both ends included."""
    return tuple(program for low, high in spans for program in range(low, high + 1))


def _keys(low: int, high: int, step: int) -> tuple[int, ...]:
    return tuple(range(low, high + 1, step))


_SOLO = 18000.0
_DARK = 14000.0
_BELL = ((1.0, 1.0, 1.0), (2.76, 0.45, 0.5), (5.40, 0.3, 0.25), (8.93, 0.15, 0.12))
_VIBES = ((1.0, 1.0, 1.0), (3.98, 0.3, 0.4), (10.2, 0.1, 0.1))
_WOOD = ((1.0, 1.0, 1.0), (3.93, 0.35, 0.35), (9.4, 0.15, 0.12))

TONES: tuple[Tone, ...] = (
    Tone("Piano", _span((0, 3)), struck_string(16000.0, 1.6), _keys(29, 101, 12), 0.20, release=0.22),
    Tone("Electric piano", _span((4, 5)), tine(_DARK, 1.5), _keys(38, 83, 15), 0.20, release=0.15),
    Tone("Harpsichord", (6, 7), plucked_string(_SOLO, 0.9, 0.95, 0.11), _keys(43, 79, 12), 0.16, release=0.1),
    Tone("Bell", (8, 9, 10, 14, 112), bar(_SOLO, 1.1, _BELL), _keys(60, 90, 15), 0.14, release=0.8),
    Tone("Vibraphone", (11, 98), bar(_DARK, 1.4, _VIBES), _keys(53, 83, 15), 0.18, release=0.5),
    Tone("Marimba", (12, 13, 108, 115), bar(_DARK, 0.5, _WOOD), _keys(44, 92, 12), 0.18, release=0.3),
    Tone(
        "Organ",
        _span((16, 20)),
        sustained(
            _SOLO,
            drawbars({1: 1.0, 2: 0.75, 3: 0.5, 4: 0.35, 6: 0.18, 8: 0.2}),
            attack=0.01,
            tremolo=0.05,
            vibrato=4,
        ),
        _keys(34, 94, 12),
        0.14,
        attack=0.008,
        release=0.06,
    ),
    Tone(
        "Accordion",
        (21, 22, 23, 109, 111),
        sustained(_SOLO, rolled(0.55, 2600), attack=0.03, tremolo=0.12),
        _keys(43, 91, 12),
        0.13,
        attack=0.03,
        release=0.08,
    ),
    Tone(
        "Nylon guitar",
        (24, 15, 45, 46, 107),
        plucked_string(_DARK, 1.4, 0.35, 0.23, 0.25),
        _keys(43, 79, 12),
        0.19,
        release=0.15,
    ),
    Tone(
        "Steel guitar",
        (25, 26, 27, 28, 31, *_span((104, 106)), 120),
        plucked_string(_SOLO, 1.4, 0.75, 0.15, 0.1),
        _keys(43, 79, 12),
        0.17,
        release=0.12,
    ),
    Tone(
        "Distortion guitar",
        (29, 30),
        sustained(_SOLO, rolled(0.5, 2300, 0.7), attack=0.02, vibrato=6),
        _keys(40, 76, 12),
        0.13,
        attack=0.004,
        release=0.1,
    ),
    Tone(
        "Bass",
        _span((32, 37)),
        plucked_string(_DARK, 1.3, 0.3, 0.18, 0.9),
        _keys(29, 59, 15),
        0.27,
        release=0.1,
    ),
    Tone(
        "Synth bass",
        (38, 39, 87),
        sustained(_DARK, rolled(0.9, 900), attack=0.05),
        _keys(28, 64, 12),
        0.22,
        attack=0.004,
        release=0.08,
    ),
    Tone(
        "Solo strings",
        (*_span((40, 43)), 110),
        sustained(_SOLO, rolled(0.75, 2800), attack=0.1, vibrato=14, breath=0.02),
        _keys(38, 86, 12),
        0.14,
        attack=0.05,
        release=0.15,
    ),
    Tone(
        "Strings",
        (44, *_span((48, 51))),
        ensemble(_DARK, 16, rolled(0.9, 2400)),
        _keys(36, 92, 11),
        0.14,
        attack=0.11,
        release=0.35,
    ),
    Tone(
        "Timpani",
        (47, 116, 117, 118),
        bar(_DARK, 1.2, ((1.0, 1.0, 1.0), (1.5, 0.4, 0.6), (1.99, 0.3, 0.4))),
        (36, 48, 60),
        0.24,
        release=0.6,
    ),
    Tone(
        "Choir",
        (*_span((52, 54)), 85, 91),
        ensemble(_DARK, 22, vowel((700, 160, 1.0), (1150, 180, 0.5), (2700, 350, 0.18))),
        _keys(43, 79, 9),
        0.14,
        attack=0.12,
        release=0.4,
    ),
    Tone(
        "Brass",
        (55, *_span((56, 63))),
        sustained(_SOLO, rolled(0.45, 1900), attack=0.09, vibrato=5),
        _keys(38, 86, 12),
        0.15,
        attack=0.015,
        release=0.1,
    ),
    Tone(
        "Saxophone",
        (*_span((64, 67)), 69),
        sustained(_SOLO, rolled(0.6, 2300, 0.75), attack=0.06, vibrato=9, breath=0.05),
        _keys(38, 86, 12),
        0.14,
        attack=0.02,
        release=0.09,
    ),
    Tone(
        "Oboe",
        (68, 70),
        sustained(_SOLO, vowel((1100, 500, 1.0), (2800, 500, 0.35)), attack=0.05, vibrato=9, breath=0.02),
        _keys(40, 88, 12),
        0.13,
        attack=0.02,
        release=0.09,
    ),
    Tone(
        "Clarinet",
        (71,),
        sustained(_SOLO, rolled(0.8, 3000, 0.15), attack=0.05, vibrato=3, breath=0.02),
        _keys(44, 92, 12),
        0.14,
        attack=0.02,
        release=0.09,
    ),
    Tone(
        "Flute",
        _span((72, 79)),
        sustained(_SOLO, rolled(1.9, 3500), attack=0.06, vibrato=10, tremolo=0.06, breath=0.09),
        _keys(55, 91, 12),
        0.14,
        attack=0.03,
        release=0.12,
    ),
    Tone(
        "Square lead",
        (80, 82, 83, 86),
        sustained(_SOLO, rolled(1.0, 4500, 0.0), attack=0.01, vibrato=6),
        _keys(40, 88, 12),
        0.13,
        attack=0.006,
        release=0.08,
    ),
    Tone(
        "Saw lead",
        (81, 84),
        sustained(_SOLO, rolled(0.95, 5500), attack=0.03, vibrato=7),
        _keys(40, 88, 12),
        0.13,
        attack=0.006,
        release=0.1,
    ),
    Tone(
        "Pad",
        (*_span((88, 90)), *_span((92, 97)), *_span((99, 103))),
        ensemble(_DARK, 34, rolled(1.15, 1700)),
        _keys(38, 86, 12),
        0.14,
        attack=0.25,
        release=0.7,
    ),
    Tone(
        "Steel drum",
        (114, 113),
        bar(_SOLO, 0.6, ((1.0, 1.0, 1.0), (2.0, 0.6, 0.6), (3.01, 0.25, 0.4))),
        _keys(50, 86, 12),
        0.15,
        release=0.4,
    ),
)

EFFECTS = (
    119,
    *range(121, 128),
)  # reversed cymbal, breath, seashore, bird, telephone, helicopter, applause, gun
KITS = (0, 8, 16, 24, 25, 32, 40, 48)  # the programs of the drum channel; one kit answers to all


def programs_without_tone(tones: Iterable[Tone] = TONES) -> set[int]:
    """Programs that nothing sounds; a bank that is complete has none."""
    return set(range(128)) - {program for tone in tones for program in tone.programs} - set(EFFECTS)
