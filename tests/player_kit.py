"""A player whose tempo drifts, and whose hand is unsteady."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

RHYTHMS = (
    (1.0, 0.5, 0.5, 1.0, 1.0),
    (0.5,) * 8,
    (1.5, 0.5, 1.0, 1.0),
    (0.5, 0.25, 0.25, 1.0, 0.5, 0.5, 1.0),
    (2.0, 1.0, 1.0),
    (0.75, 0.25, 1.0, 0.5, 0.5, 1.0),
)
STEPS = 20


class Struck(NamedTuple):
    """A note as it was meant, at `beat` and `due`, and when it came."""

    beat: float
    due: float
    time: float


def performance(seed: int, bars: int, tempo: Callable[[float], float], spread: float) -> Iterator[Struck]:
    """Bars of rhythms at a tempo by beat (quarter notes a minute), each note off by `spread` s (sd)."""
    source, beat, time = random.Random(seed), 0.0, 10.0
    while beat < 4.0 * bars:
        for duration in source.choice(RHYTHMS):
            yield Struck(beat, time, time + source.gauss(0.0, spread))
            for step in range(STEPS):
                time += duration / STEPS * 60.0 / tempo(beat + duration * step / STEPS)
            beat += duration
