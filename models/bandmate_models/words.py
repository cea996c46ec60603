"""Musical text to controls, by the tables of word_table.py and instrument_table.py.

Patterns (tempo, metre, key, bars, form, chords) are found first; what is between them is read word by word,
of several phrases the longest. Then all that was said is added up, and what was not understood is told.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from . import word_table as t
from .instrument_table import INSTRUMENTS, ROLE_NOUNS
from .score import Role
from .word_patterns import patterns
from .word_sum import OF_A_PART, WordSum
from .word_table import Say

LONGEST_PHRASE = 4
"""Words."""
MOST_UNKNOWN = 12
NEAREST = 3
_TOKEN = re.compile(r"w/o|[^\W_]+(?:[&'’][^\W_]+)*|&|[,;.!?()\n]")
_BREAKS = frozenset(",;.!?()\n")
_GLUE = frozenset(("and", "or", "nor", "the", "a", "an", "any"))
_PREPOSITIONS = frozenset(
    ("with", "for", "on", "over", "plus", "featuring", "feat", "by", "in", "at", "from", "to")
)


class Unknown(NamedTuple):
    """A word that means nothing here, and the nearest words that do."""

    word: str
    nearest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text wishes for, as `Controls.parse` takes it, and what was not understood."""

    controls: dict[str, object]
    unknown: tuple[Unknown, ...]

    @property
    def complaint(self) -> str | None:
        """What was not understood, as one line; None where all was."""
        words = [
            f"{word} (known: {', '.join(nearest)})" if nearest else word for word, nearest in self.unknown
        ]
        return f"not understood in the prompt: {', '.join(words)}" if words else None


class _Kind(Enum):
    SAYS = auto()
    FILLER = auto()
    BREAK = auto()
    NEGATION = auto()
    UNKNOWN = auto()


class _Heard(NamedTuple):
    """A word or phrase of the text, in its order, and what it says."""

    kind: _Kind
    text: str
    says: tuple[Say, ...] = ()


def read(text: str) -> Understood:
    """What a musician's text wishes for."""
    heard = list(_hear(text))
    wishes = WordSum()
    unknown = [piece.text for piece in heard if piece.kind is _Kind.UNKNOWN]
    refusing = met = False
    for index, piece in enumerate(heard):
        if piece.kind is not _Kind.SAYS:
            wishes.pause()
        if piece.kind is _Kind.NEGATION:
            refusing, met = True, False
        elif piece.kind is _Kind.BREAK or (met and piece.kind is _Kind.FILLER and piece.text not in _GLUE):
            refusing = False
        elif piece.kind is _Kind.SAYS and refusing and (not met or _parts(piece)):
            if not wishes.refuse(piece.says):
                unknown.append(f"no {piece.text}")
            refusing = met = bool(_parts(piece))
        elif piece.kind is _Kind.SAYS:
            refusing = False
            wishes.add(_addressed(piece.says, heard[index + 1 :]))
    return Understood(wishes.controls(), tuple(map(_near, list(dict.fromkeys(unknown))[:MOST_UNKNOWN])))


def _parts(piece: _Heard) -> list[Say]:
    return [say for say in piece.says if say.control in ("part", "extra")]


def _addressed(says: Sequence[Say], after: Sequence[_Heard]) -> list[Say]:
    """Wishes of density and the like, each for the part that follows in the same breath, or for all."""
    addressed = []
    for say in says:
        roles = [say.role]
        if say.control in OF_A_PART and say.role is None:
            roles = list(dict.fromkeys(part.role for part in _next_part(after))) or [None]
        addressed += [say._replace(role=role) for role in roles]
    return addressed


def _next_part(after: Sequence[_Heard]) -> list[Say]:
    for piece in after:
        if piece.kind in (_Kind.BREAK, _Kind.NEGATION) or piece.text in _PREPOSITIONS:
            break
        if _parts(piece):
            return _parts(piece)
    return []


def _hear(text: str) -> Iterator[_Heard]:
    """The text in order: patterns, and the phrases between them."""
    at = 0
    for match in patterns(text):
        yield from _phrases(text[at : match.start])
        yield _Heard(_Kind.SAYS, text[match.start : match.end], match.says)
        at = match.end
    yield from _phrases(text[at:])


def _phrases(text: str) -> Iterator[_Heard]:
    words = [word.replace("’", "'") for word in _TOKEN.findall(text.lower())]
    words = ["and" if word == "&" else word for word in words]
    at = 0
    while at < len(words):
        heard, length = _phrase(words[at : at + LONGEST_PHRASE])
        at += length
        role = _role_noun(words[at]) if at < len(words) else None
        if (
            role is not None
            and heard.says
            and heard.says[0].control == "part"
            and heard.says[0].value is not None
        ):
            heard = heard._replace(says=(heard.says[0]._replace(role=role),))
            at += 1
        yield heard


def _phrase(words: Sequence[str]) -> tuple[_Heard, int]:
    """The longest phrase that the words begin with, and how many of them it is."""
    for length in range(len(words), 0, -1):
        for phrase in _spellings(words[:length]):
            if phrase in lexicon():
                return _Heard(_Kind.SAYS, phrase, lexicon()[phrase]), length
            if length == 1 and phrase in t.FILLERS:
                return _Heard(_Kind.FILLER, phrase), 1
    if words[0] in _BREAKS:
        return _Heard(_Kind.BREAK, words[0]), 1
    return _Heard(_Kind.NEGATION if words[0] in t.NEGATIONS else _Kind.UNKNOWN, words[0]), 1


def _spellings(words: Sequence[str]) -> Iterator[str]:
    """A phrase as it is written, without its plural, and a single word without -er or -ly."""
    before, last = " ".join(words[:-1]), words[-1]
    stems = [last]
    if last.endswith("s"):
        stems += [last[:-1], last.removesuffix("es")]
    if not before and len(last) > 4:
        for ending in ("er", "est", "ly"):
            if last.endswith(ending):
                stem = last.removesuffix(ending)
                stems += [stem, stem + "e", stem[:-1]]
                if stem.endswith("i"):
                    stems.append(stem[:-1] + "y")
    return (f"{before} {stem}".strip() for stem in stems)


def _role_noun(word: str) -> Role | None:
    return next((ROLE_NOUNS[stem] for stem in _spellings([word]) if stem in ROLE_NOUNS), None)


@cache
def lexicon() -> dict[str, tuple[Say, ...]]:
    """Every phrase of the tables, and what it says."""
    words: dict[str, tuple[Say, ...]] = {}
    for mood, (valence, arousal) in t.MOODS.items():
        words[mood] = (Say("valence", valence), Say("arousal", arousal))
    for genre, names in t.GENRE_WORDS.items():
        words |= {name: (Say("genre", genre),) for name in names}
    for control, table in SINGLE.items():
        words |= {word: (Say(control, value),) for word, value in table.items()}
    for name, (role, program) in INSTRUMENTS.items():
        words[name] = (Say("part", program, role),)
    return words | t.STYLES


SINGLE: dict[str, dict[str, int] | dict[str, float] | dict[str, str]] = {
    "tempo": t.TEMPO_WORDS,
    "metre": t.METRE_WORDS,
    "swing": t.SWING_WORDS,
    "density": t.DENSITY_WORDS,
    "register": t.REGISTER_WORDS,
    "loudness": t.LOUDNESS_WORDS,
    "polyphony": t.POLYPHONY_WORDS,
    "creativity": t.CREATIVITY_WORDS,
}
"""Tables whose words set one control."""


def _near(word: str) -> Unknown:
    return Unknown(word, tuple(difflib.get_close_matches(word, lexicon(), NEAREST, 0.7)))
