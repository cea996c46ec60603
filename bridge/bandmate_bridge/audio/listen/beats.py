"""Beats through a recording (dynamic programming, Ellis, 2007), and the grid that they make."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.onsets import FRAME_RATE, Onsets
from bandmate_bridge.audio.listen.pulse import Pulse

Floats = npt.NDArray[np.float64]

_TIGHT = 100.0  # how dear it is to leave the tempo
_STEADY = 0.03  # seconds: beats that miss an even grid by less, most of them, are played to it
_EVEN = 0.8  # of what tracked beats catch of the onsets: even ones that catch so much are the truth
_NEAR = 0.04  # by which the tracked beats' tempo may differ from the pulse
_PHASES = 64
_REACH = 2.0  # an interval is from half a beat to two


class BeatGrid(NamedTuple):
    """Beats as times in seconds, and what a beat is. `steady`: they are evenly spaced."""

    times: Floats
    pulse: Pulse
    steady: bool

    def beat_at(self, seconds: Floats) -> Floats:
        """Beats from the first, also before it and after the last."""
        places = np.arange(len(self.times), dtype=np.float64)
        inside = np.interp(seconds, self.times, places)
        first, last = self.times[1] - self.times[0], self.times[-1] - self.times[-2]
        early, late = seconds - self.times[0], seconds - self.times[-1]
        return np.asarray(
            np.where(early < 0, early / first, np.where(late > 0, places[-1] + late / last, inside))
        )

    def seconds_at(self, beat: float) -> float:
        """The inverse of `beat_at`."""
        last = len(self.times) - 1
        if beat < 0:
            return float(self.times[0] + beat * (self.times[1] - self.times[0]))
        if beat > last:
            return float(self.times[-1] + (beat - last) * (self.times[-1] - self.times[-2]))
        return float(np.interp(beat, np.arange(last + 1), self.times))


def track_beats(onsets: Onsets, pulse: Pulse) -> BeatGrid:
    """Two beats or more, the best compromise between strong onsets and an even pulse."""
    strength = onsets.all / max(float(onsets.all.std()), 1e-9)
    period = FRAME_RATE * 60.0 / pulse.bpm
    steps = np.arange(round(period / _REACH), round(period * _REACH) + 1)
    price = -_TIGHT * np.log(steps / period) ** 2
    score = _local(strength, period)
    total = score.copy()
    came_from = np.full(len(score), -1)
    for frame in range(int(steps[0]), len(score)):
        within = steps[: max(0, frame - steps[0] + 1)]
        paths = total[frame - within] + price[: len(within)]
        best = int(paths.argmax())
        if paths[best] > 0:
            total[frame] += paths[best]
            came_from[frame] = frame - within[best]
    frames = _backwards(total, came_from, period)
    times = frames / FRAME_RATE
    return _grid(times, pulse, score) if len(times) > 1 else even_grid(float(times[0]), pulse)


def even_grid(start: float, pulse: Pulse) -> BeatGrid:
    """Beats from `start` on, as regular as the pulse says."""
    return BeatGrid(np.array([start, start + 60.0 / pulse.bpm]), pulse, True)


def _local(strength: npt.NDArray[np.float32], period: float) -> Floats:
    """Onsets blurred a little, as wide as a beat may be inexact."""
    width = max(1, round(period / 32))
    kernel = np.exp(-0.5 * (np.arange(-3 * width, 3 * width + 1) / width) ** 2)
    return np.convolve(strength.astype(np.float64), kernel, "same")


def _backwards(total: Floats, came_from: npt.NDArray[np.int64], period: float) -> Floats:
    """The best path's frames, from the best end within its last beat."""
    tail = max(1, round(period))
    frame = len(total) - tail + int(total[-tail:].argmax()) if len(total) > tail else int(total.argmax())
    path = []
    while frame >= 0:
        path.append(frame)
        frame = int(came_from[frame])
    return np.array(path[::-1], dtype=np.float64)


def _grid(tracked: Floats, pulse: Pulse, local: Floats) -> BeatGrid:
    """Even beats, where they catch nearly as much as the tracked ones; else these."""
    count = len(tracked)
    spacing = 60.0 / pulse.bpm
    slope, start = np.polyfit(np.arange(count), tracked, 1)
    misses = np.abs(tracked - (start + slope * np.arange(count)))
    best = (-1.0, float(start), float(slope))
    for period in _spacings(spacing, float(slope), count):
        first = tracked[0] + period * np.linspace(-0.5, 0.5, _PHASES, endpoint=False)
        places = (first[:, None] + period * np.arange(count)) * FRAME_RATE
        caught = np.interp(places, np.arange(len(local)), local, left=0.0, right=0.0).mean(axis=1)
        top = int(caught.argmax())
        if caught[top] > best[0]:
            best = (float(caught[top]), float(first[top]), period)
    tracked_catch = float(np.interp(tracked * FRAME_RATE, np.arange(len(local)), local).mean())
    if best[0] < _EVEN * tracked_catch and np.percentile(misses, 80) > _STEADY:
        return BeatGrid(tracked, pulse, False)
    _, begin, period = best
    first_beat = begin - period * np.floor(begin / period) if begin < 0 else begin
    times = np.asarray(first_beat + period * np.arange(max(2, count)), np.float64)
    return BeatGrid(times, pulse._replace(bpm=60.0 / period), True)


def _spacings(spacing: float, slope: float, count: int) -> list[float]:
    """Periods near the pulse's and near that of the tracked beats, as finely as so many beats can tell."""
    fine = 1 / (32 * max(count, 8))
    near = [spacing * (1 + fine * step) for step in range(-8, 9)]
    if abs(slope / spacing - 1) < _NEAR:
        near += [slope * (1 + fine * step) for step in range(-8, 9)]
    return near
