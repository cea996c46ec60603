"""Incoming MIDI clock: 24 pulses a beat, start, stop, continue and song position, cleared of jitter."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate_bridge.clock import Clock
from bandmate_bridge.clocks.source import ClockSource, Turn, jump
from bandmate_bridge.messages import Resume
from bandmate_bridge.pulse_filter import PULSES_PER_BEAT, PulseFilter

PULSES_PER_POSITION = 6
"""Song position counts sixteenths."""

SONG_POSITION, PULSE, START, CONTINUE, STOP = 0xF2, 0xF8, 0xFA, 0xFB, 0xFC

LOST_AFTER = 0.5
"""Seconds without a pulse after which a running clock counts as lost."""

GLIDE = 0.04
"""Seconds within which the clock takes what the filter says: it is smooth already."""


class MidiClock(ClockSource):
    """Leads a Clock by the real-time messages of another machine.

    A clock that is lost goes on by itself where it would be, when pulses of its tempo come again within
    `FORGOTTEN` seconds; after longer, or with another tempo, it waits for a start.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._filter = PulseFilter()
        self._next_pulse = 0  # its place in pulses from beat 0
        self._armed = False
        self._lost = False
        self._resumed = False  # the next pulse is the one that is nearest
        self._pardoned = 0.0

    def receive(self, data: Sequence[int], time: float) -> Turn | None:
        status = data[0]
        if status == PULSE:
            return self._pulse(time)
        if status == SONG_POSITION and len(data) == 3:
            return self._locate((data[1] + 128 * data[2]) * PULSES_PER_POSITION, time)
        if status in (START, CONTINUE):
            return self._arm(status == START, time)
        if status == STOP:
            self._armed = self._lost = False
            if self._clock.running:
                self._clock.stop(time)
                return Turn("stopped")
        return None

    def look(self, now: float) -> Turn | None:
        silent_since = max(self._filter.newest, self._pardoned)
        if not self._clock.running or now - silent_since <= LOST_AFTER:
            return None
        self._clock.stop(now)
        self._lost = True
        return Turn("lost", sentence="the incoming MIDI clock has ceased; waiting for it")

    def pardon(self, now: float) -> None:
        self._pardoned = now

    def resume(self, before: Resume, now: float) -> Turn | None:
        clock = self._clock
        clock.bpm = before.bpm
        clock.start(before.beat, before.time, before.bar)
        self._pardoned, self._resumed = now, True
        return Turn("started")

    def _locate(self, pulse: int, time: float) -> Turn:
        """The next pulse is that of a song position; a running clock jumps there."""
        here, self._next_pulse = self._next_pulse, pulse
        self._lost = False
        clock = self._clock
        if not clock.running:
            clock.locate(pulse / PULSES_PER_BEAT, time)
            return Turn("changed")
        by = (pulse - here) / PULSES_PER_BEAT
        return jump(clock, clock.beat_at(time) + by, time) if by else Turn("changed")

    def _arm(self, from_the_top: bool, time: float) -> Turn | None:
        """Start or continue: the next pulse counts. A clock that runs already only jumps."""
        self._lost = False
        if self._clock.running:
            return self._locate(0, time) if from_the_top else None
        if from_the_top:
            self._next_pulse = 0
        self._filter.forget_phase()
        self._armed = True
        return None

    def _pulse(self, time: float) -> Turn | None:
        clock = self._clock
        missed = self._filter.pulse(time)
        self._lost = self._lost and missed is not None
        self._next_pulse += missed or 0
        if self._resumed:
            self._next_pulse, self._resumed = round(clock.beat_at(time) * PULSES_PER_BEAT), False
        bpm = self._filter.bpm or clock.bpm
        found = self._lost and self._filter.is_steady
        if not (self._armed or clock.running or found):
            self._next_pulse += self._lost
            clock.bpm = bpm
            return None
        beat = self._next_pulse / PULSES_PER_BEAT
        self._next_pulse += 1
        clock.follow(beat, self._filter.time, bpm, time, GLIDE)
        if clock.running:
            return None
        if self._armed:
            clock.start(beat, self._filter.time)
        else:
            clock.running = True
        self._armed = self._lost = False
        return Turn("started")
