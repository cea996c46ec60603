"""Music as data. All times are beats (quarter notes, float); seconds belong to scheduler and renderer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, get_args

Role = Literal["melody", "chords", "guitar", "bass", "drums", "strings", "other"]
ROLES: tuple[Role, ...] = get_args(Role)

ControlKind = Literal["cc", "bend", "program", "pressure"]


class Note(NamedTuple):
    """One sounding note: `start` and `duration` in beats, MIDI `pitch` 0-127, `velocity` 1-127."""

    start: float
    duration: float
    pitch: int
    velocity: int

    @property
    def end(self) -> float:
        return self.start + self.duration


class Control(NamedTuple):
    """A timed change: cc (number 0-127, value 0-127), bend (value -8192..8191), program, pressure."""

    beat: float
    kind: ControlKind
    number: int
    value: int


class Tempo(NamedTuple):
    beat: float
    bpm: float  # quarter notes per minute


class Metre(NamedTuple):
    """A time signature that begins a new bar at `beat`."""

    beat: float
    numerator: int
    denominator: int

    @property
    def bar_length(self) -> float:
        """Beats (quarter notes) in one bar."""
        return self.numerator * 4.0 / self.denominator


class Key(NamedTuple):
    """`tonic` is a pitch class 0-11 (C = 0)."""

    beat: float
    tonic: int
    mode: Literal["major", "minor"]


class Marker(NamedTuple):
    beat: float
    text: str


class Bar(NamedTuple):
    """One bar of a score: its number from 0, first beat, length in beats, and metre."""

    number: int
    start: float
    length: float
    metre: Metre

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Part:
    """One player's line: a role, a General MIDI program, its notes and timed controls, sorted by time."""

    role: Role
    notes: tuple[Note, ...] = ()
    program: int = 0
    controls: tuple[Control, ...] = ()
    name: str = ""

    @property
    def is_drums(self) -> bool:
        return self.role == "drums"

    @property
    def end(self) -> float:
        """Beat at which the last note ends; 0 when there is none."""
        return max((note.end for note in self.notes), default=0.0)


@dataclass(frozen=True, slots=True)
class Score:
    """Parts on one time line. The maps are sorted by beat; the first tempo and metre apply from beat 0.

    A pickup is a short first bar: a metre at 0 that gives way to another before its bar is full.
    """

    parts: tuple[Part, ...] = ()
    tempos: tuple[Tempo, ...] = (Tempo(0.0, 120.0),)
    metres: tuple[Metre, ...] = (Metre(0.0, 4, 4),)
    keys: tuple[Key, ...] = ()
    markers: tuple[Marker, ...] = field(default=())

    @property
    def end(self) -> float:
        """Beat at which the last note ends; 0 when there is none."""
        return max((part.end for part in self.parts), default=0.0)

    @property
    def note_count(self) -> int:
        return sum(len(part.notes) for part in self.parts)

    def tempo_at(self, beat: float) -> Tempo:
        return self.tempos[max(0, bisect_right(self.tempos, beat, key=lambda tempo: tempo.beat) - 1)]

    def metre_at(self, beat: float) -> Metre:
        return self.metres[max(0, bisect_right(self.metres, beat, key=lambda metre: metre.beat) - 1)]

    def key_at(self, beat: float) -> Key | None:
        index = bisect_right(self.keys, beat, key=lambda key: key.beat)
        return self.keys[max(0, index - 1)] if self.keys else None

    def bars(self, until: float | None = None) -> Iterator[Bar]:
        """Bars from beat 0 to the first bar line at or after `until` (default: the score's end).

        A metre change inside a bar cuts that bar short, so every metre begins a bar.
        """
        stop = self.end if until is None else until
        number, beat = 0, 0.0
        changes = [metre.beat for metre in self.metres[1:]]
        while beat < stop - 1e-9:
            metre = self.metre_at(beat + 1e-9)
            after = bisect_right(changes, beat + 1e-9)
            length = metre.bar_length
            if after < len(changes):
                length = min(length, changes[after] - beat)
            yield Bar(number, beat, length, metre)
            number, beat = number + 1, beat + length

    def seconds(self, beat: float) -> float:
        """Seconds from beat 0 to `beat` along the tempo map."""
        total, last = 0.0, 0.0
        for tempo, following in zip(self.tempos, (*self.tempos[1:], None), strict=True):
            until = beat if following is None else min(beat, following.beat)
            if until > last:
                total += (until - last) * 60.0 / tempo.bpm
                last = until
        return total

    def excerpt(self, start: float, end: float) -> Score:
        """The notes that begin in [start, end), moved so that `start` is beat 0, with maps cut to fit."""
        inside = tuple(
            replace(
                part,
                notes=tuple(n._replace(start=n.start - start) for n in part.notes if start <= n.start < end),
                controls=tuple(
                    c._replace(beat=c.beat - start) for c in part.controls if start <= c.beat < end
                ),
            )
            for part in self.parts
        )

        def cut(changes: tuple, first: tuple) -> tuple:  # type: ignore[type-arg]
            later = tuple(c._replace(beat=c.beat - start) for c in changes if start < c.beat < end)
            return (*first, *later)

        key = self.key_at(start)
        return Score(
            parts=inside,
            tempos=cut(self.tempos, (self.tempo_at(start)._replace(beat=0.0),)),
            metres=cut(self.metres, (self.metre_at(start)._replace(beat=0.0),)),
            keys=cut(self.keys, (key._replace(beat=0.0),) if key else ()),
            markers=cut(self.markers, ()),
        )
