"""The clock: which beat it is at a time, and when a beat comes."""

from __future__ import annotations

import math
from typing import NamedTuple

from bandmate_bridge.messages import ClockState, Source

NEVER = math.inf

TEMPOS = (10.0, 1000.0)

GLIDE = 0.25
"""Seconds within which the clock meets another's line; a longer way is gone at half to one and a half
speed."""


class Line(NamedTuple):
    """Beats on a straight line through `beat` at `time`."""

    beat: float
    time: float
    speed: float  # beats a second, above 0

    def beat_at(self, time: float) -> float:
        return self.beat + (time - self.time) * self.speed

    def time_at(self, beat: float) -> float:
        return self.time + (beat - self.beat) / self.speed


class Clock:
    """Beats on a straight line since the last change of tempo or place; a standing clock stays at its beat.

    Times are seconds of `time.perf_counter()`, beats quarter notes. The clock reads no time itself: whoever
    changes it says when. A clock that follows another glides onto the other's line, so that between two jumps
    its beats never run back. A `ClockState` is where it stands.
    """

    def __init__(self, bpm: float = 120.0, numerator: int = 4, denominator: int = 4) -> None:
        self.running = False
        self.source: Source = "internal"
        self.bpm = bpm
        self.loop = (0.0, 0.0)
        """Start and length of the loop that is played, in beats; the length is 0 where there is none."""
        self.jumps = 0
        self._line = Line(0.0, 0.0, bpm / 60.0)
        self._glide: Line | None = None  # holds until `_line` begins
        self._metre = (0.0, numerator, denominator)  # and the bar line from which it holds
        self._next_metre: tuple[float, int, int] | None = None

    def beat_at(self, time: float) -> float:
        if not self.running:
            return self._line.beat
        if self._glide is not None and time < self._line.time:
            return self._glide.beat_at(time)
        return self._line.beat_at(time)

    def time_at(self, beat: float) -> float:
        """When `beat` comes, or came; NEVER while the clock stands still."""
        if not self.running:
            return NEVER
        if self._glide is not None and beat < self._line.beat:
            return self._glide.time_at(beat)
        return self._line.time_at(beat)

    def start(self, beat: float, time: float, bar: float = 0.0) -> None:
        """Runs from `beat` on, with a bar line at `bar`."""
        _, numerator, denominator = self._next_metre or self._metre
        self._metre, self._next_metre = (bar, numerator, denominator), None
        self.running = True
        self.locate(beat, time)

    def stop(self, time: float) -> None:
        self.locate(self.beat_at(time), time)
        self.running = False

    def locate(self, beat: float, time: float) -> None:
        self._line, self._glide = Line(beat, time, self.bpm / 60.0), None

    def shift(self, beats: float) -> None:
        """Jumps by so many beats; its tempo and its way onto another's line stay what they were."""
        self._line = self._line._replace(beat=self._line.beat + beats)
        if self._glide is not None:
            self._glide = self._glide._replace(beat=self._glide.beat + beats)

    def set_tempo(self, bpm: float, time: float) -> None:
        """Goes on from where it is at `time` with `bpm` quarter notes a minute; ValueError outside TEMPOS."""
        if not (isinstance(bpm, (int, float)) and TEMPOS[0] <= bpm <= TEMPOS[1]):
            slowest, fastest = TEMPOS
            raise ValueError(f"a tempo of {bpm!r} is not in {slowest:g} to {fastest:g} beats a minute")
        beat = self.beat_at(time)
        self.bpm = bpm
        self.locate(beat, time)

    def follow(self, beat: float, time: float, bpm: float, now: float, glide: float = GLIDE) -> None:
        """Takes another's line, on which `beat` is at `time`, and glides there from where it is `now`.

        `glide` are the seconds that this takes. A standing clock takes the line at once.
        """
        here, self.bpm = self.beat_at(now), bpm
        line = Line(beat, time, bpm / 60.0)
        if not self.running:
            self._line, self._glide = line, None
            return
        off = (line.beat_at(now) - here) / line.speed
        met = now + max(glide, 2.0 * abs(off))
        self._line = Line(line.beat_at(met), met, line.speed)
        self._glide = Line(here, now, (self._line.beat - here) / (met - now))

    def set_metre(self, numerator: int, denominator: int, time: float, bar: float | None = None) -> None:
        """From the next bar line on; at once while the clock stands still, or with a bar line at `bar`.

        ValueError for no metre.
        """
        if numerator not in range(1, 65) or denominator not in (1, 2, 4, 8, 16, 32, 64):
            raise ValueError(f"{numerator!r}/{denominator!r} is not a metre")
        if self.running and bar is None:
            self._next_metre = (self.state(time).bar_after(self.beat_at(time)), numerator, denominator)
        else:
            self._metre = (self._metre[0] if bar is None else bar, numerator, denominator)
            self._next_metre = None

    @property
    def metre(self) -> tuple[int, int]:
        """The time signature that holds, or is to come with the next bar line."""
        _, numerator, denominator = self._next_metre or self._metre
        return numerator, denominator

    def state(self, time: float) -> ClockState:
        beat = self.beat_at(time)
        if self._next_metre is not None and beat >= self._next_metre[0]:
            self._metre, self._next_metre = self._next_metre, None
        line, numerator, denominator = self._metre
        state = ClockState(
            self.running,
            self.source,
            beat,
            time,
            self.bpm,
            numerator,
            denominator,
            line,
            *self.loop,
            self.jumps,
        )
        return state._replace(bar=state.bar_before(beat))
