"""When the frames of a stream are: a steady line through callbacks that come now early, now late."""

from __future__ import annotations

from math import pi, sqrt

_BANDWIDTH = 0.5  # Hz: slower changes are followed, quicker ones are jitter
_LOST = 2.0  # periods of error from which the line begins anew


class Timeline:
    """A delay-locked loop of second order (Adriaensen, "Using a DLL to filter time", 2005).

    `tick` at each callback, then `frame_of` a time counts within the block that is being made, which plays
    what happened during the period before it: so everything is late by the same, one period.
    """

    def __init__(self, rate: int, frames: int) -> None:
        self._frames = frames
        self._nominal = frames / rate
        self._period = self._nominal
        self._now = self._next = 0.0
        omega = 2 * pi * _BANDWIDTH * self._nominal
        self._b, self._c = sqrt(2.0) * omega, omega * omega

    def tick(self, time: float) -> None:
        """A callback has come at `time` (seconds of `time.perf_counter()`)."""
        error = time - self._next
        if abs(error) > _LOST * self._nominal:
            self._now, self._period = time, self._nominal
            self._next = time + self._period
            return
        self._now = self._next
        self._next += self._b * error + self._period
        self._period += self._c * error

    @property
    def now(self) -> float:
        """When this callback should have come."""
        return self._now

    def frame_of(self, time: float) -> int:
        """The frame of this block for what happened at `time`; what is too old is due at once."""
        frame = int((time - self._now + self._period) / self._period * self._frames)
        return min(max(frame, 0), self._frames - 1)
