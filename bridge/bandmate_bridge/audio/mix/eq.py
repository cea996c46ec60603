"""The equaliser: shelves, bells and passes.

After R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients" (W3C note, 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import cos, pi, sin, sqrt
from typing import Literal, NamedTuple

from bandmate_bridge.audio.mix.biquad import Biquad, filtered
from bandmate_bridge.audio.signal import Audio

Kind = Literal["high pass", "low shelf", "bell", "high shelf", "low pass"]

FLAT = sqrt(0.5)
"""The q of a pass without a bump (Butterworth) and of a shelf without one."""

_HIGHEST = 0.49  # of the sampling rate: bands above it are put there


class Band(NamedTuple):
    """One band: corner or centre in Hz, gain in dB (none for a pass), width as q."""

    kind: Kind
    frequency: float
    gain: float = 0.0
    q: float = FLAT


def equalised(audio: Audio, bands: Sequence[Band], rate: int, out: Audio | None = None) -> Audio:
    """Audio [channels, frames] at `rate` Hz through all bands; into `out` where it is given."""
    return filtered(audio, [section(band, rate) for band in bands], out)


def section(band: Band, rate: float) -> Biquad:
    """The band as a filter at a sampling rate in Hz."""
    w = 2 * pi * min(band.frequency, _HIGHEST * rate) / rate
    amplitude = 10 ** (band.gain / 40)
    above, below = _SHAPES[band.kind](amplitude, cos(w), sin(w) / (2 * band.q))
    a0 = below[0]
    return Biquad(above[0] / a0, above[1] / a0, above[2] / a0, below[1] / a0, below[2] / a0)


_Polynomial = tuple[float, float, float]
_Shape = tuple[_Polynomial, _Polynomial]


def _high_pass(_a: float, c: float, alpha: float) -> _Shape:
    return ((1 + c) / 2, -(1 + c), (1 + c) / 2), (1 + alpha, -2 * c, 1 - alpha)


def _low_pass(_a: float, c: float, alpha: float) -> _Shape:
    return ((1 - c) / 2, 1 - c, (1 - c) / 2), (1 + alpha, -2 * c, 1 - alpha)


def _bell(a: float, c: float, alpha: float) -> _Shape:
    return (1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a)


def _low_shelf(a: float, c: float, alpha: float) -> _Shape:
    plus, minus, slope = a + 1, a - 1, 2 * sqrt(a) * alpha
    return (
        (a * (plus - minus * c + slope), 2 * a * (minus - plus * c), a * (plus - minus * c - slope)),
        (plus + minus * c + slope, -2 * (minus + plus * c), plus + minus * c - slope),
    )


def _high_shelf(a: float, c: float, alpha: float) -> _Shape:
    plus, minus, slope = a + 1, a - 1, 2 * sqrt(a) * alpha
    return (
        (a * (plus + minus * c + slope), -2 * a * (minus + plus * c), a * (plus + minus * c - slope)),
        (plus - minus * c + slope, 2 * (minus - plus * c), plus - minus * c - slope),
    )


_SHAPES: dict[Kind, Callable[[float, float, float], _Shape]] = {
    "high pass": _high_pass,
    "low shelf": _low_shelf,
    "bell": _bell,
    "high shelf": _high_shelf,
    "low pass": _low_pass,
}
