"""What a musician may ask for: one record that the command line, OSC and the settings share."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal, NamedTuple

from .errors import BandmateError
from .score import Key


class Range(NamedTuple):
    """Smallest and largest value of a number, and what it is in words."""

    low: float
    high: float
    doc: str


RANGES: dict[str, Range] = {
    "bars": Range(1, 256, "bars to write"),
    "takes": Range(1, 16, "different answers"),
    "seed": Range(0, 2**31 - 1, "number that repeats an answer"),
    "temperature": Range(0.0, 2.0, "0 plays safe, 1 as learnt, above 1 adventurous"),
    "top_p": Range(0.05, 1.0, "share of the likely choices that stay in play"),
}
_WHOLE = frozenset(("bars", "takes", "seed"))
_TONICS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_KEY = re.compile(r"([a-g])\s*(#|b|♯|♭|sharp|flat)?\s*(major|maj|minor|min|m)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Controls:
    """The wishes that go with a request; None means "as the phrase has it" or, for the seed, "any"."""

    bars: int = 4
    takes: int = 1
    seed: int | None = None
    temperature: float = 1.0
    top_p: float = 0.95
    key: str | None = None
    scale_lock: bool = False

    @classmethod
    def parse(cls, wishes: Mapping[str, object], base: Controls | None = None) -> Controls:
        """Controls from names and values (text or numbers), on top of `base`.

        Raises BandmateError (code "bad_value") for an unknown name, a wrong type or a number out of range.
        """
        known = {field.name for field in fields(cls)}
        values: dict[str, object] = {}
        for name, value in wishes.items():
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
                raise BandmateError(f"there is no control {name!r}; {hint}", "bad_value")
            if value is not None:
                values[name] = _value(name, value)
        return replace(base or cls(), **values)  # type: ignore[arg-type]

    @property
    def asked_key(self) -> Key | None:
        return None if self.key is None else parse_key(self.key)


def _value(name: str, value: object) -> object:
    if name == "key":
        parse_key(str(value))
        return str(value)
    if name == "scale_lock":
        return _truth(name, value)
    return _number(name, value)


def _truth(name: str, value: object) -> bool:
    text = str(value).lower()
    if text in ("1", "1.0", "true", "yes", "on"):
        return True
    if text in ("0", "0.0", "false", "no", "off"):
        return False
    raise BandmateError(f"{name} is on or off, not {value!r}", "bad_value")


def _number(name: str, value: object) -> int | float:
    low, high, _ = RANGES[name]
    try:
        number = float(value) if isinstance(value, (int, float, str)) else math.nan
    except ValueError:
        number = math.nan
    whole = name in _WHOLE
    if not math.isfinite(number) or not low <= number <= high or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        raise BandmateError(f"{name} must be {kind} from {low:g} to {high:g}, not {value}", "bad_value")
    return int(number) if whole else number


def parse_key(text: str) -> Key:
    """A key from words such as "D minor", "F# major", "Bbm", "c". Raises BandmateError (code "bad_value")."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise BandmateError(f"{text!r} is no key; write it like 'D minor' or 'F# major'", "bad_value")
    letter, accidental, mode = match.groups()
    shift = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}.get((accidental or "").lower(), 0)
    minor: Literal["major", "minor"] = (
        "minor" if mode and (mode == "m" or mode.lower().startswith("min")) else "major"
    )
    return Key(0.0, (_TONICS[letter.lower()] + shift) % 12, minor)


def scale_of(key: Key) -> frozenset[int]:
    """Pitch classes of a key; a minor key has both its sixths and both its sevenths."""
    steps = (0, 2, 3, 5, 7, 8, 9, 10, 11) if key.mode == "minor" else (0, 2, 4, 5, 7, 9, 11)
    return frozenset((key.tonic + step) % 12 for step in steps)
