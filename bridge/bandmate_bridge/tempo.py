"""The tempo of what is played, from the times at which its notes begin."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import NamedTuple

SLOWEST, FASTEST = 60.0, 180.0
USUAL = 108.0

STEPS_PER_OCTAVE = 160
CHORD = 0.035
"""Seconds within which onsets are one."""

LEVELS = ((1, 0.35), (2, 0.4), (4, 0.25))
"""How much it counts that onsets fall on beats, on eighths, on sixteenths."""

FEWEST = 8
SURE = 0.55


class Pulse(NamedTuple):
    bpm: float
    certainty: float  # 0 to 1: how near the onsets are to one grid


def estimate_tempo(onsets: Sequence[float], usual: float = USUAL) -> Pulse | None:
    """The tempo from SLOWEST to FASTEST whose beats, eighths and sixteenths the onsets (seconds) fit best.

    For each tempo the onsets are unit vectors turning once a beat (twice, four times); where they fall on one
    grid the vectors add up. The first onset is taken to be on the beat. Of a tempo and its double the one
    nearer to `usual` is taken. None for fewer than FEWEST onsets, or where no tempo fits well.
    """
    times = _merge(sorted(onsets))
    if len(times) < FEWEST:
        return None
    octaves = math.log2(FASTEST / SLOWEST)
    tempos = [SLOWEST * 2.0 ** (i / STEPS_PER_OCTAVE) for i in range(int(octaves * STEPS_PER_OCTAVE) + 1)]
    bpm = max(tempos, key=lambda bpm: _fit(times, bpm) * _usualness(bpm / usual))
    bpm = _refine(times, bpm)
    certainty = _grid_fit(times, bpm)
    return Pulse(bpm, certainty) if certainty >= SURE else None


def _merge(times: list[float]) -> list[float]:
    merged: list[float] = []
    for time in times:
        if not merged or time - merged[-1] > CHORD:
            merged.append(time)
    return merged


def _fit(times: list[float], bpm: float) -> float:
    turn = 2j * math.pi * bpm / 60.0
    return sum(
        weight * sum(cmath.exp(turn * level * (time - times[0])) for time in times).real / len(times)
        for level, weight in LEVELS
    )


def _usualness(ratio: float) -> float:
    return math.exp(-0.5 * (math.log2(ratio) / 0.9) ** 2)


def _grid_fit(times: list[float], bpm: float) -> float:
    """How near the onsets are to sixteenths, 0 to 1."""
    turn = 8j * math.pi * bpm / 60.0
    return abs(sum(cmath.exp(turn * (time - times[0])) for time in times)) / len(times)


def _refine(times: list[float], bpm: float) -> float:
    """Least squares of the onsets on the nearest sixteenths at `bpm`."""
    places = [round((time - times[0]) * bpm / 15.0) / 4.0 for time in times]
    mean_place, mean_time = sum(places) / len(places), sum(times) / len(times)
    spread = sum((place - mean_place) ** 2 for place in places)
    if spread == 0.0:
        return bpm
    slope = sum((p - mean_place) * (t - mean_time) for p, t in zip(places, times, strict=True)) / spread
    return 60.0 / slope if slope > 0.0 else bpm
