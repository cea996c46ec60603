"""The pitch of one voice in a few milliseconds of sound: McLeod's method."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

LOWEST, HIGHEST = 55.0, 1_600.0
"""Hz that are looked for: A1 to G6."""

WINDOW = 2048
"""Frames at 44.1 or 48 kHz: two and a half periods of LOWEST."""

_SHARE = 0.9  # of the highest peak that the first good one has


class Pitch(NamedTuple):
    """`hertz`, and how clear it is: 1 for a perfect period, below 0.5 for noise."""

    hertz: float
    clarity: float

    @property
    def key(self) -> float:
        """In MIDI keys, with fractions."""
        return float(69 + 12 * np.log2(self.hertz / 440))


def pitch_of(window: Floats, rate: int) -> Pitch | None:
    """The pitch of a window [frames]; None where there is no peak at all.

    The normalised square difference function and its choice of peaks are McLeod and Wyvill's ("A smarter way
    to find pitch", ICMC 2005).
    """
    frames = len(window)
    spectrum = np.fft.rfft(window, 2 * frames)
    alike = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[: frames // 2]
    squares = np.concatenate([[0.0], np.cumsum(np.square(window, dtype=np.float64))])
    lags = np.arange(len(alike))
    energy = squares[frames - lags] + squares[-1] - squares[lags]
    difference = 2 * alike / np.maximum(energy, 1e-12)
    first, last = int(rate / HIGHEST), min(len(difference) - 1, int(rate / LOWEST) + 1)
    below = np.flatnonzero(difference[:last] < 0)
    if not len(below):
        return None
    begin = max(int(below[0]), first)
    inside = difference[begin:last]
    peaks = begin + 1 + np.flatnonzero((inside[1:-1] > inside[:-2]) & (inside[1:-1] >= inside[2:]))
    peaks = peaks[difference[peaks] > 0]
    if not len(peaks):
        return None
    peak = int(peaks[np.argmax(difference[peaks] >= _SHARE * difference[peaks].max())])
    left, middle, right = difference[peak - 1 : peak + 2]
    bow = left - 2 * middle + right
    shift = 0.5 * (left - right) / bow if bow < 0 else 0.0
    return Pitch(rate / (peak + shift), float(min(1.0, middle - 0.25 * (left - right) * shift)))
