"""A channel strip: what a part goes through on its way into the mix."""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from typing import NamedTuple

import numpy as np

from bandmate_bridge.audio.mix import binaural
from bandmate_bridge.audio.mix.compressor import Compressor, compress
from bandmate_bridge.audio.mix.eq import Band, equalised
from bandmate_bridge.audio.signal import Audio, amplitude

_SPREAD = 15.0  # degrees, on headphones, to either side of a part of width 1
_PIECE = 1 << 16  # frames that fit the processor's cache


class Strip(NamedTuple):
    """Settings of one role."""

    gain: float = 0.0  # dB
    pan: float = 0.0  # -1 left to 1 right
    width: float = 1.0  # of the part's own two channels: 0 makes them one
    bands: tuple[Band, ...] = ()
    compressor: Compressor | None = None
    room: float = -14.0  # dB: what is sent into the room
    distance: float = binaural.NEAR  # metres, on headphones


def processed(audio: Audio, strip: Strip, rate: int, out: Audio) -> None:
    """Part [2, frames] equalised and compressed into `out`, of the same shape."""
    equalised(audio, strip.bands, rate, out)
    if strip.compressor is not None:
        compress(out, strip.compressor, rate)


def sides(strip: Strip) -> Audio:
    """[2, 2]: the part's channels to the mix's, with gain, width and pan.

    The pan is a balance of constant power: each side of a part in the middle keeps its level, and what is
    the same on both sides is as loud wherever it is put.
    """
    angle = (np.clip(strip.pan, -1, 1) + 1) * pi / 4
    pan = np.array([[cos(angle)], [sin(angle)]]) * sqrt(2)
    same, other = (1 + strip.width) / 2, (1 - strip.width) / 2
    return np.asarray(amplitude(strip.gain) * pan * np.array([[same, other], [other, same]]), np.float32)


def stand(audio: Audio, strip: Strip, send: Audio, rate: int, on_headphones: bool) -> None:
    """Put a processed part [2, frames] in its place, in place, and add its share to `send` [frames]."""
    if on_headphones:
        place = binaural.Place(90 * strip.pan, strip.distance, _SPREAD * strip.width)
        audio[:] = binaural.placed(audio, place, rate)
        matrix = np.eye(2, dtype=np.float32) * np.float32(amplitude(strip.gain))
    else:
        matrix = sides(strip)
    share = np.full(2, amplitude(strip.room) / 2, np.float32)
    for start in range(0, audio.shape[1], _PIECE):
        piece = audio[:, start : start + _PIECE]
        piece[:] = matrix @ piece
        send[start : start + _PIECE] += share @ piece
