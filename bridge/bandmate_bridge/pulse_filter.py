"""The pulses of MIDI clock, cleared of jitter, and how many of them were lost on the way."""

from __future__ import annotations

import math
from collections.abc import Sequence

PULSES_PER_BEAT = 24

FORGOTTEN = 10.0
"""Seconds without a pulse after which nothing is known of their place any more."""


class PulseFilter:
    """A delay-locked loop of second order (Adriaensen, "Using a DLL to filter time", 2005).

    Each pulse is compared with its prediction; a part of the error corrects the phase, a smaller part the
    period. The loop starts wide, to find the tempo within a beat, and narrows over two beats: then jitter
    faster than half a second is averaged out, and a change of tempo is followed in a beat or two. Pulses
    further than half a period from their prediction are passed over, for they may come in a bunch after a
    stall; where STRAYS of them follow one another the loop begins anew from these: with the tempo as it was,
    some were lost on the way; else the tempo has jumped. Between SAME_TEMPO and DOUBTFUL, shares of the
    period, it may be either, and MANY of them decide.
    """

    WIDE, STEADY = 0.2, 0.014
    """Bandwidth of the loop at first and after two beats, as a fraction of the pulse rate."""

    STRAYS, MANY = 12, 36
    SAME_TEMPO, DOUBTFUL = 0.03, 0.15

    def __init__(self) -> None:
        self.time = -math.inf
        """The filtered time of the newest pulse, seconds."""
        self.period = 0.0
        """Seconds between two pulses; 0 until two have come."""
        self._newest = -math.inf
        self._pulses = 0
        self._strays: list[float] = []

    def pulse(self, time: float) -> int | None:
        """Takes a pulse that came at `time`; gives how many before it are now known to have been lost.

        None where their number cannot be known any more: after a long silence, or in another tempo.
        """
        gone, self._newest = time - self._newest > FORGOTTEN, time
        if self._pulses == 0 or gone:
            self._anchor(time)
            return None
        self._pulses += 1
        if self.period == 0.0:
            self.time, self.period = time, _plausible(time - self.time)
            return 0
        self.time += self.period
        error = time - self.time
        if abs(error) > self.period / 2.0 + 0.005:
            return self._stray(time)
        self._strays.clear()
        settled = min(1.0, self._pulses / (2.0 * PULSES_PER_BEAT))
        omega = 2.0 * math.pi * (self.WIDE + (self.STEADY - self.WIDE) * settled)
        self.time += min(1.0, math.sqrt(2.0) * omega) * error
        self.period = _plausible(self.period + min(0.5, omega * omega) * error)
        return 0

    def forget_phase(self) -> None:
        """Takes the next pulse as it comes, and keeps the tempo."""
        self._pulses = 0

    @property
    def bpm(self) -> float | None:
        return 60.0 / (self.period * PULSES_PER_BEAT) if self.period > 0.0 else None

    @property
    def newest(self) -> float:
        """When the newest pulse came."""
        return self._newest

    @property
    def is_steady(self) -> bool:
        """Whether the newest pulse came where it was expected."""
        return self._pulses > 0 and not self._strays

    def _anchor(self, time: float) -> None:
        self.time, self._pulses = time, 1
        self._strays.clear()

    def _stray(self, time: float) -> int | None:
        self._strays = [*self._strays[-self.MANY :], time]
        if len(self._strays) <= self.STRAYS:
            return 0
        period = spacing(self._strays[-self.STRAYS - 1 :])
        if period != _plausible(period):
            return 0
        other = abs(period / self.period - 1.0)
        if self.SAME_TEMPO <= other <= self.DOUBTFUL:
            if len(self._strays) <= self.MANY:
                return 0
            period = spacing(self._strays)
            other = abs(period / self.period - 1.0)
        missed = None
        if other < self.SAME_TEMPO:
            missed = max(0, round((time - self.time) / self.period))
        else:
            self.period = period
        self._anchor(time)
        return missed


def spacing(times: Sequence[float]) -> float:
    """The least-squares interval of evenly spaced times."""
    middle = (len(times) - 1) / 2.0
    spread = sum((index - middle) ** 2 for index in range(len(times)))
    return sum((index - middle) * time for index, time in enumerate(times)) / spread


def _plausible(period: float) -> float:
    """The period, brought between those of 400 and of 15 beats a minute."""
    return min(max(period, 60.0 / 400.0 / PULSES_PER_BEAT), 60.0 / 15.0 / PULSES_PER_BEAT)
