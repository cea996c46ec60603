"""Levels and gains at control rate: one value for each short block of samples."""

from __future__ import annotations

import numpy as np

from bandmate_bridge.audio.mix.biquad import Line
from bandmate_bridge.audio.signal import Audio

_CHUNK = 1 << 15  # frames that fit the processor's cache


def powers(audio: Audio, block: int) -> Line:
    """Mean square of each block of frames, all channels added; the last block may be short."""
    frames = audio.shape[1]
    whole = frames // block * block
    body = audio[:, :whole].reshape(len(audio), -1, block)
    found: Line = np.einsum("cbn,cbn->b", body, body, dtype=np.float32).astype(np.float64)
    if whole < frames:
        found = np.append(found, np.square(audio[:, whole:], dtype=np.float64).sum())
    return found / block


def modulate(audio: Audio, gains: Line, block: int) -> None:
    """Multiply audio, in place, by gains at the blocks' edges (one more than blocks), lines between."""
    ramp = np.arange(block) / block
    between = np.stack([1 - ramp, ramp]).astype(np.float32)
    ends = np.stack([gains[:-1], gains[1:]], axis=1).astype(np.float32)
    step = max(1, _CHUNK // block)
    for first in range(0, len(ends), step):
        curve = (ends[first : first + step] @ between).reshape(-1)
        piece = audio[:, first * block : (first + step) * block]
        piece *= curve[: piece.shape[1]]


def decibels_of(powers: Line, floor: float) -> Line:
    """10 log10 of powers, with those under the floor taken as it."""
    return np.asarray(10 * np.log10(np.maximum(powers, floor)), np.float64)


def held(values: Line, keep: float) -> Line:
    """y[n] = max(x[n], keep y[n-1]) for values >= 0 and 0 < keep < 1: a peak's exponential release.

    In the logarithm, tilted by the decay, the recursion is a running maximum.
    """
    tilt = np.arange(len(values)) * np.log(keep)
    with np.errstate(divide="ignore"):
        logarithms = np.log(values)
    return np.asarray(np.exp(np.maximum.accumulate(logarithms - tilt) + tilt), np.float64)
