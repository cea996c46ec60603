"""The limiter: sees peaks between the samples, 5 ms ahead of them, and no peak gets past it.

A peak's reduction is held for the look-ahead, released exponentially, then averaged over the look-ahead.
Each value that the average takes in at a peak is at least what that peak needs, so the average is too, and
the gain moves without a corner. Reductions are in dB, one for each block of `true_peak.BLOCK` frames.
"""

from __future__ import annotations

from math import exp

import numpy as np

from bandmate_bridge.audio.mix.biquad import Line
from bandmate_bridge.audio.mix.levels import held, modulate
from bandmate_bridge.audio.mix.true_peak import BLOCK, peaks
from bandmate_bridge.audio.signal import Audio, amplitude

SAFETY = 0.15
"""dB that are kept below a ceiling: a peak between four times as many samples may be that much higher."""

_LOOK_AHEAD = 0.005  # seconds
_RELEASE = 0.08  # seconds
_MARGIN = 0.1  # dB: the gain moves between the peaks that were measured


def limit(audio: Audio, ceiling: float, rate: int) -> None:
    """Bring audio [channels, frames], in place, to true peaks of at most `ceiling` dBTP."""
    found = peaks(audio)
    apply(audio, reductions(found, ceiling, rate), ceiling)


def reductions(found: Line, ceiling: float, rate: int) -> Line:
    """dB >= 0 at the blocks' edges, one more than blocks, for the largest amplitude of each block."""
    if not len(found):
        return np.zeros(1)
    over = 20 * np.log10(np.maximum(found / amplitude(ceiling - SAFETY - _MARGIN), 1.0))
    if not over.any():
        return np.zeros(len(found) + 1)
    ahead = max(1, round(_LOOK_AHEAD * rate / BLOCK))
    edges = np.maximum(np.append(over, 0.0), np.append(0.0, over))
    early = _latest_maximum(np.append(edges, np.zeros(ahead)), ahead + 1)
    falling = held(early, exp(-BLOCK / (_RELEASE * rate)))
    sums = np.cumsum(np.concatenate([np.zeros(ahead + 1), falling]))
    means: Line = (sums[ahead + 1 :] - sums[: -ahead - 1]) / (ahead + 1)
    return np.asarray(np.maximum(means[ahead:], 0.0), np.float64)


def apply(audio: Audio, reduction: Line, ceiling: float) -> None:
    """Turn audio down, in place, by `reductions`; by a little more where a peak is still too high."""
    if reduction.any():
        modulate(audio, 10 ** (-reduction / 20), BLOCK)
    highest = float(peaks(audio).max(initial=0.0))
    if highest > amplitude(ceiling - SAFETY):
        audio *= np.float32(amplitude(ceiling - SAFETY) / highest)


def _latest_maximum(values: Line, count: int) -> Line:
    """Of each value and those before it, `count` in all, the largest."""
    reach = 1
    while reach < count:
        step = min(reach, count - reach)
        values = np.maximum(values, np.concatenate([np.zeros(step), values[:-step]]))
        reach += step
    return values
