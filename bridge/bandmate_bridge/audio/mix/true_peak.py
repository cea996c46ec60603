"""True peak: the largest value of the signal that the samples stand for (ITU-R BS.1770-4, annex 2).

The signal is interpolated to four times its rate by a windowed sinc, as the annex has it. Its own example
filter has 12 coefficients a phase; this one has 16, and is flat to 0.1 dB up to 0.45 of the sampling rate.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bandmate_bridge.audio.mix.biquad import Line
from bandmate_bridge.audio.signal import Audio, decibels

BLOCK = 16
"""Frames for which `peaks` gives one value."""

_OVERSAMPLING = 4
_REACH = 8  # samples on either side of an interpolated one
_KAISER = 6.0
_CHUNK = 1024  # blocks that fit the processor's cache


def true_peak(audio: Audio) -> float:
    """dBTP of audio [channels, frames]; minus infinity for silence."""
    return decibels(float(peaks(audio).max(initial=0.0)))


def peaks(audio: Audio) -> Line:
    """The largest interpolated amplitude in each block of BLOCK frames, in any channel."""
    frames = audio.shape[1]
    blocks = -(-frames // BLOCK)
    found = np.zeros(blocks, np.float32)
    interpolator = _interpolator()
    for first in range(0, blocks, _CHUNK):
        count = min(_CHUNK, blocks - first)
        start, stop = first * BLOCK - _REACH + 1, (first + count) * BLOCK + _REACH
        piece = audio[:, max(start, 0) : stop]
        missing = (max(-start, 0), max(stop - frames, 0))
        if any(missing):
            piece = np.pad(piece, ((0, 0), missing))
        place = found[first : first + count]
        for channel in piece:
            windows = np.ascontiguousarray(sliding_window_view(channel, len(interpolator.T))[::BLOCK])
            between = interpolator @ windows.T
            np.maximum(place, between.max(axis=0), out=place)
            np.maximum(place, -between.min(axis=0), out=place)
    return found.astype(np.float64)


@lru_cache(maxsize=1)
def _interpolator() -> Audio:
    """[oversampling * BLOCK, BLOCK + 2 reach - 1]: from samples to the interpolated ones of a block."""
    matrix = np.zeros((_OVERSAMPLING * BLOCK, BLOCK + 2 * _REACH - 1))
    for phase in range(_OVERSAMPLING):
        distance = np.arange(-_REACH + 1, _REACH + 1) - phase / _OVERSAMPLING
        window = np.i0(_KAISER * np.sqrt(np.maximum(0, 1 - (distance / _REACH) ** 2))) / np.i0(_KAISER)
        taps = np.sinc(distance) * window
        for n in range(BLOCK):
            taps_end = min(n + 2 * _REACH, matrix.shape[1])
            matrix[n * _OVERSAMPLING + phase, n:taps_end] = (taps / taps.sum())[: taps_end - n]
    return matrix.astype(np.float32)
