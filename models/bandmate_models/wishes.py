"""How the values of controls are written: numbers, on or off, role by role, ranges, metres, forms."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple, TypeVar

from .errors import BandmateError
from .score import ROLES, Metre, Role
from .vocabulary import METRES, SLOTS
from .word_table import MOODS

T = TypeVar("T")

PerRole = dict[Role | None, T]
"""A value for each role that is named; under None the value of all others."""

_NOTE = re.compile(r"([a-g])(#|b|♯|♭)?(-?\d+)|(\d+)", re.IGNORECASE)
_RANGE = re.compile(r"([a-g][#b♯♭]?-?\d+|\d+)\s*(?:-|–|\.\.|to)\s*([a-g][#b♯♭]?-?\d+|\d+)", re.IGNORECASE)
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SHARPS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
_FORM = re.compile(r"([A-Za-z]['′]*(?:\s*[A-Za-z]['′]*)*)\s*(?::\s*(\d+))?")
SECTION_BARS = 8
"""Bars of a form's section where none are given."""
LONGEST_FORM = 256


class Range(NamedTuple):
    """Smallest and largest value of a number, and what it is in words."""

    low: float
    high: float
    doc: str


class Section(NamedTuple):
    """One section of a song form: its letter, and how often that letter has stood before it."""

    letter: str
    bars: int
    repeat: int


def bad(sentence: str) -> BandmateError:
    return BandmateError(" ".join(sentence.split()), "bad_value")


def nearest(word: str, known: Collection[str]) -> str:
    """ "did you mean X?", or what is known where nothing is near."""
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def truth(name: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text in ("1", "1.0", "true", "yes", "on"):
        return True
    if text in ("0", "0.0", "false", "no", "off"):
        return False
    raise bad(f"{name} is on or off, not {value!r}")


def number(name: str, value: object, limits: Range, *, whole: bool) -> int | float:
    try:
        read = float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        read = math.nan
    if not math.isfinite(read) or not limits.low <= read <= limits.high or (whole and read != int(read)):
        kind = "a whole number" if whole else "a number"
        raise bad(f"{name} must be {kind} from {_plain(limits.low)} to {_plain(limits.high)}, not {value}")
    return int(read) if whole else read


def _plain(value: float) -> str:
    """A limit as people write it."""
    return str(int(value)) if value == int(value) else f"{value:g}"


def text_of(name: str, value: object) -> str:
    """A value as trimmed text; a whole float as it is written without its point."""
    text = f"{value:g}" if isinstance(value, float) else str(value).strip()
    if not text:
        raise bad(f"{name} is empty; leave it out or say something")
    return text


def choice(name: str, value: object, known: Collection[str]) -> str:
    text = text_of(name, value).lower()
    if text not in known:
        raise bad(f"there is no {name} {text!r}; {nearest(text, known)}")
    return text


def role_of(name: str, text: str) -> Role:
    for role in ROLES:
        if role == text.strip().lower():
            return role
    raise bad(f"{name}: there is no role {text.strip()!r}; {nearest(text.strip().lower(), ROLES)}")


def role_list(text: str) -> list[tuple[Role, bool]]:
    """ "bass,drums", or "-drums" or "no drums": each role, and whether it is wanted.

    A role may stand once for each slot that it has. Raises BandmateError ("bad_value").
    """
    listed = []
    for item in text.split(","):
        role = re.sub(r"^\s*(-|no\s)", "", item)
        listed.append((role_of("roles", role), role == item))
    for role in ROLES:
        most = sum(role == slot for slot, _ in SLOTS)
        if sum(role == other and wanted for other, wanted in listed) > most:
            raise bad(f"roles: at most {most} parts can be {role}")
    return listed


def _items(name: str, text: str) -> list[tuple[Role | None, str]]:
    """ "5" or "5,drums:6,bass:2" as its values, each with its role."""
    items: list[tuple[Role | None, str]] = []
    for item in text.split(","):
        role, colon, value = item.rpartition(":")
        named = role_of(name, role) if colon else None
        if any(named == other for other, _ in items):
            raise bad(f"{name} is given twice for {named or 'all parts'}")
        items.append((named, value.strip()))
    return items


def numbers_by_role(name: str, text: str, limits: Range) -> PerRole[int]:
    """ "5", "drums:5,bass:2" or both: whole numbers. Raises BandmateError ("bad_value")."""
    return {role: int(number(name, value, limits, whole=True)) for role, value in _items(name, text)}


def pitch_of(text: str) -> int:
    """MIDI pitch of a name such as "C4" (60), "F#3", "Bb-1", or of a number. Raises BandmateError."""
    match = _NOTE.fullmatch(text.strip())
    if match is None:
        raise bad(f"{text!r} is no note; write it like C4, F#3 or Bb2")
    letter, accidental, octave, plain = match.groups()
    pitch = (
        int(plain) if plain else _STEPS[letter.lower()] + _SHARPS.get(accidental, 0) + 12 * int(octave) + 12
    )
    if not 0 <= pitch <= 127:
        raise bad(f"{text!r} is off the keyboard, which goes from C-1 to G9")
    return pitch


def ranges_by_role(text: str) -> PerRole[tuple[int, int]]:
    """ "C2-C5" or "bass:E1-G3,melody:C4-C6": lowest and highest pitch, both inside."""
    ranges: PerRole[tuple[int, int]] = {}
    for role, value in _items("range", text):
        match = _RANGE.fullmatch(value)
        if match is None:
            raise bad(f"range: {value!r} is no range; write it like C2-C5 or bass:E1-G3")
        low, high = pitch_of(match[1]), pitch_of(match[2])
        if low > high:
            raise bad(f"range: {value!r} goes down; write the lower note first")
        ranges[role] = low, high
    return ranges


def metre_of(text: str) -> Metre:
    """A metre such as "3/4" or "6/8", from beat 0. Raises BandmateError ("bad_value")."""
    match = re.fullmatch(r"(\d{1,2})\s*/\s*(\d{1,2})", text.strip())
    if match is None or (int(match[1]), int(match[2])) not in METRES:
        raise bad(f"metre must be 1 to 16 beats over 2, 4, 8 or 16, like 3/4, not {text!r}")
    return Metre(0.0, int(match[1]), int(match[2]))


def sections_of(text: str) -> list[Section]:
    """ "AABA:8" as its sections, each of 8 bars. Raises BandmateError ("bad_value")."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise bad(f"form must be letters and the bars of a section, like AABA:8, not {text!r}")
    letters = re.findall("[A-Z]", match[1].upper())
    bars = int(match[2] or SECTION_BARS)
    if bars < 1 or bars * len(letters) > LONGEST_FORM:
        raise bad(f"form {text!r} has {bars * len(letters)} bars; it may have 1 to {LONGEST_FORM}")
    return [Section(letter, bars, letters[:at].count(letter)) for at, letter in enumerate(letters)]


def valence_and_arousal(text: str) -> tuple[int, int]:
    """Valence and arousal, 0-4 each, of a mood's word or of "3,1". Raises BandmateError ("bad_value")."""
    numbers = re.fullmatch(r"([0-4])\s*,\s*([0-4])", text.strip())
    if numbers is not None:
        return int(numbers[1]), int(numbers[2])
    if text.strip().lower() not in MOODS:
        hint = nearest(text.strip().lower(), MOODS)
        raise bad(f"there is no mood {text!r} (it is a word, or valence and arousal like 3,1); {hint}")
    return MOODS[text.strip().lower()]


def for_role(values: Mapping[Role | None, T], role: Role) -> T | None:
    """What is asked of a role: its own value, else that of all, else None."""
    return values[role] if role in values else values.get(None)
