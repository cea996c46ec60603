"""The tempo of a hand that taps it."""

from __future__ import annotations

from collections import deque

from bandmate_bridge.pulse_filter import spacing

FEWEST, MOST = 4, 8
PAUSE = 2.5
"""Seconds after which a tap is the first of others."""

UNEVEN = 0.25
"""Share of the interval by which one may differ from those before and still be of the same tempo."""


class TapTempo:
    """Takes the times of taps, seconds; from the fourth on it knows the tempo, of the last eight at most."""

    def __init__(self) -> None:
        self._taps: deque[float] = deque(maxlen=MOST)

    def tap(self, time: float) -> float | None:
        """Quarter notes a minute, or None where that is not clear yet."""
        taps = self._taps
        if taps and not 0.0 < time - taps[-1] <= PAUSE:
            taps.clear()
        if len(taps) > 1:
            usual = (taps[-1] - taps[0]) / (len(taps) - 1)
            if abs(time - taps[-1] - usual) > UNEVEN * usual:
                newest = taps[-1]
                taps.clear()
                taps.append(newest)
        taps.append(time)
        return 60.0 / spacing(taps) if len(taps) >= FEWEST else None
