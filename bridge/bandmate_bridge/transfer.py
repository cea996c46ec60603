"""Note lists over OSC: a Score as a frame of small numbered messages, and back, whatever is lost."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from bandmate_bridge.osc_packet import Atom
from bandmate_bridge.protocol import ASKS, checksum, checksum_of_pieces
from bandmate_bridge.protocol_schema import MAX_BEATS, TICKS
from bandmate_models.errors import BandmateError
from bandmate_models.score import ROLES, Key, Metre, Note, Part, Score, Tempo

CHUNK = 40  # notes; 5 numbers each: about 1 kB
MAX_NOTES = 100_000
MAX_PARTS = 64
MAX_CHANGES = 4_096

STALL = 0.2  # seconds without news before a receiver asks again
REPEAT = 0.5  # seconds without an answer before a sender repeats the list's end
ATTEMPTS = 10

_Change = TypeVar("_Change", bound=Tempo | Metre)


class Row(NamedTuple):
    """One note of a list: `start` and `duration` are multiples of 1/TICKS beat."""

    part: int
    start: float
    duration: float
    pitch: int
    velocity: int


def rows_of(score: Score) -> list[Row]:
    """Every note in order of start, then part and pitch."""
    rows = [
        Row(index, _on_grid(note.start), max(_on_grid(note.duration), 1 / TICKS), note.pitch, note.velocity)
        for index, part in enumerate(score.parts)
        for note in part.notes
    ]
    return sorted(rows, key=lambda row: (row.start, row.part, row.pitch))


def _on_grid(beat: float) -> float:
    return round(beat * TICKS) / TICKS


def _changes_of(score: Score) -> list[tuple[float, str, float, float]]:
    return [
        *((tempo.beat, "tempo", tempo.bpm, 0.0) for tempo in score.tempos),
        *((metre.beat, "metre", float(metre.numerator), float(metre.denominator)) for metre in score.metres),
        *((key.beat, "key", float(key.tonic), float(key.mode == "minor")) for key in score.keys),
    ]


class Outgoing:
    """A list on its way out: packets to send, in order, and what the receiver asks for again."""

    def __init__(self, list_id: int, score: Score, beats: float | None = None) -> None:
        """Raises BandmateError `too_big`. `beats` is the list's length; by default its last note's end."""
        rows, changes = rows_of(score), _changes_of(score)
        length = max(score.end, beats or 0.0)
        if length > MAX_BEATS or len(rows) > MAX_NOTES or len(score.parts) > MAX_PARTS:
            raise BandmateError(
                f"{len(rows)} notes in {len(score.parts)} parts over {length:g} beats are more than a list "
                f"may have ({MAX_NOTES}, {MAX_PARTS}, {MAX_BEATS:g}): take the .mid file",
                "too_big",
            )
        pieces = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
        self.list_id = list_id
        self.count = len(rows)
        begin = ASKS["begin"].packet(
            list_id, self.count, len(pieces), len(score.parts), len(changes), _on_grid(length)
        )
        parts = [
            ASKS["part"].packet(list_id, index, part.role, part.program, part.name)
            for index, part in enumerate(score.parts)
        ]
        self._head = [
            begin,
            *parts,
            *(
                ASKS["change"].packet(list_id, index, _on_grid(beat), what, a, b)
                for index, (beat, what, a, b) in enumerate(changes)
            ),
        ]
        self._chunks = [
            ASKS["chunk"].packet(list_id, index, *(number for row in piece for number in row))
            for index, piece in enumerate(pieces)
        ]
        self._end = ASKS["end"].packet(list_id, checksum(rows))
        self._queue: deque[bytes] = deque([*self._head, *self._chunks, self._end])
        self._repeats = 0
        self.news = time.monotonic()

    def resend(self, index: int) -> None:
        """Queues chunk `index`, or all but the chunks for -1. Raises BandmateError `bad_value`."""
        if not -1 <= index < len(self._chunks):
            raise BandmateError(f"list {self.list_id} has no chunk {index}", "bad_value")
        self.news, self._repeats = time.monotonic(), 0
        if self._queue and self._queue[-1] is self._end:
            self._queue.pop()
        self._queue.extend([*self._head, self._end] if index < 0 else [self._chunks[index], self._end])

    def packets(self, most: int) -> list[bytes]:
        """The next packets to send, at most so many."""
        packets = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        if packets:
            self.news = time.monotonic()
        return packets

    @property
    def waiting(self) -> bool:
        """Whether there are packets to send now."""
        return bool(self._queue)

    def remind(self, now: float) -> bool:
        """Repeats the end where the receiver is silent; False once it has been silent for too long."""
        if not self._queue and now - self.news > REPEAT:
            self._repeats += 1
            self._queue.append(self._end)
            self.news = now
        return self._repeats <= ATTEMPTS


class _Chunk(NamedTuple):
    """A chunk that came, made ready at once, so that the last one is no more work than the others."""

    notes: list[tuple[int, Note]]  # with their parts
    checksum: int  # from total 0


class Incoming:
    """A list on its way in: its messages in any order, twice or not at all, until it is whole."""

    def __init__(self, list_id: int) -> None:
        self.list_id = list_id
        self.news = time.monotonic()
        self.stalls = 0
        self._begin: tuple[int, int, int, int] | None = None  # notes, chunks, parts, changes
        self._parts: dict[int, Part] = {}
        self._changes: dict[int, tuple[float, str, float, float]] = {}
        self._chunks: dict[int, _Chunk] = {}
        self._checksum: int | None = None
        self._held = 0
        self.beats = 0.0

    def hear(self, name: str, values: Sequence[Atom]) -> None:
        """One message of the frame, `values` as the table checks them, without the list id.

        Raises BandmateError: `bad_value`, `bad_list`, `too_big`.
        """
        self.news, self.stalls = time.monotonic(), 0
        getattr(self, f"_hear_{name}")(*values)

    def missing(self) -> list[int]:
        """Indexes of chunks to ask for again; -1 first where something else is missing."""
        if self._begin is None:
            return [-1]
        _, chunks, parts, changes = self._begin
        head = len(self._parts) == parts and len(self._changes) == changes and self._checksum is not None
        return ([] if head else [-1]) + [index for index in range(chunks) if index not in self._chunks]

    @property
    def whole(self) -> bool:
        if self._begin is None or self._checksum is None:
            return False
        return self._begin[1:] == (len(self._chunks), len(self._parts), len(self._changes))

    def score(self) -> Score:
        """The whole list. Raises BandmateError `bad_list` where count, parts or checksum contradict it."""
        assert self._begin is not None and self._checksum is not None
        chunks = [self._chunks[index] for index in sorted(self._chunks)]
        if self._held != self._begin[0]:
            raise BandmateError(f"{self._held} notes came, {self._begin[0]} were announced", "bad_list")
        found = checksum_of_pieces((len(chunk.notes), chunk.checksum) for chunk in chunks)
        if found != self._checksum:
            raise BandmateError(f"the checksum is {found}, not {self._checksum}: send it again", "bad_list")
        notes: list[list[Note]] = [[] for _ in range(self._begin[2])]
        for chunk in chunks:
            for part, note in chunk.notes:
                if part >= len(notes):
                    raise BandmateError(f"a note is of part {part}, which the list has not", "bad_list")
                notes[part].append(note)
        parts = (
            Part(part.role, tuple(sorted(notes[index])), part.program, name=part.name)
            for index, part in sorted(self._parts.items())
        )
        changes = sorted(self._changes.values())
        return Score(
            tuple(parts),
            _from_zero(
                [Tempo(beat, a) for beat, what, a, _ in changes if what == "tempo"], Tempo(0.0, 120.0)
            ),
            _from_zero(
                [Metre(beat, int(a), int(b)) for beat, what, a, b in changes if what == "metre"],
                Metre(0.0, 4, 4),
            ),
            tuple(
                Key(beat, int(a), "minor" if b else "major") for beat, what, a, b in changes if what == "key"
            ),
        )

    def _hear_begin(self, notes: int, chunks: int, parts: int, changes: int, beats: float) -> None:
        if notes > MAX_NOTES or parts > MAX_PARTS or changes > MAX_CHANGES:
            raise BandmateError(
                f"a list may have {MAX_NOTES} notes, {MAX_PARTS} parts and {MAX_CHANGES} changes", "too_big"
            )
        if chunks > notes or chunks < math.ceil(notes / CHUNK):
            raise BandmateError(
                f"{notes} notes do not come in {chunks} chunks of {CHUNK} at most", "bad_list"
            )
        if self._begin not in (None, (notes, chunks, parts, changes)):
            raise BandmateError(f"list {self.list_id} was begun with other counts", "bad_list")
        self._begin, self.beats = (notes, chunks, parts, changes), beats
        for kept, count in ((self._chunks, chunks), (self._parts, parts), (self._changes, changes)):
            for index in [index for index in kept if index >= count]:
                del kept[index]
        self._held = sum(len(chunk.notes) for chunk in self._chunks.values())

    def _hear_part(self, index: int, role: str, program: int, name: str) -> None:
        if role not in ROLES:
            raise BandmateError(f"a part's role is one of {', '.join(ROLES)}, not {role[:40]!r}", "bad_value")
        self._parts[self._within(index, 2, MAX_PARTS)] = Part(role, program=program, name=name)

    def _hear_change(self, index: int, beat: float, what: str, a: float, b: float) -> None:
        sound = {
            "tempo": 5.0 <= a <= 1000.0,
            "metre": a in range(1, 65) and b in (1, 2, 4, 8, 16, 32, 64),
            "key": a in range(12) and b in (0, 1),
        }
        if not sound.get(what):
            raise BandmateError(f"{what[:40]!r} {a:g} {b:g} is no tempo, metre or key", "bad_value")
        self._changes[self._within(index, 3, MAX_CHANGES)] = (_on_grid(beat), what, a, b)

    def _hear_chunk(self, index: int, *numbers: float) -> None:
        if not 0 < len(numbers) <= 5 * CHUNK:
            raise BandmateError(f"a chunk has 1 to {CHUNK} notes", "bad_list")
        rows = list(zip(*(iter(numbers),) * 5, strict=True))
        index = self._within(index, 1, MAX_NOTES)
        self._held += len(rows) - (len(self._chunks[index].notes) if index in self._chunks else 0)
        if self._held > MAX_NOTES:
            raise BandmateError(f"a list may have {MAX_NOTES} notes", "too_big")
        notes = [
            (int(part), Note(_on_grid(start), max(_on_grid(duration), 1 / TICKS), int(pitch), int(velocity)))
            for part, start, duration, pitch, velocity in rows
        ]
        self._chunks[index] = _Chunk(notes, checksum(rows, 0))  # type: ignore[arg-type]

    def _hear_end(self, total: int) -> None:
        self._checksum = total

    def _within(self, index: int, count: int, most: int) -> int:
        """`index`, if it is below the count that begin announced (its field `count`), or `most` before."""
        if index >= (most if self._begin is None else self._begin[count]):
            raise BandmateError(f"index {index} is beyond what list {self.list_id} announced", "bad_list")
        return index


def _from_zero(changes: Sequence[_Change], default: _Change) -> tuple[_Change, ...]:
    """The changes with one at beat 0."""
    return tuple(changes) if changes and changes[0].beat == 0.0 else (default, *changes)
