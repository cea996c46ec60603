"""Chord symbols as musicians write them: "Dm7 | G7 | Cmaj7 A7" to chords in bars, and back to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from .chords import Chord, ChordChange
from .errors import BandmateError
from .score import Metre
from .vocabulary import TICKS_PER_BEAT

MOST_BARS = 256
MOST_IN_A_BAR = 16
LONGEST_SYMBOL = 32
ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""How a root is written that nobody has written yet."""
SUFFIXES = {
    "maj": "", "min": "m", "dim": "dim", "aug": "aug", "7": "7", "maj7": "maj7", "min7": "m7", "m7b5": "m7b5",
    "dim7": "dim7", "sus4": "sus4", "5": "5",
}  # fmt: skip
NO_CHORD = "N.C."

_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SYMBOL = re.compile(r"([A-Ga-g])([#b]?)(.*?)(?:/([A-Ga-g])([#b]?))?")
_PLAIN = str.maketrans({"♯": "#", "♭": "b", "−": "-", "–": "-", "△": "Δ", "º": "°", "Ø": "ø"})
_NO_CHORDS = frozenset(("N.C.", "NC", "N.C", "n.c.", "nc"))
_HELD = frozenset(("%", "/", "."))
_BRACKETS = re.compile(r"[()\[\],]")


@dataclass(slots=True)
class _Build:
    """Semitones above the root: None where the chord has no such tone."""

    third: int | None = 4
    fifth: int | None = 7
    seventh: int | None = None
    added: set[int] = field(default_factory=set)

    def quality(self) -> str:
        """The nearest of the vocabulary's qualities."""
        if self.third == 5:
            return "sus4"
        if self.third == 3 and self.fifth == 6:
            return {10: "m7b5", 9: "dim7"}.get(self.seventh or 0, "dim")
        if self.third == 3:
            return "min7" if self.seventh == 10 else "min"
        if self.third == 4 and self.fifth == 8:
            return "aug"
        if self.third == 4:
            return {10: "7", 11: "maj7"}.get(self.seventh or 0, "maj")
        return "5"


class _Piece(NamedTuple):
    """A piece of a symbol behind its root: how it is spelt, which tones it sets, and which it adds."""

    spelt: re.Pattern[str]
    sets: dict[str, int | None]
    adds: tuple[int, ...] = ()


def _piece(spelt: str, *adds: int, **sets: int | None) -> _Piece:
    return _Piece(re.compile(spelt), sets, adds)


_MAJOR = r"(?:[Mm]aj|MAJ|[Mm]a(?!dd|ug)|M|Δ|\^)"
_PIECES = (
    _piece(r"ø7?|half-?dim7?", third=3, fifth=6, seventh=10),
    _piece(r"(?:no|omit)3", third=None),
    _piece(r"(?:no|omit)5", fifth=None),
    _piece(r"(?:dim|°|o)7", third=3, fifth=6, seventh=9),
    _piece(r"dim|°|o", third=3, fifth=6),
    _piece(r"[Mm]in|mi", third=3),
    _piece(_MAJOR + "13", 2, 9, seventh=11),
    _piece(_MAJOR + "9", 2, seventh=11),
    _piece(_MAJOR + "7|[Δ^]", seventh=11),
    _piece(_MAJOR),
    _piece("m", third=3),
    _piece(r"aug", third=4, fifth=8),
    _piece(r"sus2", third=2),
    _piece(r"sus4?", third=5),
    _piece(r"add(?:9|2)|2", 2),
    _piece(r"add(?:11|4)", 5),
    _piece(r"add(?:13|6)", 9),
    _piece(r"alt", 1, 3, fifth=8, seventh=10),
    _piece(r"6/?9", 2, 9),
    _piece(r"13", 2, 9, seventh=10),
    _piece(r"11", 2, 5, seventh=10),
    _piece(r"9", 2, seventh=10),
    _piece(r"7", seventh=10),
    _piece(r"6", 9),
    _piece(r"5", third=None),
    _piece(r"[b-]5", fifth=6),
    _piece(r"[#+]5", fifth=8),
    _piece(r"[b-]9", 1),
    _piece(r"[#+]9", 3),
    _piece(r"[#+]11", 6),
    _piece(r"[b-]13", 8),
)
"""In the order in which they are tried."""


class Symbol(NamedTuple):
    """A chord symbol: as it is written, the nearest chord of the vocabulary, and all its pitch classes."""

    name: str
    chord: Chord
    tones: frozenset[int]
    bass: int | None = None
    """Pitch class of a slash bass; it is one of the tones."""


class SymbolChange(NamedTuple):
    """From `beat` on it is this chord; None is no chord (N.C.)."""

    beat: float
    symbol: Symbol | None


@dataclass(frozen=True, slots=True)
class Progression:
    """Chords bar by bar; those of a bar share it equally. None is no chord."""

    bars: tuple[tuple[Symbol | None, ...], ...]

    @property
    def text(self) -> str:
        """As `parse_progression` reads it."""
        names = [[symbol.name if symbol else NO_CHORD for symbol in bar] for bar in self.bars]
        return f"| {' | '.join(' '.join(bar) for bar in names)} |"

    def changes(self, lines: Sequence[float]) -> list[SymbolChange]:
        """The chords over bars between bar `lines` (in beats, one more than bars), from the first on.

        The progression begins anew as often as the bars ask for. Changes are on ticks, 12 a beat.
        """
        changes: list[SymbolChange] = []
        for number, (start, end) in enumerate(pairwise(lines)):
            bar = self.bars[number % len(self.bars)]
            for index, symbol in enumerate(bar):
                tick = round((end - start) * TICKS_PER_BEAT * index / len(bar))
                if not changes or changes[-1].symbol != symbol:
                    changes.append(SymbolChange(start + tick / TICKS_PER_BEAT, symbol))
        return changes

    def chords(self, lines: Sequence[float]) -> list[ChordChange]:
        """The same in the vocabulary's chords, as `chords.chords_of` detects them."""
        return [ChordChange(beat, symbol.chord if symbol else None) for beat, symbol in self.changes(lines)]


def bar_lines(metre: Metre, bars: int, start: float = 0.0) -> list[float]:
    """The bar lines of so many bars of one metre, from beat `start`; one more than bars."""
    return [start + metre.bar_length * number for number in range(bars + 1)]


def parse_symbol(text: str) -> Symbol:
    """A chord from a symbol such as Dm7, F#m7b5, C/E, G7(b9), BbΔ. Raises BandmateError ("bad_value")."""
    plain = text.strip().translate(_PLAIN)
    match = _SYMBOL.fullmatch(plain)
    build = _built(match[3]) if match and len(plain) <= LONGEST_SYMBOL else None
    if match is None or build is None:
        raise BandmateError(f"{text!r} is no chord; write it like C, Dm7, F#m7b5 or C/E", "bad_value")
    root = _pitch_class(match[1], match[2])
    bass = _pitch_class(match[4], match[5]) if match[4] else None
    steps = {0, build.third, build.fifth, build.seventh, *build.added} - {None}
    tones = {(root + step) % 12 for step in steps if step is not None} | (
        {bass} if bass is not None else set()
    )
    return Symbol(plain, Chord(root, build.quality()), frozenset(tones), bass)


def _pitch_class(letter: str, accidental: str) -> int:
    return (_LETTERS[letter.lower()] + {"": 0, "#": 1, "b": -1}[accidental]) % 12


def _built(suffix: str) -> _Build | None:
    """The chord that a suffix such as m7b5 makes; None where a piece of it means nothing."""
    rest = _BRACKETS.sub("", suffix)
    rest = re.sub(r"^-", "m", re.sub(r"^\+", "aug", rest))
    build = _Build()
    while rest:
        for piece in _PIECES:
            match = piece.spelt.match(rest)
            if match:
                break
        else:
            return None
        for tone, step in piece.sets.items():
            setattr(build, tone, step)
        build.added.update(piece.adds)
        rest = rest[match.end() :]
    return build


def parse_progression(text: str) -> Progression:
    """Chords in bars: bar lines between bars, blanks between the chords of a bar.

    Without any bar line each chord has a bar of its own. N.C. is no chord; % repeats the bar before, and
    inside a bar, as / does, the chord before. Raises BandmateError (code "bad_value").
    """
    tidy = re.sub(r"\|+", "|", re.sub(r",(?![^()]*\))|(?<=\s)[-–](?=\s)", " ", text)).strip()
    pieces = tidy.strip("|").split("|") if "|" in tidy else tidy.split()
    bars: list[tuple[Symbol | None, ...]] = []
    for piece in pieces:
        names = piece.split()
        if bars and (not names or names == ["%"]):
            bars.append(bars[-1])
            continue
        bar: list[Symbol | None] = []
        for name in names:
            if name in _HELD and (bar or bars):
                bar.append(bar[-1] if bar else bars[-1][-1])
            else:
                bar.append(None if name in _NO_CHORDS else parse_symbol(name))
        bars.append(tuple(bar))
    if not bars or not bars[0]:
        raise BandmateError("there are no chords; write them like Dm7 | G7 | Cmaj7 A7", "bad_value")
    if len(bars) > MOST_BARS or max(map(len, bars)) > MOST_IN_A_BAR:
        raise BandmateError(
            f"chords: at most {MOST_BARS} bars and {MOST_IN_A_BAR} chords in a bar", "bad_value"
        )
    return Progression(tuple(bars))


def symbol_of(chord: Chord) -> Symbol:
    """A chord of the vocabulary as a symbol."""
    return Symbol(ROOTS[chord.root] + SUFFIXES[chord.quality], chord, chord.tones)


def progression_of(changes: Iterable[ChordChange], lines: Sequence[float]) -> Progression:
    """Detected chords as a progression over bars between bar `lines`, in as few shares a bar as tell them.

    What changes more finely than in 16ths of a bar is told at the share before it.
    """
    ordered = list(changes)

    def at(beat: float) -> Symbol | None:
        here = [change.chord for change in ordered if change.beat <= beat + 1e-6]
        return symbol_of(here[-1]) if here and here[-1] is not None else None

    bars = []
    for start, end in pairwise(lines):
        inside = [(change.beat - start) / (end - start) for change in ordered if start < change.beat < end]
        shares = next(
            (n for n in range(1, MOST_IN_A_BAR) if all(abs(x * n - round(x * n)) < 1e-6 for x in inside)),
            MOST_IN_A_BAR,
        )
        bars.append(tuple(at(start + (end - start) * share / shares) for share in range(shares)))
    return Progression(tuple(bars))
