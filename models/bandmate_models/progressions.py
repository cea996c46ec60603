"""Chord progressions that a genre's songs are built on, for pieces that begin from nothing."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from .chord_symbols import Progression, symbol_of
from .chords import Chord
from .score import Key

_DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}
_NUMERAL = re.compile(r"(b|#)?(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)")
_SUFFIXES = {
    "": "", "7": "7", "maj7": "maj7", "m7b5": "m7b5", "dim7": "dim7", "o": "dim", "sus4": "sus4", "5": "5",
}  # fmt: skip


class Way(NamedTuple):
    """Progressions for a major and a minor key, bar by bar, in roman numerals; small letters are minor."""

    major: tuple[str, ...]
    minor: tuple[str, ...]


POP = Way(
    ("I | V | vi | IV", "vi | IV | I | V", "I | vi | IV | V", "I | IV | vi | V", "IV | I | V | vi"),
    ("i | VI | III | VII", "i | iv | VI | V", "i | VII | VI | VII", "VI | VII | i | i"),
)
ROCK = Way(
    ("I | bVII | IV | I", "I | IV | V | IV", "I | V | IV | IV", "I | I | IV | V"),
    ("i | VII | VI | VII", "i | i | III | VII", "i5 | bVII5 | bVI5 | bVII5", "i | iv | i | V"),
)
JAZZ = Way(
    (
        "iim7 | V7 | Imaj7 | VI7",
        "Imaj7 | vi7 | ii7 | V7",
        "iii7 | VI7 | ii7 | V7",
        "Imaj7 | IV7 | iii7 VI7 | ii7 V7",
    ),
    ("iim7b5 | V7 | i7 | i7", "i7 | iv7 | iim7b5 | V7", "i7 | VImaj7 | iim7b5 | V7"),
)
BLUES = Way(
    ("I7 | I7 | I7 | I7 | IV7 | IV7 | I7 | I7 | V7 | IV7 | I7 | V7", "I7 | IV7 | I7 | V7"),
    ("i7 | i7 | i7 | i7 | iv7 | iv7 | i7 | i7 | VI7 | V7 | i7 | V7", "i7 | iv7 | i7 | V7"),
)
FOLK = Way(
    ("I | IV | I | V", "I | I | IV | V", "I | V | IV | I", "I | IV | V | I"),
    ("i | VII | i | VII", "i | VII | VI | V", "i | iv | V | i"),
)
FUNK = Way(("I7 | I7 | IV7 | I7", "I7 | IV7 | I7 | IV7"), ("i7 | i7 | IV7 | IV7", "i7 | i7 | iv7 | V7"))
LATIN = Way(
    ("I | vi | ii7 | V7", "Imaj7 | II7 | ii7 | V7", "I | IV | V | IV"),
    ("i | VII | VI | V", "i7 | iv7 | iim7b5 | V7", "i | iv | V7 | i"),
)
CLASSICAL = Way(
    ("I | V7 | I | IV | V | I", "I | IV | V7 | I", "I | ii | V7 | I", "I | vi | ii | V7"),
    ("i | V7 | i | iv | V | i", "i | iv | V7 | i", "i | VI | iv | V7"),
)
FLOATING = Way(
    ("Imaj7 | IVmaj7", "Imaj7 | iii7 | IVmaj7 | iii7", "IVmaj7 | Imaj7 | vi7 | V"),
    ("i | VI | III | VII", "i7 | VImaj7", "i | iv | i | iv"),
)
BY_GENRE: dict[str, Way] = {
    "pop": POP, "electronic": POP, "game": POP, "rock": ROCK, "metal": ROCK, "jazz": JAZZ, "blues": BLUES,
    "country": FOLK, "folk": FOLK, "funk": FUNK, "latin": LATIN, "classical": CLASSICAL,
    "romantic": CLASSICAL, "hymn": CLASSICAL, "ambient": FLOATING, "film": FLOATING,
}  # fmt: skip
"""Anything else is pop."""


def drawn_progression(genre: str | None, key: Key, seed: int) -> Progression:
    """A progression of a genre in a key; which one is the seed's choice."""
    way = BY_GENRE.get(genre or "", POP)
    choices = way.minor if key.mode == "minor" else way.major
    return in_key(random.Random(seed).choice(choices), key)


def in_key(numerals: str, key: Key) -> Progression:
    """Roman numerals as chords. In a minor key III, VI and VII are those of its natural scale."""
    bars = [tuple(symbol_of(_chord(name, key)) for name in bar.split()) for bar in numerals.split("|")]
    return Progression(tuple(bars))


def _chord(name: str, key: Key) -> Chord:
    match = _NUMERAL.fullmatch(name)
    assert match is not None, name
    accidental, numeral, suffix = match.groups()
    step = _DEGREES[numeral.upper()] + {"b": -1, "#": 1}.get(accidental or "", 0)
    if key.mode == "minor" and numeral in ("III", "VI", "VII") and not accidental:
        step -= 1
    small = numeral.islower()
    quality = _SUFFIXES[suffix.removeprefix("m") if suffix == "m7" else suffix]
    if quality in ("", "7") and small:
        quality = {"": "min", "7": "min7"}[quality]
    return Chord((key.tonic + step) % 12, quality or "maj")
