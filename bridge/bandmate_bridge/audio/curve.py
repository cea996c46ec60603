"""Values that change in time: the seconds of a tempo map, and what controllers are set to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate_models.score import Score

RAMP = 0.005  # seconds in which a controller goes from one value to the next, so that it does not click


class TimeLine:
    """Where a score's beats lie in seconds; `Score.seconds`, made quick for many questions."""

    def __init__(self, score: Score) -> None:
        self._beats = [min(0.0, score.tempos[0].beat), *(tempo.beat for tempo in score.tempos[1:])]
        self._lengths = [60.0 / tempo.bpm for tempo in score.tempos]
        self._seconds = [0.0]
        for length, beat, following in zip(self._lengths, self._beats, self._beats[1:], strict=False):
            self._seconds.append(self._seconds[-1] + (following - beat) * length)

    def seconds(self, beat: float) -> float:
        """Seconds from beat 0."""
        index = max(0, bisect_right(self._beats, beat) - 1)
        return self._seconds[index] + (beat - self._beats[index]) * self._lengths[index]


class Steps:
    """A controller: a value from each of some seconds on, the first of them from ever."""

    def __init__(self, changes: Sequence[tuple[float, float]]) -> None:
        """`changes`: second and value, by second; at least one."""
        self._seconds = [second for second, _ in changes]
        self._values = [value for _, value in changes]
        self._times: list[float] = [self._seconds[0]]
        self._heights: list[float] = [self._values[0]]
        for second, value in changes[1:]:
            begin = max(second, self._times[-1])
            self._times += (begin, max(second + RAMP, begin))
            self._heights += (self._heights[-1], value)

    @property
    def lowest(self) -> float:
        return min(self._values)

    def is_always(self, value: float) -> bool:
        return all(each == value for each in self._values)

    def is_within(self, start: float, end: float, value: float) -> bool:
        """Whether it is that value all the time between two seconds."""
        first = max(0, bisect_right(self._seconds, start - RAMP) - 1)
        last = max(first + 1, bisect_left(self._seconds, end))
        return all(each == value for each in self._values[first:last])

    def sampled(self, start: float, frames: int, rate: int) -> npt.NDArray[np.float64]:
        """The value at each of some frames from a second on."""
        return np.interp(start + np.arange(frames) / rate, self._times, self._heights)
