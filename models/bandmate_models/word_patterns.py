"""What a text says in numbers, letters and signs: tempo, metre, key, bars, takes, form, chords."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .chord_symbols import parse_symbol
from .errors import BandmateError
from .vocabulary import METRES
from .word_table import KEY_MODES, NUMBERS, Say


class Found(NamedTuple):
    """Where in the text a pattern stands, and what it says."""

    start: int
    end: int
    says: tuple[Say, ...]


_NUMBER = rf"(?:\d{{1,4}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
_ACCIDENTAL = r"(?:\s?(#|♯|b|♭)|[\s-](sharp|flat))?"
_MODE = "|".join(sorted(KEY_MODES.keys() - {"m"}, key=len, reverse=True))
_SIGNS = {"#": "#", "♯": "#", "sharp": "#", "b": "b", "♭": "b", "flat": "b"}
_CHORD = re.compile(r"[A-G][#b♯♭]?\S*")
_LABELS = ("chord", "chords", "changes", "progression")
_NOT_CHORDS = frozenset(("N.C.", "NC", "%", "/"))


def _tempo(match: re.Match[str]) -> tuple[Say, ...]:
    return (Say("exact tempo", float(next(filter(None, match.groups())))),)


def _metre(match: re.Match[str]) -> tuple[Say, ...]:
    known = (int(match[1]), int(match[2])) in METRES
    return (Say("exact metre", f"{int(match[1])}/{int(match[2])}"),) if known else ()


def _count(text: str) -> int:
    return NUMBERS[text.lower()] if text.lower() in NUMBERS else int(text)


def _bars(match: re.Match[str]) -> tuple[Say, ...]:
    return (Say("section bars" if match[2] else "bars", _count(match[1])),)


def _takes(match: re.Match[str]) -> tuple[Say, ...]:
    return (Say("takes", _count(match[1])),)


def _form(match: re.Match[str]) -> tuple[Say, ...]:
    says = (Say("form", match[1]),)
    return (*says, Say("section bars", int(match[2]))) if match[2] else says


def _key(match: re.Match[str]) -> tuple[Say, ...]:
    """The key of a letter, an accidental (sign or word) and a mode; the letter a alone may be an article."""
    letter, sign, word, mode = match.groups()
    before = match.string[: match.start(1)].rstrip().lower()
    if letter == "a" and not (sign or word) and not before.endswith(("in", "of", "key", ":")):
        return ()
    accidental = _SIGNS.get((sign or word or "").lower(), "")
    return (Say("key", f"{letter.upper()}{accidental} {KEY_MODES[(mode or 'major').lower()]}"),)


def _short_key(match: re.Match[str]) -> tuple[Say, ...]:
    """A key such as F#m, Bb or Dm, written like a chord."""
    accidental = _SIGNS.get(match[2][0], "")
    return (Say("short key", f"{match[1]}{accidental} {'minor' if match[2].endswith('m') else 'major'}"),)


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[Say, ...]]], ...] = (
    (
        re.compile(
            r"(?<![\d.])(\d{1,4}(?:\.\d{1,3})?)\s*-?(?:bpm|beats per minute)\b"
            r"|\btempo(?:\s+of|\s+at|\s*[=:])?\s*(\d{1,4}(?:\.\d{1,3})?)\b|♩\s?=\s?(\d{1,4})\b",
            re.IGNORECASE,
        ),
        _tempo,
    ),
    (re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])"), _metre),
    (
        re.compile(rf"\b({_NUMBER})[\s-](?:takes|versions|variations|options|ideas)\b", re.IGNORECASE),
        _takes,
    ),
    (
        re.compile(
            rf"\b({_NUMBER})[\s-]?(?:bars?|measures?)\b(\s+each\b|\s+per\s+section\b|\s+sections\b)?",
            re.IGNORECASE,
        ),
        _bars,
    ),
    (re.compile(r"\b(A[A-D]{1,15})\b(?::(\d{1,3}))?"), _form),
    (re.compile(rf"\b([A-Ga-g]){_ACCIDENTAL}[\s-]?({_MODE})\b", re.IGNORECASE), _key),
    (re.compile(rf"(?<=\bin )([A-G]){_ACCIDENTAL}(m)?(?![\w#♯♭'’])"), _key),
    (re.compile(rf"\bkey(?: of |\s?[:=]\s?)([A-Ga-g]){_ACCIDENTAL}(m)?(?![\w#♯♭'’])", re.IGNORECASE), _key),
    (re.compile(r"(?<![\w#♯♭])([A-G])([#♯b♭]m?|m)(?![\w#♯♭'’])"), _short_key),
)


def patterns(text: str) -> list[Found]:
    """Every pattern in a text, in order, none over another; chords come first, then as in the table."""
    found = list(_chords(text))
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            says = read(match)
            if says and all(match.end() <= other.start or other.end <= match.start() for other in found):
                found.append(Found(match.start(), match.end(), says))
    return sorted(found)


def _chords(text: str) -> Iterator[Found]:
    """Runs of chord symbols with a bar line among them, or with the word chords before two or more."""
    run: list[re.Match[str]] = []
    label: re.Match[str] | None = None
    for token in [*re.finditer(r"\||[^\s|,;]+", text), None]:
        if (
            token is not None
            and _is_chord(token[0])
            and not (run and "," in text[run[-1].end() : token.start()])
        ):
            run.append(token)
            continue
        names = [match[0] for match in run]
        chords = sum(name != "|" for name in names)
        if chords and ("|" in names or (chords > 1 and label)):
            yield Found((label or run[0]).start(), run[-1].end(), (Say("chords", " ".join(names)),))
        run = []
        if token is None or token[0].lower().rstrip(":") not in _LABELS:
            label = None
        elif label is None:
            label = token


def _is_chord(text: str) -> bool:
    if text == "|" or text in _NOT_CHORDS:
        return True
    if not _CHORD.fullmatch(text):
        return False
    try:
        parse_symbol(text)
    except BandmateError:
        return False
    return True
