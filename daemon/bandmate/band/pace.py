"""How far ahead the band plans, tuned from what planning takes here; what is given up where it takes long."""

from __future__ import annotations

import statistics
from collections import deque
from typing import NamedTuple

from bandmate_models.score import Role

STEP = 6
"""Ticks that are committed at a time: half a beat."""
MOST_OVER = 0.1
"""Seconds, at most, by which commitments leave the earlier because others left late."""
MARGIN = 0.025
"""Seconds before its first beat at which a commitment leaves at the latest."""
SURE = 1.3
"""Times the 95th percentile that is taken for what planning takes."""
LEAST_LEAD, MOST_LEAD = 0.02, 0.25
"""Seconds that planning is taken to need at least, and at most: beyond them something is given up instead."""
CALM_STEPS = 32
"""Half beats without a fallback after which something that was given up is taken back."""
BREATH_STEPS = 16
"""Half beats for which the last bar is repeated before planning is tried again."""


class Level(NamedTuple):
    """What is given up: the look-ahead in ticks, ticks of a commitment, whether parts rest, or all repeat."""

    name: str
    ahead: int
    step: int
    fewer: bool = False
    repeat: bool = False


LEVELS: tuple[Level, ...] = (
    Level("", 24, STEP),
    Level("a shorter look-ahead", 12, STEP),
    Level("longer commitments", 12, 2 * STEP),
    Level("fewer parts", 12, 2 * STEP, fewer=True),
    Level("the last bar repeated", 0, 4 * STEP, fewer=True, repeat=True),
)
EXPENDABLE: tuple[Role, ...] = ("strings", "guitar", "melody")
"""Parts that are given up first."""


class Pace:
    """Watches how long commitments take; `lead` says when to begin the next, `level` what is given up."""

    def __init__(self, lead: float = 0.1) -> None:
        self.level = 0
        self.took: deque[float] = deque(maxlen=64)
        """Seconds from the beginning of a commitment's planning to its leaving."""
        self.least = 0.0
        """Seconds that whoever listens wants to have the notes ahead of time."""
        self._start = lead
        self._over: deque[float] = deque(maxlen=256)
        self._misses: deque[int] = deque(maxlen=8)
        self._calm = 0

    @property
    def now(self) -> Level:
        return LEVELS[self.level]

    @property
    def lead(self) -> float:
        """Seconds before a commitment's first beat at which its planning begins."""
        return min(max(self._sure, LEAST_LEAD), MOST_LEAD) + self.latest

    @property
    def _sure(self) -> float:
        """Seconds that planning a commitment surely takes."""
        took = sorted(self.took)
        return SURE * took[int(0.95 * (len(took) - 1))] if len(took) >= 8 else self._start

    @property
    def latest(self) -> float:
        """Seconds before its first beat at which a commitment has to leave: more where some left late."""
        return MARGIN + min(MOST_OVER, max(self._over, default=0.0)) + self.least

    def left(self, late: float) -> None:
        """Notes down how many seconds after the latest moment a commitment left."""
        self._over.append(max(0.0, late))

    def planned(self, seconds: float, step_seconds: float, *, stale: bool, repeated: bool) -> None:
        """Notes down how long one commitment took, of a step of so many seconds, and whether it fell back.

        Two repetitions among the last eight commitments, or five that were stale, cost a level.
        """
        if self.now.repeat:
            self._rest(BREATH_STEPS)
            return
        self.took.append(seconds)
        self._misses.append(5 if repeated else 2 if stale else 0)
        if sum(self._misses) >= 10 and self.level < len(LEVELS) - 1:
            self.level += 1
            self._misses.clear()
            self._calm = 0
        elif stale or repeated:
            self._calm = 0
        elif not self.level or self._sure < 0.8 * step_seconds:
            self._rest(CALM_STEPS)

    def _rest(self, enough: int) -> None:
        """One more commitment without trouble; a level is taken back after `enough` half beats of them."""
        self._calm += self.now.step // STEP
        if self._calm >= enough and self.level:
            self.level -= 1
            self._calm = 0

    def percentiles(self) -> tuple[float, float]:
        """Milliseconds of a commitment's planning: median and 99th percentile."""
        took = sorted(self.took)
        if not took:
            return 0.0, 0.0
        return 1000 * statistics.median(took), 1000 * took[int(0.99 * (len(took) - 1))]
