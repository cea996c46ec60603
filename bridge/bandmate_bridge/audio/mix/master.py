"""The master: the whole mix's tone and glue, then as loud as asked for, under a true-peak ceiling.

The limiter takes loudness away, so the gain before it is found by turns: the peaks and the weighted power
of each short piece are measured once, and say for any gain what the limiter would do and how loud the
result would be.
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.mix.biquad import Line
from bandmate_bridge.audio.mix.compressor import compress
from bandmate_bridge.audio.mix.eq import equalised
from bandmate_bridge.audio.mix.levels import modulate
from bandmate_bridge.audio.mix.limiter import SAFETY, reductions
from bandmate_bridge.audio.mix.loudness import SEGMENTS, Loudness, integrated, of_powers, weighted_powers
from bandmate_bridge.audio.mix.presets import Preset
from bandmate_bridge.audio.mix.true_peak import BLOCK, peaks
from bandmate_bridge.audio.signal import Audio, amplitude, decibels

_NEAR = 0.03  # LU: near enough to the target
_TURNS = 10
_LEAST_SLOPE = 0.2  # LU that a decibel more is taken to bring at least
_SILENT = 1e-6  # -120 dBTP
_HARDEST = 18.0  # dB that the limiter may take from the highest peak: rather too quiet than more


class Mastered(NamedTuple):
    """What was done and what came of it."""

    loudness: Loudness
    true_peak: float  # dBTP
    gain: float  # dB
    reduction: float  # dB that the limiter took from the highest peak


def master(dry: Audio, preset: Preset, target: float, ceiling: float, rate: int, out: Audio) -> Mastered:
    """The mix [2, frames] at `target` LUFS with true peaks of at most `ceiling` dBTP, into `out`.

    Silence, and what is below -120 dBTP, stays as it is, and what would need more than 18 dB of
    limiting stays below the target.
    """
    equalised(dry, preset.tone, rate, out)
    if preset.glue is not None:
        compress(out, preset.glue, rate)
    found, power = peaks(out), weighted_powers(out, rate)
    highest = float(found.max(initial=0.0))
    if highest < _SILENT or not isfinite(integrated(power / highest**2)):
        return Mastered(of_powers(power), decibels(highest), 0.0, 0.0)
    gain, reduction = _gain(found / highest, power / highest**2, target, ceiling, rate)
    gain -= decibels(highest)
    modulate(out, amplitude(gain) * 10 ** (-reduction / 20), BLOCK)
    if reduction.any():
        power, highest = weighted_powers(out, rate), float(peaks(out).max())
    else:
        power, highest = power * amplitude(gain) ** 2, highest * amplitude(gain)
    trim = min(target - integrated(power), ceiling - SAFETY - decibels(highest))
    if abs(trim) > 1e-5:
        out *= np.float32(amplitude(trim))
        power *= amplitude(trim) ** 2
    return Mastered(of_powers(power), decibels(highest) + trim, gain + trim, float(reduction.max()))


def _gain(found: Line, power: Line, target: float, ceiling: float, rate: int) -> tuple[float, Line]:
    """The gain in dB that reaches the target behind the limiter, and the limiter's reductions with it.

    `found` and `power` are of a mix whose highest peak is 1.
    """
    most = ceiling + _HARDEST
    edges = np.minimum(np.arange(len(power)) * (rate / SEGMENTS / BLOCK), len(found) - 1).astype(np.int64)
    counts = np.diff(np.append(edges, len(found)))
    gain = min(target - integrated(power), most)
    slope, before = 1.0, None
    for _ in range(_TURNS):
        reduction = reductions(found * amplitude(gain), ceiling, rate)
        left = 10 ** (-reduction[:-1] / 10)
        kept = np.add.reduceat(left, edges) / np.maximum(counts, 1)
        reached = integrated(power * amplitude(gain) ** 2 * kept)
        if before is not None and gain != before[0]:
            slope = min(max((reached - before[1]) / (gain - before[0]), _LEAST_SLOPE), 1.0)
        following = min(gain + (target - reached) / slope, most)
        if abs(reached - target) < _NEAR or abs(following - gain) < _NEAR:
            break
        before, gain = (gain, reached), following
    return gain, reduction
