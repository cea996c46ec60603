"""Outgoing MIDI clock: 24 pulses a beat, start, stop, continue and song position."""

from __future__ import annotations

import math
from collections.abc import Callable

from bandmate_bridge.clock import NEVER, Clock
from bandmate_bridge.midi_clock import CONTINUE, PULSE, PULSES_PER_POSITION, SONG_POSITION, START, STOP
from bandmate_bridge.pulse_filter import PULSES_PER_BEAT

LAST_POSITION = 0x3FFF
"""Sixteenths; further on there is no song position, and a receiver counts on from this one."""

LATE = 0.05
"""Seconds by which a pulse may be late; after a longer standstill the receiver is told the place anew."""


class ClockOut:
    """Sends the clock's pulses, by the thread that calls `play_due` when `deadline` has come.

    While the clock runs before beat 0 (a count-in), pulses alone are sent, for the tempo; start comes with
    beat 0. Anywhere else a receiver is put on the next sixteenth by song position and continue. While the
    clock stands nothing is sent.
    """

    def __init__(self, clock: Clock, send: Callable[[tuple[int, ...]], None]) -> None:
        self._clock = clock
        self._send = send
        self._next = 0  # the next pulse, counted from beat 0
        self._plays = False  # the receiver, as far as it was told
        self._ahead = False  # `_next` is right

    def deadline(self) -> float:
        """When the next pulse is due; NEVER while the clock stands."""
        if not self._clock.running:
            return NEVER
        if not self._ahead:
            return -NEVER
        return self._clock.time_at(self._next / PULSES_PER_BEAT)

    def play_due(self, now: float) -> None:
        """Sends what is due at the time `now`."""
        if not self._clock.running:
            return
        if self._ahead and now - self.deadline() > LATE:
            self.moved()
        if not self._ahead:
            self._next = math.ceil(self._clock.beat_at(now) * PULSES_PER_BEAT - 0.5)
            self._ahead = True
        while self.deadline() <= now:
            self._pulse()

    def moved(self) -> None:
        """The clock has started or jumped: the receiver must be told where it is."""
        self.stopped()

    def stopped(self) -> None:
        """The clock stands."""
        if self._plays:
            self._send((STOP,))
        self._plays = self._ahead = False

    def _pulse(self) -> None:
        if not self._plays and self._next >= 0 and self._next % PULSES_PER_POSITION == 0:
            self._place(self._next // PULSES_PER_POSITION)
        self._send((PULSE,))
        self._next += 1

    def _place(self, sixteenth: int) -> None:
        if sixteenth == 0:
            self._send((START,))
        else:
            position = min(sixteenth, LAST_POSITION)
            self._send((SONG_POSITION, position & 0x7F, position >> 7))
            self._send((CONTINUE,))
        self._plays = True
