"""The compressor: feed-forward, with a soft knee, its channels linked, its make-up gain found by itself.

After D. Giannoulis, M. Massberg and J. D. Reiss, "Digital dynamic range compressor design: a tutorial and
analysis", J. Audio Eng. Soc. 60 (2012): its static curve with a knee, and its decoupled peak detector,
in the logarithmic domain. The threshold is relative to the part's own level, so that a part that is played or
rendered twice as loud is compressed the same. The envelope has one value for each 64 frames; gains between
them lie on straight lines.
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.mix.biquad import Line, smoothed
from bandmate_bridge.audio.mix.levels import decibels_of, held, modulate, powers
from bandmate_bridge.audio.signal import Audio

BLOCK = 64
"""Frames for one value of the envelope."""

_DETECTOR = 0.005  # seconds over which power is averaged
_SOUNDING = 0.01  # of the mean power, -20 dB: what is below it does not count for the part's own level
_FLOOR = 1e-8  # of the part's own power, -80 dB


class Compressor(NamedTuple):
    """Threshold in dB above the part's own level, dB of input for one of output, ms, ms, dB."""

    threshold: float
    ratio: float
    attack: float
    release: float
    knee: float = 6.0


def compress(audio: Audio, settings: Compressor, rate: int) -> Line:
    """Compress audio [channels, frames] in place and keep its mean power.

    Gives what was taken from each block, in dB >= 0, before the make-up gain.
    """
    power = powers(audio, BLOCK)
    if not power.any():
        return np.zeros_like(power)
    reduction = _reductions(power, settings, rate / BLOCK)
    gains = 10 ** (-reduction / 20)
    gains *= np.sqrt(power.sum() / (power * gains**2).sum())
    modulate(audio, np.concatenate([gains[:1], (gains[:-1] + gains[1:]) / 2, gains[-1:]]), BLOCK)
    return reduction


def curve(level: Line, settings: Compressor) -> Line:
    """Reduction in dB >= 0 for levels in dB: none below the knee, a parabola within it, a line above."""
    over, slope, knee = level - settings.threshold, 1 - 1 / settings.ratio, max(settings.knee, 1e-6)
    bent = np.clip(over + knee / 2, 0, knee) ** 2 / (2 * knee)
    return np.asarray(slope * (bent + np.maximum(over - knee / 2, 0)), np.float64)


def own_level(power: Line) -> float:
    """Mean power of the blocks that sound."""
    return float(power[power > _SOUNDING * power.mean()].mean())


def _reductions(power: Line, settings: Compressor, blocks_a_second: float) -> Line:
    steady = smoothed(power, exp(-1 / (_DETECTOR * blocks_a_second)), float(power[0]))
    wanted = curve(decibels_of(steady / own_level(power), _FLOOR), settings)
    falling = held(wanted, exp(-1e3 / (settings.release * blocks_a_second)))
    return smoothed(falling, exp(-1e3 / (settings.attack * blocks_a_second)))
