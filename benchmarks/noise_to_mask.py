"""How far what was done to a sound lies under what the sound masks, after ITU-R BS.1387's FFT ear model.

The outer and middle ear's weighting, quarter-Bark bands, spreading whose upper slope depends on level, and
the mask's offset are the standard's (annex 2, 2.1 and 4.6). The difference is taken between waveforms, not
between magnitudes: shifted phases count as noise, so it is the stricter of the two. Left out: backward
masking, and the network that makes one grade of many figures.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.floating]

FRAME, HOP = 2048, 1024
LOUD = 92.0  # dB SPL that a full-scale sine is taken to be played at
DISTURBED = 1.5  # dB: a frame with a band above this counts as disturbed
_WIDTH, _LOWEST, _HIGHEST = 0.25, 80.0, 18_000.0


class NoiseToMask(NamedTuple):
    """Noise to mask in dB, mean over frames and bands, and the share of frames that are disturbed."""

    ratio: float
    disturbed: float


def noise_to_mask(original: Signal, changed: Signal, rate: int) -> NoiseToMask:
    """Of two mono signals [frames] that are aligned; the longer one is cut. Silent frames are left out."""
    length = min(len(original), len(changed))
    bands, ear, internal, centre = _ear(rate)
    original, changed = original[:length], changed[:length]
    clean = (_power(original, rate) * ear) @ bands
    noise = (_power(changed - original, rate) * ear) @ bands
    heard = clean.sum(axis=1) > 10 * internal.sum()
    clean, noise = clean[heard] + internal, noise[heard]
    offset = np.where(centre <= 12.0, 3.0, 0.25 * centre)
    mask = _remembered(_spread(clean, centre), rate) * 10 ** (-offset / 10)
    ratio = noise / mask
    worst = 10 * np.log10(ratio.max(axis=1) + 1e-12)
    return NoiseToMask(float(10 * np.log10(ratio.mean())), float((worst > DISTURBED).mean()))


def _power(signal: Signal, rate: int) -> Signal:
    """|X|^2 [frames, bins] in dB SPL's scale."""
    window = np.hanning(FRAME)
    places = np.arange(0, len(signal) - FRAME, HOP)[:, None] + np.arange(FRAME)
    spectra = np.abs(np.fft.rfft(signal[places] * window)) ** 2
    return spectra * 10 ** (LOUD / 10) / (0.5 * window.sum()) ** 2


@lru_cache(maxsize=2)
def _ear(rate: int) -> tuple[Signal, Signal, Signal, Signal]:
    """Bins to bands, the ear's weighting of bins, its own noise in each band, the bands' centres in Bark."""
    hertz = np.maximum(np.fft.rfftfreq(FRAME, 1 / rate), 1.0)
    khz = hertz / 1000
    weight = -0.6 * 3.64 * khz**-0.8 + 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) - 1e-3 * khz**3.6
    first, last = (7 * np.arcsinh(edge / 650) for edge in (_LOWEST, _HIGHEST))
    edges = np.arange(first, last, _WIDTH)
    lower, upper = (650 * np.sinh(side / 7) for side in (edges, np.minimum(edges + _WIDTH, last)))
    half = 0.5 * rate / FRAME
    overlap = np.minimum(hertz[:, None] + half, upper) - np.maximum(hertz[:, None] - half, lower)
    bands = np.clip(overlap / (2 * half), 0.0, 1.0)
    centre = edges + _WIDTH / 2
    internal = 10 ** (0.4 * 0.364 * (650 * np.sinh(centre / 7) / 1000) ** -0.8)
    return bands, 10 ** (weight / 10), internal, centre


def _spread(power: Signal, centre: Signal) -> Signal:
    """What each band excites in the others, added with the exponent 0.4."""
    hertz = 650 * np.sinh(centre / 7)
    level = 10 * np.log10(power)
    upper = -24.0 - 230.0 / hertz + 0.2 * level  # dB a Bark, [frames, bands]
    excited = np.zeros_like(power)
    lone = np.zeros(len(centre))
    for band in range(len(centre)):
        distance = centre - centre[band]
        slope = np.where(
            distance < 0, 27.0 * distance, np.minimum(upper[:, band : band + 1], -1.0) * distance
        )
        share = 10 ** (slope / 10)
        share /= share.sum(axis=1, keepdims=True)
        excited += (power[:, band : band + 1] * share) ** 0.4
        share = 10 ** (np.where(distance < 0, 27.0, -24.0 - 230.0 / hertz[band]) * distance / 10)
        lone += (share / share.sum()) ** 0.4
    return (excited / lone) ** 2.5


def _remembered(power: Signal, rate: int) -> Signal:
    """Forward masking: each band decays with the standard's time constant."""
    _, _, _, centre = _ear(rate)
    constant = 0.008 + 100.0 / (650 * np.sinh(centre / 7)) * (0.03 - 0.008)
    keep = np.exp(-HOP / rate / constant)
    level = np.zeros(power.shape[1])
    out = np.empty_like(power)
    for index, frame in enumerate(power):
        level = keep * level + (1 - keep) * frame
        out[index] = np.maximum(frame, level)
    return out
