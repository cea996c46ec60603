"""Incoming MIDI clock: 24 pulses a beat, start, stop, continue and song position, cleared of jitter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from bandmate_bridge.clock import Clock

PULSES_PER_BEAT = 24
PULSES_PER_POSITION = 6
"""Song position counts sixteenths."""

SONG_POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC

LOST_AFTER = 0.5
"""Seconds without a pulse after which a running clock counts as lost."""

Turn = Literal["", "started", "stopped", "moved"]


class PulseFilter:
    """A delay-locked loop of second order (Adriaensen, "Using a DLL to filter time", 2005).

    Each pulse is compared with its prediction; a part of the error corrects the phase, a smaller part the
    period. The loop starts wide, to find the tempo within a beat, and narrows over two beats: then jitter
    faster than about a second is averaged out, and a change of tempo is followed in two or three. Pulses
    further than half a period from their prediction, as after a stall, are counted and passed over; where
    STRAYS of them follow one another the tempo has jumped, and the loop begins anew from these.
    """

    WIDE, STEADY = 0.2, 0.008
    """Bandwidth of the loop at first and after two beats, as a fraction of the pulse rate."""

    STRAYS = 12

    def __init__(self) -> None:
        self.time = -math.inf
        """The filtered time of the newest pulse, seconds."""
        self.period = 0.0
        """Seconds between two pulses; 0 until two have come."""
        self._pulses = 0
        self._strays: list[float] = []

    def pulse(self, time: float) -> None:
        if self._pulses == 0 or time - self.time > LOST_AFTER:
            self.time, self._pulses = time, 1
            return
        self._pulses += 1
        if self.period == 0.0:
            self.time, self.period = time, _plausible(time - self.time)
            return
        self.time += self.period
        error = time - self.time
        if abs(error) > self.period / 2.0 + 0.005:
            self._stray(time)
            return
        self._strays.clear()
        settled = min(1.0, self._pulses / (2.0 * PULSES_PER_BEAT))
        omega = 2.0 * math.pi * (self.WIDE + (self.STEADY - self.WIDE) * settled)
        self.time += min(1.0, math.sqrt(2.0) * omega) * error
        self.period = _plausible(self.period + min(0.5, omega * omega) * error)

    def forget_phase(self) -> None:
        """Takes the next pulse as it comes, and keeps the tempo."""
        self._pulses = 0

    @property
    def bpm(self) -> float | None:
        return 60.0 / (self.period * PULSES_PER_BEAT) if self.period > 0.0 else None

    def _stray(self, time: float) -> None:
        self._strays = [*self._strays[-self.STRAYS :], time]
        period = (time - self._strays[0]) / self.STRAYS
        if len(self._strays) > self.STRAYS and period == _plausible(period):
            self.time, self.period, self._pulses = time, period, 1
            self._strays.clear()


def _plausible(period: float) -> float:
    """The period, brought between those of 400 and of 15 beats a minute."""
    return min(max(period, 60.0 / 400.0 / PULSES_PER_BEAT), 60.0 / 15.0 / PULSES_PER_BEAT)


class MidiClock:
    """Leads a Clock by the real-time messages of another machine."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._filter = PulseFilter()
        self._next_pulse = 0  # its place in pulses from beat 0
        self._armed = False

    def receive(self, data: Sequence[int], time: float) -> Turn:
        """Takes one message (its bytes) that came at `time`; says what became of the transport."""
        status = data[0]
        if status == PULSE:
            return self._pulse(time)
        if status == SONG_POSITION and len(data) == 3:
            self._next_pulse = (data[1] + 128 * data[2]) * PULSES_PER_POSITION
            if not self._clock.running:
                self._clock.locate(self._next_pulse / PULSES_PER_BEAT, time)
            return "moved"
        if status in (START, CONTINUE):
            if status == START:
                self._next_pulse = 0
            self._filter.forget_phase()
            self._armed = True
        elif status == STOP:
            self._armed = False
            if self._clock.running:
                self._clock.stop(time)
                return "stopped"
        return ""

    def lost(self, time: float) -> bool:
        """Whether the pulses of a running clock have ceased."""
        return self._clock.running and time - self._filter.time > LOST_AFTER

    def _pulse(self, time: float) -> Turn:
        self._filter.pulse(time)
        bpm = self._filter.bpm or self._clock.bpm
        if not (self._armed or self._clock.running):
            self._clock.bpm = bpm
            return ""
        self._clock.follow(self._next_pulse / PULSES_PER_BEAT, self._filter.time, bpm)
        self._next_pulse += 1
        if not self._armed:
            return ""
        self._armed = False
        self._clock.running = True
        return "started"
