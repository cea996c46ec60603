"""How keys of the keyboard are written: names along the line of fifths, staff places of drums, clefs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bandmate_models.score import Key, Role

_STEPS = "FCGDAEB"
_FLATTEST = -3  # fifths from the major key's tonic to the flattest name that is used: Eb in C


class Spelled(NamedTuple):
    """A note's name: "C" to "B", alteration in semitones, octave (middle C is in 4)."""

    step: str
    alter: int
    octave: int


class Clef(NamedTuple):
    """The sign, its line from below, and octaves by which what it shows sounds away from what is written."""

    sign: str
    line: int
    octave: int = 0


class Stroke(NamedTuple):
    """Where a drum stands on its staff, and its head ("" is the round one)."""

    step: str
    octave: int
    head: str = ""


def fifths(key: Key | None) -> int:
    """Sharps of a key, flats below 0; C major where there is no key."""
    if key is None:
        return 0
    tonic = key.tonic if key.mode == "major" else key.tonic + 3
    return (tonic * 7 + 5) % 12 - 5


def spelled(pitch: int, key: Key | None) -> Spelled:
    """The name that fits the key: its own notes, then raised ones up to the fifth, else lowered ones."""
    first = fifths(key) + _FLATTEST
    place = first + (pitch * 7 - first) % 12
    alter, step = (place + 1) // 7, _STEPS[(place + 1) % 7]
    return Spelled(step, alter, (pitch - alter) // 12 - 1)


def clef_of(pitches: Sequence[int], role: Role) -> Clef:
    """By register; guitars and basses read an octave above what sounds."""
    middle = sum(pitches) / len(pitches) if pitches else 60.0
    if role == "guitar":
        return Clef("G", 2, -1)
    if middle < 44 or role == "bass":
        return Clef("F", 4, -1)
    if middle < 57:
        return Clef("F", 4)
    return Clef("G", 2, 1) if middle > 88 else Clef("G", 2)


FEET = frozenset((35, 36, 44))
"""Drums that are written as a second voice, stems down."""

_STROKES = {
    **dict.fromkeys((35, 36), Stroke("F", 4)),
    **dict.fromkeys((38, 40, 39), Stroke("C", 5)),
    37: Stroke("C", 5, "x"),
    **dict.fromkeys((41, 43), Stroke("A", 4)),
    **dict.fromkeys((45, 47), Stroke("D", 5)),
    **dict.fromkeys((48, 50), Stroke("E", 5)),
    42: Stroke("G", 5, "x"),
    46: Stroke("G", 5, "circle-x"),
    44: Stroke("D", 4, "x"),
    **dict.fromkeys((51, 59, 53), Stroke("F", 5, "x")),
    **dict.fromkeys((49, 57, 52, 55), Stroke("A", 5, "x")),
    56: Stroke("E", 5, "triangle"),
}


def stroke_of(key: int) -> Stroke:
    """The usual place of a General MIDI drum; others stand on the middle line with a cross."""
    return _STROKES.get(key, Stroke("B", 4, "x"))
