"""Notes out of the network's certainties, as Bittner et al. describe it (ICASSP 2022, section 2.3).

Every peak of the onsets that is sure enough begins a note, which lasts until its key has been too unsure
for a while. What still sounds with no onset of its own (a legato, a swell) becomes notes around its surest
frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandmate_bridge.audio.listen.pitch_model import HOP, KEYS, LOWEST_PITCH, RATE, Salience

Audio = npt.NDArray[np.float32]


class SoundedNote(NamedTuple):
    """A note as it was heard: seconds, MIDI pitch, and how surely it sounded (0 to 1)."""

    start: float
    end: float
    pitch: int
    certainty: float


class Thresholds(NamedTuple):
    """How sure is sure enough, 0 to 1, and the shortest note in seconds.

    Basic Pitch's own, but for `certain`, of a note on the whole: it leaves out overtones, and was chosen on
    the validation split.
    """

    struck: float = 0.5
    sounding: float = 0.3
    shortest: float = 0.128
    certain: float = 0.36


LATE = 0.01
"""Seconds by which the network is late, as heard on the validation split."""

_GAP = 11  # frames for which a key may be unsure within a note
_RISE = 2  # frames back that a rise of the certainty is measured over


def track_notes(salience: Salience, thresholds: Thresholds = Thresholds()) -> list[SoundedNote]:  # noqa: B008
    """The notes, by their start."""
    if len(salience.times) < 3:
        return []
    tracker = _Tracker(salience.sounding, thresholds)
    struck = _with_rises(salience.struck, salience.sounding)
    frames, keys = np.nonzero(_peaks(struck) & (struck >= thresholds.struck))
    for index in np.argsort(frames, kind="stable")[::-1]:
        tracker.begin_at(int(frames[index]), int(keys[index]))
    tracker.take_the_rest()
    times = np.maximum(np.append(salience.times, salience.times[-1] + HOP / RATE) - LATE, 0.0)
    notes = [
        SoundedNote(float(times[start]), float(times[end]), key + LOWEST_PITCH, certainty)
        for start, end, key, certainty in tracker.found
        if certainty >= thresholds.certain
    ]
    return sorted(notes)


def _with_rises(struck: Audio, sounding: Audio) -> Audio:
    """The onsets, also where only the certainty of sounding rises; both on one scale."""
    rises = np.full_like(sounding, np.inf)
    for back in range(1, _RISE + 1):
        before = np.concatenate([np.zeros((back, KEYS), np.float32), sounding[:-back]])
        rises = np.minimum(rises, sounding - before)
    rises = np.maximum(rises, 0)
    rises[:_RISE] = 0
    top = rises.max(initial=0.0)
    return np.maximum(struck, rises * (struck.max(initial=0.0) / top)) if top > 0 else struck


def _peaks(values: Audio) -> npt.NDArray[np.bool_]:
    """Frames greater than both their neighbours, key by key."""
    peaks = np.zeros(values.shape, bool)
    peaks[1:-1] = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])
    return peaks


class _Tracker:
    """Takes notes out of the certainties, the ones beside a note with it."""

    def __init__(self, sounding: Audio, thresholds: Thresholds) -> None:
        self.found: list[tuple[int, int, int, float]] = []
        self._sounding = sounding
        self._left = sounding.copy()
        self._level = thresholds.sounding
        self._shortest = round(thresholds.shortest * RATE / HOP)
        self._last = len(sounding) - 1

    def begin_at(self, start: int, key: int) -> None:
        """The note that begins at an onset, if it is long enough."""
        if start < self._last:
            end = self._reach(start, key, 1)
            if end - start > self._shortest:
                self._take(start, end, key)
                self._keep(start, end, key)

    def take_the_rest(self) -> None:
        """Notes around what is surest among the left-overs."""
        best = self._left.max(axis=1)
        while True:
            middle = int(best.argmax())
            if best[middle] <= self._level:
                return
            key = int(self._left[middle].argmax())
            end = self._reach(middle, key, 1)
            start = self._reach(middle, key, -1) + 1
            self._left[middle, key] = 0
            self._take(start, end, key)
            best[start:end] = self._left[start:end].max(axis=1)
            best[middle] = self._left[middle].max()
            if end - start > self._shortest:
                self._keep(start, end, key)

    def _reach(self, start: int, key: int, step: int) -> int:
        """The first frame from `start` on, forwards or backwards, at which the key has fallen silent."""
        frame, unsure = start + step, 0
        while 0 < frame < self._last and unsure < _GAP:
            unsure = unsure + 1 if self._left[frame, key] < self._level else 0
            frame += step
        return frame - step * unsure

    def _take(self, start: int, end: int, key: int) -> None:
        self._left[start:end, max(0, key - 1) : key + 2] = 0

    def _keep(self, start: int, end: int, key: int) -> None:
        self.found.append((start, end, key, float(self._sounding[start:end, key].mean())))
