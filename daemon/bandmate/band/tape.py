"""A live session on one straight time line: who played what, in which tempo and metre; bars cut out of it.

Beats of the tape are quarter notes that never go back; `splice` makes them of the clock's.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, TypeVar

from bandmate.band.dials import ROLES
from bandmate.band.status import PLAYER
from bandmate_bridge.phrase import DRUM_CHANNEL, Heard, guess_role
from bandmate_models.score import Control, Key, Marker, Metre, Note, Part, Role, Score, Tempo

SHORTEST = 1 / 64
"""Beats that a note has at least."""
TAIL = 0.125
"""Beats of a note at the beginning of a cut, below which it counts as the end of what was before."""
BEGINNING = -65536.0
"""A bar line before every session: from there on the usual tempo and metre hold until others are told."""
_SLACK = 1e-6


class Sound(NamedTuple):
    """A whole note. `who` is a role of the band, or begins with PLAYER; `channel` is 0-15."""

    who: str
    channel: int
    program: int
    start: float
    duration: float
    pitch: int
    velocity: int

    @property
    def end(self) -> float:
        return self.start + self.duration


class Down(NamedTuple):
    """A key that went down: a note that has no end yet."""

    who: str
    channel: int
    program: int
    beat: float
    pitch: int
    velocity: int


class Up(NamedTuple):
    who: str
    channel: int
    beat: float
    pitch: int


class Turn(NamedTuple):
    """A control change."""

    who: str
    channel: int
    beat: float
    number: int
    value: int


class Void(NamedTuple):
    """What was told of `who` ("": the band) from `beat` on never sounded, and what sounds there ends."""

    who: str
    beat: float


class Jump(NamedTuple):
    """At `beat` the clock went to `place`: all that sounded ended, and the tape goes on at `after`."""

    beat: float
    after: float
    place: float


class Now(NamedTuple):
    """The clock had come to `beat`."""

    beat: float


Entry = Sound | Down | Up | Turn | Void | Jump | Now | Tempo | Metre | Key | Marker
_Dated = TypeVar("_Dated", Tempo, Metre, Key, Marker)


@dataclass
class Tape:
    """Takes entries in the order in which they happened.

    `now` is the last beat that is known to have come, `began` the beat of the first note ever.
    """

    tempos: list[Tempo] = field(default_factory=lambda: [Tempo(BEGINNING, 120.0)])
    metres: list[Metre] = field(default_factory=lambda: [Metre(BEGINNING, 4, 4)])
    keys: list[Key] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    now: float = -math.inf
    began: float = math.inf
    _sounds: dict[tuple[str, int], list[Sound]] = field(default_factory=dict)
    _turns: dict[tuple[str, int], list[Control]] = field(default_factory=dict)
    _down: dict[tuple[str, int, int], Down] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Tape:
        tape = cls()
        for entry in entries:
            tape.hear(entry)
        return tape

    def hear(self, entry: Entry) -> None:
        if isinstance(entry, Sound):
            self._sounds.setdefault((entry.who, entry.channel), []).append(entry)
            self.began = min(self.began, entry.start)
        elif isinstance(entry, Down):
            self.began = min(self.began, entry.beat)
            self._end((entry.who, entry.channel, entry.pitch), entry.beat)
            self._down[entry.who, entry.channel, entry.pitch] = entry
            self._reach(entry.beat)
        elif isinstance(entry, Up):
            self._end((entry.who, entry.channel, entry.pitch), entry.beat)
            self._reach(entry.beat)
        elif isinstance(entry, Turn):
            controls = self._turns.setdefault((entry.who, entry.channel), [])
            controls.append(Control(entry.beat, "cc", entry.number, entry.value))
        elif isinstance(entry, Void):
            self._void(entry)
        elif isinstance(entry, Jump):
            self._jump(entry)
        elif isinstance(entry, Now):
            self._reach(entry.beat)
        else:
            self._map(entry)

    def stop(self, beat: float) -> None:
        """The session ends: so does what sounds; what was to come never sounded."""
        for key in list(self._down):
            self._end(key, beat)
        for who in {who for who, _ in self._sounds}:
            self._void(Void(who, beat))

    # Bars

    def bar_before(self, beat: float) -> float:
        """The last bar line at or before `beat`."""
        metre = self.metres[max(0, bisect_right(self.metres, beat + _SLACK, key=_beat) - 1)]
        return metre.beat + math.floor((beat - metre.beat + _SLACK) / metre.bar_length) * metre.bar_length

    def bar_after(self, beat: float) -> float:
        """The first bar line at or after `beat`."""
        line = self.bar_before(beat)
        return line if beat - line <= _SLACK else self._next_bar(line)

    def bars_before(self, line: float, bars: int) -> float:
        """The bar line that many bars before a bar line."""
        for _ in range(bars):
            line = self.bar_before(line - 2 * _SLACK)
        return line

    def span(self) -> tuple[float, float] | None:
        """The bar lines round all that sounded; None for silence."""
        sounds = [sound for line in self._sounds.values() for sound in line]
        held = [down.beat for down in self._down.values()]
        starts = [*(sound.start for sound in sounds), *held]
        if not starts:
            return None
        ends = [*(sound.end for sound in sounds), *(max(self.now, beat) for beat in held)]
        first = self.bar_before(min(starts))
        return first, max(self.bar_after(max(ends)), self._next_bar(first))

    def standing(self, beat: float) -> list[Entry]:
        """What another tape has to know that begins at `beat`: tempo, metre, key, controllers since then."""
        known: list[Entry] = []
        for changes in (self.tempos, self.metres, self.keys):
            known += changes[max(0, bisect_right(changes, beat, key=_beat) - 1) :]
        for line, controls in self._turns.items():
            later = (control for control in controls if control.beat > beat)
            known += [Turn(*line, c.beat, c.number, c.value) for c in (*_in_force(controls, beat), *later)]
        return known

    def forget(self, beat: float) -> None:
        """Lets go of what had ended before `beat`, and of what no longer matters from there on."""
        for sounds in self._sounds.values():
            sounds[:] = [sound for sound in sounds if sound.end > beat]
        for line, controls in self._turns.items():
            self._turns[line] = [*_in_force(controls, beat), *(c for c in controls if c.beat > beat)]
        for changes in (self.tempos, self.metres, self.keys):
            del changes[: max(0, bisect_right(changes, beat, key=_beat) - 1)]
        del self.markers[: bisect_right(self.markers, beat, key=_beat)]

    def score(self, start: float, end: float) -> Score:
        """What sounded from `start` to `end`, a part for each that played, from beat 0 on.

        Notes that cross an edge are cut there. A part that changes its program has the first, and a control
        for each later one.
        """
        lines = {key: list(sounds) for key, sounds in self._sounds.items()}
        for down in self._down.values():
            held = Sound(*down[:4], max(end, down.beat) - down.beat, *down[4:])
            lines.setdefault((down.who, down.channel), []).append(held)
        cut = {key: _cut(lines[key], start, end) for key in sorted(lines, key=_order)}
        return Score(
            parts=tuple(self._part(key, sounds, start, end) for key, sounds in cut.items() if sounds),
            tempos=_moved(self.tempos, start, end),
            metres=_moved(self.metres, start, end),
            keys=_moved(self.keys, start, end),
            markers=tuple(m._replace(beat=m.beat - start) for m in self.markers if start <= m.beat < end),
        )

    def _part(self, key: tuple[str, int], sounds: list[Sound], start: float, end: float) -> Part:
        who, channel = key
        programs = [(sound.start - start, sound.program) for sound in sounds]
        changes = [
            Control(beat, "program", 0, program)
            for (_, before), (beat, program) in pairwise(programs)
            if program != before
        ]
        turned = self._turns.get(key, [])
        turned = [*_in_force(turned, start), *(control for control in turned if start < control.beat < end)]
        moved = [control._replace(beat=max(0.0, control.beat - start)) for control in turned]
        notes = tuple(Note(sound.start - start, *sound[4:]) for sound in sounds)
        return Part(
            role=_role(who, channel, sounds),
            notes=notes,
            program=programs[0][1],
            controls=tuple(sorted([*moved, *changes])),
            name=who,
        )

    def _next_bar(self, line: float) -> float:
        after = bisect_right(self.metres, line + _SLACK, key=_beat)
        beyond = line + self.metres[max(0, after - 1)].bar_length
        return min(beyond, self.metres[after].beat) if 0 < after < len(self.metres) else beyond

    def _reach(self, beat: float) -> None:
        self.now = max(self.now, beat)

    def _end(self, key: tuple[str, int, int], beat: float) -> None:
        down = self._down.pop(key, None)
        if down is not None:
            whole = Sound(*down[:4], max(beat - down.beat, SHORTEST), *down[4:])
            self._sounds.setdefault((down.who, down.channel), []).append(whole)

    def _void(self, void: Void) -> None:
        for (who, _), sounds in self._sounds.items():
            if who == void.who or not (void.who or who.startswith(PLAYER)):
                sounds[:] = [
                    sound._replace(duration=max(min(sound.duration, void.beat - sound.start), SHORTEST))
                    for sound in sounds
                    if sound.start < void.beat
                ]

    def _jump(self, jump: Jump) -> None:
        self.stop(jump.beat)
        self.now = jump.after
        self._map(Marker(jump.after, f"beat {jump.place:g} of the clock"))

    def _map(self, change: Tempo | Metre | Key | Marker) -> None:
        if isinstance(change, Tempo):
            _enter(self.tempos, change)
        elif isinstance(change, Metre):
            _enter(self.metres, change)
        elif isinstance(change, Key):
            _enter(self.keys, change)
        else:
            _enter(self.markers, change)


def _beat(change: Tempo | Metre | Key | Marker) -> float:
    return change.beat


def _enter(changes: list[_Dated], change: _Dated) -> None:
    """Puts a change in its place; of two at one beat the newer holds."""
    changes[:] = [other for other in changes if abs(other.beat - change.beat) > _SLACK]
    insort(changes, change, key=_beat)


def _moved(changes: list[_Dated], start: float, end: float) -> tuple[_Dated, ...]:
    """The changes from `start` to `end` as from beat 0 on, the one in force at `start` first."""
    after = bisect_right(changes, start + _SLACK, key=_beat)
    moved: list[_Dated] = []
    for change in changes[max(0, after - 1) :]:
        if change.beat < end:
            moved.append(change._replace(beat=max(0.0, change.beat - start)))
    return tuple(moved)


def _in_force(controls: Iterable[Control], beat: float) -> Iterator[Control]:
    """The last value of each controller up to `beat`."""
    yield from {control.number: control for control in controls if control.beat <= beat}.values()


def _cut(sounds: Iterable[Sound], start: float, end: float) -> list[Sound]:
    """What of a line's notes lies between two beats, sorted; a note ends where its pitch is struck again."""
    inside: list[Sound] = []
    latest: dict[int, int] = {}  # pitch -> index of its last note
    for sound in sorted(sounds, key=lambda sound: (sound.start, sound.pitch)):
        begin, stop = max(sound.start, start), min(sound.end, end)
        if sound.start >= end or (sound.start < start and stop - start < TAIL):
            continue
        before = latest.get(sound.pitch)
        if before is not None and inside[before].start < begin < inside[before].end:
            inside[before] = inside[before]._replace(duration=begin - inside[before].start)
        latest[sound.pitch] = len(inside)
        inside.append(sound._replace(start=begin, duration=max(stop - begin, SHORTEST)))
    return inside


def _order(key: tuple[str, int]) -> tuple[int, int, str]:
    """Players first, by channel, then the band in the order of its roles."""
    who, channel = key
    return ROLES.index(who) if who in ROLES else -1, channel, who


def _role(who: str, channel: int, sounds: list[Sound]) -> Role:
    for role in ROLES:
        if who == role:
            return role
    if channel == DRUM_CHANNEL:
        return "drums"
    return guess_role([Heard(channel, sound.pitch, sound.velocity, sound.start, 0.0) for sound in sounds])
