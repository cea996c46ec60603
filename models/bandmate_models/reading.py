"""Tokens -> Score: a reader that is fed one token at a time and tells what it has understood."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal, NamedTuple

from . import vocabulary as v
from .errors import BandmateError
from .frames import Frame, Stream, frames_of_bars
from .score import Control, Key, Metre, Note, Part, Score, Tempo
from .vocabulary import SLOTS, TICKS_PER_BEAT

_NO_FRAME = Frame(0, 0, 0, None)


class Stage(Enum):
    """What the last token was, as far as the next one is concerned."""

    HEADER = auto()
    BAR = auto()
    FRAME = auto()
    ONSET = auto()
    SHIFT = auto()
    PEDAL = auto()
    PITCH = auto()
    LONG = auto()
    NOTE = auto()
    DONE = auto()


class Played(NamedTuple):
    """A whole event: the slot it belongs to, and its note or pedal, on the time line of the sequence."""

    slot: int
    event: Note | Control
    known_velocity: bool = True


@dataclass(slots=True)
class DeclaredPart:
    slot: int
    player: bool
    program: int | None = None


@dataclass(slots=True)
class Reader:
    """Where a sequence stands. `feed` tokens; it answers with an event when one is complete.

    Raises BandmateError (code "bad_tokens") where a token cannot stand at its place.
    """

    stage: Stage = Stage.HEADER
    parts: list[DeclaredPart] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    heard: dict[Stream, int] = field(default_factory=lambda: {"m": 0, "u": 0})
    stream: Stream = "m"
    frame: Frame = _NO_FRAME
    slot: int = -1
    tick: int = -1
    shift: int = 0
    lowest_shift: int = -2
    pitch: int = -3
    longs: int = 0
    free_timing: bool | None = None
    header_bpm: float | None = None
    header_key: tuple[int, str] | None = None
    tempos: list[Tempo] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    _in_suffix: bool = False

    def copy(self) -> Reader:
        twin = copy.copy(self)
        twin.parts, twin.bars, twin.frames = list(self.parts), list(self.bars), list(self.frames)
        twin.heard, twin.tempos, twin.keys = dict(self.heard), list(self.tempos), list(self.keys)
        return twin

    @property
    def length(self) -> float:
        """Beats of all bars opened so far."""
        return (self.frames[-1].start + self.frames[-1].ticks) / TICKS_PER_BEAT if self.frames else 0.0

    def feed(self, token: int) -> Played | None:
        if not 0 <= token < v.SIZE:
            raise BandmateError(f"token {token} is outside the vocabulary", "bad_tokens")
        name = v.field_of(token)
        offset = token - v.BASE[name]
        if self.stage is Stage.HEADER:
            self._header(name, offset, token)
            return None
        if self.stage is Stage.DONE:
            raise self._misplaced(token)
        handler = _HANDLERS.get(name)
        if handler is None:
            raise self._misplaced(token)
        return handler(self, offset, token)

    def _misplaced(self, token: int) -> BandmateError:
        return BandmateError(
            f"token {v.describe(token)!r} cannot stand after {self.stage.name.lower()}", "bad_tokens"
        )

    def _need(self, token: int, *stages: Stage) -> None:
        if self.stage not in stages:
            raise self._misplaced(token)

    def _header(self, name: str, offset: int, token: int) -> None:
        if token == v.SUFFIX or token == v.GAP:
            self._in_suffix = token == v.SUFFIX
        elif self._in_suffix:
            return
        elif token == v.START:
            self.stage = Stage.NOTE
        elif token in (v.GRID_TIMING, v.FREE_TIMING):
            self.free_timing = token == v.FREE_TIMING
        elif name == "tempo":
            self.header_bpm = v.tempo_of(token)
        elif name == "key":
            self.header_key = (offset % 12, "minor" if offset >= 12 else "major")
        elif name in ("part_m", "part_u"):
            self.parts.append(DeclaredPart(offset, name == "part_u"))
        elif name == "program" and self.parts:
            self.parts[-1].program = offset
        elif name not in _HEADER_FIELDS:
            raise self._misplaced(token)

    def _special(self, offset: int, token: int) -> Played | None:
        if token == v.EOS:
            self._need(token, *_EVENT_END)
            self.stage = Stage.DONE
            return None
        if token not in (v.PEDAL_DOWN, v.PEDAL_UP):
            raise self._misplaced(token)
        self._need(token, Stage.ONSET, Stage.PEDAL)
        self.stage = Stage.PEDAL
        value = 127 if token == v.PEDAL_DOWN else 0
        return Played(self.slot, Control(self._beat(), "cc", 64, value))

    def _bar(self, offset: int, token: int) -> None:
        self._need(token, *_EVENT_END)
        start = self.frames[-1].start + self.frames[-1].ticks if self.frames else 0
        self.bars.append(token)
        self.frames.extend(frames_of_bars([token], start))
        self.stage = Stage.BAR

    def _tempo(self, offset: int, token: int) -> None:
        self._need(token, Stage.BAR)
        self.tempos.append(Tempo(self._bar_start(), v.tempo_of(token)))

    def _key(self, offset: int, token: int) -> None:
        self._need(token, Stage.BAR)
        self.keys.append(Key(self._bar_start(), offset % 12, "minor" if offset >= 12 else "major"))

    def _bar_start(self) -> float:
        length = v.bar_ticks(self.bars[-1])
        return (self.frames[-1].start + self.frames[-1].ticks - length) / TICKS_PER_BEAT

    def _chord(self, offset: int, token: int) -> None:
        self._need(token, Stage.BAR, Stage.FRAME)

    def _frame(self, offset: int, token: int) -> None:
        self._need(token, Stage.BAR, *_EVENT_END)
        self.stream = "m" if v.field_of(token) == "frame_m" else "u"
        index = self.heard[self.stream]
        if index >= len(self.frames) or min(self.frames[index].beat, v.MAX_BEAT_INDEX - 1) != offset:
            raise self._misplaced(token)
        self.heard[self.stream] = index + 1
        self.frame = self.frames[index]
        self.slot, self.tick, self.shift, self.pitch = -1, -1, 0, -3
        self.stage = Stage.FRAME

    def _cut(self, offset: int, token: int) -> None:
        self._need(token, *_EVENT_END)
        self.stage = Stage.NOTE

    def _onset(self, offset: int, token: int) -> None:
        self._need(token, *_EVENT_END)
        slot, tick = divmod(offset, TICKS_PER_BEAT)
        again = (tick, slot) == (self.tick, self.slot)
        if slot in self._slots_of_the_other():
            raise self._misplaced(token)
        if tick >= self.frame.ticks or (tick, slot) < (self.tick, self.slot) or (again and self.shift == 1):
            raise self._misplaced(token)
        self.lowest_shift = self.shift + 1 if again else -2
        self.slot, self.tick, self.shift, self.pitch = slot, tick, 0, -3
        self.stage = Stage.ONSET

    def _slots_of_the_other(self) -> set[int]:
        return {part.slot for part in self.parts if part.player != (self.stream == "u")}

    def _shift(self, offset: int, token: int) -> None:
        self._need(token, Stage.ONSET)
        self.shift = v.SHIFTS[offset]
        if self.shift < self.lowest_shift:
            raise self._misplaced(token)
        self.stage = Stage.SHIFT

    def _pitch(self, offset: int, token: int) -> None:
        self._need(token, Stage.ONSET, Stage.SHIFT, Stage.PEDAL, Stage.NOTE)
        drum = v.field_of(token) == "drum"
        if offset <= self.pitch or self.slot < 0 or drum != (self.slot in v.DRUM_SLOTS):
            raise self._misplaced(token)
        if self.shift < self.lowest_shift:
            raise self._misplaced(token)
        self.pitch, self.longs = offset, 0
        self.stage = Stage.PITCH

    def _long(self, offset: int, token: int) -> None:
        self._need(token, Stage.PITCH, Stage.LONG)
        self.longs += offset + 1
        self.stage = Stage.LONG

    def _durvel(self, offset: int, token: int) -> Played:
        self._need(token, Stage.PITCH, Stage.LONG)
        index, loud = divmod(offset, len(v.VELOCITIES))
        ticks = self.longs * TICKS_PER_BEAT + v.DURATIONS[index]
        return self._note(ticks, loud)

    def _drumvel(self, offset: int, token: int) -> Played:
        self._need(token, Stage.PITCH)
        return self._note(v.DRUM_TICKS, offset)

    def _note(self, ticks: int, loud: int) -> Played:
        self.stage = Stage.NOTE
        note = Note(self._beat(), ticks / TICKS_PER_BEAT, self.pitch, v.VELOCITIES[loud])
        return Played(self.slot, note, known_velocity=loud > 0)

    def _beat(self) -> float:
        grid = (self.frame.start + self.tick) * v.SHIFTS_PER_TICK + self.shift
        return max(grid, 0) / v.GRID


_EVENT_END = (Stage.FRAME, Stage.NOTE, Stage.PEDAL)
_HEADER_FIELDS = frozenset(
    (
        "special", "lag", "genre", "valence", "arousal", "swing", "distance",
        "density", "polyphony", "register", "loudness",
    )
)  # fmt: skip
_HANDLERS = {
    "special": Reader._special,
    "bar": Reader._bar,
    "odd_bar": Reader._bar,
    "tempo": Reader._tempo,
    "key": Reader._key,
    "chord": Reader._chord,
    "frame_m": Reader._frame,
    "frame_u": Reader._frame,
    "cut": Reader._cut,
    "onset": Reader._onset,
    "shift": Reader._shift,
    "pitch": Reader._pitch,
    "drum": Reader._pitch,
    "long": Reader._long,
    "durvel": Reader._durvel,
    "drumvel": Reader._drumvel,
}


def score_of(reader: Reader, played: Iterable[Played]) -> Score:
    """The score that a reader's events make, with the parts, maps and bars it has read."""
    notes: dict[int, list[Note]] = {part.slot: [] for part in reader.parts}
    controls: dict[int, list[Control]] = {part.slot: [] for part in reader.parts}
    for slot, event, _ in played:
        if isinstance(event, Note):
            notes.setdefault(slot, []).append(event)
        else:
            controls.setdefault(slot, []).append(event)
    programs = {part.slot: part.program or 0 for part in reader.parts}
    metres: list[Metre] = []
    start = 0
    for token in reader.bars:
        ticks = v.bar_ticks(token)
        metre = _metre(token, ticks)
        if not metres or metres[-1][1:] != metre:
            metres.append(Metre(start / TICKS_PER_BEAT, *metre))
        start += ticks
    tempos = [Tempo(0.0, reader.header_bpm or 120.0), *reader.tempos]
    keys = list(reader.keys)
    if reader.header_key:
        tonic, mode = reader.header_key
        keys.insert(0, Key(0.0, tonic, _mode(mode)))
    return Score(
        parts=tuple(
            Part(
                SLOTS[slot][0],
                tuple(sorted(notes[slot])),
                programs.get(slot, 0),
                tuple(controls.get(slot, ())),
            )
            for slot in notes
        ),
        tempos=tuple(tempos),
        metres=tuple(metres) or (Metre(0.0, 4, 4),),
        keys=tuple(keys),
    )


def _metre(token: int, ticks: int) -> tuple[int, int]:
    """Metre of a bar token; an odd bar is counted in the longest note value that fits it."""
    if v.field_of(token) == "bar":
        return v.METRES[token - v.BASE["bar"]]
    denominator = next((d for d in (4, 8, 16) if ticks % (48 // d) == 0), 48)
    return ticks * denominator // 48, denominator


def _mode(mode: str) -> Literal["major", "minor"]:
    return "minor" if mode == "minor" else "major"


def decode(tokens: Iterable[int]) -> Score:
    """The score of a whole sequence. Raises BandmateError (code "bad_tokens") where it is not one."""
    reader = Reader()
    played = [event for event in map(reader.feed, tokens) if event is not None]
    return score_of(reader, played)
