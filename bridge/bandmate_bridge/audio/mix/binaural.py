"""Placement for headphones: a spherical head between the ears.

A source at an azimuth reaches each ear by its own way. How much later: R. S. Woodworth's formula for a
rigid sphere (Experimental Psychology, 1938). How much duller: the one-pole, one-zero head shadow of C. P.
Brown and R. O. Duda, "A structural model for binaural sound synthesis", IEEE Trans. Speech and Audio
Processing 6 (1998). There are no ears on the head: it places left and right and near
and far, not above and behind.
"""

from __future__ import annotations

from math import cos, pi, radians
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.mix.biquad import Biquad, filtered
from bandmate_bridge.audio.signal import Audio

HEAD = 0.0875
"""Radius in metres."""

NEAR = 1.5
"""Metres at which a source is as loud as it is without placement; its level falls with the distance."""

_SOUND = 343.0  # metres a second
_SHADOW_LEAST, _SHADOW_ANGLE = 0.1, 150.0  # alpha_min, and the angle in degrees where it is reached


class Place(NamedTuple):
    """Where a part is: degrees from the front, positive to the right; metres."""

    azimuth: float
    distance: float = NEAR
    spread: float = 15.0  # degrees to either side of it where the part's two channels are


class Way(NamedTuple):
    """From a source to an ear: later by whole frames, and through two filters."""

    frames: int
    sections: tuple[Biquad, Biquad]


def placed(audio: Audio, place: Place, rate: int, out: Audio | None = None) -> Audio:
    """A part [2, frames] as its listener's ears hear it [2, frames]; into `out` where it is given."""
    result = np.empty_like(audio) if out is None else out
    result[:] = 0
    gain = np.float32(NEAR / max(place.distance, HEAD) / 2)
    for ear in (0, 1):
        for channel, side in enumerate((-place.spread, place.spread)):
            path = way(place.azimuth + side, ear == 1, rate)
            sound = filtered(audio[channel : channel + 1], path.sections)[0]
            sound *= gain
            result[ear, path.frames :] += sound[: max(0, audio.shape[1] - path.frames)]
    return result


def way(azimuth: float, right: bool, rate: float) -> Way:
    """From a direction in degrees to one ear."""
    from_ear = incidence(azimuth, right)
    frames = delay(from_ear) * rate + 0.5
    whole = int(frames - 0.5)
    return Way(whole, (shadow(from_ear, rate), _fraction(frames - whole)))


def incidence(azimuth: float, right: bool) -> float:
    """Degrees, 0 to 180, between a direction and the axis of an ear."""
    turned = (azimuth - (90 if right else -90)) % 360
    return min(turned, 360 - turned)


def delay(from_ear: float) -> float:
    """Seconds, 0 for a source right at the ear, by Woodworth: straight to the ear or around the head."""
    theta = radians(from_ear)
    if theta < pi / 2:
        return HEAD / _SOUND * (1 - cos(theta))
    return HEAD / _SOUND * (1 + theta - pi / 2)


def shadow(from_ear: float, rate: float) -> Biquad:
    """H(s) = (alpha s + beta) / (s + beta), beta = 2 c / a.

    6 dB more treble at the near ear, less and less on the way behind the head.
    """
    alpha = (1 + _SHADOW_LEAST / 2) + (1 - _SHADOW_LEAST / 2) * cos(pi * from_ear / _SHADOW_ANGLE)
    beta, bilinear = 2 * _SOUND / HEAD, 2 * rate
    below = beta + bilinear
    return Biquad(
        (beta + alpha * bilinear) / below,
        (beta - alpha * bilinear) / below,
        0.0,
        (beta - bilinear) / below,
        0.0,
    )


def _fraction(frames: float) -> Biquad:
    """A delay of 0.5 to 1.5 frames: Thiran's all-pass of the first order, exact at low frequencies."""
    a = (1 - frames) / (1 + frames)
    return Biquad(a, 1.0, 0.0, a, 0.0)
