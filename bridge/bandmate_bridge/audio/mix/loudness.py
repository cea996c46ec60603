"""Loudness as it is heard: ITU-R BS.1770-4 (LUFS, gated) and EBU Tech 3341 and 3342 (windows, range)."""

from __future__ import annotations

from functools import lru_cache
from math import inf, pi, tan
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from bandmate_bridge.audio.mix.biquad import Biquad, Cascade, Line
from bandmate_bridge.audio.signal import Audio

SEGMENTS = 500
"""Segments a second in which K-weighted power is kept."""

_STEP = SEGMENTS // 10  # segments between two windows
_MOMENTARY, _SHORT_TERM = 4, 30  # steps in a window: 400 ms, 3 s
_OFFSET = -0.691  # dB: a full-scale sine of 997 Hz in one channel reads -3.01 LUFS
_ABSOLUTE, _RELATIVE, _RANGE_RELATIVE = -70.0, -10.0, -20.0  # LUFS, LU, LU: the gates
_QUIETEST, _LOUDEST = 10, 95  # percentiles that bound the range


class Loudness(NamedTuple):
    """What a meter shows at the end; minus infinity where there is nothing above the gate."""

    integrated: float  # LUFS
    range: float  # LU
    momentary: float  # LUFS, the loudest 400 ms
    short_term: float  # LUFS, the loudest 3 s


def loudness(audio: Audio, rate: int) -> Loudness:
    """Of audio [1 or 2 channels, frames]; shorter than a window, it is measured as if silence followed."""
    return of_powers(weighted_powers(audio, rate))


def of_powers(segments: Line) -> Loudness:
    """Loudness from the K-weighted power of each segment."""
    momentary, short = _windows(segments, _MOMENTARY), _windows(segments, _SHORT_TERM)
    return Loudness(
        _lufs(_gated_mean(momentary)), _range(short), _lufs(float(momentary.max())), _lufs(float(short.max()))
    )


def integrated(segments: Line) -> float:
    """Integrated loudness in LUFS from the K-weighted power of each segment."""
    return _lufs(_gated_mean(_windows(segments, _MOMENTARY)))


def weighted_powers(audio: Audio, rate: int) -> Line:
    """K-weighted mean square of each 2 ms, channels added; the last may be part silence."""
    channels, frames = audio.shape
    count = max(1, -(-frames * SEGMENTS // rate))
    edges = np.arange(count + 1) * rate // SEGMENTS
    sums = np.zeros(count)
    weight = Cascade(k_weighting(rate), channels)
    for first in range(0, count if frames else 0, SEGMENTS):
        inner = edges[first : first + SEGMENTS + 1]
        weighted = weight(audio[:, inner[0] : inner[-1]])
        np.square(weighted, out=weighted)
        found = np.add.reduceat(weighted, inner[:-1] - inner[0], axis=1)
        sums[first : first + SEGMENTS] = found.sum(axis=0, dtype=np.float64)
    return sums * (SEGMENTS / rate)


@lru_cache(maxsize=8)
def k_weighting(rate: int) -> tuple[Biquad, Biquad]:
    """The standard's two filters, a shelf for the head and a high pass, at any rate.

    The standard lists coefficients for 48 kHz alone. These are the analogue filters behind them, fitted by
    B. De Man, "Evaluation of Implementations of the EBU R128 Loudness Measurement" (2018), mapped bilinearly.
    """
    k, q = tan(pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = Biquad(
        (high + middle * k / q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - middle * k / q + k * k) / a0,
        2 * (k * k - 1) / a0,
        (1 - k / q + k * k) / a0,
    )
    k, q = tan(pi * 38.13547087602444 / rate), 0.5003270373238773
    a0 = 1 + k / q + k * k
    return shelf, Biquad(1.0, -2.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0)


def _windows(segments: Line, steps: int) -> Line:
    """Mean power of overlapping windows, one each 100 ms; one window at least."""
    whole = max(1, len(segments) // _STEP)
    if len(segments) < whole * _STEP:
        segments = np.append(segments, np.zeros(whole * _STEP - len(segments)))
    tenths = segments[: whole * _STEP].reshape(-1, _STEP).mean(axis=1)
    if len(tenths) < steps:
        tenths = np.append(tenths, np.zeros(steps - len(tenths)))
    return np.asarray(sliding_window_view(tenths, steps).mean(axis=1), np.float64)


def _gated_mean(windows: Line) -> float:
    """Mean power of the windows above both gates."""
    loud = windows[windows > _power(_ABSOLUTE)]
    if not len(loud):
        return 0.0
    return float(loud[loud > loud.mean() * 10 ** (_RELATIVE / 10)].mean())


def _range(windows: Line) -> float:
    """Loudness range (EBU Tech 3342): between two percentiles of what is above its gates."""
    loud = windows[windows >= _power(_ABSOLUTE)]
    if not len(loud):
        return 0.0
    loud = loud[loud >= loud.mean() * 10 ** (_RANGE_RELATIVE / 10)]
    quiet, high = np.percentile(loud, [_QUIETEST, _LOUDEST])
    return float(10 * np.log10(high / quiet))


def _lufs(power: float) -> float:
    return _OFFSET + 10 * float(np.log10(power)) if power > 0 else -inf


def _power(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))
