"""What the players play, as events on the session's time line, while they are still playing it."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass, field

from bandmate.band.status import PLAYER, LiveNote
from bandmate_bridge.messages import NoteHeard
from bandmate_bridge.phrase import DRUM_CHANNEL
from bandmate_models.live.ledger import PLAYERS, Ledger, Row
from bandmate_models.score import Part, Role
from bandmate_models.vocabulary import DRUM_TICKS, GRID, SHIFTS_PER_TICK, TICKS_PER_BEAT, velocity_bin

MOST_PLAYERS = 3
"""Channels that count as players of their own; more are heard as the last of them."""
CORRECTED = 12
"""Ticks for which a note's length is put right when it ends; a later correction would undo too much."""
USUAL_TICKS = 6
"""Length of a note that is still held, until enough notes have ended to know better."""
CHORDAL = 1.6
"""Notes an onset from which on a player counts as one who plays chords."""


@dataclass
class Held:
    """A key that is down: when it went down, and the event that stands for it."""

    start: float
    velocity: int
    row: Row


@dataclass
class Ear:
    """Hears several players, a channel each. `split` is the pitch below which keys lead the chords."""

    ledger: Ledger
    split: int = 0
    ended: deque[LiveNote] = field(default_factory=lambda: deque(maxlen=512))
    newest: float = -1e9
    """Beat of the newest key that went down."""
    _channels: list[int] = field(default_factory=list)
    _held: dict[tuple[int, int], Held] = field(default_factory=dict)
    _lengths: deque[int] = field(default_factory=lambda: deque(maxlen=16))
    _onsets: dict[int, deque[int]] = field(default_factory=dict)
    _chordal: set[int] = field(default_factory=set)

    def hear(self, message: NoteHeard) -> LiveNote | None:
        """Takes a key's way down or up; the note that has ended, if one has."""
        key = message.channel, message.pitch
        ended = self._lift(key, message.beat)
        if message.velocity:
            self._press(message)
        return ended

    def players(self) -> list[Part]:
        """A part for each player heard so far, as far as the ensemble is concerned; a pianist at least."""
        return [Part(self._role(channel)) for channel in self._channels] or [Part("melody")]

    def held(self) -> list[int]:
        """Pitches that are down, without drums."""
        return sorted({pitch for channel, pitch in self._held if channel != DRUM_CHANNEL})

    def leading(self) -> list[int]:
        """Those of them that lead the chords."""
        return [pitch for pitch in self.held() if not self.split or pitch < self.split]

    def silent_since(self, beat: float) -> float:
        """Beats since a key was last down."""
        ends = (note.start + note.duration for note in self.ended)
        return 0.0 if self._held else beat - max(self.newest, max(ends, default=-1e9))

    def silence(self, beat: float) -> list[LiveNote]:
        """Lets go of every key, as where the player's port has gone."""
        return [note for key in list(self._held) if (note := self._lift(key, beat)) is not None]

    def pitched(self) -> list[LiveNote]:
        """The players' latest notes without drums: what their key is told from."""
        drums = f"{PLAYER} {DRUM_CHANNEL + 1}"
        return [note for note in self.ended if note.who != drums]

    def take_over(self, before: Ear) -> None:
        """Goes on where another ear has stopped: who plays, what is down, what was heard."""
        self._channels, self._held, self._onsets = before._channels, before._held, before._onsets
        self._lengths, self.ended, self.newest = before._lengths, before.ended, before.newest
        self._chordal = before._chordal

    @property
    def count(self) -> int:
        return len(self._channels)

    def _press(self, message: NoteHeard) -> None:
        channel = message.channel
        if channel not in self._channels and len(self._channels) < MOST_PLAYERS:
            self._channels.append(channel)
        self.newest = max(self.newest, message.beat)
        row = self._row(message)
        self._held[channel, message.pitch] = Held(message.beat, message.velocity, row)
        self._onsets.setdefault(channel, deque(maxlen=32)).append(row.tick)
        self.ledger.add("u", [row])

    def _lift(self, key: tuple[int, int], beat: float) -> LiveNote | None:
        held = self._held.pop(key, None)
        if held is None:
            return None
        duration = max(beat - held.start, 1.0 / TICKS_PER_BEAT)
        ticks = max(1, round(duration * TICKS_PER_BEAT))
        if key[0] != DRUM_CHANNEL:
            self._lengths.append(ticks)
        row = held.row
        if row.ticks != ticks and ticks <= CORRECTED and key[0] != DRUM_CHANNEL:
            self.ledger.remove("u", row)
            self.ledger.add("u", [row._replace(ticks=ticks)])
        note = LiveNote(f"{PLAYER} {key[0] + 1}", held.start, duration, key[1], held.velocity)
        self.ended.append(note)
        return note

    def _row(self, message: NoteHeard) -> Row:
        grid = round(message.beat * GRID)
        tick = (grid + 2) // SHIFTS_PER_TICK
        drums = message.channel == DRUM_CHANNEL
        usual = round(statistics.median(self._lengths)) if len(self._lengths) >= 4 else USUAL_TICKS
        return Row(
            tick,
            PLAYERS + self._place(message.channel),
            grid - tick * SHIFTS_PER_TICK,
            message.pitch,
            DRUM_TICKS if drums else usual,
            velocity_bin(message.velocity),
        )

    def _place(self, channel: int) -> int:
        return self._channels.index(channel) if channel in self._channels else MOST_PLAYERS - 1

    def _role(self, channel: int) -> Role:
        if channel == DRUM_CHANNEL:
            return "drums"
        onsets = self._onsets.get(channel, deque())
        struck = len(onsets) / max(1, len(set(onsets)))
        if len(onsets) >= 6 and struck >= CHORDAL:
            self._chordal.add(channel)
        return "chords" if channel in self._chordal else "melody"
