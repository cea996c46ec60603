"""Live's numbers and names -> ours: times, tempi, metres, scales; each is checked."""

from __future__ import annotations

from math import isfinite

from ..score import Key, Metre
from .tree import Node, bad_file

MOST_BEATS = 100_000_000.0
"""What a time may be; the point before all others stands at -63,072,000."""
SLOWEST, FASTEST = 1.0, 2000.0  # bpm that are believed; Live's own go from 20 to 999
METRE_CODES = 99
"""A metre's code is its numerator - 1, and this many for each doubling of the denominator."""

MAJOR = ("Major", "Mixolydian", "Lydian", "Major Pentatonic", "Harmonic Major", "Lydian Augmented")
MINOR = ("Minor", "Dorian", "Phrygian", "Minor Blues", "Minor Pentatonic", "Harmonic Minor", "Melodic Minor")
SCALES = (
    "Major",
    "Minor",
    "Dorian",
    "Mixolydian",
    "Lydian",
    "Phrygian",
    "Locrian",
    "Whole Tone",
    "Half-whole Dim.",
    "Whole-half Dim.",
    "Minor Blues",
    "Minor Pentatonic",
    "Major Pentatonic",
    "Harmonic Minor",
    "Harmonic Major",
    "Dorian #4",
    "Phrygian Dominant",
    "Melodic Minor",
    "Lydian Augmented",
)
"""Live 12 writes a scale's number, earlier ones its name. Those behind these have no key of ours."""


def number(text: str | None, what: str, low: float = -MOST_BEATS, high: float = MOST_BEATS) -> float:
    """A number that stands where one must. BandmateError ("bad_file") where it does not."""
    try:
        value = float(text if text is not None else "")
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and low <= value <= high):
        told = "missing" if text is None else repr(text[:40])
        raise bad_file(f"the Live set is damaged: {what} is {told}; save it again in Live")
    return value


def bpm_of(text: str | None) -> float:
    return number(text, "a tempo", SLOWEST, FASTEST)


def metre_of(code: str | None, beat: float) -> Metre:
    """The metre that Live's number stands for: 201 is 4/4. BandmateError ("bad_file") where it is none."""
    doublings, numerator = divmod(int(number(code, "a time signature", 0, 5 * METRE_CODES - 1)), METRE_CODES)
    return Metre(beat, numerator + 1, 2**doublings)


def key_of(scale: Node | None) -> Key | None:
    """The set's scale as a key; None for rare scales, and for C Major, which an untouched set says."""
    if scale is None:
        return None
    name = scale.value("Name") or ""
    if name.isdecimal():
        name = SCALES[int(name)] if len(name) < 4 and int(name) < len(SCALES) else ""
    root = scale.value("Root") or scale.value("RootNote")
    if name not in MAJOR + MINOR or root is None:
        return None
    tonic = int(number(root, "a scale's root", 0, 11))
    if tonic == 0 and name == "Major":
        return None
    return Key(0.0, tonic, "major" if name in MAJOR else "minor")
