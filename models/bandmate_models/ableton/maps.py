"""A set's tempo and metre -> a score's maps, which change in steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor

from ..score import Metre, Tempo
from .automation import Point

STEP = 0.25
"""Beats: Live looks at the tempo's automation on each sixteenth, and keeps what it finds until the next."""
MOST_STEPS = 20_000
"""Changes that a map may have; where a set has more of tempo, it is looked at more rarely."""


def tempo_map(points: Sequence[Point], until: float) -> tuple[Tempo, ...]:
    """The tempi from beat 0 to `until`, as Live has them: on every sixteenth the automation's value there.

    That Live does so was measured by others (https://github.com/offlinemark/dawtool, whose tests tell when
    the locators of a dozen sets sound).
    """
    places = {0}
    for left, right in pairwise(points):
        first, last = max(left.beat, 0.0), min(right.beat, until)
        if left.value != right.value and first <= last:
            places.update(range(floor(first / STEP), ceil(last / STEP) + 1))
    ordered = sorted(place * STEP for place in places)
    beats = [point.beat for point in points]
    steps: list[Tempo] = []
    for beat in ordered[:: ceil(len(ordered) / MOST_STEPS)]:
        bpm = round(_at(points, beats, beat), 6)
        if not steps or steps[-1].bpm != bpm:
            steps.append(Tempo(beat, bpm))
    return tuple(steps)


def _at(points: Sequence[Point], beats: Sequence[float], beat: float) -> float:
    """The automation's value at a beat, behind a jump there; the first holds before, the last behind."""
    index = bisect_right(beats, beat) - 1
    if index < 0 or index + 1 == len(points):
        return points[max(index, 0)].value
    left, right = points[index], points[index + 1]
    return left.value + (right.value - left.value) * (beat - left.beat) / (right.beat - left.beat)


def metre_map(metres: Iterable[Metre], until: float) -> tuple[Metre, ...]:
    """The metres from beat 0 to `until`; of several at one beat the last holds."""
    found: dict[float, Metre] = {0.0: Metre(0.0, 4, 4)}
    for metre in metres:
        beat = max(metre.beat, 0.0)
        if beat < until or beat == 0.0:
            found[beat] = metre._replace(beat=beat)
    kept: list[Metre] = []
    for metre in found.values():
        if not kept or kept[-1][1:] != metre[1:]:
            kept.append(metre)
    return tuple(kept[:MOST_STEPS])
