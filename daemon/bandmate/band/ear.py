"""What the players play, as events on the session's time line, while they are still playing it."""

from __future__ import annotations

import math
import statistics
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bandmate.band.status import PLAYER, LiveNote, moved
from bandmate_bridge.messages import NoteHeard
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.harmonising import MEMORY, STILL_DOWN
from bandmate_models.live.ledger import PLAYERS, Ledger, Row
from bandmate_models.score import Part, Role
from bandmate_models.vocabulary import DRUM_TICKS, GRID, SHIFTS_PER_TICK, TICKS_PER_BEAT, velocity_bin

MOST_PLAYERS = 3
"""Channels that count as players of their own; more are heard as the last of them who plays the like."""
CORRECTED = 12
"""Ticks for which a note's length is put right when it ends; a later correction would undo too much."""
USUAL_TICKS = 6
"""Length of a note that is still held, until enough notes have ended to know better."""
FORGOTTEN = 4.0
"""Beats after which a key that is up does not count any more."""
CHORDAL = 1.6
"""Notes an onset from which on a player counts, for good, as one who plays chords."""


@dataclass
class Held:
    """A key that is down: when it went down, and the event that stands for it, if one does."""

    start: float
    velocity: int
    row: Row | None


@dataclass
class Ear:
    """Hears several players, a channel each; notes down what they play in a ledger, where there is one."""

    ledger: Ledger | None = None
    ended: deque[LiveNote] = field(default_factory=lambda: deque(maxlen=512))
    _last: float = -1e9  # beat at which a key was last moved
    _channels: list[int] = field(default_factory=list)
    _held: dict[tuple[int, int], Held] = field(default_factory=dict)
    _lengths: deque[int] = field(default_factory=lambda: deque(maxlen=16))
    _onsets: dict[int, deque[int]] = field(default_factory=dict)
    _chordal: set[int] = field(default_factory=set)

    def hear(self, message: NoteHeard) -> LiveNote | None:
        """Takes a key's way down or up; the note that has ended, if one has."""
        ended = self._lift((message.channel, message.pitch), message.beat)
        if message.velocity:
            self._press(message)
        return ended

    def players(self) -> list[Part]:
        """A part for each player heard so far, as far as the ensemble is concerned; a pianist at least."""
        return [Part(self._role(channel)) for channel in self._channels] or [Part("melody")]

    def held(self) -> list[int]:
        """Pitches that are down, without drums."""
        return sorted({pitch for channel, pitch in self._held if channel != DRUM_CHANNEL})

    def leading(self, split: int = 0) -> list[int]:
        """Those of them that lead the chords: below the pitch `split`; all, where that is 0."""
        return [pitch for pitch in self.held() if not split or pitch < split]

    def sounding(self, beat: float) -> NDArray[np.float64]:
        """How much each pitch class sounds at a beat, [12], drums left out: a key that is down the most.

        The others count by the beat that they lasted, less with every beat that they are up.
        """
        weights = np.zeros(12)
        for (channel, pitch), held in self._held.items():
            if channel != DRUM_CHANNEL:
                weights[pitch % 12] += STILL_DOWN + min(max(beat - held.start, 0.0), 1.0)
        for note in reversed(self.pitched()):
            up = beat - (note.start + note.duration)
            if up > FORGOTTEN:
                break
            weights[note.pitch % 12] += min(note.duration, 1.0) * math.exp(-max(up, 0.0) / MEMORY)
        return weights

    def silent_since(self, beat: float) -> float:
        """Beats since a key was last down."""
        return 0.0 if self._held else beat - self._last

    def pitched(self) -> list[LiveNote]:
        """The players' latest notes without drums: what their key is told from."""
        drums = f"{PLAYER} {DRUM_CHANNEL + 1}"
        return [note for note in self.ended if note.who != drums]

    def move(self, beats: float) -> None:
        """The clock has jumped: everything is taken to have been so many beats later."""
        ticks = round(beats * TICKS_PER_BEAT)
        self._last += beats
        self.ended = moved(self.ended, beats)
        for held in self._held.values():
            held.start += beats
            if held.row is not None:
                held.row = held.row._replace(tick=held.row.tick + ticks)

    @property
    def count(self) -> int:
        return len(self._channels)

    def _press(self, message: NoteHeard) -> None:
        channel = message.channel
        if channel not in self._channels and len(self._channels) < MOST_PLAYERS:
            self._channels.append(channel)
        self._last = max(self._last, message.beat)
        row = self._row(message)
        self._held[channel, message.pitch] = Held(message.beat, message.velocity, row)
        onsets = self._onsets.setdefault(channel, deque(maxlen=32))
        onsets.append(round(message.beat * TICKS_PER_BEAT))
        if len(onsets) >= 6 and len(onsets) >= CHORDAL * len(set(onsets)):
            self._chordal.add(channel)
        if self.ledger is not None and row is not None:
            self.ledger.add("u", [row])

    def _lift(self, key: tuple[int, int], beat: float) -> LiveNote | None:
        held = self._held.pop(key, None)
        if held is None:
            return None
        self._last = max(self._last, beat)
        duration = max(beat - held.start, 1.0 / TICKS_PER_BEAT)
        if key[0] != DRUM_CHANNEL:
            self._correct(held, max(1, round(duration * TICKS_PER_BEAT)))
        note = LiveNote(f"{PLAYER} {key[0] + 1}", held.start, duration, key[1], held.velocity)
        self.ended.append(note)
        return note

    def _correct(self, held: Held, ticks: int) -> None:
        """Puts a provisional length right, as long as that does not undo much."""
        self._lengths.append(ticks)
        row, ledger = held.row, self.ledger
        if ledger is not None and row is not None and row.ticks != ticks and ticks <= CORRECTED:
            ledger.remove("u", row)
            ledger.add("u", [row._replace(ticks=ticks)])

    def _row(self, message: NoteHeard) -> Row | None:
        """The event of a key that goes down; None where nobody of its kind has a place."""
        place = self._place(message.channel)
        if place is None:
            return None
        grid = round(message.beat * GRID)
        tick = (grid + 2) // SHIFTS_PER_TICK
        usual = round(statistics.median(self._lengths)) if len(self._lengths) >= 4 else USUAL_TICKS
        return Row(
            tick,
            PLAYERS + place,
            grid - tick * SHIFTS_PER_TICK,
            message.pitch,
            DRUM_TICKS if message.channel == DRUM_CHANNEL else usual,
            velocity_bin(message.velocity),
        )

    def _place(self, channel: int) -> int | None:
        """The player of a channel; of one more, the last who plays the like, drums or not."""
        like = [known for known in self._channels if (known == DRUM_CHANNEL) == (channel == DRUM_CHANNEL)]
        heard = channel if channel in like else like[-1] if like else None
        return None if heard is None else self._channels.index(heard)

    def _role(self, channel: int) -> Role:
        if channel == DRUM_CHANNEL:
            return "drums"
        return "chords" if channel in self._chordal else "melody"
