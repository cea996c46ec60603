"""What a musician may ask for: one record that the command line, OSC and the settings share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

from . import wishes as w
from . import words
from .chord_symbols import Progression, parse_progression
from .score import Key, Metre, Role
from .vocabulary import GENRES
from .wishes import PerRole, Range, Section

RANGES: dict[str, Range] = {
    "bars": Range(1, 256, "bars to write"),
    "takes": Range(1, 16, "different answers"),
    "seed": Range(0, 2**31 - 1, "number that repeats an answer"),
    "temperature": Range(0.0, 2.0, "0 plays safe, 1 as learnt, above 1 adventurous"),
    "top_p": Range(0.05, 1.0, "share of the likely choices that stay in play"),
    "tempo": Range(20, 400, "quarter notes per minute"),
    "valence": Range(0, 4, "0 dark, 4 bright"),
    "arousal": Range(0, 4, "0 calm, 4 excited"),
    "swing": Range(0, 3, "0 straight, 3 hard"),
    "creativity": Range(0.0, 1.0, "how far a variation goes from its phrase"),
    "lag": Range(-4, 4, "beats that an accompaniment follows by; below 0 it looks ahead"),
}
"""Controls that are numbers."""
BY_ROLE: dict[str, Range] = {
    "density": Range(0, 7, "how busy, 0 sparse to 7 dense"),
    "register": Range(0, 7, "how high, 0 low to 7 high"),
    "loudness": Range(0, 7, "how loud, 0 softest to 7 loudest"),
    "polyphony": Range(1, 8, "most notes that a part strikes at once"),
    "programs": Range(0, 127, "General MIDI program, counted from 0"),
}
"""Controls that are whole numbers, for all parts or role by role: "5" or "drums:5,bass:2"."""
TEXTS: dict[str, str] = {
    "key": 'key of the answer, like "D minor"',
    "metre": "time signature, like 3/4",
    "roles": "parts to write, like bass,drums; -drums: all but the drums",
    "genre": f"style: {', '.join(GENRES)}",
    "mood": "a mood's word, like sad, or valence and arousal, like 3,1",
    "range": "lowest and highest note, like C2-C5 or bass:E1-G3",
    "chords": "chord symbols, with bar lines between the bars",
    "form": "song form and the bars of a section, like AABA:8",
    "prompt": 'musical text that sets the others, like "sad waltz in D minor"',
}
SWITCHES: dict[str, str] = {
    "scale_lock": "only notes of the key",
    "chord_lock": "notes begin on tones of the chord, given or detected",
    "rhythm_lock": "notes begin only where the phrase's do in the bar",
}
LONGEST_PROMPT = 500
"""Characters."""
_WHOLE = frozenset(("bars", "takes", "seed", "valence", "arousal", "swing", "lag"))
_TONICS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_KEY = re.compile(r"([a-g])\s*(#|b|♯|♭|sharp|flat)?\s*(major|maj|minor|min|m)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Controls:
    """The wishes that go with a request; None means "as the phrase has it" or, for the seed, "any".

    Texts stay as they were given and methods read them. `parse`, the one entrance, has checked them.
    """

    bars: int = 4
    takes: int = 1
    seed: int | None = None
    temperature: float = 1.0
    top_p: float = 0.95
    key: str | None = None
    scale_lock: bool = False
    tempo: float | None = None
    metre: str | None = None
    roles: str | None = None
    genre: str | None = None
    mood: str | None = None
    valence: int | None = None
    arousal: int | None = None
    density: str | None = None
    register: str | None = None
    loudness: str | None = None
    polyphony: str | None = None
    programs: str | None = None
    range: str | None = None
    chords: str | None = None
    chord_lock: bool = False
    rhythm_lock: bool = False
    swing: int | None = None
    creativity: float | None = None
    form: str | None = None
    lag: int | None = None
    prompt: str | None = None

    @classmethod
    def parse(cls, wishes: Mapping[str, object], base: Controls | None = None) -> Controls:
        """Controls from names and values (text or numbers), on top of `base`.

        A mood sets valence and arousal, a form the bars, and a prompt whatever it speaks of (see words.read),
        unless they are wished for themselves. Raises BandmateError (code "bad_value") for an unknown name, a
        wrong type or a number out of range.
        """
        known = [field.name for field in fields(cls)]
        values: dict[str, object] = {}
        for name, value in wishes.items():
            if name not in known:
                raise w.bad(f"there is no control {name!r}; {w.nearest(name, known)}")
            if value is not None:
                values[name] = _READERS[name](name, value)
        base = base or cls()
        if "prompt" in values:
            base = cls.parse(words.read(str(values["prompt"])).controls, base)
        return replace(base, **{**_implied(values, base), **values})  # type: ignore[arg-type]

    @property
    def asked_key(self) -> Key | None:
        return None if self.key is None else parse_key(self.key)

    @property
    def asked_metre(self) -> Metre | None:
        return None if self.metre is None else w.metre_of(self.metre)

    @property
    def progression(self) -> Progression | None:
        """The chords that are given."""
        return parse_progression(self.chords) if self.chords else None

    @property
    def sections(self) -> list[Section]:
        """The song's sections; none where no form is asked for."""
        return w.sections_of(self.form) if self.form else []

    @property
    def not_understood(self) -> str | None:
        """What the prompt says that means nothing here, as one line; None where all was understood."""
        return words.read(self.prompt).complaint if self.prompt else None

    def asked_roles(self, usual: Sequence[Role]) -> tuple[Role, ...]:
        """The parts to write, a role for each; `usual` are those of a request that names none.

        Roles that are only taken away ("-drums") are taken from `usual`.
        """
        listed = w.role_list(self.roles) if self.roles else []
        chosen = [role for role, wanted in listed if wanted] or list(usual)
        unwanted = {role for role, wanted in listed if not wanted}
        return tuple(role for role in chosen if role not in unwanted)

    def densities(self) -> PerRole[int]:
        """Steps of density 0-7 by role (see wishes.for_role)."""
        return self._by_role("density")

    def registers(self) -> PerRole[int]:
        """Steps of register 0-7 by role."""
        return self._by_role("register")

    def loudnesses(self) -> PerRole[int]:
        """Steps of loudness 0-7 by role."""
        return self._by_role("loudness")

    def polyphonies(self) -> PerRole[int]:
        """Most notes at one onset, by role."""
        return self._by_role("polyphony")

    def asked_programs(self) -> PerRole[int]:
        """General MIDI programs 0-127 by role."""
        return self._by_role("programs")

    def pitch_ranges(self) -> PerRole[tuple[int, int]]:
        """Lowest and highest MIDI pitch by role."""
        return w.ranges_by_role(self.range) if self.range else {}

    def _by_role(self, name: str) -> PerRole[int]:
        text = getattr(self, name)
        return w.numbers_by_role(name, text, BY_ROLE[name]) if text else {}


def _implied(values: Mapping[str, object], base: Controls) -> dict[str, object]:
    """What the named wishes say of others."""
    implied: dict[str, object] = {}
    if "mood" in values:
        implied["valence"], implied["arousal"] = w.valence_and_arousal(str(values["mood"]))
    if "form" in values:
        implied["bars"] = bars = sum(section.bars for section in w.sections_of(str(values["form"])))
        if values.get("bars", bars) != bars:
            raise w.bad(f"form {values['form']} has {bars} bars, not {values['bars']}; leave bars out")
    elif "bars" in values and base.form is not None:
        implied["form"] = None
    return implied


def parse_key(text: str) -> Key:
    """A key from words such as "D minor", "F# major", "Bbm", "c". Raises BandmateError (code "bad_value")."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise w.bad(f"{text!r} is no key; write it like 'D minor' or 'F# major'")
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


_Reader = Callable[[str, object], object]


def _number(name: str, value: object) -> int | float:
    return w.number(name, value, RANGES[name], whole=name in _WHOLE)


def _by_role(name: str, value: object) -> str:
    text = w.text_of(name, value)
    w.numbers_by_role(name, text, BY_ROLE[name])
    return text


def _text(check: Callable[[str], object]) -> _Reader:
    """A reader that keeps the text when `check` does not raise."""

    def read(name: str, value: object) -> str:
        text = w.text_of(name, value)
        check(text)
        return text

    return read


def _short_enough(prompt: str) -> None:
    if len(prompt) > LONGEST_PROMPT:
        raise w.bad(f"the prompt has {len(prompt)} characters; {LONGEST_PROMPT} are the most")


_READERS: dict[str, _Reader] = {
    **dict.fromkeys(RANGES, _number),
    **dict.fromkeys(BY_ROLE, _by_role),
    **dict.fromkeys(SWITCHES, w.truth),
    "key": _text(parse_key),
    "metre": _text(w.metre_of),
    "roles": _text(w.role_list),
    "genre": lambda name, value: w.choice(name, value, GENRES),
    "mood": _text(w.valence_and_arousal),
    "range": _text(w.ranges_by_role),
    "chords": _text(parse_progression),
    "form": _text(w.sections_of),
    "prompt": _text(_short_enough),
}
