"""One sequence in one cache, beside somebody who is still playing: it is read on, rewound, written on."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, repeat

import numpy as np
from numpy.typing import NDArray

from .. import vocabulary as v
from ..chords import chord_token
from ..decoder import CHUNK, Decoder
from ..encoding import frame_tokens
from ..frames import Slice, frames_of_bars, in_order
from ..grammar import Grammar
from ..reading import Played, Reader, Stage
from ..sampler import Sampler
from ..score import Note
from ..steering import Steering
from .ensemble import Ensemble
from .guide import LiveGuide
from .ledger import Ledger, Row

REMEMBERED = 32
"""Frames to whose beginning a lane can go back."""
LONGEST = 600
"""Bars of a lane: more than any cache holds."""

_ONSETS = v.span("onset")
_TICK = np.tile(np.arange(v.TICKS_PER_BEAT), len(v.SLOTS))
_PITCHES = v.span("pitch", "drum")


@dataclass(frozen=True, slots=True)
class Piece:
    """A frame as it stands in a lane, and where everything stood before it."""

    slice: Slice
    position: int
    at: int
    grammar: Grammar
    steering: Steering
    opened: list[int]
    rows: list[Row] = field(default_factory=list)


@lru_cache(maxsize=8)
def order_of(bar: int, lag: int | None) -> tuple[Slice, ...]:
    """The frames of LONGEST bars of one kind, in the order of the sequence."""
    return tuple(in_order(frames_of_bars(repeat(bar, LONGEST)), lag))


class Lane:
    """Bars from tick `start` on, of the player as far as known and of the band as far as committed.

    What lies beyond is sampled, the player's part too. `read` takes in what is certain, `write` goes on from
    there, `revise` goes back to the first frame that has turned out otherwise.
    """

    def __init__(
        self, decoder: Decoder, ensemble: Ensemble, ledger: Ledger, guide: LiveGuide, start: int
    ) -> None:
        self.start = start
        self.ensemble = ensemble
        self.decoder = decoder
        self._ledger = ledger
        header = ensemble.header.tokens()
        reader = Reader()
        for token in header:
            reader.feed(token)
        self._order = order_of(ensemble.bar, ensemble.header.lag)
        self._grammar = Grammar(reader, self._order, ensemble.constraints, (guide,))
        self._guide = guide
        self._steering = ensemble.steering()
        self._at = 0
        self._slots = ensemble.slots
        self._voices = {slot: voice for voice, slot in ensemble.slots.items()}
        self._pieces: deque[Piece] = deque(maxlen=REMEMBERED)
        decoder.rewind_to(0)
        self._waiting = header
        self._midway = False
        self._logits: NDArray[np.float32] | None = None

    @property
    def length(self) -> int:
        """Tokens, those that are not in the cache yet among them."""
        return self.decoder.position + len(self._waiting)

    @property
    def logits(self) -> NDArray[np.float32]:
        """Logits [V] of the next token, after everything that was read and written."""
        self._flush()
        assert self._logits is not None
        return self._logits

    def reaches(self, known: int, committed: int) -> bool:
        """Whether everything that is certain has been read."""
        return not self._certain(self._order[self._at], known, committed)

    def read(self, known: int, committed: int) -> Iterator[None]:
        """Takes in what is certain, a chunk at a time."""
        while self._certain(piece := self._order[self._at], known, committed):
            self._open(piece, known, committed)
            if len(self._waiting) >= CHUNK:
                self._flush()
                yield
        self._flush()

    def revise(self, known: int, committed: int) -> bool:
        """Goes back to the first frame that is not as it was taken to be; whether there was one."""
        for piece in self._pieces:
            edge = known if piece.slice.stream == "u" else committed
            if not self._stands(piece, edge) or (self._midway and piece is self._pieces[-1]):
                self._back_to(piece)
                return True
        return False

    def rewrite(self, committed: int) -> None:
        """Goes back to the first of the band's frames that is not wholly committed."""
        for piece in self._pieces:
            if piece.slice.stream == "m" and self._end(piece.slice) > committed:
                self._back_to(piece)
                return

    def write(self, known: int, committed: int, until: int, sampler: Sampler) -> Iterator[None]:
        """Writes all of the band's frames that begin before the tick `until`; yields after every token.

        Where it is given up inside a frame, `revise` has to come before anything else.
        """
        while self._wanted(self._at, until):
            piece = self._order[self._at]
            self._open(piece, known, committed)
            if not self._certain(piece, known, committed):
                yield from self._sample(piece, known if piece.stream == "u" else committed, sampler)

    def written_to(self) -> int:
        """The tick up to which the band's part is written: events before it will not come any more."""
        last = self._pieces[-1] if self._pieces else None
        if self._midway and last is not None and last.slice.stream == "m":
            begun = self.start + last.slice.frame.start
            return max(begun, last.rows[-1].tick) if last.rows else begun
        return self._own_frame(self._at)

    def rows(self, first: int, last: int) -> list[Row]:
        """The band's events from tick `first` to before `last`, as they stand."""
        return [
            row
            for piece in tuple(self._pieces)  # another thread may look while it is written
            if piece.slice.stream == "m"
            for row in piece.rows
            if first <= row.tick < last
        ]

    def move(self, ticks: int) -> None:
        """Takes everything to be so many ticks later, whole bars as a rule; nothing need be read again."""
        self.start += ticks
        for piece in self._pieces:
            piece.rows[:] = [row._replace(tick=row.tick + ticks) for row in piece.rows]

    # Frames

    def _end(self, piece: Slice) -> int:
        return self.start + piece.frame.start + piece.frame.ticks

    def _certain(self, piece: Slice, known: int, committed: int) -> bool:
        return self._end(piece) <= (known if piece.stream == "u" else committed)

    def _wanted(self, at: int, until: int) -> bool:
        """Whether one of the band's frames before `until` needs the piece at `at`."""
        return self._own_frame(at) < until

    def _own_frame(self, at: int) -> int:
        """The tick at which the first of the band's frames from the piece at `at` on begins."""
        following = next(piece for piece in islice(self._order, at, None) if piece.stream == "m")
        return self.start + following.frame.start

    def _stands(self, piece: Piece, edge: int) -> bool:
        end = self._end(piece.slice)
        real = self._real(piece.slice, min(end, edge))
        taken = piece.rows if end <= edge else [row for row in piece.rows if row.tick < edge]
        return real == taken and (
            piece.slice.stream == "u" or end <= edge or piece.opened == self._opening(piece.slice)
        )

    def _opening(self, piece: Slice) -> list[int]:
        """What stands before a frame's events: bar token, marker, chord."""
        frame = piece.frame
        tokens = [frame.bar_token] if piece.opens_bar and frame.bar_token is not None else []
        tokens.append(frame.marker(piece.stream))
        if piece.stream == "m":
            chord = self._guide.chord_at(self.start + frame.start + frame.ticks - 1)
            before = self._guide.chord_at(self.start + frame.start - 1)
            if chord is not None and (chord != before or frame.bar_token is not None):
                tokens.append(chord_token(chord))
        return tokens

    def _open(self, piece: Slice, known: int, committed: int) -> None:
        """Begins a frame: its marker, and its events as far as they are certain."""
        edge = min(self._end(piece), known if piece.stream == "u" else committed)
        rows = self._real(piece, edge)
        opened = self._opening(piece)
        self._pieces.append(
            Piece(
                piece,
                self.length,
                self._at,
                self._grammar.draft(),
                copy.deepcopy(self._steering),
                opened,
                rows,
            )
        )
        relative = [row._replace(tick=row.tick - self.start, voice=self._slots[row.voice]) for row in rows]
        for token in [*opened, *frame_tokens(relative, piece.frame)]:
            self._take(token)
            self._waiting.append(token)
        self._at += 1

    def _real(self, piece: Slice, last: int) -> list[Row]:
        """What was really played in a frame before tick `last`, in the order of the sequence."""
        rows = self._ledger.rows(piece.stream, self.start + piece.frame.start, last)
        known = [row for row in rows if row.voice in self._slots]
        return sorted(known, key=lambda row: (row.tick, self._slots[row.voice], row.shift, row.pitch))

    def _back_to(self, piece: Piece) -> None:
        self._flush()
        self.decoder.rewind_to(piece.position)
        self._grammar, self._steering = piece.grammar.draft(), copy.deepcopy(piece.steering)
        self._at = piece.at
        self._midway = False
        while self._pieces.pop() is not piece:
            pass

    # Tokens

    def _take(self, token: int) -> Played | None:
        played = self._grammar.advance(token)
        if self._grammar.reader.stream == "m":
            self._steering.heard(self._grammar.reader, token)
        return played

    def _flush(self) -> None:
        if self._waiting:
            self._logits = self.decoder.append(self._waiting)
            self._waiting = []

    def _sample(self, piece: Slice, edge: int, sampler: Sampler) -> Iterator[None]:
        """Goes on from what is certain of a frame to its end."""
        following = self._order[self._at]
        bar = following.frame.bar_token
        ender = bar if following.opens_bar and bar is not None else following.frame.marker(following.stream)
        rows = self._pieces[-1].rows
        closed = edge - self.start - piece.frame.start > _TICK
        begun = self._grammar.reader.stage is not Stage.FRAME
        self._midway = True
        while True:
            self._guide_from_here()  # another lane may have been written meanwhile
            mask = self._grammar.mask()
            mask[_ONSETS][closed] = False
            if begun:
                mask[_PITCHES] = False
            if not mask.any():
                break
            token = sampler.pick(self.logits + self._pushed(), mask)
            if token == ender:
                break
            begun = False
            played = self._take(token)
            self._logits = self.decoder.step(token)
            if played is not None and isinstance(played.event, Note):
                rows.append(self._row(played, played.event))
            yield
        self._midway = False

    def _guide_from_here(self) -> None:
        """Makes the guide, which lanes share, count from this lane's first bar, in its slots."""
        self._guide.origin, self._guide.slots = self.start, self._slots

    def _pushed(self) -> NDArray[np.float32]:
        """What is added to the logits: the steering's push, and the guide's."""
        push = self._guide.push(self._grammar.reader)
        return self._steering.push if push is None else self._steering.push + push

    def _row(self, played: Played, note: Note) -> Row:
        reader = self._grammar.reader
        return Row(
            self.start + reader.frame.start + reader.tick,
            self._voices[played.slot],
            reader.shift,
            note.pitch,
            round(note.duration * v.TICKS_PER_BEAT),
            v.velocity_bin(note.velocity) if played.known_velocity else 0,
        )
