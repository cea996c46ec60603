"""The clock: which beat it is at a time, and when a beat comes."""

from __future__ import annotations

import math

from bandmate_bridge.messages import ClockState, Source

NEVER = math.inf

TEMPOS = (10.0, 1000.0)


class Clock:
    """Beats on a straight line since the last change of tempo or place; a standing clock stays at its beat.

    Times are seconds of `time.perf_counter()`, beats quarter notes. The clock reads no time itself: whoever
    changes it says when. A `ClockState` is where it stands.
    """

    def __init__(self, bpm: float = 120.0, numerator: int = 4, denominator: int = 4) -> None:
        self.running = False
        self.source: Source = "internal"
        self.bpm = bpm
        self._beat = 0.0
        self._time = 0.0
        self._metre = (0.0, numerator, denominator)  # and the bar line from which it holds
        self._next_metre: tuple[float, int, int] | None = None

    def beat_at(self, time: float) -> float:
        if not self.running:
            return self._beat
        return self._beat + (time - self._time) * self.bpm / 60.0

    def time_at(self, beat: float) -> float:
        """When `beat` comes, or came; NEVER while the clock stands still."""
        if not self.running:
            return NEVER
        return self._time + (beat - self._beat) * 60.0 / self.bpm

    def start(self, beat: float, time: float, bar: float = 0.0) -> None:
        """Runs from `beat` on, with a bar line at `bar`."""
        _, numerator, denominator = self._next_metre or self._metre
        self._metre, self._next_metre = (bar, numerator, denominator), None
        self.running = True
        self.locate(beat, time)

    def stop(self, time: float) -> None:
        self._beat, self._time = self.beat_at(time), time
        self.running = False

    def locate(self, beat: float, time: float) -> None:
        self._beat, self._time = beat, time

    def set_tempo(self, bpm: float, time: float) -> None:
        """Goes on from where it is at `time` with `bpm` quarter notes a minute; ValueError outside TEMPOS."""
        if not (isinstance(bpm, (int, float)) and TEMPOS[0] <= bpm <= TEMPOS[1]):
            slowest, fastest = TEMPOS
            raise ValueError(f"a tempo of {bpm!r} is not in {slowest:g} to {fastest:g} beats a minute")
        self._beat, self._time = self.beat_at(time), time
        self.bpm = bpm

    def follow(self, beat: float, time: float, bpm: float) -> None:
        """Takes place and tempo from another clock's pulse."""
        self._beat, self._time, self.bpm = beat, time, bpm

    def set_metre(self, numerator: int, denominator: int, time: float) -> None:
        """From the next bar line on; at once while the clock stands still. ValueError for no metre."""
        if numerator not in range(1, 65) or denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"{numerator!r}/{denominator!r} is not a metre")
        if self.running:
            self._next_metre = (self.state(time).bar_after(self.beat_at(time)), numerator, denominator)
        else:
            self._metre = (self._metre[0], numerator, denominator)
            self._next_metre = None

    def state(self, time: float) -> ClockState:
        beat = self.beat_at(time)
        if self._next_metre is not None and beat >= self._next_metre[0]:
            self._metre, self._next_metre = self._next_metre, None
        line, numerator, denominator = self._metre
        state = ClockState(self.running, self.source, beat, time, self.bpm, numerator, denominator, line)
        return state._replace(bar=state.bar_before(beat))
